"""Reduction: whole columns give the very profile that bar after bar gives."""

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market.history import build
from market.session import calendar
from monitor import columns
from monitor.cleaning import sound
from monitor.columns import HEAD, parse
from monitor.reduction import reduce
from tests.paths import ROOT, SHARED

HK = calendar("XHKG")
FIXTURE = (ROOT / "tests" / "data" / "history" / "1234.HK.csv").read_bytes()


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """Rows on sessions, a few of them missing; prices so near to each other that ties abound."""
    day = draw(st.dates(date(1995, 1, 1), date(2026, 1, 1)))
    unit = draw(st.sampled_from(["1", "0.05", "1234.5678", "333333333.333333333"]))
    price = st.integers(1, 9)
    lines = []
    for close in draw(st.lists(price, min_size=1, max_size=90)):
        for _ in range(draw(st.sampled_from([1, 1, 1, 1, 1, 2, 9, 40]))):
            day = HK.next(day)
        low, high = close - draw(st.integers(0, close - 1)), close + draw(st.integers(0, 2))
        prices = [Decimal(unit) * times for times in (draw(price), high, low, close)]
        prices = [price.normalize() if draw(st.booleans()) and price < 10 else price for price in prices]
        lines.append(",".join(map(str, [day, *prices, draw(st.sampled_from(["", 7, 10**18 - 1]))])))
    return HEAD + "".join(f"{line}\n" for line in lines).encode()


@settings(deadline=None)
@given(files(), st.lists(st.integers(-3, 900), min_size=1, max_size=4))
def test_columns_and_bars_give_the_same_profile(content: bytes, offsets: list[int]) -> None:
    known = parse(content)
    if known is None:  # more than nine digits before the point
        assert max(len(cell.partition(b".")[0]) for cell in content[len(HEAD) :].split(b",")) > 9
        return
    bars = known.bars()
    for offset in offsets:
        day = bars[0].date + timedelta(days=offset)
        assert reduce("1234.HK", known, day, HK) == build("1234.HK", bars, day, HK)


@pytest.mark.skipif(not (SHARED / "market").exists(), reason="no shared market history")
@pytest.mark.parametrize("name", ["HSTECH.csv", "HSI.csv", "stocks/9988.HK.csv", "stocks/3690.HK.csv"])
def test_real_files_give_the_same_profile(name: str) -> None:
    known = parse((SHARED / "market" / name).read_bytes())
    assert known is not None
    for day in (date(2021, 2, 18), date(2025, 1, 2), date(2025, 9, 17), date(2026, 8, 24)):
        assert reduce(name, known, day, HK) == build(name, known.bars(), day, HK)


@pytest.mark.parametrize(
    ("cell", "odd"),
    [
        (0, "2024-11-31"), (0, "2024-13-01"), (0, "0000-01-01"), (0, "20241-1-01"), (0, "2024/11/05"),
        (1, ""), (2, "."), (2, "1."), (2, ".5"), (3, "1..5"), (3, "1.2.3"), (4, "-1"), (4, "1e2"),
        (4, "1234567890"), (4, "1.1234567890"), (4, " 1"), (5, "0"), (5, "07"), (5, "1.5"), (5, "-7"),
        (5, "1234567890123456789"), (5, "7,7"),
    ],
)  # fmt: skip
def test_anything_odd_is_left_to_cleaning(cell: int, odd: str) -> None:
    lines = FIXTURE.decode().splitlines()
    cells = lines[9].split(",")
    cells[cell] = odd
    content = "".join(f"{line}\n" for line in [*lines[:9], ",".join(cells), *lines[10:]]).encode()
    assert parse(FIXTURE) is not None and parse(content) is None


@pytest.mark.parametrize("content", [b"", HEAD, HEAD[:-1], FIXTURE[:-1], FIXTURE[len(HEAD) :], HEAD + b"\n"])
def test_what_is_no_whole_file_is_left_to_cleaning(content: bytes) -> None:
    assert parse(content) is None


def test_prices_of_any_scale_are_compared_exactly(tmp_path: Path) -> None:
    rows = ["2025-09-15,9,9.1,8.999999999,9", "2025-09-16,9,9.10,9,9.000000001"]
    path = tmp_path / "1234.HK.csv"
    path.write_bytes(HEAD + "".join(f"{row},7\n" for row in rows).encode())
    known = sound(path, HK)
    assert known is not None
    lower, higher = known.prices[columns.CLOSE]
    assert higher - lower == 1 and (known.prices[columns.HIGH] == 9_100_000_000).all()
    profile = reduce("1234.HK", known, date(2025, 9, 17), HK)
    assert str(profile.record_close) == "9.000000001" and str(profile.record_high) == "9.1"
    assert profile.highs.dates == (date(2025, 9, 16),)
