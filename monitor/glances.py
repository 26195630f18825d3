"""Glances: what is asked for while somebody looks at a name, and never else: prices abroad, and the minutes
of the session before the wall was there."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import NoReturn

from feeds.glance import glance, minutes
from feeds.http import Http
from feeds.replay import TapeFeed
from feeds.yahoo import NAME, YahooSettings
from market.clock import Clock
from market.errors import FeedError, ParseError
from market.quote import Quote
from monitor.assembly import Run

log = logging.getLogger(__name__)

INTERVAL = 20.0
"""Seconds between two looks; the vendor's own answers are up to ten seconds old."""

_LEAST = 1.0
"""Seconds of real time between two looks, however fast a simulated day goes."""


def vendor(run: Run) -> YahooSettings | None:
    """Who can be asked: nobody for a tape, which fetches nothing, or without ``[feeds.yahoo]``."""
    settings = run.config.settings.feeds.get(NAME)
    if isinstance(run.source, TapeFeed) or not isinstance(settings, YahooSettings) or not settings.enabled:
        return None
    return settings


async def earlier(settings: YahooSettings, symbol: str) -> list[tuple[int, Decimal]]:
    """The minutes of a canonical symbol's day so far, as its tile has them; none where they cannot be had."""
    async with Http() as http:
        try:
            return await minutes(http, settings, symbol)
        except (FeedError, ParseError) as error:
            log.info("%s: no minutes: %s", symbol, error)
            return []


async def follow(
    settings: YahooSettings, symbols: Sequence[str], clock: Clock, tell: Callable[[Quote], None]
) -> NoReturn:
    """Tell the newest prices of canonical symbols until cancelled.

    What fails is logged, and shows as a price that grows old.
    """
    async with Http() as http:
        while True:
            for symbol in symbols:
                try:
                    tell(await glance(http, settings, symbol, clock))
                except (FeedError, ParseError) as error:
                    log.info("%s: %s", symbol, error)
            await asyncio.gather(clock.sleep(INTERVAL), asyncio.sleep(_LEAST))
