"""History: every defect is mended or named, and nothing that failed, aged or broke passes for data."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.http import Http
from market.bars import Bar, Split
from market.clock import parse_rfc3339
from market.errors import FeedError
from market.history import build
from market.profile import Profile
from market.session import calendar
from market.symbol import is_hong_kong
from monitor import cleaning
from monitor.cleaning import clean, read
from monitor.defects import HistoryError
from monitor.history import Source, history_files, index
from monitor.reducer import ProfileLoader
from tests.limit import LIMIT
from tests.paths import ROOT

HK = calendar("XHKG")
FIXTURES = ROOT / "tests" / "data" / "history"
HEAD = "Date,Open,High,Low,Close,Volume\n"
DAY = date(2025, 1, 29)
NOW = parse_rfc3339("2025-01-29T11:00:00+08:00")

GOOD = (FIXTURES / "1234.HK.csv").read_text().splitlines()[1:]
BARS = read(FIXTURES / "1234.HK.csv", HK).bars


def written(folder: Path, lines: Sequence[str], head: str = HEAD, name: str = "1234.HK.csv") -> Path:
    """A file of the rows, written long after they were."""
    path = folder / name
    path.write_text(head + "".join(f"{line}\n" for line in lines))
    return path


def flat(day: date, price: int) -> Bar:
    """A bar of one price."""
    return Bar(day, Decimal(price), Decimal(price), Decimal(price), Decimal(price), 7)


def below(folder: Path, ending: str) -> dict[Path, int]:
    """The files of a kind anywhere in a folder, and when each was written."""
    return {file: file.stat().st_mtime_ns for file in folder.rglob(f"*.{ending}")}


def kinds(path: Path) -> list[str]:
    return [defect.kind for defect in read(path, HK).defects]


# -- cleaning


def test_a_sound_file_is_read_as_it_stands() -> None:
    bars, defects = read(FIXTURES / "1234.HK.csv", HK)
    assert not defects and len(bars) == len(GOOD)
    assert [f"{b.date},{b.open},{b.high},{b.low},{b.close},{b.volume}" for b in bars] == GOOD
    flat = read(FIXTURES / "indices" / "HSTECH.csv", HK).bars
    assert all(bar.volume is None for bar in flat)


def test_ghost_rows_of_holidays_are_left_out(tmp_path: Path) -> None:
    at = next(n for n, line in enumerate(GOOD) if line.startswith("2024-12-27"))
    ghost = GOOD[at - 1].replace(GOOD[at - 1][:10], "2024-12-26")
    bars, defects = read(written(tmp_path, [*GOOD[:at], ghost, *GOOD[at:]]), HK)
    assert bars == BARS
    assert [defect.text for defect in defects] == ["rows on days without a session, left out: 2024-12-26"]


def test_flat_rows_without_volume_are_left_out_of_a_stock(tmp_path: Path) -> None:
    stale = [f"{line[:10]},88.00,88.00,88.00,88.00,0" if n in (7, 9) else line for n, line in enumerate(GOOD)]
    bars, defects = read(written(tmp_path, stale), HK)
    assert bars == [bar for n, bar in enumerate(BARS) if n not in (7, 9)]
    assert [defect.kind for defect in defects] == ["stale", "missing"]


def test_an_empty_volume_is_unknown_and_an_index_may_be_flat(tmp_path: Path) -> None:
    flat = [f"{line[:10]},48.00,48.00,48.00,48.00," if n in (7, 9) else line for n, line in enumerate(GOOD)]
    assert kinds(written(tmp_path, flat)) == []
    zero = [f"{line[:10]},88.00,88.00,88.00,88.00,0" for line in GOOD]
    assert kinds(written(tmp_path, zero)) == []


def test_disorder_is_sorted_and_repeats_are_kept_once(tmp_path: Path) -> None:
    bars, defects = read(written(tmp_path, [*GOOD[5:], *GOOD[:5], GOOD[9]]), HK)
    assert bars == BARS
    assert [defect.kind for defect in defects] == ["unordered", "repeated"]


def test_a_day_given_twice_with_different_closes_is_named(tmp_path: Path) -> None:
    other = GOOD[9].split(",")
    other[4] = other[3]
    bars, defects = read(written(tmp_path, [*GOOD[:9], ",".join(other), *GOOD[9:]]), HK)
    assert bars == BARS
    assert [(d.kind, d.dates) for d in defects] == [("conflicting", (BARS[9].date,))]


def test_a_last_row_from_before_the_close_is_left_out(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD)
    for stamp, whole in (
        ("2025-01-28T12:00:30+08:00", False),
        ("2025-01-28T12:11:59+08:00", False),
        ("2025-01-28T12:12:00+08:00", True),
        ("2025-01-29T09:00:00+08:00", True),
        ("2025-01-10T09:00:00+08:00", True),  # a clock that is off proves nothing
    ):
        ts = parse_rfc3339(stamp)
        os.utime(path, ns=(ts, ts))
        assert (read(path, HK).bars == BARS) is whole
        assert kinds(path) == ([] if whole else ["unfinished"])


def test_rows_without_a_date_or_price_are_counted(tmp_path: Path) -> None:
    bad = ["soon,1,1,1,1,1", "2024-11-32,1,1,1,1,1", f"{GOOD[3][:10]},1,1,1,,1", f"{GOOD[4][:10]},1,1,1,-5,1"]
    bad += ["2024-11-01,1,1,1,nan,1", "2024-11-01,1,1,1,1_0,1", "2024-11-01,1,1,1,inf,1"]
    bars, defects = read(written(tmp_path, [*bad, *GOOD]), HK)
    assert bars == BARS
    [defect] = defects
    assert (defect.kind, defect.count, len(defect.dates)) == ("unreadable", 7, 5)
    assert defect.text.endswith("2024-11-07, 2024-11-08, 2024-11-01 (7 in all)")


def test_unknown_prices_of_the_day_become_its_close(tmp_path: Path) -> None:
    lines = [f"{line[:10]},,,,{line.split(',')[4]}," for line in GOOD]
    bars, defects = read(written(tmp_path, lines), HK)
    assert [bar.close for bar in bars] == [bar.close for bar in BARS]
    assert not defects and all(bar.open == bar.high == bar.low == bar.close for bar in bars)


def test_a_close_outside_the_days_range_is_named_and_kept(tmp_path: Path) -> None:
    row = GOOD[9].split(",")
    row[2] = row[3]
    bars, defects = read(written(tmp_path, [*GOOD[:9], ",".join(row), *GOOD[10:]]), HK)
    assert [bar.close for bar in bars] == [bar.close for bar in BARS]
    assert [defect.kind for defect in defects] == ["inconsistent"]


@pytest.mark.parametrize("factor", [2, 10, Decimal("0.5"), Decimal("0.1")])
def test_a_split_that_is_not_adjusted_for_is_named(tmp_path: Path, factor: Decimal) -> None:
    before = [
        f"{bar.date},{bar.open * factor},{bar.high * factor},{bar.low * factor},{bar.close * factor},7"
        for bar in BARS[:9]
    ]
    bars, [defect] = read(written(tmp_path, [*before, *GOOD[9:]]), HK)
    assert len(bars) == len(BARS)
    assert (defect.kind, defect.dates) == ("suspect", (BARS[9].date,))


def test_missing_sessions_are_listed(tmp_path: Path) -> None:
    _, [defect] = read(written(tmp_path, [*GOOD[:9], *GOOD[13:]]), HK)
    assert defect.dates == tuple(bar.date for bar in BARS[9:13])
    assert defect.text == "sessions without a row: 2024-11-15, 2024-11-18, 2024-11-19 (4 in all)"


def test_other_columns_and_a_byte_order_mark_are_no_obstacle(tmp_path: Path) -> None:
    head = "\ufeffDate,Open,High,Low,Close,Adj Close,Volume\n"
    lines = [",".join([*line.split(",")[:5], "1.23", line.split(",")[5]]) for line in GOOD]
    bars, defects = read(written(tmp_path, lines, head), HK)
    assert (bars, defects) == (BARS, [])
    bars, _ = read(written(tmp_path, [",".join(line.split(",")[:5:4]) for line in GOOD], "Date,Close\n"), HK)
    assert [bar.close for bar in bars] == [bar.close for bar in BARS]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"Date,Price\n2025-01-02,1\n", "no column Close"),
        (HEAD.encode(), "no usable row"),
        (HEAD.encode() + b"2025-01-01,1,1,1,1,1\n", "no usable row"),
        (HEAD.encode() + b"soon,1,1,1,1,1\n", "no usable row"),
        (HEAD.encode() + b"2025-01-02,998,1,002,997,998,\n2025-01-03,9,9,9,9,\n", "rows with more cells"),
        (b"\xff\xfe\x00\x01" * 40, "1234.HK.csv"),
        (b'Date,Close\n"2025-01-02,1\n', "1234.HK.csv"),
    ],
)
def test_a_file_that_is_no_history_is_named(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "1234.HK.csv"
    path.write_bytes(content)
    with pytest.raises(HistoryError, match=r"1234\.HK\.csv") as caught:
        read(path, HK)
    assert reason in str(caught.value)
    with pytest.raises(HistoryError, match="no such file"):
        read(tmp_path / "none.csv", HK)


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_plain_reading_and_cleaning_agree(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever a plain reading accepts, pandas reads alike and finds nothing to mend in."""
    lines = list(GOOD[:8])
    for _ in range(data.draw(st.integers(0, 3))):
        at = data.draw(st.integers(0, len(lines) - 1))
        cells = lines[at].split(",")
        cell = data.draw(st.integers(0, len(cells) - 1))
        odd = [
            "",
            "0",
            "1",
            "-1",
            "1.5",
            " 2",
            "1e2",
            "nan",
            "2024-11-09",
            "2024-W45-1",
            "٣",
            "1,2",
            '"3"',
            "9.9.9",
        ]
        cells[cell] = data.draw(st.sampled_from([*odd, cells[cell]]))
        lines[at] = ",".join(cells)
    path = written(tmp_path_factory.mktemp("history"), lines)
    columns = cleaning.sound(path, HK)
    if columns is not None:
        plain = columns.bars()
        frame, defects = clean(cleaning._load(path), HK)
        assert defects == []
        assert [Decimal(text) for text in frame["Close"]] == [bar.close for bar in plain]
        assert [Decimal(text) for text in frame["High"]] == [bar.high for bar in plain]
        assert frame["day"].dt.date.tolist() == [bar.date for bar in plain]


