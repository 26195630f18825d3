"""Twins: prices abroad, asked for while somebody looks at the name that they belong to, and never else."""

import asyncio
import logging
from collections.abc import Callable, Sequence

from feeds.glance import glance
from feeds.http import Http
from feeds.replay import TapeFeed
from feeds.yahoo import NAME, YahooSettings
from market.errors import FeedError, ParseError
from market.quote import Quote
from monitor.assembly import Run

log = logging.getLogger(__name__)

INTERVAL = 20.0
"""Seconds between two looks; the vendor's own answers are up to ten seconds old."""

_LEAST = 1.0
"""Seconds of real time between two looks, however fast a simulated day goes."""


async def follow(run: Run, symbols: Sequence[str], tell: Callable[[Quote], None]) -> None:
    """Tell the newest prices of canonical symbols until cancelled.

    Returns at once where there is nobody to ask: a tape fetches nothing, and without ``[feeds.yahoo]`` no
    vendor is configured. What fails is logged, and shows as a price that grows old.
    """
    settings = run.config.settings.feeds.get(NAME)
    if isinstance(run.source, TapeFeed) or not isinstance(settings, YahooSettings) or not settings.enabled:
        return
    clock = run.engine.clock
    async with Http() as http:
        while True:
            for symbol in symbols:
                try:
                    tell(await glance(http, settings, symbol, clock))
                except (FeedError, ParseError) as error:
                    log.info("%s: %s", symbol, error)
            await asyncio.gather(clock.sleep(INTERVAL), asyncio.sleep(_LEAST))
