"""Pulse: signs of life, given only while the evaluator itself goes on.

The engine looks at itself once a second, quotes or none: a silent night is no hang. A loop that is blocked,
and an engine that no longer looks, give no sign, and whoever waits for one finds out.
"""

import asyncio
import logging
from itertools import chain, repeat
from typing import Any

from market.clock import SECOND, rfc3339
from market.freshness import Health
from market.session import TRADING
from monitor.engine import Engine
from monitor.settings import HeadlessSettings
from monitor.sinks.base import SinkError
from monitor.sinks.post import post
from monitor.sinks.secrets import from_file, is_web, redacted
from monitor.systemd import Manager

log = logging.getLogger(__name__)

HUNG = 15 * SECOND
"""How old the engine's last look may be, nanoseconds of its clock, before it counts as hung."""

INTERVAL = 60.0
"""Seconds between two calls of a dead man's switch."""

TIMEOUT = 10.0
"""Seconds for such a call."""


def last_look(engine: Engine) -> int:
    """When the engine last looked at itself, nanoseconds UTC; 0 before it first did."""
    return max(0, engine.next_round - SECOND)


def is_alive(engine: Engine) -> bool:
    """Whether the engine has looked lately."""
    return engine.clock.now() - last_look(engine) < HUNG


async def feed_watchdog(engine: Engine, manager: Manager) -> None:
    """Tell the service manager twice within its patience that the engine has gone on since the last time."""
    seen = 0
    while True:
        await asyncio.sleep(manager.patience / 2)
        if engine.evaluated != seen:
            seen = engine.evaluated
            manager.alive()


def switch_url(settings: HeadlessSettings) -> str:
    """The dead man's switch's address, from the settings or their file; empty where there is none.

    ``SinkError`` for a file that cannot be read, and for what is no web address.
    """
    url, key = settings.deadman_url, "headless.deadman_url"
    if settings.deadman_url_file:
        key = f"{key}_file"
        url = from_file(key, settings.deadman_url_file)
    if url and not is_web(url):
        raise SinkError(f"{key}: {redacted(url)} is not an http or https address")
    return url


async def hold_switch(engine: Engine, url: str, interval: float = INTERVAL) -> None:
    """Call a dead man's switch every ``interval`` seconds; when the calls stop, it raises the alarm.

    A call that fails is logged, without the address, which is a secret.
    """
    seen = 0
    for wait in chain([min(2.0, interval)], repeat(interval)):
        await asyncio.sleep(wait)
        if engine.evaluated != seen:
            seen = engine.evaluated
            outcome = await post(url, b"", {}, TIMEOUT)
            if not outcome.sent:
                log.warning("dead man's switch: %s", outcome.reason)


class Probes:
    """Answers for whoever keeps watch over the process. ``trouble`` is why the last reload was refused."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.trouble = ""

    def health(self) -> tuple[bool, dict[str, Any]]:
        """Whether the evaluator goes on; that the loop does is told by there being an answer."""
        alive = is_alive(self._engine)
        return alive, {"alive": alive, "evaluated": rfc3339(last_look(self._engine))}

    def readiness(self) -> tuple[bool, dict[str, Any]]:
        """Whether an alert would come: file and store hold, and a feed is fresh or no market trades."""
        engine = self._engine
        healths = {name: intake.health for name, intake in sorted(engine.intakes.items())}
        fresh = any(health in (Health.LIVE, Health.DELAYED) for health in healths.values())
        trading = any(engine.phase(entry.calendar.mic) in TRADING for entry in engine.state.entries.values())
        ready = is_alive(engine) and not self.trouble and not engine.store.trouble and (fresh or not trading)
        return ready, {
            "ready": ready,
            "config": self.trouble or "ok",
            "store": engine.store.trouble or "ok",
            "market": "open" if trading else "closed",
            "feeds": healths,
        }
