"""Health: how a feed fares by its quotes' own time. A socket that is open over dead symbols is stale."""

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from feeds.base import Feed
from market.clock import SECOND
from market.freshness import Health, Lags, age_text
from market.session import CONTINUOUS, TRADING, Session, calendar
from market.silence import FeedView
from market.state import Entry
from monitor.listener import FeedChange

log = logging.getLogger(__name__)

SETTLED = frozenset((Health.STALE, Health.DOWN, Health.CLOSED))
"""States that no feed leaves before it brings a quote, or a phase begins."""


MOST_REASONS = 10
"""Told of one outage: a venue may give another with every try."""


class Source(Protocol):
    """What is known of one feed; instants in nanoseconds UTC."""

    feed: Feed
    lags: Lags
    health: Health
    since: int
    newest: int
    skewed: bool
    reasons: set[str | None]


class FeedHealth:
    """Judges feeds, and tells each turn once, and each reason for which one is down. ``max_age`` is ns."""

    def __init__(
        self, entries: Mapping[str, Entry], max_age: int, tell: Callable[[FeedChange], None]
    ) -> None:
        self.max_age = max_age
        self._entries = entries
        self._tell = tell

    def tell(self, source: Source, now: int) -> None:
        """Tell of a feed's health if it turned, and of a clock that is wrong."""
        health, reason = self.judge(source, now)
        skew = source.lags.skew
        skewed = bool(skew)
        if skewed and not source.skewed:
            log.warning("%s: %s; set this machine's clock", source.feed.name, _skew(skew))
        turned = health is not source.health or skewed is not source.skewed
        if turned:
            source.health, source.skewed = health, skewed
            source.reasons.clear()
        # A connection is lost, and it is the next try that says why: a key that is refused.
        elif health is not Health.DOWN or reason in source.reasons or len(source.reasons) >= MOST_REASONS:
            return
        source.reasons.add(reason)
        self._tell(FeedChange(source.feed.name, health, reason, now, turned=turned))

    def judge(self, source: Source, now: int) -> tuple[Health, str | None]:
        """A feed's health, and why, where there is something to say."""
        status = source.feed.status
        state = Health(status.state)
        connecting = state is Health.CONNECTING and now - source.since <= self.max_age
        if connecting or state is Health.DOWN:
            return state, status.reason
        trading = self._trading(source, now)
        if not trading:
            return Health.CLOSED, None
        late, silence = _late(source.lags, trading), _least(trading)
        if silence is None:
            return Health.DELAYED, late  # it still tells of the hour before the opening, or of lunch
        if silence > self.max_age:
            if not source.newest:
                return Health.STALE, status.reason or "no quote yet"
            return Health.STALE, f"newest quote is {age_text((now - source.newest) / SECOND)} old"
        if state is Health.STALE:
            return state, status.reason
        if late:
            return Health.DELAYED, late
        return Health.LIVE, _skew(source.lags.skew) if source.lags.skew else status.reason

    def views(self, sources: Iterable[Source], now: int) -> dict[str, FeedView]:
        """Every feed as the rules on feeds see it."""
        return {
            source.feed.name: FeedView(
                is_down=source.health is Health.DOWN,
                is_fresh=source.health in (Health.LIVE, Health.DELAYED),
                silence=_least(self._trading(source, now)),
            )
            for source in sources
        }

    def _trading(self, source: Source, now: int) -> dict[str, int | None]:
        """The exchanges of a feed's names that trade now, and for how long (ns) each has without its quotes.

        ``None`` where, by the time that a late feed still tells of, trading has not begun.
        """
        silences: dict[str, int | None] = {}
        for mic in dict.fromkeys(entry.calendar.mic for entry in self._entries.values()):
            at = now - source.lags.delay(mic)
            session = _session(mic, at)
            if session is None and _session(mic, now) is None:
                continue
            if any(e.calendar.mic == mic and source.feed.serves(s) for s, e in self._entries.items()):
                newest = source.newest or source.since
                silences[mic] = session.trading_ns_between(newest, at, CONTINUOUS) if session else None
        return silences


def _session(mic: str, at: int) -> Session | None:
    """The session of an exchange that trades at an instant."""
    session = calendar(mic).session_at(at)
    return session if session is not None and session.phase_at(at) in TRADING else None


def _least(trading: Mapping[str, int | None]) -> int | None:
    """How long a feed has been silent: the exchange that has been for the shortest time speaks."""
    return min((silence for silence in trading.values() if silence is not None), default=None)


def _late(lags: Lags, trading: Iterable[str]) -> str:
    """By how much a feed is late where anything trades, and of several exchanges on which."""
    where = " on {}" if lags.are_many else ""
    delays = {mic: lags.delay(mic) // SECOND for mic in trading}
    return ", ".join(f"{delay} s late{where.format(mic)}" for mic, delay in delays.items() if delay)


def _skew(skew: int) -> str:
    return f"its clock is {skew // SECOND} s ahead of this machine's"
