"""The engine: one task group that takes quotes in, evaluates rules on every tick, and tells what happened."""

import asyncio
import logging
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Protocol

from feeds.base import Feed, HeadlineFeed, QuoteSink
from market.alert import Alert, Suppressed
from market.clock import SECOND, Clock
from market.errors import ParseError, TickwallError
from market.freshness import Health, LagMeter, Quality, age_text
from market.headline import Headline
from market.quote import Quote
from market.rule import Moment, RuleBook
from market.session import CONTINUOUS, TRADING, Calendar, Phase, calendar
from market.state import Entry, MarketState, Verdict
from monitor.courier import Delivery
from monitor.lines import alert_line, encode
from monitor.profiles import Profiles
from monitor.store import Event, Store

log = logging.getLogger(__name__)

_QUIET = Verdict.QUIET  # looking a member up in its class costs 40 ns a tick

LOOK = SECOND // 20
"""How often, at the most, a feed's lag is looked at: each quote of a busy one would cost 0.5 µs."""

_SETTLED = frozenset((Health.STALE, Health.DOWN, Health.CLOSED))

HEADLINES_KEPT = 500
EXPLAIN_WITHIN = 24 * 3600 * SECOND
"""A headline this young (nanoseconds) may explain an alert on a name that it mentions."""


@dataclass(frozen=True, slots=True)
class FeedChange:
    """A feed's health turned; ``reason`` says why, where there is something to say."""

    name: str
    health: Health
    reason: str | None
    ts: int


@dataclass(frozen=True, slots=True)
class PhaseChange:
    """An exchange entered a phase of its day, which lasts until ``until`` (nanoseconds UTC)."""

    mic: str
    session_date: date
    phase: Phase
    ts: int
    until: int


class Listener(Protocol):
    """Who is told; every call is synchronous, so that nothing is dropped and a slow reader slows the feed."""

    def alert(self, number: int, line: str) -> None:
        """An alert, as the store holds it, whoever detected it."""

    def suppressed(self, suppressed: Suppressed) -> None:
        """An alert that was withheld."""

    def headline(self, headline: Headline) -> None:
        """A headline, told once."""

    def feed(self, change: FeedChange) -> None:
        """A feed's health turned."""

    def phase(self, change: PhaseChange) -> None:
        """An exchange entered a phase."""

    def delivery(self, delivery: Delivery) -> None:
        """An attempt to tell a sink has ended, well or not."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Up to which age, and which established delay, a quote evaluates; nanoseconds."""

    max_age: int = 90 * SECOND
    max_delay: int = 1200 * SECOND


class Intake:
    """One feed's way into the engine: its quotes, and what its timestamps say of it."""

    def __init__(self, engine: "Engine", feed: Feed, declared_delay: int = 0) -> None:
        self.feed = feed
        self.meter = LagMeter(declared_delay)
        self.health = Health.CONNECTING
        self.since = engine.clock.now()
        """When it was given its way in, nanoseconds UTC."""
        self.newest = 0
        """The greatest ``ts_event`` it has sent, nanoseconds UTC."""
        self.skewed = False
        """Whether it was told that the feed's clock and this machine's differ."""
        self._engine = engine
        self._apply = engine.state.apply
        self._look_at = 0
        self._noted: set[str] = set()

    def quotes(self, quotes: Sequence[Quote]) -> None:
        """Apply a frame's quotes, in order."""
        apply = self._apply
        for quote in quotes:
            verdict = apply(quote)
            if verdict is not _QUIET:
                self._heed(quote, verdict)
        ts_recv = quotes[-1].ts_recv
        if ts_recv >= self._look_at:
            self._look(quotes, ts_recv)

    def _heed(self, quote: Quote, verdict: Verdict) -> None:
        if verdict is Verdict.LOUD:
            self._note(quote)  # first, for it may be the one that establishes a delay
            self._engine.examine(quote, self)
        elif verdict is Verdict.HELD:
            self._engine.drop_outlier(quote)
        elif verdict is Verdict.SUPERSEDED or verdict is Verdict.FUTURE:
            self._note(quote)

    def _look(self, quotes: Sequence[Quote], ts_recv: int) -> None:
        """A few times a second: how late the feed is, by what of this was new; and the engine's round."""
        self._look_at = ts_recv + LOOK
        entries = self._engine.state.entries
        for quote in quotes:
            entry = entries.get(quote.symbol)
            if entry is not None and entry.quote is quote:
                self._note(quote)
        self._noted.clear()
        if ts_recv >= self._engine.next_round:
            self._engine.round(ts_recv)

    def _note(self, quote: Quote) -> None:
        """Learn from a quote's own time, once a symbol between two looks."""
        self.newest = max(self.newest, quote.ts_event)
        if quote.symbol not in self._noted:
            self._noted.add(quote.symbol)
            self.meter.note(quote.ts_event, quote.ts_recv)
            self._engine.state.skew[quote.source] = self.meter.skew

    def rejected(self, error: ParseError) -> None:
        """A frame that its parser refused; the feed's own status has counted it."""
        log.debug("%s: %s: %s", error.venue, error.reason, error.payload)


