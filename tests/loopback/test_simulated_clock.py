"""The clock that follows a simulated venue, against a real one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import time

import pytest

from feeds.simulated_clock import SimulatedClock
from feeds.venue.server import Venue, VenueOptions
from market.clock import SECOND
from market.errors import FeedError
from tests.limit import LIMIT
from tests.loopback.feeding import until

TEN = VenueOptions(speed=0, start=time(10))


async def test_time_moves_with_the_venue_alone() -> None:
    """Who sleeps wakes when the venue has come that far, and not before."""
    async with Venue(TEN) as venue:
        clock = SimulatedClock(venue.clock_url)
        async with clock.following():
            began = clock.now()
            assert began == TEN.start_ns
            sleeper = asyncio.create_task(clock.sleep(5))
            venue.advance(3)
            await until(lambda: clock.now() == began + 3 * SECOND)
            assert not sleeper.done()
            venue.advance(3)
            async with asyncio.timeout(LIMIT):
                await sleeper
            assert clock.now() == began + 6 * SECOND
            assert not clock.ended.is_set()


async def test_the_end_of_the_day_is_told() -> None:
    """Whoever waits for it goes on."""
    async with Venue(VenueOptions(speed=0, start=time(16, 10))) as venue:
        clock = SimulatedClock(venue.clock_url)
        async with clock.following():
            venue.advance(600)
            async with asyncio.timeout(LIMIT):
                await clock.ended.wait()


async def test_a_venue_that_was_never_there_is_an_error() -> None:
    """Named with its address."""
    clock = SimulatedClock("ws://127.0.0.1:1/clock")
    with pytest.raises(FeedError, match="no clock at"):
        async with clock.following():
            pass


@asynccontextmanager
async def left_alone() -> AsyncIterator[tuple[SimulatedClock, int]]:
    """A clock that goes on though its venue is gone, and the port that it was served at."""
    async with AsyncExitStack() as stack:
        async with Venue(VenueOptions(speed=50, start=time(10))) as venue:
            clock = SimulatedClock(venue.clock_url)
            await stack.enter_async_context(clock.following())
            began = clock.now()
        await until(lambda: clock.now() > began + 20 * SECOND)
        yield clock, int(venue.url.rpartition(":")[2])


async def test_time_goes_on_without_the_venue_and_follows_it_again() -> None:
    """At its last speed: what a dead feed said must grow old."""
    async with left_alone() as (clock, port):
        assert not clock.ended.is_set()
        async with Venue(VenueOptions(port=port, speed=0, start=time(14))) as venue:
            await until(lambda: clock.now() == venue.options.start_ns)


async def test_a_venue_that_begins_its_day_anew_is_waited_for() -> None:
    """And told to go on: whoever would ask it for quotes waits for that time himself."""
    async with left_alone() as (clock, port):
        sleeper = asyncio.create_task(clock.sleep(60))
        async with Venue(VenueOptions(port=port, speed=300, start=time(10))):
            async with asyncio.timeout(LIMIT):
                await sleeper


async def test_a_venue_without_limit_of_speed_that_goes_ends_the_run() -> None:
    """There is no rate at which to go on alone; it is a fault, not the end of the day."""
    with pytest.raises(FeedError, match="no clock at"):
        async with Venue(VenueOptions(speed=None, start=time(10))) as venue:
            clock = SimulatedClock(venue.clock_url)
            async with clock.following():
                await venue.__aexit__(None, None, None)
                async with asyncio.timeout(LIMIT):
                    await clock.ended.wait()
