"""Recording: what feeds say, onto tapes, without holding the feeds up.

Entries are handed over in one call and written by a thread once a second. A tape ends with its session's
date; compressed data is flushed each time, so that a crash costs a second and leaves a tape that can be read.
A disk that fails leaves a hole in it: what was begun is ended when there is room again, and the tape goes on.
"""

import asyncio
import logging
import os
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import date
from io import FileIO
from pathlib import Path
from typing import NoReturn, Protocol

from feeds.base import FeedStatus
from feeds.tape import Entry, FeedEvent, tape_line
from market.clock import MINUTE, Clock
from market.errors import ParseError, TickwallError
from market.freshness import Health
from market.headline import Headline
from market.quote import Quote

log = logging.getLogger(__name__)

EVERY = 1.0
"""Seconds of real time between two writes."""

MOST_WAITING = 2_000_000
"""Entries that wait for a disk, some 500 MB; beyond it they are dropped, counted and told."""

_STATES = (Health.LIVE, Health.DELAYED, Health.STALE, Health.DOWN)


class RecordError(TickwallError):
    """A tape that cannot be written, or would take more room than it may."""


class Places(Protocol):
    """Where tapes go."""

    def open(self, day: date) -> FileIO:
        """A new file for a session's tape; ``RecordError`` where there cannot be one."""

    def trim(self, most: int) -> bool:
        """Delete the oldest tapes but the last until all take at most so many bytes; whether they do."""


class OneTape:
    """``OUT``, and beside it ``OUT-2025-09-18`` and so on for the sessions after the first."""

    def __init__(self, out: Path) -> None:
        self._out = out
        self._written: list[Path] = []

    def open(self, day: date) -> FileIO:
        """``OUT`` first; a tape that is there is never written over."""
        path = self._out
        if self._written:
            suffixes = "".join(path.suffixes[-2:]) if path.suffix == ".gz" else path.suffix
            path = path.with_name(f"{path.name.removesuffix(suffixes)}-{day}{suffixes}")
        try:
            if path.exists() and path.is_file() and path.stat().st_size:
                raise RecordError(f"{path}: is there already, and no tape is written over")
            file = FileIO(path, "wb")
        except OSError as error:
            raise RecordError(f"{path}: {error.strerror}") from None
        self._written.append(path)
        return file

    def trim(self, most: int) -> bool:
        """Of the tapes of this recording."""
        with _told(self._out):
            return _trim(self._written, most)


class TapeFolder:
    """A folder of ``2025-09-17.jsonl.gz``; a second tape of a day is ``2025-09-17.2.jsonl.gz``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.expanduser()

    @property
    def lock(self) -> Path:
        """Names the lock of who records here."""
        return self._folder / "tapes"

    def open(self, day: date) -> FileIO:
        """The first free name of the day."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            number = 1
            while True:
                middle = f".{number}" if number > 1 else ""
                with suppress(FileExistsError):
                    return FileIO(self._folder / f"{day}{middle}.jsonl.gz", "xb")
                number += 1
        except OSError as error:
            raise RecordError(f"{self._folder}: {error.strerror}") from None

    def trim(self, most: int) -> bool:
        """Of everything in the folder that is named as a tape of ours."""
        tapes = self._folder.glob("[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]*.jsonl.gz")
        with _told(self._folder):
            return _trim(sorted(tapes, key=lambda path: path.stat().st_mtime_ns), most)


def _trim(tapes: list[Path], most: int) -> bool:
    """Oldest first; the last is being written, and stays."""
    sizes = [path.stat().st_size if path.exists() else 0 for path in tapes]
    total = sum(sizes)
    for path, size in zip(tapes[:-1], sizes, strict=False):
        if total <= most:
            break
        path.unlink(missing_ok=True)
        total -= size
    return total <= most


