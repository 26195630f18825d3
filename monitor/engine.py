"""The engine: one task group that takes quotes in, evaluates rules on every tick, and tells what happened."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

from feeds.base import Feed, HeadlineFeed, QuoteSink
from market.clock import SECOND, Clock
from market.errors import TickwallError
from market.freshness import Health, Lags, Quality
from market.headline import Headline
from market.rulebook import RuleBook
from market.session import Calendar, Phase, calendar
from market.state import MarketState
from monitor.alerting import Alerting, Limits
from monitor.disputes import Disputes
from monitor.health import SETTLED, FeedHealth
from monitor.intake import Intake
from monitor.listener import Listener, PhaseChange
from monitor.memory import keep_small
from monitor.phases import Phases
from monitor.profiles import Profiles
from monitor.store import Store
from monitor.stories import Stories

log = logging.getLogger(__name__)


class Engine:
    """Everything that runs, on one event loop.

    ``quality`` is what a prompt quote is worth here: live, replayed or simulated. ``profiles`` add what
    history says to an alert; without it alerts stand alone. ``rouse``, where time flies and nobody looks on,
    wakes whoever sleeps by the clock: only with it do rounds sleep through hours in which nothing can turn.
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
        limits: Limits | None = None,
        profiles: Profiles | None = None,
        rouse: Callable[[], None] | None = None,
    ) -> None:
        self.clock = clock
        self._rouse = rouse
        self._naps = False
        self.state = MarketState(symbols)
        self.store = store
        self.listener = listener
        self.quality = quality
        self.profiles = profiles
        if profiles is not None:
            self.state.is_old_base = profiles.is_old_base
        self.intakes: dict[str, Intake] = {}
        self.headline_feed: HeadlineFeed | None = None
        self._reading: asyncio.Task[None] | None = None
        self.failures: dict[str, str] = {}
        """Feeds that ended by an error, and which."""
        self._feeds: dict[str, tuple[Feed, QuoteSink]] = {}
        self._group: asyncio.TaskGroup | None = None
        self._running: dict[str, asyncio.Task[None]] = {}
        self._sessions: dict[str, date] = {}
        self.next_round = 0
        self.phases = Phases(self.state.entries, self._enter)
        limits = limits or Limits()
        self.health = FeedHealth(self.state.entries, limits.max_age, listener.feed)
        self.disputes = Disputes(self.state.entries, self._health, listener.feed)
        self.alerting = Alerting(
            self.state,
            rules,
            store,
            listener,
            quality=quality,
            limits=limits,
            profiles=profiles,
            delay=self._delay,
            hours=lambda: self.hours,
        )

    @property
    def limits(self) -> Limits:
        """Up to which age and delay a quote evaluates."""
        return self.alerting.limits

    @limits.setter
    def limits(self, limits: Limits) -> None:
        self.alerting.limits = limits
        self.health.max_age = limits.max_age

    @property
    def rules(self) -> RuleBook:
        """The rules in force."""
        return self.alerting.rules

    @property
    def headlines(self) -> Stories:
        """The newest headlines."""
        return self.alerting.headlines

    @property
    def alerts(self) -> int:
        """How many alerts this process has detected."""
        return self.alerting.raised

    @property
    def suppressions(self) -> int:
        """How many lines have told of a withheld one."""
        return self.alerting.suppressions

    @property
    def evaluated(self) -> int:
        """How often the rules were asked: it stands still when the evaluator does."""
        return self.alerting.evaluated

    def _delay(self, source: str, mic: str) -> int:
        intake = self.intakes.get(source)
        return 0 if intake is None else intake.lags.delay(mic)

    def _health(self, source: str) -> Health:
        intake = self.intakes.get(source)
        return Health.DOWN if intake is None else intake.health

    def add_source(self, feed: Feed, declared_delay: int = 0) -> Intake:
        """Give a source of quotes its way in; ``declared_delay`` is what its configuration says, ns.

        One of the same name hands over its way in, and what was learnt of its lag.
        """
        intake = self.intakes.get(feed.name)
        if intake is None:
            intake = self.intakes[feed.name] = Intake(self, feed, declared_delay)
        intake.feed = feed
        if intake.lags.declared != declared_delay:
            intake.lags = Lags(declared_delay)
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
        self.alerting.replace_rules(rules)

    def forget_phases(self) -> None:
        """Ask the calendars anew in the next round, phases, sessions and history: a user has amended them."""
        self.phases.clear()
        self._sessions.clear()
        for entry in self.state.entries.values():
            entry.disturb()

    async def run(self) -> None:
        """Run every feed until all have ended, as a tape does, or the task is cancelled.

        A feed that breaks is told as down; it takes nothing else with it.
        """
        async with asyncio.TaskGroup() as group:
            background = [
                group.create_task(self._rounds(), name="rounds"),
                group.create_task(keep_small(), name="memory"),
                group.create_task(self.store.keep_short(), name="store"),
            ]
            if self.profiles is not None:
                background.append(group.create_task(self.profiles.run(), name="history"))
            self._group = group
            self.read_headlines(self.headline_feed)
            for name in self._feeds:
                self._start(name, group)
            while running := [task for task in self._running.values() if not task.done()]:
                await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            self._group = None
            if self._reading is not None:
                background.append(self._reading)
            now = self.clock.now()
            self.round(now)  # what the last quote has turned
            self.alerting.finish(now, self.phases)
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
            self.health.tell(intake, self.clock.now())

    async def _rounds(self) -> None:
        while True:
            now = self.clock.now()
            if now >= self.next_round:
                self.round(now)
            self._naps = self._is_idle()
            await self.clock.sleep((self._next_turn(now) - now) / SECOND)
            self._naps = False

    def _next_turn(self, now: int) -> int:
        """When to look again without being called: in a second, or later in a gap that a tape leaps over.

        No feed that is stale, down or closed can come alive and fall silent again within its greatest age.
        """
        if not self._naps:
            return now + SECOND
        return min([now + max(self.limits.max_age, SECOND), *self.phases.ends()])

    def _is_idle(self) -> bool:
        """Whether time flies, and nothing can turn until a quote comes or a phase begins."""
        settled = all(intake.health in SETTLED for intake in self.intakes.values())
        return self._rouse is not None and settled and not self.alerting.is_waiting(self.clock.now())

    def round(self, now: int) -> None:
        """Once a second of the engine's clock: phases, feed health, alerts that others detected."""
        self.phases.roll(now)
        self._roll_sessions(now)
        for intake in self.intakes.values():
            self.health.tell(intake, now)
        self.disputes.look(now)
        self.alerting.round(now, lambda: self.health.views(self.intakes.values(), now))
        is_idle = self._is_idle()
        self.next_round = now if is_idle else now + SECOND
        if self._rouse is not None and self._naps and not is_idle:
            self._naps = False
            self._rouse()
        for stored in self.store.from_others():
            self.listener.alert(stored.number, stored.line)

    # -- headlines

    def read_headlines(self, feed: HeadlineFeed | None) -> None:
        """Read headlines from this feed, in place of the one before; ``None`` reads none."""
        self.headline_feed = feed
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None
        if feed is not None and self._group is not None:
            self._reading = self._group.create_task(self._guard(feed), name="headlines")

    def add_headlines(self, headlines: Iterable[Headline]) -> None:
        """Take in new headlines, told in the order given."""
        for headline in headlines:
            self.listener.headline(headline)
            self.alerting.headline(headline)

    # -- sessions

    def _enter(self, change: PhaseChange) -> None:
        if change.phase in (Phase.CLOSED, Phase.ALWAYS):
            self.alerting.close(change.mic, change.ts)
        self.listener.phase(change)

    def _roll_sessions(self, now: int) -> None:
        """On each exchange that has turned to a new session ask for history as of it."""
        # A tape has its history from a folder, where none will turn up while it plays.
        if self.profiles is not None and self.quality is not Quality.REPLAY:
            self.profiles.retry(now)
        for mic in self.phases:
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
        return self.phases.of(mic)


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
