"""Silence: rules on what does not come. ``stale`` names and feeds, and feeds that are down."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from market.alert import Alert, Resolved
from market.clock import SECOND
from market.conditions.base import COMMON, six
from market.freshness import Quality, age_text
from market.outcome import Outcome
from market.rule import OnBroken, Rule, surrender
from market.session import CONTINUOUS, Calendar, Phase
from market.state import Entry

SILENCE_KEYS: dict[str, frozenset[str]] = {
    "stale": COMMON | {"threshold", "for", "feeds"},
    "feed_down": COMMON - {"symbols"} | {"for", "feeds"},
}
"""By kind, the keys of a ``[[rule]]`` that mean something to it."""


class FeedView(NamedTuple):
    """A feed as it stands: down, with fresh quotes, or neither, as before its first quote; and for how long
    trading has gone on without a quote of it (nanoseconds; ``None`` while all that it serves is closed)."""

    is_down: bool
    is_fresh: bool
    silence: int | None


@dataclass(slots=True)
class Memory:
    """What an alarm remembers over restarts; instants are nanoseconds UTC of the engine's clock."""

    session: str = ""
    told: int = 0
    """How often, in this session."""
    open: str | None = None
    """The event that nothing has come to resolve."""
    opened: int = 0
    since: int | None = None
    """Since when it is on, while its ``for`` is not over."""
    mark: int = 0
    """When this changed last: a tape read again up to there changes nothing."""


class Alarm:
    """One rule on one name or feed: on, off, and told when it turns."""

    def __init__(self, rule: Rule, symbol: str | None, source: str | None) -> None:
        self.rule = rule
        self.symbol = symbol
        self.source = source
        self.memory = Memory()
        self.key = f"{rule.id}/{symbol or source}/{'down' if rule.kind == 'feed_down' else 'stale'}"

    def restore(self, states: Mapping[str, str]) -> None:
        """Go on where an earlier process stopped."""
        try:
            self.memory = Memory(**json.loads(states[self.key]))
        except (KeyError, ValueError, TypeError):
            self.memory = Memory()

    def look(self, is_on: bool | None, silence: int, at: "Instant", out: Outcome) -> None:
        """Judge it now; ``silence`` in nanoseconds is what an alert tells.

        ``None`` is not known yet: a process that has just begun must not take that for an end of the trouble.
        """
        memory, rule = self.memory, self.rule
        if at.now <= memory.mark:
            return
        before = (memory.told, memory.open, memory.since)
        if str(at.session_date) != memory.session:
            memory.session, memory.told = str(at.session_date), 0
        if not is_on:
            memory.since = None
            if memory.open is not None and is_on is not None:
                out.resolved.append(self._resolved(memory.open, at.now))
                memory.open = None
        elif memory.open is None:
            if memory.since is None:
                memory.since = at.now
            again = rule.frequency == "every_cross" or not memory.told
            if again and at.now - memory.since >= rule.hold:
                self._tell(silence, at, out)
        if before != (memory.told, memory.open, memory.since):
            memory.mark = at.now
            out.states[self.key] = self.save()

    def save(self) -> str:
        """As the store keeps it."""
        memory = {name: getattr(self.memory, name) for name in Memory.__slots__}
        return json.dumps(memory, separators=(",", ":"))

    def _tell(self, silence: int, at: "Instant", out: Outcome) -> None:
        memory, rule = self.memory, self.rule
        memory.told += 1
        when = "ever" if rule.frequency == "once" else memory.session
        step = f"{rule.steps[0] / SECOND:f}" if rule.kind == "stale" else "0"
        what = self.key.rpartition("/")[2]
        name = self.symbol or self.source
        memory.open = f"{rule.id}/{name}/{when}/{what}/{step}/{memory.told}"
        memory.opened = at.now
        memory.since = None
        is_stale = rule.kind == "stale"
        out.alerts.append(
            Alert(
                dedup_key=memory.open,
                rule_id=rule.id,
                kind=rule.kind,
                direction=None,
                threshold=rule.steps[0] / SECOND if is_stale else None,
                value=six(Decimal(silence) / SECOND) if is_stale else None,
                what=f"has had no quote for {age_text(silence / SECOND)}" if is_stale else "is down",
                severity=rule.severity,
                symbol=self.symbol,
                quote=None,
                session_date=at.session_date,
                phase=at.phase,
                quality=Quality.STALE if is_stale else at.quality,
                ts=at.now,
                source=self.source,
                sinks=rule.sinks,
                state_key=self.key,
            )
        )

    def _resolved(self, dedup_key: str, now: int) -> Resolved:
        rule = self.rule
        return Resolved(dedup_key, rule.id, rule.kind, self.symbol, self.source, self.memory.opened, now)


