"""Route: a sink as the courier serves it, and whose turn it is."""

from dataclasses import dataclass

from market.clock import SECOND
from market.duration import parse_duration
from monitor.settings import SinkSettings
from monitor.sinks import rate_of
from monitor.sinks.base import Sink

MAX_AGE = 900 * SECOND
"""Of what is addressed to a sink that this process does not know."""

IN_FLIGHT = 4
PATIENCE = 1.0
"""A sink gets alerts one after another. One that has not answered for so many seconds is no longer waited
for, up to ``IN_FLIGHT`` at a time: a receiver that stalls must not keep the next alert until it is old."""

MOST = 100
"""Alerts in a digest."""


@dataclass(frozen=True, slots=True)
class Route:
    """A sink as the courier serves it: ages in nanoseconds, ``rate`` in messages a minute (0: no limit)."""

    sink: Sink
    max_age: int = MAX_AGE
    rate: int = 0
    burst: int = 20

    @classmethod
    def of(cls, settings: SinkSettings, sink: Sink) -> "Route":
        """The route that a ``[[sink]]`` describes."""
        max_age = int(parse_duration(settings.max_age) * SECOND)
        return cls(sink, max_age, rate_of(settings), settings.burst)


class Desk:
    """One sink's turn: how many attempts are under way, and how many messages it may be sent now."""

    def __init__(self, name: str, route: Route, now: int) -> None:
        self.name = name
        self.route = route
        self.in_flight = 0
        self.held_until = 0
        """When the receiver wants to be asked again, nanoseconds UTC."""
        self.gone_since: int | None = None
        """Since when nobody has been there at any attempt, nanoseconds UTC."""
        self._started = 0
        self._tokens = float(route.burst)
        self._counted = now

    def batch(self, due: int, now: int) -> int:
        """How many letters to put into the next message; 0 when it is not this desk's turn.

        When more are due than messages are left, the last message takes them all.
        """
        if not self.is_free(now):
            return 0
        tokens = self._refill(now)
        return 1 if not self.route.rate or tokens >= min(due, 2) else min(due, MOST)

    def is_free(self, now: int) -> bool:
        """Whether another message may be sent."""
        if now < self.held_until or self.in_flight >= IN_FLIGHT:
            return False
        if self.in_flight and now - self._started < PATIENCE * SECOND:
            return False
        return not self.route.rate or self._refill(now) >= 1

    def start(self, now: int) -> None:
        """A message is on its way."""
        self.in_flight += 1
        self._started = now
        self._tokens -= 1 if self.route.rate else 0

    def _refill(self, now: int) -> float:
        earned = max(now - self._counted, 0) / (60 * SECOND) * self.route.rate
        self._tokens = min(self._tokens + earned, float(self.route.burst))
        self._counted = now
        return self._tokens