# -- files


def vendor(
    bars: Sequence[Bar], asked: list[tuple[date, date]], name: str = "vendor", years: int = 8
) -> Source:
    """A source that has these bars and notes what it is asked for; none at all means that it is down."""

    async def fetch(http: Http, settings: Any, symbol: str, start: date, end: date) -> list[Bar]:
        asked.append((start, end))
        if not bars:
            raise FeedError(name, "HTTP 503")
        return [bar for bar in bars if start <= bar.date <= end]

    return Source(name, f"http://{name}.test/", is_hong_kong, years, fetch, None)


def test_the_index_prefers_files_further_up() -> None:
    assert index(FIXTURES) == {
        "1234.HK": FIXTURES / "1234.HK.csv",
        "HSTECH": FIXTURES / "indices" / "HSTECH.csv",
    }
    with pytest.raises(HistoryError, match="none: No such file"):
        index(FIXTURES / "none")


async def test_what_is_fetched_is_kept_by_source_and_holds_no_open_session(tmp_path: Path) -> None:
    today = flat(date(2025, 2, 3), 50)
    now = parse_rfc3339("2025-02-03T16:11:00+08:00")
    asked: list[tuple[date, date]] = []
    async with history_files(None, (vendor([*BARS, today], asked),), lambda: now, tmp_path) as files:
        path = await files.find("1234.HK", today.date)
        assert path.parent.name.startswith("vendor-")
        assert read(path, HK) == (BARS, [])
        assert await files.find("1234.HK", today.date) == path
        assert len(asked) == 2, "one page with bars, an empty one before it, and no third fetch"
    assert path.stat().st_mtime_ns == now


