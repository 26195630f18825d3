"""Playing a tape: a clock that follows the recorded day, and the feed that moves it."""

import asyncio
import heapq
import math
import os
import stat
import time
from collections.abc import Awaitable, Callable
from io import FileIO

from feeds.base import FeedStatus, QuoteSink
from feeds.tape import Entry, FeedEvent, OnError, TapeReader, open_tape, read_chunk
from market.clock import SECOND
from market.freshness import Health
from market.headline import Headline
from market.quote import Quote


class TapeClock:
    """The recorded day's time. It moves with the tape alone, and never back.

    ``speed`` is recorded seconds per real second, ``math.inf`` for as fast as the tape can be read, as
    everything before ``start`` (nanoseconds UTC) is.
    Whoever sleeps wakes at the instant slept for, or when ``rouse`` is called, even where the tape leaps
    over it, so that what depends on time comes out the same at any speed.
    """

    def __init__(self, speed: float = math.inf) -> None:
        self.speed = speed
        self.start = 0
        self._now = 0
        self._start: tuple[int, float] | None = None  # one moment on the tape and on the loop's clock
        self._sleepers: list[tuple[int, int, asyncio.Future[None]]] = []
        self._count = 0
        self._called = asyncio.Event()

    def now(self) -> int:
        """The instant of the line being played, nanoseconds UTC; 0 before the first."""
        return self._now

    async def sleep(self, seconds: float) -> None:
        """Return once the tape has come that far; never, where it ends before."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        wake: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._count += 1  # first come, first woken
        heapq.heappush(self._sleepers, (self._now + int(seconds * SECOND), self._count, wake))
        self._called.set()
        await wake

    def rouse(self) -> None:
        """Wake whoever sleeps before time moves on: there is something to look at sooner."""
        self._sleepers = [(self._now, order, wake) for _, order, wake in self._sleepers]
        heapq.heapify(self._sleepers)

    def leap(self, to: int) -> bool:
        """Move on at once, if nothing is waited for and nobody woken on the way; says whether it did."""
        if (self.speed != math.inf and to > self.start) or (self._sleepers and self._sleepers[0][0] <= to):
            return False
        self._now = max(self._now, to)
        return True

    async def advance(self, to: int) -> None:
        """Move on to an instant at this clock's speed, waking every sleeper at its own on the way."""
        while True:
            until = min(to, self._sleepers[0][0]) if self._sleepers else to
            if until > self._now and not await self._passed(until):
                continue
            self._now = max(self._now, until)
            if not self._sleepers or self._sleepers[0][0] > self._now:
                return
            _, _, wake = heapq.heappop(self._sleepers)
            if not wake.done():
                wake.set_result(None)
                await asyncio.sleep(0)  # the sleeper's turn, before time goes on

    async def _passed(self, until: int) -> bool:
        """Wait in real time for an instant of the tape; ``False`` when a new sleeper may be due sooner."""
        if self.speed == math.inf or until <= self.start or not self._now:
            return True
        self._start = since, began = self._start or (self._now, asyncio.get_running_loop().time())
        self._called.clear()
        try:
            async with asyncio.timeout_at(began + (until - since) / SECOND / self.speed):
                await self._called.wait()
        except TimeoutError:
            return True
        return False


class TapeFeed:
    """A tape as a feed of quotes, which ends where the tape does; ``-`` is standard input.

    Bad lines go to ``on_error``, or are raised without it. Headlines and the recorded turns of feeds
    go to ``on_headline`` and ``on_event``. Whenever time has moved on ``ready`` is waited for, in real
    time: what takes a while to load is there before the next line, as it would be on the day itself.
    """

    name = "tape"

    def __init__(
        self,
        path: str,
        clock: TapeClock,
        *,
        on_error: OnError | None = None,
        on_headline: Callable[[Headline], None] | None = None,
        on_event: Callable[[FeedEvent], None] | None = None,
        ready: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self.path = path
        self.status = FeedStatus()
        self._clock = clock
        self._reader = TapeReader(on_error)
        self._on_headline = on_headline
        self._on_event = on_event
        self._ready = ready
        self._file: FileIO | None = None
        self._waits = False
        self._begun: list[Entry] = []

    def serves(self, symbol: str) -> bool:
        """A tape may hold any symbol."""
        return True

    async def open(self) -> None:
        """Read up to the first entry and set the clock to it; ``TapeError`` when the file cannot be read.

        A tape without an entry has no time of its own: its clock shows the machine's.
        """
        self._file = open_tape(self.path)
        # A pipe may have nothing to read for hours; a file always has, and cannot be waited for.
        self._waits = not stat.S_ISREG(os.fstat(self._file.fileno()).st_mode)
        while not self._begun and (entries := await self._read()) is not None:
            self._begun = entries
        await self._clock.advance(self._begun[0].ts_recv if self._begun else time.time_ns())

    def close(self) -> None:
        """Give the file back, as ``run`` does at its end."""
        if self._file is not None:
            self._file.close()

    async def run(self, sink: QuoteSink) -> None:
        """Play the tape to its end."""
        try:
            if self._file is None:
                await self.open()
            await self._play(self._begun, sink)
            while (entries := await self._read()) is not None:
                await self._play(entries, sink)
        finally:
            self.close()
        self.status.state, self.status.reason = Health.CLOSED, "the tape has ended"

    async def _read(self) -> list[Entry] | None:
        """The next entries, perhaps none of them; ``None`` after the last."""
        file = self._file
        assert file is not None
        if file.closed:
            return None
        # At full speed this is the only place where others get their turn: every 250 lines.
        await (_readable(file.fileno()) if self._waits else asyncio.sleep(0))
        chunk = read_chunk(file)
        if not chunk:
            file.close()
        entries = self._reader.feed(chunk) if chunk else self._reader.close()
        self.status.frames = self._reader.lines
        self.status.rejected = self._reader.bad
        return entries

    async def _play(self, entries: list[Entry], sink: QuoteSink) -> None:
        clock = self._clock
        frame: list[Quote] = []
        for entry in entries:
            if frame and (entry.ts_recv != frame[0].ts_recv or type(entry) is not Quote):
                self._hand_over(frame, sink)
                frame = []
            if not clock.leap(entry.ts_recv):
                await clock.advance(entry.ts_recv)
                if self._ready is not None:
                    await self._ready()
            if type(entry) is Quote:
                frame.append(entry)
            elif type(entry) is Headline and self._on_headline is not None:
                self._on_headline(entry)
            elif type(entry) is FeedEvent and self._on_event is not None:
                self._on_event(entry)
        if frame:
            self._hand_over(frame, sink)

    def _hand_over(self, frame: list[Quote], sink: QuoteSink) -> None:
        """Quotes received together go on together, as from a venue."""
        status = self.status
        status.state = Health.LIVE
        status.quotes += len(frame)
        status.last_quote, status.last_event = frame[-1].ts_recv, frame[-1].ts_event
        sink.quotes(frame)


async def _readable(descriptor: int) -> None:
    """Wait until a pipe or terminal has something to read, or has ended."""
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    try:
        loop.add_reader(descriptor, ready.set)
    except OSError:
        return  # /dev/null and its like never make one wait
    try:
        await ready.wait()
    finally:
        loop.remove_reader(descriptor)
