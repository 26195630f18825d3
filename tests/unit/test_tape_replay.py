"""A tape as a feed: its clock follows the recorded day at any speed, and wakes sleepers at their instants."""

import asyncio
import math
import os
import time
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import pytest

from feeds.replay import TapeClock, TapeFeed
from feeds.tape import Entry, FeedEvent, TapeError, tape_line
from market.clock import SECOND
from market.errors import ParseError
from market.freshness import Health
from market.headline import Headline
from market.quote import Quote
from tests.limit import LIMIT

START = 1_758_075_247 * SECOND


def quote(seconds: float, symbol: str = "9888.HK") -> Quote:
    at = START + int(seconds * SECOND)
    return Quote(symbol, Decimal(100), at, at, "demo")


class Sink:
    """Keeps frames with the time at which they came."""

    def __init__(self, clock: TapeClock) -> None:
        self.clock = clock
        self.frames: list[tuple[float, list[Quote]]] = []
        self.came = asyncio.Event()

    def quotes(self, quotes: Sequence[Quote]) -> None:
        self.came.set()
        self.frames.append(((self.clock.now() - START) / SECOND, list(quotes)))

    def rejected(self, error: ParseError) -> None:
        raise AssertionError(error)


def tape(path: Path, *entries: Entry) -> str:
    path.write_bytes(b"".join(map(tape_line, entries)))
    return str(path)


async def test_the_clock_follows_the_lines_and_never_goes_back(tmp_path: Path) -> None:
    clock = TapeClock()
    sink = Sink(clock)
    late = quote(1)
    feed = TapeFeed(tape(tmp_path / "t", quote(0), quote(0, "0700.HK"), quote(3), late, quote(4)), clock)
    await feed.open()
    assert clock.now() == START
    await feed.run(sink)
    assert [(at, len(frame)) for at, frame in sink.frames] == [(0, 2), (3, 1), (3, 1), (4, 1)]
    assert sink.frames[2][1] == [late]
    assert feed.status.quotes == 5
    assert feed.status.frames == 5
    assert feed.status.state is Health.CLOSED
    assert feed.status.last_quote == START + 4 * SECOND


async def test_sleepers_wake_at_their_instants_between_two_lines(tmp_path: Path) -> None:
    clock = TapeClock()
    sink = Sink(clock)
    feed = TapeFeed(tape(tmp_path / "t", quote(0), quote(3600)), clock)
    await feed.open()
    woken: list[float] = []

    async def every(seconds: float) -> None:
        while True:
            await clock.sleep(seconds)
            woken.append((clock.now() - START) / SECOND)

    sleepers = [asyncio.create_task(every(600)), asyncio.create_task(every(1500))]
    cancelled = asyncio.create_task(clock.sleep(1))
    await asyncio.sleep(0)
    cancelled.cancel()
    await feed.run(sink)
    assert woken == [600, 1200, 1500, 1800, 2400, 3000, 3000, 3600]
    assert sink.frames[-1][0] == 3600
    for sleeper in sleepers:
        sleeper.cancel()