async def test_the_next_session_asks_only_for_what_is_new(tmp_path: Path) -> None:
    asked: list[tuple[date, date]] = []
    later = [*BARS, flat(date(2025, 2, 3), 50)]
    async with history_files(None, (vendor(BARS, asked),), lambda: NOW, tmp_path) as files:
        await files.find("1234.HK", DAY)
    now = parse_rfc3339("2025-02-04T09:00:00+08:00")
    asked.clear()
    async with history_files(None, (vendor(later, asked),), lambda: now, tmp_path) as files:
        path = await files.find("1234.HK", date(2025, 2, 4))
    assert asked == [(date(2025, 1, 14), date(2025, 2, 4))]
    assert read(path, HK).bars == later
    # After a split the vendor's old rows are others, and the kept ones worthless.
    halved = [
        bar._replace(open=bar.low / 2, high=bar.high / 2, low=bar.low / 2, close=bar.close / 2)
        for bar in later
    ]
    now = parse_rfc3339("2025-02-05T09:00:00+08:00")
    async with history_files(None, (vendor(halved, asked),), lambda: now, tmp_path) as files:
        path = await files.find("1234.HK", date(2025, 2, 5))
    assert read(path, HK).bars == halved


async def test_splits_are_asked_of_who_knows_them_and_kept_with_the_bars(tmp_path: Path) -> None:
    """A vendor of unadjusted bars, before and after another one has told of the split in them."""
    raw = [
        Bar(bar.date, bar.open * 5, bar.high * 5, bar.low * 5, bar.close * 5, 1) if row < 9 else bar
        for row, bar in enumerate(BARS)
    ]
    told: list[Split] | None = None

    async def events(http: Http, symbol: str, start: date, end: date) -> list[Split]:
        if told is None:
            raise FeedError("events", "HTTP 503")
        return [split for split in told if start <= split.date <= end]

    source = vendor(raw, [])._replace(splits=events)
    days = iter(range(3, 28))

    async def find() -> Path:
        """Of the next day's session, so that it is fetched."""
        day = date(2025, 2, next(days))
        now = parse_rfc3339(f"{day}T09:00:00+08:00")
        async with history_files(None, (source,), lambda: now, tmp_path) as files:
            return await files.find("1234.HK", day)

    assert kinds(await find()) == ["suspect"]
    told = [Split(BARS[9].date, Fraction(5))]
    path = await find()
    assert [bar.close for bar in read(path, HK).bars] == [bar.close for bar in BARS]
    told = None
    assert [bar.close for bar in read(await find(), HK).bars] == [bar.close for bar in BARS]
    assert index(path.parent) == {"1234.HK": path}


