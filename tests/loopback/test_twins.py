"""What is asked for over real sockets while somebody looks at a name."""

import asyncio
from datetime import time
from decimal import Decimal

from feeds.clock import SystemClock
from feeds.venue.hours import at
from feeds.venue.server import Venue, VenueOptions
from feeds.yahoo import YahooSettings
from market.quote import Quote
from market.twin import RATE
from monitor.glances import earlier, follow
from tests.limit import LIMIT


async def told(venue: Venue, *symbols: str) -> dict[str, Quote]:
    """What is told of two symbols, the last of which the venue knows."""
    quotes: dict[str, Quote] = {}
    complete = asyncio.Event()

    def tell(quote: Quote) -> None:
        quotes[quote.symbol] = quote
        if quote.symbol == symbols[-1]:
            complete.set()

    settings = YahooSettings(chart_url=f"{venue.url}/v8/finance/chart/")
    following = asyncio.create_task(follow(settings, symbols, SystemClock(), tell))
    async with asyncio.timeout(LIMIT):
        await complete.wait()
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
    return quotes


async def test_the_twin_and_the_rate_are_told_with_their_own_times() -> None:
    async with Venue(VenueOptions(speed=0, start=time(10))) as venue:
        quotes = await told(venue, "BIDU", RATE)
    assert quotes["BIDU"].ts_event == at(4)
    assert quotes["BIDU"].currency == "USD"
    assert quotes[RATE].ts_event == at(10)
    assert Decimal("7.75") < quotes[RATE].last < Decimal("7.85")


async def test_one_that_fails_hides_no_other() -> None:
    async with Venue(VenueOptions(speed=0, start=time(10))) as venue:
        assert (await told(venue, "ZZZZ", RATE)).keys() == {RATE}


async def test_the_minutes_before_the_wall_was_there() -> None:
    async with Venue(VenueOptions(speed=0, start=time(10))) as venue:
        settings = YahooSettings(chart_url=f"{venue.url}/v8/finance/chart/")
        minutes = await earlier(settings, "9888.HK")
        assert await earlier(settings, "ZZZZ") == []
    assert [ts for ts, _ in minutes[:2]] == [at(9, 30), at(9, 31)]
    assert minutes[0][1] > 113
    assert len(minutes) in (30, 31)
