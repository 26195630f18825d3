"""A run put together from its configuration: live, simulated, or from a tape."""

import asyncio
import logging
import math
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, time

from feeds.editor import Editor
from feeds.headlines import HeadlinePoller
from feeds.recorder import Recorder
from feeds.registry import build
from feeds.repeats import Repeats
from feeds.replay import TapeClock, TapeFeed
from feeds.settings import FeedSettings
from feeds.simulated_clock import SimulatedClock, clock_at
from feeds.tape import OnError
from market.clock import SECOND, Clock
from market.freshness import Quality
from market.headline import Headline
from market.session import amend, calendar
from monitor import exit as exit_code
from monitor.alerting import Limits
from monitor.assignment import assign
from monitor.config import Config, ConfigError
from monitor.courier import Courier
from monitor.delivery import delivering, routes
from monitor.engine import Engine
from monitor.history import cache_dir, sources
from monitor.listener import Listener
from monitor.news import KeptFeed, Shelf, editor
from monitor.profiles import Profiles
from monitor.recording import Tee, recording
from monitor.reducer import ProfileLoader
from monitor.rules import rule_book, watched
from monitor.store import Store
from monitor.tape import TapeIntake

log = logging.getLogger(__name__)

COALESCE = 0.005
"""Seconds between two reads of a busy socket under the wall: a wake-up per frame costs three times the CPU.
Never headless, where latency counts."""


PRIMING = 20.0
"""Seconds of real time that a tape or a simulation waits for history before it begins."""