async def test_splits_told_later_make_a_new_profile(tmp_path: Path) -> None:
    written(tmp_path, GOOD)
    loader = ProfileLoader(tmp_path, (), lambda: NOW, tmp_path / "cache")
    [before] = [one async for one in loader(["1234.HK"], DAY)]
    (tmp_path / "1234.HK.splits.csv").write_text(f"{DAY},2:1\n")
    [after] = [one async for one in loader(["1234.HK"], DAY)]
    assert isinstance(before, Profile) and isinstance(after, Profile)
    assert (before.record_close or 0) == 2 * (after.record_close or 0)
    assert [defect.kind for defect in loader.defects["1234.HK"]] == ["split"]


async def test_failures_are_never_kept_and_an_old_file_is_better_than_none(tmp_path: Path) -> None:
    down = vendor([], [])
    async with history_files(None, (down,), lambda: NOW, tmp_path) as files:
        with pytest.raises(HistoryError, match="HTTP 503"):
            await files.find("1234.HK", DAY)
        with pytest.raises(HistoryError, match="no source"):
            await files.find("AAPL", DAY)
    assert not below(tmp_path, "csv")
    async with history_files(None, (vendor(BARS, []),), lambda: NOW, tmp_path) as files:
        path = await files.find("1234.HK", DAY)
    async with history_files(None, (down,), lambda: NOW, tmp_path) as files:
        assert await files.find("1234.HK", date(2025, 2, 5)) == path