class Recorder:
    """A sink of quotes and headlines that writes a tape.

    ``session`` gives the date of an instant, at whose turn the next tape begins; ``most`` bounds what all
    tapes take, bytes: the oldest go first, and the newest goes no further when it alone takes more.
    ``statuses`` are watched, and their turns recorded.
    """

    def __init__(
        self,
        places: Places,
        session: Callable[[int], date],
        *,
        compressed: bool = True,
        most: int = 1 << 40,
    ) -> None:
        self.statuses: Callable[[], Mapping[str, FeedStatus]] = dict
        self.quotes_taken = 0
        self.headlines_taken = 0
        self.dropped = 0
        self.trouble = ""
        """Why nothing is recorded at this time; empty when all is well."""
        self._places = places
        self._session = session
        self._compressed = compressed
        self._most = most
        self._waiting: list[Entry] = []
        self._states: dict[str, tuple[Health, str | None]] = {}
        self._tape: _Tape | None = None
        self._last = 0
        self._minute = -1

    # -- what feeds hand over; cheap, and never waits

    def quotes(self, quotes: Sequence[Quote]) -> None:
        """Take a frame's quotes."""
        self.quotes_taken += len(quotes)
        self._take(quotes)

    def rejected(self, error: ParseError) -> None:
        """What no parser understood is on no tape."""

    def add_headlines(self, headlines: Iterable[Headline]) -> None:
        """Take headlines."""
        told = list(headlines)
        self.headlines_taken += len(told)
        self._take(told)

    def _take(self, entries: Sequence[Entry]) -> None:
        if len(self._waiting) >= MOST_WAITING:
            if not self.dropped:
                log.error("the disk does not keep up: the tape has a hole")
            self.dropped += len(entries)
        else:
            self._waiting.extend(entries)

    def look(self, now: int) -> None:
        """Take the turns of the feeds' states since the last look, as of an instant (ns UTC)."""
        for name, status in self.statuses().items():
            state = Health(status.state), status.reason
            if state[0] in _STATES and self._states.get(name) != state:
                self._states[name] = state
                self._take([FeedEvent(name, state[0], now, state[1])])

    # -- writing

    def begin(self, now: int) -> None:
        """Open the first tape, for the session of an instant (ns UTC); ``RecordError`` where none can be."""
        self._turn(now)

    async def run(self, clock: Clock, on_error: Callable[[RecordError], object] | None = None) -> NoReturn:
        """Write once a second until cancelled; ``close`` follows.

        ``RecordError`` when that cannot go on. With ``on_error``, which hears of it once, it goes on when it
        can: when there is room again, or with the next session.
        """
        while True:
            await asyncio.sleep(EVERY)
            self.look(clock.now())
            entries, self._waiting = self._waiting, []
            # Not left half-way by a cancellation: the thread writes on, and close would write beside it.
            writing = asyncio.create_task(asyncio.to_thread(self._write, entries))
            try:
                await asyncio.shield(writing)
            except asyncio.CancelledError:
                with suppress(RecordError):
                    await writing
                raise
            except RecordError as error:
                if on_error is None:
                    raise
                if str(error) != self.trouble:
                    self.trouble = str(error)
                    on_error(error)
            else:
                if self.trouble:
                    log.warning("recording goes on; so far %d entries are on no tape", self.dropped)
                    self.trouble = ""
                    self._states.clear()  # the tape shall say how feeds stand after the hole

    def close(self) -> None:
        """Write what is left, and end the tape so that it is whole; ``RecordError`` where that fails."""
        entries, self._waiting = self._waiting, []
        try:
            self._write(entries)
        finally:
            tape, self._tape = self._tape, None
            if tape is not None:
                tape.close()

    def _write(self, entries: Sequence[Entry]) -> None:
        left = len(entries)
        try:
            if self._tape is not None:
                self._tape.flush()
            for tape, line in self._lines(entries):
                if not tape.is_full:
                    tape.add(line)
                    left -= 1
        finally:
            self.dropped += left
        if (written := self._tape) is not None:
            written.flush()
            written.is_full = written.is_full or (bool(entries) and not self._places.trim(self._most))
            if written.is_full:
                raise RecordError(f"the tape takes more than {self._most >> 20} MiB: the recording ends here")

    def _lines(self, entries: Sequence[Entry]) -> Iterator[tuple["_Tape", bytes]]:
        for entry in entries:
            # A headline is read in a thread of its own, and comes later than it was received.
            at = self._last = max(self._last, entry.ts_recv)
            tape = self._turn(at)
            yield tape, tape_line(entry if entry.ts_recv == at else _received(entry, at))

    def _turn(self, at: int) -> "_Tape":
        """The tape of an instant's session: another one, when the session has turned."""
        tape = self._tape
        if tape is None or at // MINUTE != self._minute:
            self._minute = at // MINUTE
            day = self._session(at)
            if tape is None or tape.day != day:
                self._tape = None
                if tape is not None:
                    tape.close()
                tape = self._tape = _Tape(self._places.open(day), day, self._compressed)
        return tape


@contextmanager
def _told(path: object) -> Iterator[None]:
    """What a disk says, as an error of ours."""
    try:
        yield
    except OSError as error:
        raise RecordError(f"{path}: {error.strerror}") from None


def _received(entry: Entry, at: int) -> Entry:
    return replace(entry, ts_recv=at) if isinstance(entry, Headline) else entry._replace(ts_recv=at)


class _Tape:
    """One file, and the compressor before it."""

    def __init__(self, file: FileIO, day: date, compressed: bool) -> None:
        self.day = day
        self.is_full = False
        """Whether it takes all the room there is."""
        self._rest = b""
        """What the disk had no room for."""
        self._file = file
        # Level 1: three times as fast as 6, for a fifth more on the disk.
        self._packer = zlib.compressobj(1, wbits=31) if compressed else None
        self._pieces: list[bytes] = []

    def add(self, line: bytes) -> None:
        """One line."""
        self._pieces.append(line)

    def flush(self) -> None:
        """Put the lines on the disk, so that a reader finds every one of them.

        ``RecordError`` where it has no room; the next flush goes on there.
        """
        text, self._pieces = b"".join(self._pieces), []
        if text and self._packer is not None:
            text = self._packer.compress(text) + self._packer.flush(zlib.Z_SYNC_FLUSH)
        self._put(text)

    def close(self) -> None:
        """End the file."""
        try:
            self.flush()
            self._put(self._packer.flush() if self._packer is not None else b"")
            with suppress(OSError):  # a pipe has no disk
                os.fsync(self._file.fileno())
        finally:
            self._file.close()

    def _put(self, text: bytes) -> None:
        self._rest += text
        with _told(self._file.name):
            while self._rest:
                self._rest = self._rest[self._file.write(self._rest) :]
