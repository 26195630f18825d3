"""A run put together from its configuration: live, simulated, or from a tape."""

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from feeds.base import HeadlineFeed
from feeds.clock import SystemClock
from feeds.registry import build
from feeds.simulated_clock import SimulatedClock
from market.clock import SECOND, Clock
from market.duration import parse_duration
from market.freshness import Quality
from market.symbol import is_crypto, is_hong_kong
from market.watchlist import expand
from monitor import exit as exit_code
from monitor.config import Config
from monitor.engine import Engine, Limits, Listener
from monitor.rules import rule_book, watched
from monitor.settings import Settings
from monitor.store import Store

COALESCE = 0.005
"""Seconds between two reads of a busy socket under the wall: a wake-up per frame costs three times the CPU.
Never headless, where latency counts."""


@dataclass
class Run:
    """An engine with its feeds, ready to go."""

    engine: Engine
    config: Config
    simulated: SimulatedClock | None = None
    heartbeats: bool = False
    failed: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def ready(self) -> AsyncIterator[None]:
        """Inside, the clock runs and tells the time."""
        if self.simulated is None:
            yield
            return
        async with asyncio.TaskGroup() as group:
            follower = group.create_task(self.simulated.run(), name="simulated clock")
            started = group.create_task(self.simulated.started())
            await asyncio.wait({follower, started}, return_when=asyncio.FIRST_COMPLETED)
            started.cancel()
            yield
            follower.cancel()

    async def run(self) -> None:
        """Run until every feed has ended, or the simulated day has."""
        if self.simulated is None:
            await self.engine.run()
            return
        engine = asyncio.create_task(self.engine.run())
        ended = asyncio.create_task(self.simulated.ended.wait())
        try:
            await asyncio.wait({engine, ended}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (engine, ended):
                task.cancel()
            await asyncio.gather(engine, ended, return_exceptions=True)

    def reload(self, config: Config) -> None:
        """Go on with another configuration's rules and watchlists."""
        day = self.engine.today()
        self.config = config
        self.engine.replace_rules(rule_book(config.settings, day), watched(config.settings, day))


def assign(settings: Settings, symbols: tuple[str, ...], today: object) -> dict[str, tuple[str, ...]]:
    """Which feed brings which symbol: what its section names, else what it is there for.

    Tencent serves Hong Kong, Coinbase crypto, and Yahoo the rest.
    """
    from datetime import date

    assert isinstance(today, date)
    named = {
        name: expand(feed.symbols, settings.watchlists, today)
        for name, feed in settings.feeds.items()
        if feed.enabled
    }
    natural = {"tencent": is_hong_kong, "coinbase": is_crypto}
    chosen = {
        name: explicit or tuple(filter(natural[name], symbols))
        for name, explicit in named.items()
        if explicit or name in natural
    }
    taken = {symbol for symbols_ in chosen.values() for symbol in symbols_}
    rest = tuple(symbol for symbol in symbols if symbol not in taken)
    return {name: chosen.get(name, rest) for name in named}


def live(config: Config, store: Store, listener: Listener, *, coalesce: float = 0.0) -> Run:
    """The configured feeds on the machine's own clock."""
    engine = _engine(config, SystemClock(), store, listener, Quality.LIVE)
    _add_feeds(engine, config, coalesce)
    return Run(engine, config, heartbeats=True)


def simulated(config: Config, store: Store, listener: Listener, *, coalesce: float = 0.0) -> Run:
    """The configured feeds on a simulated venue's clock."""
    clock = SimulatedClock(config.settings.simulation.clock_url)
    engine = _engine(config, clock, store, listener, Quality.SIMULATED)
    _add_feeds(engine, config, coalesce)
    return Run(engine, config, simulated=clock)
