"""Vendors' defects planted in real files: the answer is the same, or the defect is named."""

import os
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import pytest

from market.clock import parse_rfc3339
from monitor.streaks import run_streaks
from tests.paths import SHARED, needs_shared

SYMBOL = "9888.HK"
DATES = [
    date.fromisoformat(day) for day in ("2022-03-17", "2025-01-02", "2025-07-02", "2025-09-17", "2025-10-02")
]
HEAD = "Date,Open,High,Low,Close,Volume"

Lines = list[str]


def cells(line: str) -> list[str]:
    return line.split(",")


def at(lines: Lines, day: str) -> int:
    """The row of a day."""
    return next(row for row, line in enumerate(lines) if line.startswith(day))


def ghosts(lines: Lines) -> Lines:
    """Rows on holidays that repeat the session before."""
    before = {"2025-07-01": "2025-06-30", "2025-10-01": "2025-09-30", "2024-12-26": "2024-12-24"}
    return sorted([*lines, *(lines[at(lines, real)].replace(real, day) for day, real in before.items())])


def stale(lines: Lines) -> Lines:
    """A day without a trade that repeats another day's price."""
    row = at(lines, "2022-03-14")
    price = cells(lines[row - 1])[4]
    return [*lines[:row], f"2022-03-14,{price},{price},{price},{price},0", *lines[row + 1 :]]


def adjusted(lines: Lines) -> Lines:
    """Closes from which later dividends were taken, beside prices of the day from which they were not."""
    made = []
    for line in lines:
        day, opened, high, low, close, volume = cells(line)
        close = close if day >= "2022-06-01" else f"{float(close) * 0.93:.2f}"
        made.append(f"{day},{opened},{high},{low},{close},{volume}")
    return made


def quoted(lines: Lines) -> Lines:
    return [",".join(f'"{cell}"' for cell in cells(line)) for line in lines]


def written(folder: Path, lines: Sequence[str], head: str = HEAD, end: str = "\n", sign: str = "") -> Path:
    """A folder with that file alone."""
    path = folder / f"{SYMBOL}.csv"
    path.write_bytes((sign + end.join([head, *lines]) + end).encode())
    return folder


def answers(folder: Path) -> tuple[list[dict[str, object]], list[str]]:
    """What is told, and the defects that are named."""
    told = run_streaks([SYMBOL], folder, DATES)
    defects = told[0].get("defects", [])
    return [{key: value for key, value in one.items() if key != "defects"} for one in told], defects


@pytest.fixture(scope="module")
def lines() -> Lines:
    return (SHARED / "market" / "stocks" / f"{SYMBOL}.csv").read_text().splitlines()[1:]


@pytest.fixture(scope="module")
def truth(lines: Lines, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, object]]:
    told, defects = answers(written(tmp_path_factory.mktemp("truth"), lines))
    assert not defects
    return told


@needs_shared
@pytest.mark.parametrize(
    ("plant", "named"),
    [
        (ghosts, "rows on days without a session, left out: 2024-12-26, 2025-07-01, 2025-10-01"),
        (lambda lines: [*lines[:40], *lines[30:40], *lines[40:]], "rows given twice, kept once"),
        (lambda lines: lines[::-1], "rows out of order, sorted"),
        (lambda lines: [*lines[700:], *lines[:700]], "rows out of order, sorted"),
        (lambda lines: [",".join([*cells(line)[:5], ""]) for line in lines], ""),
        (quoted, ""),
        (lambda lines: [f"{line}," for line in lines], ""),
        (lambda lines: [line.replace(",", " 00:00:00+08:00,", 1) for line in lines], ""),
        (
            lambda lines: sorted([*lines, "2021-12-24,null,null,null,null,null"]),
            "without a date or a positive",
        ),
    ],
)
def test_the_answer_is_unchanged(
    tmp_path: Path, lines: Lines, truth: object, plant: Callable[[Lines], Lines], named: str
) -> None:
    told, defects = answers(written(tmp_path, plant(lines)))
    assert told == truth
    assert named in "; ".join(defects) and bool(defects) is bool(named)


@needs_shared
@pytest.mark.parametrize("sign", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_other_systems_files_and_other_columns_change_nothing(
    tmp_path: Path, lines: Lines, truth: object, sign: str, end: str
) -> None:
    rows = [",".join([*cells(line)[:5], "1.23", cells(line)[5]]) for line in lines]
    head = "Date,Open,High,Low,Close,Adj Close,Volume"
    assert answers(written(tmp_path, rows, head, end, sign)) == (truth, [])


@needs_shared
@pytest.mark.parametrize(
    ("plant", "named"),
    [
        (stale, ["flat rows without volume, left out: 2022-03-14", "sessions without a row: 2022-03-14"]),
        (adjusted, ["closes outside the day's range, kept: 2021-03-"]),
        (
            lambda lines: [line for line in lines if line[:10] != "2024-12-31"],
            ["sessions without a row: 2024-12-31"],
        ),
    ],
)
def test_what_cannot_be_mended_is_named(
    tmp_path: Path, lines: Lines, plant: Callable[[Lines], Lines], named: list[str]
) -> None:
    defects = answers(written(tmp_path, plant(lines)))[1]
    assert len(defects) == len(named)
    assert all(text.startswith(start) for text, start in zip(defects, named, strict=True))


@needs_shared
def test_a_last_row_from_before_the_close_is_none(tmp_path: Path, lines: Lines) -> None:
    """A snapshot taken in the afternoon has a price of that afternoon where the close will be."""
    row = at(lines, "2025-09-17")
    day, opened, high, low, _, volume = cells(lines[row])
    folder = written(tmp_path, [*lines[:row], f"{day},{opened},{high},{low},133.3,{volume}"])
    taken = parse_rfc3339("2025-09-17T15:30:00+08:00")
    os.utime(folder / f"{SYMBOL}.csv", ns=(taken, taken))
    [told] = run_streaks([SYMBOL], folder, [date(2025, 9, 17)])
    assert (told["session_date"], told["close"], told["missing_sessions"]) == ("2025-09-16", "113.2", 1)
    assert told["defects"] == ["last row written before that day's close, left out: 2025-09-17"]


@needs_shared
@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (lambda line: line.replace(",", ";"), "no usable row"),
        (lambda line: line.replace(",", ",1,", 1), "rows with more cells than"),  # 1,113.20 without quotes
        (lambda line: line.replace("-", "/"), "no usable row"),
    ],
)
def test_what_is_no_such_file_is_said_with_what_is_wanted(
    tmp_path: Path, lines: Lines, rows: Callable[[str], str], reason: str
) -> None:
    [told] = run_streaks([SYMBOL], written(tmp_path, [rows(line) for line in lines]), DATES[:1])
    assert reason in told["error"]
    assert "wants rows like 2025-09-17," in told["error"]
