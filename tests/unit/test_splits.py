"""Splits: applied where they are known, once; named where prices only look like one; never guessed."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.bars import Bar, Split
from market.session import calendar
from monitor import splits
from monitor.cleaning import read, sound
from monitor.defects import HistoryError
from monitor.streaks import run_streaks
from tests.paths import ROOT, SHARED, needs_shared

HK = calendar("XHKG")
BARS = read(ROOT / "tests" / "data" / "history" / "1234.HK.csv", HK).bars
AT = 9
DAY = BARS[AT].date


def multiplied(bar: Bar, factor: Fraction) -> Bar:
    """The same bar in the shares of before a split."""

    def price(value: Decimal) -> Decimal:
        return value * factor.numerator / factor.denominator

    return Bar(bar.date, price(bar.open), price(bar.high), price(bar.low), price(bar.close), 1)


def unadjusted(factor: Fraction, at: int = AT) -> list[Bar]:
    """The fixture as it was written before anyone knew of the split."""

    return [multiplied(bar, factor) if row < at else bar for row, bar in enumerate(BARS)]


def written(folder: Path, bars: Sequence[Bar], known: str | None = None) -> Path:
    """A folder's file of them, with what is known of its splits beside it."""
    path = folder / "1234.HK.csv"
    rows = "".join(f"{b.date},{b.open},{b.high},{b.low},{b.close},{b.volume}\n" for b in bars)
    path.write_text("Date,Open,High,Low,Close,Volume\n" + rows)
    if known is not None:
        (folder / "1234.HK.splits.csv").write_text(known)
    return path


@pytest.mark.parametrize("ratio", ["5:1", "1:10", "3:2", "11:10", "2:1"])
def test_a_known_split_is_applied_to_what_came_before_it(tmp_path: Path, ratio: str) -> None:
    new, old = map(int, ratio.split(":"))
    path = written(tmp_path, unadjusted(Fraction(new, old)), f"Date,Ratio\n{DAY},{ratio}\n")
    bars, defects = read(path, HK)
    assert [bar[:5] for bar in bars] == [bar[:5] for bar in BARS]
    assert [defect.text for defect in defects] == [
        f"splits that the rows before them were adjusted for: {DAY} ({ratio})"
    ]


def test_two_splits_multiply(tmp_path: Path) -> None:
    raw = [
        multiplied(bar, Fraction(10 if row < 5 else 2)) if row < AT else bar for row, bar in enumerate(BARS)
    ]
    path = written(tmp_path, raw, f"{DAY},2:1\n{BARS[5].date},5:1\n")
    assert [bar[:5] for bar in read(path, HK).bars] == [bar[:5] for bar in BARS]


def test_a_large_split_that_is_in_the_prices_already_is_not_applied_again(tmp_path: Path) -> None:
    bars, [defect] = read(written(tmp_path, BARS, f"Date,Ratio\n{DAY},5:1\n"), HK)
    assert bars == BARS
    assert (defect.kind, defect.notes) == ("adjusted", ("5:1",))


def test_a_split_of_tomorrow_changes_nothing_yet(tmp_path: Path) -> None:
    path = written(tmp_path, BARS, f"{DAY},5:1\n")
    assert read(path, HK, BARS[AT - 1].date).bars == BARS
    coming = written(tmp_path, BARS[:AT], f"{DAY},5:1\n")
    assert read(coming, HK, BARS[AT - 1].date).bars == BARS[:AT]
    assert read(coming, HK, DAY).bars[-1].close == BARS[AT - 1].close / 5, "on its day, before any bar of it"


def test_a_file_without_splits_beside_it_is_read_at_once(tmp_path: Path) -> None:
    assert sound(written(tmp_path, BARS, splits.HEADER), HK) is not None
    assert sound(written(tmp_path, BARS, f"{DAY},5:1\n"), HK) is None


@pytest.mark.parametrize(
    "line", ["soon,5:1", f"{DAY},5", f"{DAY},0:1", f"{DAY},5:0", f"{DAY},-5:1", f"{DAY}"]
)
def test_a_line_that_is_no_split_is_named(tmp_path: Path, line: str) -> None:
    path = written(tmp_path, BARS, f"Date,Ratio\n\n{line}\n")
    with pytest.raises(HistoryError, match=r"1234\.HK\.splits\.csv: line 3 is no split \(write"):
        read(path, HK)