class Instant(NamedTuple):
    """When and where an alarm is looked at; ``now`` in nanoseconds UTC."""

    now: int
    session_date: date
    phase: Phase
    quality: Quality


class SilenceBook:
    """All alarms. A name is judged by its own quotes' time, and only while its exchange trades."""

    def __init__(self, rules: Iterable[Rule] = (), on_broken: OnBroken = surrender) -> None:
        self._rules = [rule for rule in rules if rule.kind in SILENCE_KEYS]
        self._on_broken = on_broken
        self._states: Mapping[str, str] = {}
        self._alarms: dict[str, Alarm] = {}
        self._since = 0

    @property
    def has_rules(self) -> bool:
        """Whether there is anything to look at."""
        return bool(self._rules)

    def restore(self, states: Mapping[str, str]) -> None:
        """Take up where an earlier process, or the rules before a reload, stopped."""
        self._states = states

    def states(self) -> dict[str, str]:
        """Every memory, by its key."""
        return {key: alarm.save() for key, alarm in self._alarms.items()}

    def round(
        self,
        now: int,
        entries: Mapping[str, Entry],
        delay: Callable[[Entry], int],
        feeds: Callable[[], Mapping[str, FeedView]],
        main: Instant,
        out: Outcome,
    ) -> None:
        """Look at all of them; ``delay`` is that of a name's feed in nanoseconds, ``main`` the time and phase
        of the exchange that is watched first."""
        self._since = self._since or now
        for rule in tuple(self._rules):
            try:
                if rule.kind == "stale" and not rule.feeds:
                    for symbol in rule.symbols:
                        if (entry := entries.get(symbol)) is not None:
                            self._name(rule, entry, delay(entry), main, out)
                else:
                    for name, view in feeds().items():
                        if not rule.feeds or name in rule.feeds:
                            self._feed(rule, name, view, main, out)
            except Exception as error:
                self._rules.remove(rule)
                self._on_broken(rule, None, error)

    def _name(self, rule: Rule, entry: Entry, delay: int, main: Instant, out: Outcome) -> None:
        now = main.now
        phase = entry.calendar.phase_at(now)
        if phase not in CONTINUOUS or phase not in rule.phases or _is_over(rule, entry.calendar, now):
            return
        at = now - delay
        session = entry.calendar.session_at(at)
        if session is None:
            return
        newest = entry.quote.ts_event if entry.quote is not None else self._since
        silence = session.trading_ns_between(newest, at, CONTINUOUS)
        instant = Instant(now, session.date, phase, main.quality)
        is_on = silence >= rule.steps[0] or (None if entry.quote is None else False)
        self._alarm(rule, entry.symbol, None).look(is_on, silence, instant, out)

    def _feed(self, rule: Rule, name: str, view: FeedView, main: Instant, out: Outcome) -> None:
        if main.phase not in rule.phases or _is_over_on(rule, main.session_date):
            return
        silence = view.silence or 0
        is_bad = view.is_down if rule.kind == "feed_down" else silence >= rule.steps[0]
        is_on = is_bad or (False if view.is_fresh else None)
        self._alarm(rule, None, name).look(is_on, silence, main, out)

    def _alarm(self, rule: Rule, symbol: str | None, source: str | None) -> Alarm:
        alarm = Alarm(rule, symbol, source)
        known = self._alarms.get(alarm.key)
        if known is None:
            known = self._alarms[alarm.key] = alarm
            alarm.restore(self._states)
        return known


def _is_over(rule: Rule, hours: Calendar, now: int) -> bool:
    end = rule.end(hours)
    return end is not None and now >= end


def _is_over_on(rule: Rule, day: date) -> bool:
    last = rule.expires
    return last is not None and day > (last if type(last) is date else date.fromordinal(last.toordinal()))
