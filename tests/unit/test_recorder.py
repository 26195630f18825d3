"""Recording: entries in, tapes out, whole or readable however it ends."""

import asyncio
import gzip
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from resource import RLIMIT_FSIZE, getrlimit, setrlimit

import pytest

from feeds import recorder as module
from feeds.base import FeedStatus
from feeds.clock import SystemClock
from feeds.recorder import OneTape, Recorder, RecordError, TapeFolder
from feeds.tape import Entry, FeedEvent, TapeReader, read_tape
from market.clock import SECOND, parse_rfc3339
from market.errors import ParseError
from market.freshness import Health
from market.headline import Headline
from market.quote import Quote
from tests.limit import LIMIT
from tests.loopback.feeding import until

NOON = parse_rfc3339("2025-09-17T04:00:00Z")
DAY = 86_400 * SECOND


class Noon(SystemClock):
    """At which it always is."""

    def now(self) -> int:
        """Noon."""
        return NOON


def session(instant: int) -> date:
    return datetime.fromtimestamp(instant // SECOND, UTC).date()


def quote(at: int, last: int = 100) -> Quote:
    return Quote("9888.HK", Decimal(last), at, at, "demo")


def headline(at: int) -> Headline:
    return Headline("1", "Baidu wins", "", at, at, "rthk")


def whole(path: Path) -> list[Entry]:
    """What a sound tape holds."""
    return list(read_tape(str(path)))


def test_what_is_handed_over_is_on_the_tape(tmp_path: Path) -> None:
    for name in ("t.jsonl", "t.jsonl.gz"):
        recorder = Recorder(OneTape(tmp_path / name), session, compressed=name.endswith("gz"))
        recorder.begin(NOON)
        recorder.quotes([quote(NOON), quote(NOON + 5)])
        recorder.add_headlines(iter([headline(NOON + 7)]))
        recorder.rejected(ParseError("x", "y"))
        recorder.close()
        assert whole(tmp_path / name) == [quote(NOON), quote(NOON + 5), headline(NOON + 7)]
        assert (recorder.quotes_taken, recorder.headlines_taken) == (2, 1)


def test_a_tape_is_in_the_order_in_which_it_was_told(tmp_path: Path) -> None:
    recorder = Recorder(OneTape(tmp_path / "t"), session, compressed=False)
    recorder.quotes([quote(NOON)])
    recorder.add_headlines([headline(NOON - 9)])
    recorder.quotes([quote(NOON - 5, 101)])
    recorder.close()
    entries = whole(tmp_path / "t")
    assert [entry.ts_recv for entry in entries] == [NOON] * 3
    assert [entry.ts_event for entry in entries if not isinstance(entry, FeedEvent)] == [
        NOON,
        NOON - 9,
        NOON - 5,
    ]


def test_turns_of_feeds_are_recorded_once(tmp_path: Path) -> None:
    status = FeedStatus()
    recorder = Recorder(OneTape(tmp_path / "t"), session, compressed=False)
    recorder.statuses = lambda: {"demo": status}
    for state, reason in [
        (Health.CONNECTING, None),
        (Health.LIVE, None),
        (Health.LIVE, None),
        (Health.DOWN, "connection lost"),
        (Health.DOWN, "timed out"),
    ]:
        status.state, status.reason = state, reason
        recorder.look(NOON)
    recorder.close()
    assert whole(tmp_path / "t") == [
        FeedEvent("demo", Health.LIVE, NOON),
        FeedEvent("demo", Health.DOWN, NOON, "connection lost"),
        FeedEvent("demo", Health.DOWN, NOON, "timed out"),
    ]


def test_the_next_session_begins_another_tape(tmp_path: Path) -> None:
    recorder = Recorder(OneTape(tmp_path / "my.tape.jsonl.gz"), session)
    for day in range(3):
        recorder.quotes([quote(NOON + day * DAY)])
    recorder.close()
    names = ["my.tape.jsonl.gz", "my.tape-2025-09-18.jsonl.gz", "my.tape-2025-09-19.jsonl.gz"]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names)
    for day, name in enumerate(names):
        assert whole(tmp_path / name) == [quote(NOON + day * DAY)]


def test_a_tape_is_never_written_over(tmp_path: Path) -> None:
    out = tmp_path / "t"
    out.write_text("something")
    with pytest.raises(RecordError, match="is there already"):
        Recorder(OneTape(out), session).begin(NOON)
    assert out.read_text() == "something"
    out.write_text("")
    recorder = Recorder(OneTape(out), session, compressed=False)
    recorder.begin(NOON)
    recorder.close()