@pytest.mark.parametrize(
    ("factor", "kind", "ratio"),
    [
        (Fraction(5), "suspect", "5:1?"),
        (Fraction(2), "suspect", "2:1?"),
        (Fraction(1, 10), "suspect", "1:10?"),
        (Fraction(5, 2), "jump", None),
        (Fraction(100, 61), None, None),
    ],
)
def test_what_only_looks_like_a_split_is_named_and_kept(
    tmp_path: Path, factor: Fraction, kind: str | None, ratio: str | None
) -> None:
    raw = unadjusted(factor)
    bars, defects = read(written(tmp_path, raw), HK)
    assert [bar.close for bar in bars] == [bar.close for bar in raw]
    assert [(one.kind, one.notes) for one in defects] == ([(kind, (ratio,) if ratio else ())] if kind else [])


def test_a_crash_within_the_day_is_no_split() -> None:
    before, crash = BARS[0], BARS[1]
    half = crash._replace(open=before.close, high=before.close, low=before.close / 3, close=before.close / 2)
    [defect] = splits.jumps([before, half])
    assert defect.kind == "jump"


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(1, 12), st.integers(1, 12)), max_size=4))
def test_what_is_written_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, known: list[tuple[int, int, int]]
) -> None:
    told = sorted(Split(BARS[row].date, Fraction(new, old)) for row, new, old in known)
    assert splits.read(written(tmp_path_factory.mktemp("splits"), BARS, splits.write(told))) == told


def test_a_file_from_another_system_is_read(tmp_path: Path) -> None:
    path = written(tmp_path, BARS, "﻿Date,Ratio\r\n2024-11-15 , 3 : 2\r\n")
    assert splits.read(path) == [Split(date(2024, 11, 15), Fraction(3, 2))]


@needs_shared
@pytest.mark.parametrize(
    ("symbol", "day", "ratio"), [("0700.HK", "2014-05-15", "5:1"), ("0981.HK", "2016-12-07", "1:10")]
)
def test_real_prices_as_they_were_traded_answer_as_adjusted_ones(
    tmp_path: Path, symbol: str, day: str, ratio: str
) -> None:
    """Two real splits, undone: named without the file beside it, and nothing else than before with it."""
    shared = SHARED / "market" / "stocks"
    new, old = map(int, ratio.split(":"))
    head, *lines = (shared / f"{symbol}.csv").read_text().splitlines()
    raw = [head]
    for line in lines:
        at, *prices, volume = line.split(",")
        if at < day:
            prices = [f"{Decimal(price) * new / old:f}" for price in prices]
        raw.append(",".join([at, *prices, volume]))
    (tmp_path / f"{symbol}.csv").write_text("\n".join(raw) + "\n")
    dates = [date.fromisoformat(each) for each in ("2013-06-28", "2015-02-02", "2018-01-29", "2025-09-17")]
    [*_, unadjusted] = run_streaks([symbol], tmp_path, dates)
    assert any(f"{day} ({ratio}?)" in text for text in unadjusted["defects"])
    (tmp_path / f"{symbol}.splits.csv").write_text(f"Date,Ratio\n{day},{ratio}\n")
    for told, truth in zip(
        run_streaks([symbol], tmp_path, dates), run_streaks([symbol], shared, dates), strict=True
    ):
        done = f"splits that the rows before them were adjusted for: {day} ({ratio})"
        assert told.pop("defects") == [*truth.pop("defects"), done]
        assert numbers(told) == numbers(truth)


def numbers(value: object) -> object:
    """Prices without the zeros that multiplying and dividing leaves behind them."""
    if isinstance(value, dict):
        return {key: numbers(one) for key, one in value.items() if key != "text"}
    if isinstance(value, list):
        return [numbers(one) for one in value]
    try:
        return Decimal(value).normalize() if isinstance(value, str) else value
    except ArithmeticError:
        return value