async def test_who_is_roused_wakes_before_time_moves_on(tmp_path: Path) -> None:
    clock = TapeClock()

    class Rousing(Sink):
        def quotes(self, quotes: Sequence[Quote]) -> None:
            super().quotes(quotes)
            clock.rouse()

    feed = TapeFeed(tape(tmp_path / "t", quote(0), quote(5), quote(6)), clock)
    await feed.open()
    woken: list[float] = []

    async def sleep(seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append((clock.now() - START) / SECOND)

    sleepers = [asyncio.create_task(sleep(seconds)) for seconds in (3600, 60)]
    await asyncio.sleep(0)
    await feed.run(Rousing(clock))
    assert woken == [0, 0]
    assert all(sleeper.done() for sleeper in sleepers)


async def test_no_sleep_is_no_wait() -> None:
    await TapeClock().sleep(0)


async def test_speed_paces_by_real_time(tmp_path: Path) -> None:
    clock = TapeClock(speed=100)
    sink = Sink(clock)
    feed = TapeFeed(tape(tmp_path / "t", quote(0), quote(5), quote(10)), clock)
    loop = asyncio.get_running_loop()
    began = loop.time()
    await feed.run(sink)
    assert loop.time() - began >= 0.1
    assert [at for at, _ in sink.frames] == [0, 5, 10]


async def test_what_lies_before_the_start_is_played_at_once(tmp_path: Path) -> None:
    clock = TapeClock(speed=10)
    sink = Sink(clock)
    feed = TapeFeed(tape(tmp_path / "t", quote(0), quote(3600), quote(3661), quote(3662)), clock)
    await feed.open()
    clock.start = START + 3660 * SECOND
    loop = asyncio.get_running_loop()
    began = loop.time()
    await feed.run(sink)
    assert 0.1 <= loop.time() - began < 30  # of an hour and more; the 61 seconds' gap is waited for
    assert [at for at, _ in sink.frames] == [0, 3600, 3661, 3662]


async def test_who_falls_asleep_during_a_wait_is_woken_in_time(tmp_path: Path) -> None:
    clock = TapeClock(speed=1000)
    feed = TapeFeed(tape(tmp_path / "t", quote(0), quote(10_000)), clock)
    sink = Sink(clock)
    playing = asyncio.create_task(feed.run(sink))
    async with asyncio.timeout(LIMIT):
        await sink.came.wait()
        await clock.sleep(20)
    assert (clock.now() - START) / SECOND == pytest.approx(20)
    playing.cancel()
    await asyncio.gather(playing, return_exceptions=True)


async def test_headlines_and_events_go_their_own_ways(tmp_path: Path) -> None:
    clock = TapeClock()
    told: list[Headline | FeedEvent] = []
    headline = Headline("1", "Baidu wins", "", START, START + SECOND, "rthk")
    event = FeedEvent("demo", Health.DOWN, START + 2 * SECOND, "gone")
    path = tape(tmp_path / "t", quote(0), headline, event, quote(2))
    sink = Sink(clock)
    await TapeFeed(path, clock, on_headline=told.append, on_event=told.append).run(sink)
    assert told == [headline, event]
    assert [at for at, _ in sink.frames] == [0, 2]
    await TapeFeed(path, TapeClock()).run(sink)  # nobody need listen


async def test_others_get_their_turn_at_full_speed(tmp_path: Path) -> None:
    clock = TapeClock(math.inf)
    feed = TapeFeed(tape(tmp_path / "t", *(quote(n / 100) for n in range(3000))), clock)
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    busy = asyncio.create_task(other())
    await feed.run(Sink(clock))
    busy.cancel()
    assert turns >= 5


async def test_bad_lines_are_counted_or_raised(tmp_path: Path) -> None:
    path = tmp_path / "t"
    path.write_bytes(tape_line(quote(0)) + b"bad\n" + tape_line(quote(1)))
    errors: list[ParseError] = []
    feed = TapeFeed(str(path), TapeClock(), on_error=errors.append)
    await feed.run(Sink(TapeClock()))
    assert [error.reason.split(":")[0] for error in errors] == ["line 2"]
    assert feed.status.rejected == 1
    sink = Sink(TapeClock())
    with pytest.raises(ParseError, match="line 2"):
        await TapeFeed(str(path), TapeClock()).run(sink)
    assert len(sink.frames) == 1


async def test_tapes_without_entries_and_without_a_file(tmp_path: Path) -> None:
    clock = TapeClock()
    feed = TapeFeed(tape(tmp_path / "empty"), clock)
    await feed.open()
    await feed.run(Sink(clock))
    assert abs(clock.now() - time.time_ns()) < 60 * SECOND  # there is no other time to show
    assert feed.serves("9888.HK")
    feed.close()
    with pytest.raises(TapeError):
        await TapeFeed(str(tmp_path / "none"), clock).open()


async def test_a_pipe_is_waited_for_without_stopping_the_loop(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    both = os.open(path, os.O_RDWR)
    clock = TapeClock()
    sink = Sink(clock)
    playing = asyncio.create_task(TapeFeed(str(path), clock).run(sink))
    try:
        for number in (1, 2):
            sink.came.clear()
            os.write(both, tape_line(quote(number)))
            async with asyncio.timeout(LIMIT):
                await sink.came.wait()
        os.close(both)
        async with asyncio.timeout(LIMIT):
            await playing
    finally:
        playing.cancel()
    assert [at for at, _ in sink.frames] == [1, 2]