class Engine:
    """Everything that runs, on one event loop.

    ``quality`` is what a prompt quote is worth here: live, replayed or simulated. ``profiles`` add what
    history says to an alert; without it alerts stand alone. ``hurried`` says that time flies and nobody
    looks on.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        symbols: Iterable[str],
        rules: RuleBook,
        store: Store,
        listener: Listener,
        quality: Quality = Quality.LIVE,
        limits: Limits = Limits(),
        profiles: Profiles | None = None,
        hurried: bool = False,
    ) -> None:
        self.clock = clock
        self._hurried = hurried
        self.state = MarketState(symbols)
        self.rules = rules
        self.store = store
        self.listener = listener
        self.quality = quality
        self.limits = limits
        self.profiles = profiles
        self.intakes: dict[str, Intake] = {}
        self.headlines: deque[Headline] = deque(maxlen=HEADLINES_KEPT)
        self.headline_feed: HeadlineFeed | None = None
        self.failures: dict[str, str] = {}
        """Feeds that ended by an error, and which."""
        self._feeds: dict[str, tuple[Feed, QuoteSink]] = {}
        self._group: asyncio.TaskGroup | None = None
        self._running: dict[str, asyncio.Task[None]] = {}
        self._sessions: dict[str, date] = {}
        self.alerts = 0
        self.suppressions = 0
        self.next_round = 0
        self._phases: dict[str, tuple[int, Phase]] = {}
        rules.restore(store.events())

    def add_source(self, feed: Feed, declared_delay: int = 0) -> Intake:
        """Give a source of quotes its way in; ``declared_delay`` is what its configuration says, ns.

        One of the same name hands over its way in, and what was learnt of its lag.
        """
        intake = self.intakes.get(feed.name)
        if intake is None:
            intake = self.intakes[feed.name] = Intake(self, feed, declared_delay)
        intake.feed = feed
        if intake.meter.declared != declared_delay:
            intake.meter = LagMeter(declared_delay)
        return intake

    def add_feed(self, feed: Feed, sink: QuoteSink) -> None:
        """Run a feed with the engine, in place of one of the same name; ``sink`` takes its quotes."""
        self._feeds[feed.name] = feed, sink
        if self._group is not None:
            self._start(feed.name, self._group)

    def remove_feed(self, name: str) -> None:
        """Stop a feed, and forget it."""
        del self._feeds[name], self.intakes[name]
        if (task := self._running.pop(name, None)) is not None:
            task.cancel()

    def _start(self, name: str, group: asyncio.TaskGroup) -> None:
        if (old := self._running.get(name)) is not None:
            old.cancel()
        self._running[name] = group.create_task(self._feed(*self._feeds[name]), name=name)

    @property
    def hours(self) -> Calendar:
        """The calendar of the name that is watched first."""
        first = next(iter(self.state.entries.values()), None)
        return calendar("24/7") if first is None else first.calendar

    def today(self) -> date:
        """The exchange date there, by the engine's clock."""
        return self.hours.day_of(self.clock.now())

    def replace_rules(self, rules: RuleBook, symbols: Iterable[str]) -> None:
        """Go on with other rules; what was told under the old ones is not told again."""
        if self.state.watch(symbols):
            self._sessions.clear()  # their history is asked for with the next round
        rules.restore(self.store.events())
        rules.inherit(self.rules)
        self.rules = rules
        for entry in self.state.entries.values():
            entry.disturb()

    async def run(self) -> None:
        """Run every feed until all have ended, as a tape does, or the task is cancelled.

        A feed that breaks is told as down; it takes nothing else with it.
        """
        async with asyncio.TaskGroup() as group:
            background = [group.create_task(self._rounds(), name="rounds")]
            if self.headline_feed is not None:
                background.append(group.create_task(self._guard(self.headline_feed), name="headlines"))
            if self.profiles is not None:
                background.append(group.create_task(self.profiles.run(), name="history"))
            self._group = group
            for name in self._feeds:
                self._start(name, group)
            while running := [task for task in self._running.values() if not task.done()]:
                await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            self._group = None
            for task in background:
                task.cancel()

    async def _feed(self, feed: Feed, sink: QuoteSink) -> None:
        try:
            await feed.run(sink)
        except TickwallError as error:
            self._fail(feed, getattr(error, "reason", str(error)))
        except Exception as error:
            log.exception("feed %s broke", feed.name)
            self._fail(feed, f"internal error: {type(error).__name__}")

    async def _guard(self, feed: HeadlineFeed) -> None:
        try:
            await feed.run(self)
        except Exception:
            log.exception("headlines broke")

    def _fail(self, feed: Feed, reason: str) -> None:
        log.error("%s: %s", feed.name, reason)
        feed.status.state = Health.DOWN
        feed.status.reason = reason
        self.failures[feed.name] = reason
        if (intake := self.intakes.get(feed.name)) is not None:
            self.tell_health(intake, self.clock.now())

    async def _rounds(self) -> None:
        while True:
            now = self.clock.now()
            if now >= self.next_round:
                self.round(now)
            await self.clock.sleep((self._next_turn(now) - now) / SECOND)

    def _next_turn(self, now: int) -> int:
        """When to look again without being called: in a second, or later in a gap that a tape leaps over.

        No feed that is stale, down or closed can come alive and fall silent again within its greatest age.
        """
        if not self._is_idle():
            return now + SECOND
        return min([now + max(self.limits.max_age, SECOND), *(until for until, _ in self._phases.values())])

    def _is_idle(self) -> bool:
        """Whether time flies, and nothing can turn until a quote comes or a phase begins."""
        return self._hurried and all(intake.health in _SETTLED for intake in self.intakes.values())

    def round(self, now: int) -> None:
        """Once a second of the engine's clock: phases, feed health, alerts that others detected."""
        self._roll_phases(now)
        self._roll_sessions(now)
        for intake in self.intakes.values():
            self.tell_health(intake, now)
        self.next_round = now if self._is_idle() else now + SECOND
        for stored in self.store.from_others():
            self.listener.alert(stored.number, stored.line)

    # -- quotes

    def examine(self, quote: Quote, intake: Intake) -> None:
        """Let the rules look at a quote that was applied, and tell what they say."""
        self.drop_outlier(quote)
        entry = self.state.entries[quote.symbol]
        # An outlier that a second quote confirmed is what the rules see, not its confirmation.
        applied = entry.quote or quote
        alerts, suppressed = self.rules.evaluate(entry, applied, self._moment(entry, applied, intake))
        for alert in alerts:
            self._raise(alert)
        self._withhold(suppressed)

    def drop_outlier(self, quote: Quote) -> None:
        """Tell of the outlier that a quote put aside, if it did."""
        entry = self.state.entries[quote.symbol]
        outlier, entry.outlier = entry.outlier, None
        if outlier is not None:
            moment = Moment(quote.ts_recv, self.quality, entry.calendar.day_of(quote.ts_recv), "outlier")
            self._withhold(self.rules.evaluate(entry, outlier, moment)[1])

    def _withhold(self, suppressed: Iterable[Suppressed]) -> None:
        for held_back in suppressed:
            self.suppressions += 1
            self.listener.suppressed(held_back)

    def _moment(self, entry: Entry, quote: Quote, intake: Intake) -> Moment:
        delay = intake.meter.delay
        now = quote.ts_recv
        blocked = None
        if delay > self.limits.max_delay:
            blocked = "delayed"
        elif now - quote.ts_event - delay > self.limits.max_age:
            blocked = "stale"
        quality = Quality.DELAYED if delay and self.quality is not Quality.SIMULATED else self.quality
        return Moment(now, quality, entry.calendar.day_of(now - delay), blocked)

    def _raise(self, alert: Alert) -> None:
        alert = self._explain(alert)
        line = encode(alert_line(alert))
        stored = self.store.record(Event(alert.dedup_key, line, alert.ts, alert.sinks))
        if stored is not None:
            self.alerts += 1
            self.listener.alert(stored.number, stored.line)

    def _explain(self, alert: Alert) -> Alert:
        symbol = alert.quote.symbol
        facts = self.profiles.explain(alert.quote, alert.ts) if self.profiles is not None else ()
        related = [
            headline
            for headline in self.headlines
            if symbol in headline.symbols and 0 <= alert.ts - headline.ts_event <= EXPLAIN_WITHIN
        ]
        # Of the same minute by name, so that it does not matter which source answered first.
        related.sort(key=lambda headline: (-headline.ts_event, headline.source, headline.id))
        return replace(alert, facts=tuple(facts[:3]), headlines=tuple(related[:3]))

    # -- headlines

    def add_headlines(self, headlines: Iterable[Headline]) -> None:
        """Take in new headlines, told in the order given."""
        for headline in headlines:
            self.headlines.append(headline)
            self.listener.headline(headline)

    # -- sessions and health

    def _roll_phases(self, now: int) -> None:
        for mic in dict.fromkeys(entry.calendar.mic for entry in self.state.entries.values()):
            hours = calendar(mic)
            if mic not in self._phases:
                self._enter(mic, now, hours.phase_at(now), hours.next_change(now)[0])
            while now >= self._phases[mic][0]:
                at = self._phases[mic][0]
                self._enter(mic, at, hours.phase_at(at), hours.next_change(at)[0])

    def _enter(self, mic: str, at: int, phase: Phase, until: int) -> None:
        self._phases[mic] = (until, phase)
        self.listener.phase(PhaseChange(mic, calendar(mic).day_of(at), phase, at, until))

    def _roll_sessions(self, now: int) -> None:
        """On each exchange that has turned to a new session ask for history as of it."""
        # A tape has its history from a folder, where none will turn up while it plays.
        if self.profiles is not None and self.quality is not Quality.REPLAY:
            self.profiles.retry(now)
        for mic in self._phases:
            hours = calendar(mic)
            session_date = hours.latest(now).date
            if self._sessions.get(mic) == session_date:
                continue
            self._sessions[mic] = session_date
            if (warning := hours.warning(session_date)) is not None:
                log.warning("%s: a newer tickwall may know more", warning)
            if self.profiles is not None:
                symbols = [s for s, entry in self.state.entries.items() if entry.calendar.mic == mic]
                self.profiles.want(symbols, session_date)

    def phase(self, mic: str) -> Phase:
        """The phase of an exchange by the engine's own clock, as of the last round."""
        return self._phases.get(mic, (0, Phase.CLOSED))[1]

    def tell_health(self, intake: Intake, now: int) -> None:
        """Tell of a feed's health if it turned, and of a clock that is wrong."""
        health, reason = self.judge(intake, now)
        skewed = bool(intake.meter.skew)
        if skewed and not intake.skewed:
            log.warning("%s: %s; set this machine's clock", intake.feed.name, _skew(intake.meter.skew))
        if health is not intake.health or skewed is not intake.skewed:
            intake.health, intake.skewed = health, skewed
            self.listener.feed(FeedChange(intake.feed.name, health, reason, now))

    def judge(self, intake: Intake, now: int) -> tuple[Health, str | None]:
        """A feed's health by its quotes' own time: a socket that is open over dead symbols is stale."""
        status = intake.feed.status
        state = Health(status.state)
        connecting = state is Health.CONNECTING and now - intake.since <= self.limits.max_age
        if connecting or state is Health.DOWN:
            return state, status.reason
        delay = intake.meter.delay
        silence = self._silence(intake, now - delay)
        if silence is None:
            return Health.CLOSED, None
        if silence > self.limits.max_age:
            age = age_text((now - intake.newest) / SECOND)
            return Health.STALE, f"newest quote is {age} old" if intake.newest else "no quote yet"
        if state is Health.STALE:
            return state, status.reason
        if delay:
            return Health.DELAYED, f"{delay // SECOND} s late"
        return Health.LIVE, _skew(intake.meter.skew) if intake.meter.skew else status.reason

    def _silence(self, intake: Intake, at: int) -> int | None:
        """How long trading has gone on without a quote of this feed, nanoseconds; ``None`` while closed.

        Of several exchanges that are open, the one that has been for the shortest time speaks.
        """
        silences: list[int] = []
        for mic in self._phases:
            session = calendar(mic).session_at(at)
            if session is None or session.phase_at(at) not in TRADING:
                continue
            if any(e.calendar.mic == mic and intake.feed.serves(s) for s, e in self.state.entries.items()):
                newest = intake.newest or intake.since
                silences.append(session.trading_ns_between(newest, at, CONTINUOUS))
        return min(silences, default=None)


def _skew(skew: int) -> str:
    return f"its clock is {skew // SECOND} s ahead of this machine's"


def summary(engine: Engine) -> Mapping[str, Any]:
    """Counts for the last line and the status: what came in and what became of it."""
    statuses = [intake.feed.status for intake in engine.intakes.values()]
    return {
        "quotes": sum(status.quotes for status in statuses),
        "rejected": sum(status.rejected for status in statuses),
        "applied": engine.state.applied,
        "refused": {verdict.value: count for verdict, count in engine.state.refused.items()},
        "alerts": engine.alerts,
        "suppressed": engine.suppressions,
    }