async def test_the_next_source_is_asked_when_one_fails(tmp_path: Path) -> None:
    second = vendor(BARS, [], "second")
    async with history_files(None, (vendor([], []), second), lambda: NOW, tmp_path) as files:
        assert (await files.find("1234.HK", DAY)).parent.name == second.folder


async def test_a_kept_file_that_was_damaged_is_fetched_anew(tmp_path: Path) -> None:
    async with history_files(None, (vendor(BARS, []),), lambda: NOW, tmp_path) as files:
        path = await files.find("1234.HK", DAY)
        path.write_text(path.read_text()[:-20] + "\x00\n")
        os.utime(path, ns=(0, 0))
        assert read(await files.find("1234.HK", DAY), HK).bars == BARS


async def test_without_a_cache_nothing_stays() -> None:
    async with history_files(None, (vendor(BARS, []),), lambda: NOW) as files:
        path = await files.find("1234.HK", DAY)
        assert path.exists()
    assert not path.exists()


# -- profiles


async def loaded(loader: ProfileLoader, *symbols: str, day: date = DAY) -> list[Profile | str]:
    """What a loader brings, in the order of symbols."""
    found = [one async for one in loader(symbols, day)]
    return sorted(found, key=lambda one: one if isinstance(one, str) else one.symbol)


async def test_profiles_come_from_a_child_once_and_then_from_the_cache(tmp_path: Path) -> None:
    loader = ProfileLoader(FIXTURES, (), lambda: NOW, tmp_path)
    first = await loaded(loader, "1234.HK", "HSTECH")
    assert first[0] == build("1234.HK", BARS, DAY, HK)
    kept = below(tmp_path, "json")
    assert len(kept) == 2
    later = ProfileLoader(FIXTURES, (), lambda: NOW + 1, tmp_path)
    assert await loaded(later, "1234.HK", "HSTECH") == first
    assert kept == below(tmp_path, "json")
    [next_day] = await loaded(later, "1234.HK", day=date(2025, 2, 3))
    assert isinstance(next_day, Profile) and next_day.session_date == date(2025, 2, 3)


async def test_one_bad_file_hides_no_other_and_is_never_cached(tmp_path: Path) -> None:
    folder, cache = tmp_path / "history", tmp_path / "cache"
    folder.mkdir()
    written(folder, GOOD)
    written(folder, ["soon,1,1,1,1,1"], name="0001.HK.csv")
    loader = ProfileLoader(folder, (), lambda: NOW, cache)
    bad, none, good = await loaded(loader, "0001.HK", "0002.HK", "1234.HK")
    assert isinstance(bad, str) and bad.startswith("0001.HK: ") and "no usable row" in bad
    assert none == f"0002.HK: no file of that name in {folder}"
    assert isinstance(good, Profile)
    assert [file.name for file in below(cache, "json")] == ["1234.HK.json"]
    written(folder, GOOD, name="0001.HK.csv")
    assert all(isinstance(one, Profile) for one in await loaded(loader, "0001.HK", "1234.HK"))


