"""Delivery: a configuration's sinks, and a run's courier to them."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from feeds.clock import SystemClock
from monitor.config import Config, ConfigError
from monitor.courier import BACKOFF, BRISK, Courier
from monitor.listener import Listener
from monitor.route import Route
from monitor.sinks import build
from monitor.sinks.base import SinkError
from monitor.sinks.secrets import keys_of
from monitor.store import Store

log = logging.getLogger(__name__)


def routes(config: Config) -> dict[str, Route]:
    """Every ``[[sink]]`` by its id, ready to send; ``ConfigError`` names those that cannot be."""
    hidden = keys_of(config.settings.feeds.values())
    found: dict[str, Route] = {}
    problems: list[str] = []
    for settings in config.settings.sink:
        try:
            found[settings.id] = Route.of(settings, build(settings, hidden))
        except SinkError as error:
            problems.append(f"sink {settings.id!r}: {error}")
    if problems:
        raise ConfigError(str(config.path), problems)
    return found


@asynccontextmanager
async def delivering(
    config: Config, store: Store, listener: Listener, *, live: bool
) -> AsyncIterator[Courier | None]:
    """A courier at work, which has a few seconds at the end to send what it can.

    ``None`` for a tape or a simulation whose store is in memory: what is played to be looked at must page
    nobody. With a store of their own they deliver, and their waits are short, for somebody waits for the end.
    """
    if not live and store.path is None:
        if config.settings.sink:
            log.warning("nothing is sent to sinks, for this run's alerts are in memory (--state PATH)")
        yield None
        return
    backoff = BACKOFF if live else BRISK
    ways = await asyncio.to_thread(routes, config)  # importing Apprise takes half a second
    courier = Courier(store, ways, SystemClock(), listener.delivery, backoff=backoff)
    working = asyncio.create_task(courier.run(), name="courier")
    try:
        try:
            yield courier
        finally:
            await courier.flush()
    finally:
        working.cancel()
        with suppress(asyncio.CancelledError):
            await working