def test_a_folder_gives_each_recording_a_name(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "tapes"
    for _ in range(3):
        recorder = Recorder(TapeFolder(folder), session)
        recorder.begin(NOON)
        recorder.close()
    assert sorted(path.name for path in folder.iterdir()) == [
        "2025-09-17.2.jsonl.gz",
        "2025-09-17.3.jsonl.gz",
        "2025-09-17.jsonl.gz",
    ]


def test_where_nothing_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for place in (OneTape(tmp_path / "none" / "t"), OneTape(tmp_path), TapeFolder(tmp_path / "file" / "x")):
        with pytest.raises(RecordError):
            Recorder(place, session).begin(NOON)


def test_the_oldest_tapes_go_when_the_room_is_used_up(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_bytes(bytes(9000))
    for day in range(5):
        recorder = Recorder(TapeFolder(tmp_path), session, most=8000)
        recorder.begin(NOON + day * DAY)
        tape = tmp_path / f"2025-09-{17 + day}.jsonl.gz"
        recorder.quotes([quote(NOON + day * DAY)])
        recorder.close()
        tape.write_bytes(bytes(3000))
        os.utime(tape, ns=(day, day))
    recorder = Recorder(TapeFolder(tmp_path), session, most=8000)
    recorder.quotes([quote(NOON + 5 * DAY)])
    recorder.close()
    left = {"notes.txt", "2025-09-20.jsonl.gz", "2025-09-21.jsonl.gz", "2025-09-22.jsonl.gz"}
    assert {path.name for path in tmp_path.iterdir()} == left


def test_a_tape_that_grows_beyond_the_room_ends_whole(tmp_path: Path) -> None:
    recorder = Recorder(OneTape(tmp_path / "t"), session, compressed=False, most=1000)
    recorder.quotes([quote(NOON + number) for number in range(20)])
    with pytest.raises(RecordError, match="takes more than"):
        recorder.close()
    assert len(whole(tmp_path / "t")) == 20


@asynccontextmanager
async def patient(recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[list[RecordError]]:
    """The recorder at work, whatever the disk says; the list of that."""
    monkeypatch.setattr(module, "EVERY", 0.001)
    said: list[RecordError] = []
    writing = asyncio.create_task(recorder.run(Noon(), said.append))
    try:
        yield said
    finally:
        writing.cancel()
        with suppress(asyncio.CancelledError):
            await writing
        recorder.close()


async def test_a_session_that_takes_all_the_room_ends_and_the_next_is_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own tape is the oldest then, and goes."""
    recorder = Recorder(TapeFolder(tmp_path), session, compressed=False, most=1000)
    today, tomorrow = tmp_path / "2025-09-17.jsonl.gz", tmp_path / "2025-09-18.jsonl.gz"
    async with patient(recorder, monkeypatch) as said:
        recorder.quotes([quote(NOON + number) for number in range(20)])
        await until(lambda: bool(recorder.trouble))
        recorder.quotes([quote(NOON + 20)])
        await until(lambda: recorder.dropped == 1)
        assert len(today.read_bytes().splitlines()) == 20
        recorder.quotes([quote(NOON + DAY)])
        await until(lambda: not recorder.trouble)
        assert [str(error) for error in said] == ["the tape takes more than 0 MiB: the recording ends here"]
    assert len(tomorrow.read_bytes().splitlines()) == 1
    assert not today.exists()


def test_a_disk_that_does_not_keep_up_costs_entries_and_not_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "MOST_WAITING", 10)
    recorder = Recorder(OneTape(tmp_path / "t"), session)
    for number in range(15):
        recorder.quotes([quote(NOON + number)])
    assert recorder.dropped == 5
    assert caplog.text.count("the tape has a hole") == 1
    recorder.close()
    assert len(whole(tmp_path / "t")) == 10


def test_a_full_disk_is_told() -> None:
    recorder = Recorder(OneTape(Path("/dev/full")), session)
    recorder.begin(NOON)
    recorder.quotes([quote(NOON)])
    with pytest.raises(RecordError, match=r"^/dev/full: No space left"):
        recorder.close()


async def test_a_disk_that_has_room_again_goes_on_with_the_tape(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was begun is ended; what came meanwhile is a hole, after which it says how feeds stand."""
    status = FeedStatus(state=Health.LIVE)
    recorder = Recorder(TapeFolder(tmp_path), session)
    recorder.statuses = lambda: {"demo": status}
    soft, hard = getrlimit(RLIMIT_FSIZE)
    recorder.begin(NOON)
    async with patient(recorder, monkeypatch) as said:
        setrlimit(RLIMIT_FSIZE, (20, hard))
        try:
            recorder.quotes([quote(NOON + 1), quote(NOON + 2)])
            await until(lambda: bool(said))
            recorder.quotes([quote(NOON + 3)])
            await until(lambda: recorder.dropped > 0)
        finally:
            setrlimit(RLIMIT_FSIZE, (soft, hard))
        await until(lambda: not recorder.trouble)
        recorder.look(NOON + 4)  # unless it has looked by itself
        recorder.quotes([quote(NOON + 4)])
    [error] = said
    assert str(error).endswith("2025-09-17.jsonl.gz: File too large")
    [tape] = tmp_path.iterdir()
    entries = whole(tape)
    assert [entry.ts_event for entry in entries if isinstance(entry, Quote)] == [NOON + 1, NOON + 2, NOON + 4]
    assert [entry.state for entry in entries if isinstance(entry, FeedEvent)] == [Health.LIVE] * 2


async def test_what_was_written_can_be_read_while_it_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "EVERY", 0.001)
    out = tmp_path / "t.gz"
    recorder = Recorder(OneTape(out), session)
    recorder.begin(NOON)
    writing = asyncio.create_task(recorder.run(SystemClock()))
    recorder.quotes([quote(NOON)])
    entries: list[Entry] = []
    async with asyncio.timeout(LIMIT):
        while not entries:
            await asyncio.sleep(0.001)
            entries = TapeReader(lambda error: None).feed(out.read_bytes())
    assert entries == [quote(NOON)]
    writing.cancel()
    with suppress(asyncio.CancelledError):
        await writing
    recorder.quotes([quote(NOON + 1)])
    recorder.close()
    assert len(gzip.decompress(out.read_bytes()).splitlines()) == 2
