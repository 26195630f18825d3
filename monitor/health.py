"""Health: how a feed fares by its quotes' own time. A socket that is open over dead symbols is stale."""

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from feeds.base import Feed
from market.clock import SECOND
from market.freshness import Health, LagMeter, age_text
from market.session import CONTINUOUS, TRADING, calendar
from market.silence import FeedView
from market.state import Entry
from monitor.listener import FeedChange

log = logging.getLogger(__name__)

SETTLED = frozenset((Health.STALE, Health.DOWN, Health.CLOSED))
"""States that no feed leaves before it brings a quote, or a phase begins."""


class Source(Protocol):
    """What is known of one feed; instants in nanoseconds UTC."""

    feed: Feed
    meter: LagMeter
    health: Health
    since: int
    newest: int
    skewed: bool


class FeedHealth:
    """Judges feeds, and tells each turn once. ``max_age`` is nanoseconds."""

    def __init__(
        self, entries: Mapping[str, Entry], max_age: int, tell: Callable[[FeedChange], None]
    ) -> None:
        self.max_age = max_age
        self._entries = entries
        self._tell = tell

    def tell(self, source: Source, now: int) -> None:
        """Tell of a feed's health if it turned, and of a clock that is wrong."""
        health, reason = self.judge(source, now)
        skewed = bool(source.meter.skew)
        if skewed and not source.skewed:
            log.warning("%s: %s; set this machine's clock", source.feed.name, _skew(source.meter.skew))
        if health is not source.health or skewed is not source.skewed:
            source.health, source.skewed = health, skewed
            self._tell(FeedChange(source.feed.name, health, reason, now))

    def judge(self, source: Source, now: int) -> tuple[Health, str | None]:
        """A feed's health, and why, where there is something to say."""
        status = source.feed.status
        state = Health(status.state)
        connecting = state is Health.CONNECTING and now - source.since <= self.max_age
        if connecting or state is Health.DOWN:
            return state, status.reason
        delay = source.meter.delay
        silence = self._silence(source, now - delay)
        late = f"{delay // SECOND} s late"
        if silence is None and delay and self._silence(source, now) is not None:
            return Health.DELAYED, late  # it still tells of the hour before the opening, or of lunch
        if silence is None:
            return Health.CLOSED, None
        if silence > self.max_age:
            age = age_text((now - source.newest) / SECOND)
            return Health.STALE, f"newest quote is {age} old" if source.newest else "no quote yet"
        if state is Health.STALE:
            return state, status.reason
        if delay:
            return Health.DELAYED, late
        return Health.LIVE, _skew(source.meter.skew) if source.meter.skew else status.reason

    def views(self, sources: Iterable[Source], now: int) -> dict[str, FeedView]:
        """Every feed as the rules on feeds see it."""
        return {
            source.feed.name: FeedView(
                is_down=source.health is Health.DOWN,
                is_fresh=source.health in (Health.LIVE, Health.DELAYED),
                silence=self._silence(source, now - source.meter.delay),
            )
            for source in sources
        }

    def _silence(self, source: Source, at: int) -> int | None:
        """How long trading has gone on without a quote of this feed, nanoseconds; ``None`` while closed.

        Of several exchanges that are open, the one that has been for the shortest time speaks.
        """
        silences: list[int] = []
        for mic in dict.fromkeys(entry.calendar.mic for entry in self._entries.values()):
            session = calendar(mic).session_at(at)
            if session is None or session.phase_at(at) not in TRADING:
                continue
            if any(e.calendar.mic == mic and source.feed.serves(s) for s, e in self._entries.items()):
                newest = source.newest or source.since
                silences.append(session.trading_ns_between(newest, at, CONTINUOUS))
        return min(silences, default=None)


def _skew(skew: int) -> str:
    return f"its clock is {skew // SECOND} s ahead of this machine's"
