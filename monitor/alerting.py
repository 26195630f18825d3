"""Alerting: from a quote to a recorded event. Rules are asked, answers explained, committed, and told."""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from market.alert import Alert, Suppressed
from market.clock import SECOND
from market.freshness import Quality
from market.headline import Headline
from market.headline_rule import HeadlineRule
from market.outcome import Outcome
from market.quote import Quote
from market.rule import Moment, Rule
from market.rulebook import RuleBook
from market.session import CONTINUOUS, Calendar
from market.silence import FeedView, Instant, SilenceBook
from market.state import Entry, MarketState
from monitor.lines import alert_line, encode, resolved_line
from monitor.listener import Listener
from monitor.profiles import Profiles
from monitor.store import Event, Store
from monitor.stories import Stories

log = logging.getLogger(__name__)

OUTLIER_WAIT = 10 * SECOND
"""How long an outlier waits for a second opinion before it is told that it was withheld; nanoseconds."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Up to which age, and which established delay, a quote evaluates; nanoseconds."""

    max_age: int = 90 * SECOND
    max_delay: int = 1200 * SECOND


class Alerting:
    """Rules, store and listener in one hand, so that nothing is told before it is committed.

    ``delay`` gives a source's established delay on an exchange in nanoseconds, ``hours`` the calendar of the
    exchange that is watched first.
    """

    def __init__(
        self,
        state: MarketState,
        rules: RuleBook,
        store: Store,
        listener: Listener,
        *,
        quality: Quality,
        limits: Limits,
        profiles: Profiles | None,
        delay: Callable[[str, str], int],
        hours: Callable[[], Calendar],
    ) -> None:
        self.rules = rules
        self.limits = limits
        self.profiles = profiles
        self.headlines = Stories()
        self.raised = 0
        """Alerts that this process detected."""
        self.suppressions = 0
        """Lines that told of withheld ones."""
        self.evaluated = 0
        """How often rules were asked; only their own progress moves it."""
        self._state = state
        self._store = store
        self._listener = listener
        self._quality = quality
        self._delay = delay
        self._hours = hours
        self._held: set[str] = set()
        """Names of which an outlier waits for a second opinion."""
        self._adopt(rules, store.states())

    def replace_rules(self, rules: RuleBook) -> None:
        """Go on with other rules; what was told under the old ones is not told again."""
        states = self._store.states() | self.rules.states() | self._silence.states()
        before, self.rules = self.rules, rules
        self._adopt(rules, states)
        rules.inherit(before)
        for entry in self._state.entries.values():
            entry.disturb()

    def _adopt(self, rules: RuleBook, states: Mapping[str, str]) -> None:
        profiles = self.profiles
        rules.watch(self._state.entries, profiles.get if profiles is not None else lambda symbol: None)
        rules.on_broken = self._put_aside
        rules.restore(states)
        self._silence = SilenceBook(rules.rules, self._put_aside)
        self._silence.restore(states)
        self._news = [HeadlineRule(rule) for rule in rules.rules if rule.kind == "headline"]

    # -- what may set a rule off

    def examine(self, quote: Quote) -> None:
        """Let the rules look at a quote that was applied."""
        self.evaluated += 1
        entry = self._state.entries[quote.symbol]
        self._refuse_outlier(entry, quote.ts_recv)
        # An outlier that a second quote confirmed is what the rules see, not its confirmation.
        applied = entry.quote or quote
        self.rules.evaluate(entry, applied, self._moment(entry, applied, quote.ts_recv), self._settle)

    def hear(self, quote: Quote) -> None:
        """Take note of a quote of a source that does not lead: it may confirm an alert."""
        entry = self._state.entries[quote.symbol]
        if entry.quote is not None:
            self._settle(self.rules.hear(entry, self._moment(entry, entry.quote, quote.ts_recv)))

    def hold(self, quote: Quote) -> None:
        """Take note of an outlier; one that it put aside is told of."""
        self._held.add(quote.symbol)
        self._refuse_outlier(self._state.entries[quote.symbol], quote.ts_recv)

    def headline(self, headline: Headline) -> None:
        """Keep a headline to explain alerts with, and ask the rules on headlines."""
        self.headlines.add(headline)
        out, home = Outcome(), self._hours().mic
        for rule in tuple(self._news):
            try:
                if alert := rule.look(headline, self._quality, home):
                    out.alerts.append(alert)
            except Exception as error:
                self._news.remove(rule)
                self._put_aside(rule.rule, None, error)
        self._settle(out)

    def round(self, now: int, feeds: Callable[[], Mapping[str, FeedView]]) -> None:
        """Once a second of the engine's clock: what has held long enough, who is silent, what is over."""
        self.evaluated += 1
        if self._store.trouble:
            self._store.catch_up(self.rules.states() | self._silence.states())
        for symbol in tuple(self._held):
            entry = self._state.entries[symbol]
            if entry.held is None:
                self._held.discard(symbol)
            elif now - entry.held.ts_recv >= OUTLIER_WAIT:
                self._held.discard(symbol)
                self._refuse(entry, entry.held, now)

        def judge(entry: Entry) -> Moment:
            assert entry.quote is not None
            return self._moment(entry, entry.quote, now)

        out = self.rules.round(now, judge)
        hours = self._hours()
        main = Instant(now, hours.day_of(now), hours.phase_at(now), self._quality)
        self._silence.round(now, self._state.entries, self._delayed, feeds, main, out)
        self._settle(out)

    def close(self, mic: str, now: int) -> None:
        """A session of an exchange is over: tell how many quotes were withheld in it."""
        for (rule_id, kind, reason), count in sorted(self.rules.withheld(mic).items()):
            self._withhold([Suppressed(rule_id, kind, None, None, None, reason, now, count)])

    def is_waiting(self, now: int) -> bool:
        """Whether time alone may set something off before the next quote or phase."""
        trades = any(entry.calendar.phase_at(now) in CONTINUOUS for entry in self._state.entries.values())
        return bool(self._held) or self.rules.is_waiting or (self._silence.has_rules and trades)

    def finish(self, now: int, mics: Iterable[str]) -> None:
        """Nothing more will come: tell what was still waiting for it, and what was withheld."""
        for symbol in self._held:
            entry = self._state.entries[symbol]
            if entry.held is not None:
                self._refuse(entry, entry.held, now)
        self._held.clear()
        self._settle(self.rules.finish(now))
        for mic in mics:
            self.close(mic, now)

    # -- from answers to events

    def _put_aside(self, rule: Rule, where: str | None, error: Exception) -> None:
        """Name a rule that broke: it is asked no more there until rules are read anew; all others go on."""
        log.error("rule %s broke%s", rule.id, f" on {where}" if where else "", exc_info=error)
        self._listener.broken(rule.id, where, f"internal error: {type(error).__name__}")

    def _delayed(self, entry: Entry) -> int:
        return 0 if entry.quote is None else self._delay(entry.quote.source, entry.calendar.mic)

    def _moment(self, entry: Entry, quote: Quote, now: int) -> Moment:
        delay = self._delay(quote.source, entry.calendar.mic)
        blocked = None
        if delay > self.limits.max_delay:
            blocked = "delayed"
        elif now - quote.ts_event - delay > self.limits.max_age:
            blocked = "stale"
        quality = Quality.DELAYED if delay and self._quality is not Quality.SIMULATED else self._quality
        current = entry.calendar.day_of(now - delay)
        return Moment(now, quality, current, blocked, delay, self.limits.max_age)

    def _refuse_outlier(self, entry: Entry, now: int) -> None:
        """Tell of the outlier that a quote put aside, if it did."""
        outlier, entry.outlier = entry.outlier, None
        if outlier is not None:
            self._refuse(entry, outlier, now)

    def _refuse(self, entry: Entry, outlier: Quote, now: int) -> None:
        moment = Moment(now, self._quality, entry.calendar.day_of(now), "outlier")
        self._settle(self.rules.refuse(entry, outlier, moment))

    def _settle(self, out: Outcome) -> None:
        """Commit what has happened, then tell it."""
        states = out.states
        for alert in out.alerts:
            state = states.pop(alert.state_key, None)
            self._raise(alert, {} if state is None else {alert.state_key: state})
        for resolved in out.resolved:
            line = encode(resolved_line(resolved))
            self._store.resolve(resolved.dedup_key, line)
            self._listener.resolved(line)
        if states:
            self._store.save(states)
        self._withhold(out.suppressed)

    def _raise(self, alert: Alert, states: Mapping[str, str]) -> None:
        try:
            alert = self._explained(alert)
        except Exception:  # an alert without its reasons is an alert
            log.exception("nothing explains %s", alert.dedup_key)
        line = encode(alert_line(alert))
        stored = self._store.record(Event(alert.dedup_key, line, alert.ts, alert.sinks), states)
        if stored is not None:
            self.raised += 1
            self._listener.alert(stored.number, stored.line)

    def _withhold(self, suppressed: Iterable[Suppressed]) -> None:
        for held_back in suppressed:
            self.suppressions += 1
            self._listener.suppressed(held_back)

    def _explained(self, alert: Alert) -> Alert:
        """With what history says of the move, and the headlines on the name."""
        facts: tuple[str, ...] = ()
        if alert.quote is not None and self.profiles is not None:
            facts = self.profiles.explain(alert.quote, alert.ts)
        headlines = alert.headlines
        if not headlines and alert.symbol is not None:
            headlines = self.headlines.explain(alert.symbol, alert.ts)
        return alert._replace(facts=facts[:3], headlines=headlines) if facts or headlines else alert