async def test_a_changed_file_makes_a_new_profile(tmp_path: Path) -> None:
    folder, cache = tmp_path / "history", tmp_path / "cache"
    folder.mkdir()
    written(folder, GOOD)
    loader = ProfileLoader(folder, (), lambda: NOW, cache)
    [before] = await loaded(loader, "1234.HK")
    written(folder, GOOD[:-1])
    [after] = await loaded(loader, "1234.HK")
    assert isinstance(before, Profile) and isinstance(after, Profile)
    assert (before.hole, after.hole) == (0, 1)


@pytest.mark.parametrize("damage", ["flip", "cut", "empty", "junk"])
async def test_a_damaged_cache_is_made_anew(tmp_path: Path, damage: str) -> None:
    loader = ProfileLoader(FIXTURES, (), lambda: NOW, tmp_path)
    [whole] = await loaded(loader, "1234.HK")
    [file] = below(tmp_path, "json")
    kept = file.read_bytes()
    assert isinstance(whole, Profile)
    record = str(whole.record_close).encode()
    damaged = {"flip": kept.replace(record, b"99.99"), "cut": kept[:-9], "empty": b"", "junk": b"\x00[}"}[
        damage
    ]
    assert damaged != kept
    file.write_bytes(damaged)
    assert await loaded(loader, "1234.HK") == [whole]
    assert file.read_bytes() == kept


async def test_defects_are_kept_with_the_profile(tmp_path: Path) -> None:
    folder, cache = tmp_path / "history", tmp_path / "cache"
    folder.mkdir()
    written(folder, [*GOOD[:9], *GOOD[10:]])
    for _ in range(2):
        loader = ProfileLoader(folder, (), lambda: NOW, cache)
        await loaded(loader, "1234.HK")
        [defect] = loader.defects["1234.HK"]
        assert (defect.kind, defect.dates) == ("missing", (BARS[9].date,))


async def test_a_cache_that_cannot_be_written_costs_time_only(tmp_path: Path) -> None:
    blocked = tmp_path / "cache"
    blocked.write_text("a file where the folder should be")
    loader = ProfileLoader(FIXTURES, (), lambda: NOW, blocked)
    assert all(isinstance(one, Profile) for one in await loaded(loader, "1234.HK"))


async def test_a_folder_that_is_not_there_is_said_once(tmp_path: Path) -> None:
    loader = ProfileLoader(tmp_path / "none", (), lambda: NOW)
    [line] = await loaded(loader, "1234.HK", "HSTECH")
    assert isinstance(line, str) and "No such file" in line


async def test_a_cancelled_load_leaves_no_child(tmp_path: Path) -> None:
    started = asyncio.Event()

    async def load() -> None:
        async for _ in ProfileLoader(FIXTURES, (), lambda: NOW)(["1234.HK", "HSTECH"], DAY):
            started.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(load())
    await asyncio.wait_for(started.wait(), LIMIT)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def test_a_warm_start_imports_no_pandas(tmp_path: Path) -> None:
    """In a process of its own; the first run is cold, and even that keeps pandas out of this process."""
    program = f"""
import asyncio, sys
from datetime import date
from pathlib import Path
from monitor.reducer import ProfileLoader
async def main():
    loader = ProfileLoader(Path({str(tmp_path / "history")!r}), (), lambda: {NOW}, Path({str(tmp_path)!r}))
    return [one.symbol async for one in loader(["1234.HK"], date(2025, 1, 29))]
print(asyncio.run(main()), "pandas" in sys.modules, "numpy" in sys.modules)
"""
    folder = tmp_path / "history"
    folder.mkdir()
    written(folder, [*GOOD[:9], *GOOD[10:]])
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
            timeout=LIMIT,
        )
        assert done.stdout.split() == ["['1234.HK']", "False", "False"]


def test_a_weekend_is_not_a_session_for_any_row(tmp_path: Path) -> None:
    saturday = BARS[4].date + timedelta(days=1)
    assert saturday.weekday() == 5
    lines = [*GOOD[:5], GOOD[4].replace(GOOD[4][:10], str(saturday)), *GOOD[5:]]
    assert kinds(written(tmp_path, lines)) == ["ghost"]