@dataclass
class Run:
    """An engine with its feeds, ready to go. ``source`` moves its clock, where the machine does not."""

    engine: Engine
    config: Config
    editor: Editor
    source: SimulatedClock | TapeFeed | None = None
    courier: Courier | None = None
    coalesce: float = 0.0
    """As in ``feeds.stream.Stream``."""
    shelf: Shelf = field(init=False)
    recorder: Recorder | None = None
    poller: HeadlinePoller | None = None
    _feeds: dict[str, tuple[FeedSettings, tuple[str, ...]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Headlines are kept in the store, as alerts are."""
        self.shelf = Shelf(self.engine.store.db)

    @property
    def is_live(self) -> bool:
        """Whether it runs on the machine's own clock."""
        return self.source is None

    async def prime(self, patience: float = PRIMING) -> None:
        """Load history first, within ``patience`` seconds: a tape then tells the same facts at any speed."""
        self.engine.round(self.engine.clock.now())
        if self.engine.profiles is not None:
            # A venue that stalls must not hold the day up: what is late is asked for again later.
            try:
                async with asyncio.timeout(patience):
                    await self.engine.profiles.settle()
            except TimeoutError:
                log.warning("no history within %.0f s: the first alerts may lack facts", patience)

    async def run(self) -> None:
        """Run until the tape, or the simulated day, is over and told; a live run is ended by cancellation."""
        await self._run_engine()
        if self.courier is not None:
            await self.courier.drain()

    async def _run_engine(self) -> None:
        if not isinstance(self.source, SimulatedClock):
            await self.engine.run()
            return
        engine = asyncio.create_task(self.engine.run())
        ended = asyncio.create_task(self.source.ended.wait())
        try:
            await asyncio.wait({engine, ended}, return_when=asyncio.FIRST_COMPLETED)
            if engine.done():
                engine.result()
        finally:
            for task in (engine, ended):
                task.cancel()
            await asyncio.gather(engine, ended, return_exceptions=True)

    def reload(self, config: Config) -> None:
        """Go on with another configuration's watchlists, rules, limits, closures and feeds.

        A feed that serves as before is left alone, and so are sources of headlines. New ones tell nothing
        that was told before. Raises ``TickwallError`` or ``ValueError`` before anything has changed.
        """
        if self.config.found and not config.found:  # an empty file would be an answer, no file is an accident
            raise ConfigError(str(config.path), ["is gone; what it said holds on"])
        engine, before, settings = self.engine, self.config.settings, config.settings
        day = engine.today()
        symbols = watched(settings, day)
        edited = editor(settings.news, symbols)
        if self.courier is not None:
            self.courier.assign(routes(config))
        self.config = config
        self.editor.matcher, self.editor.muted = edited.matcher, edited.muted
        if amend(config.closures):
            engine.forget_phases()
        engine.limits = Limits(config.max_age, config.max_delay)
        engine.state.priority = config.priorities
        engine.replace_rules(rule_book(settings, day), symbols)
        if not isinstance(self.source, TapeFeed):
            self.assign_feeds()
            if settings.headlines != before.headlines:
                engine.read_headlines(_headline_feed(self, self.shelf.headlines()))

    def assign_feeds(self) -> None:
        """Give the engine the feeds of the configuration, and take those away that are none of it."""
        engine, settings = self.engine, self.config.settings
        day = engine.today()
        assigned = assign(settings, watched(settings, day), day)
        wanted = {name: (settings.feeds[name], symbols) for name, symbols in assigned.items() if symbols}
        for name in self._feeds.keys() - wanted.keys():
            engine.remove_feed(name)
        for name, (section, symbols) in wanted.items():
            if self._feeds.get(name) != (section, symbols):
                feed = build(name, section, symbols, engine.clock, self.coalesce)
                intake = engine.add_source(feed, self.config.delay(name))
                engine.add_feed(feed, intake if self.recorder is None else Tee(self.recorder, intake))
        self._feeds = wanted

    @property
    def exit_code(self) -> int:
        """What a command ends with after ``run``: a tape that had to be strict and was not is bad input."""
        broke = isinstance(self.source, TapeFeed) and self.source.name in self.engine.failures
        return exit_code.BAD_INPUT if broke else exit_code.OK


@asynccontextmanager
async def taped(
    config: Config,
    store: Store,
    listener: Listener,
    path: str,
    *,
    speed: float = math.inf,
    start: time | None = None,
    on_error: OnError | None = None,
) -> AsyncIterator[Run]:
    """A recorded tape on its own time; ``TapeError`` when it cannot be read.

    What lies before ``start``, a time of its day in Hong Kong, is played as fast as it can be read. Without
    ``on_error`` the first bad line ends the run.
    """

    async def ready() -> None:
        if engine.profiles is not None:
            await engine.profiles.ready()

    def tell(headline: Headline) -> None:
        if repeats.is_new(headline) and not run.editor.omits(headline):
            engine.add_headlines([run.editor.join(headline)])

    repeats = Repeats()
    clock = TapeClock(speed)
    tape = TapeFeed(
        path,
        clock,
        on_error=on_error,
        on_headline=lambda headline: tell(headline),
        on_event=lambda event: intake.event(event),
        ready=ready,
    )
    await tape.open()
    if start is not None:
        zone = calendar("XHKG").zone
        day = datetime.fromtimestamp(clock.now() // SECOND, zone).date()
        clock.start = int(datetime.combine(day, start, zone).timestamp()) * SECOND
    try:
        engine = _engine(
            config, clock, store, listener, Quality.REPLAY, clock.rouse if speed == math.inf else None
        )
        intake = TapeIntake(engine, config.delay)
        run = Run(engine, config, editor(config.settings.news, engine.state.entries), tape)
        engine.add_feed(tape, intake)
        async with delivering(config, store, listener, live=False) as run.courier:
            yield run
    finally:
        tape.close()


@asynccontextmanager
async def opened(
    config: Config, store: Store, listener: Listener, *, coalesce: float = 0.0
) -> AsyncIterator[Run]:
    """The configured feeds, on the machine's clock or on that of the simulated venue they belong to.

    ``FeedError`` when the venue cannot be reached.
    """
    async with clock_at(config.settings.simulation.clock_url) as clock:
        source = clock if isinstance(clock, SimulatedClock) else None
        quality = Quality.LIVE if source is None else Quality.SIMULATED
        engine = _engine(config, clock, store, listener, quality)
        edits = editor(config.settings.news, engine.state.entries)
        run = Run(engine, config, edits, source, coalesce=coalesce)
        async with recording(config.settings.record, engine) as run.recorder:
            run.assign_feeds()
            kept = run.shelf.headlines()
            for headline in sorted(kept, key=lambda headline: headline.ts_event):
                engine.headlines.add(headline)
            engine.read_headlines(_headline_feed(run, kept))
            async with delivering(config, store, listener, live=run.is_live) as run.courier:
                yield run


def _headline_feed(run: Run, kept: Sequence[Headline]) -> KeptFeed | None:
    """The sources of headlines, which tell none of those that are ``kept``; ``None`` where there is none."""
    engine, settings = run.engine, run.config.settings
    if not settings.headlines:
        return None
    run.poller = HeadlinePoller(
        settings.headlines, engine.clock, editor=run.editor, known=kept, before=run.poller
    )
    takers = [run.shelf.add] if run.recorder is None else [run.recorder.add_headlines, run.shelf.add]
    return KeptFeed(run.poller, *takers)


def _engine(
    config: Config,
    clock: Clock,
    store: Store,
    listener: Listener,
    quality: Quality,
    rouse: Callable[[], None] | None = None,
) -> Engine:
    amend(config.closures)
    # Lists are dated: a replay of September has September's constituents.
    day = datetime.fromtimestamp(clock.now() / SECOND, UTC).date()
    history = _history(config, clock, quality)
    engine = Engine(
        clock=clock,
        symbols=watched(config.settings, day),
        rules=rule_book(config.settings, day),
        store=store,
        listener=listener,
        quality=quality,
        limits=Limits(config.max_age, config.max_delay),
        profiles=Profiles(history, history.closes),
        rouse=rouse,
    )
    engine.state.priority = config.priorities
    return engine


def _history(config: Config, clock: Clock, quality: Quality) -> ProfileLoader:
    """Where history comes from: the user's folder, then the feeds' vendors.

    A tape fetches nothing from outside, and neither a tape nor a simulation leaves anything in the cache.
    """
    vendors = () if quality is Quality.REPLAY else sources(config.settings.feeds)
    cache = cache_dir() if quality is Quality.LIVE else None
    return ProfileLoader(config.history_folder, vendors, clock.now, cache)
