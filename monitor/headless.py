"""``tickwall headless``: the engine with standard output for a screen, one JSON object a line."""

import asyncio
import gc
import logging
import math
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import time
from functools import partial
from pathlib import Path

from market.duration import parse_duration
from market.errors import TickwallError
from monitor.assembly import Run, opened, taped
from monitor.config import Config, ConfigError, load, notes, state_dir
from monitor.daybook import Daybook, over
from monitor.engine import Engine, summary
from monitor.jsonlines import JsonLines
from monitor.lines import line
from monitor.lock import exclusive
from monitor.logs import to_stderr
from monitor.outlet import PATIENCE, Outlet
from monitor.pulse import Probes, feed_watchdog, hold_switch, switch_url
from monitor.sinks.base import SinkError
from monitor.store import Store
from monitor.systemd import Manager

log = logging.getLogger(__name__)

Reload = Callable[[], Config]
"""Reads the configuration anew; raises ``ConfigError``."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What the command line chose. ``speed`` is for tapes, ``inf`` for as fast as they can be read,
    as everything before ``start`` (Hong Kong time) is."""

    tape: str | None = None
    speed: float = math.inf
    strict: bool = False
    start: time | None = None
    state: str | None = None
    until_close: bool = False
    duration: float | None = None
    headlines: bool = False


def run(choices: Choices, config_path: str | None, *, debug: bool) -> int:
    """Run until the tape ends, the time is over, or a signal comes; returns the exit code."""
    reload = partial(load, config_path)
    return run_with(choices, reload(), debug=debug, reload=reload)


def run_with(choices: Choices, config: Config, *, debug: bool, reload: Reload | None = None) -> int:
    """``run`` with a configuration that is read already; SIGHUP reads it anew where ``reload`` says how."""
    to_stderr(debug=debug)
    for note in notes(config.settings):
        log.warning("%s", note)
    state = _state(choices, config)
    with exclusive(state) if state is not None else nullcontext():
        return asyncio.run(_run(choices, config, reload, state))


def _state(choices: Choices, config: Config) -> Path | None:
    """The store's path; ``None`` keeps it in memory: a tape or a simulation leaves the live one alone."""
    if choices.state is not None:
        return Path(choices.state)
    return state_dir() / "alerts.db" if _is_live(choices, config) else None


def _is_live(choices: Choices, config: Config) -> bool:
    """Whether it will run on the machine's own clock, as ``Run.is_live`` says once there is a run."""
    return choices.tape is None and not config.settings.simulation.clock_url


async def _run(choices: Choices, config: Config, reload: Reload | None, state: Path | None) -> int:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    is_live = _is_live(choices, config)
    # A tape waits for whoever reads; a market does not, and a reader must not keep its alerts from sinks.
    outlet = Outlet(PATIENCE if is_live else math.inf)

    def leave(*_: object) -> None:
        with suppress(RuntimeError):  # the loop has ended already
            loop.call_soon_threadsafe(stop.set)
        outlet.end()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, leave)  # not the loop's: a reader may block that
    store = Store(state)
    feed_health = config.settings.alerts.feed_health
    lines = JsonLines(outlet.write, store, headlines=choices.headlines, feed_health=feed_health)
    daemon = Daemon(choices, config, lines, store)
    try:
        async with daemon.open() as this:
            await daemon.drive(this, stop, reload)
            if lines.trouble and not is_live:
                raise TickwallError(f"standard output cannot be written: {lines.trouble}")
            return this.exit_code
    finally:
        # By now the courier has had its seconds, and every delivery is told.
        daemon.say_stopped()
        store.close()


class Daemon:
    """One run, and what it says of itself: to whoever reads its lines, to systemd, to a dead man's switch."""

    def __init__(self, choices: Choices, config: Config, lines: JsonLines, store: Store) -> None:
        self._choices = choices
        self._config = config
        self._lines = lines
        self._store = store
        self._manager = Manager()
        self._probes: Probes | None = None
        self._engine: Engine | None = None
        self._switch = ""
        self._reason = "failed"

    def open(self) -> AbstractAsyncContextManager[Run]:
        """The run that was chosen, with its feeds; leaving it flushes the outbox."""
        choices, config, lines = self._choices, self._config, self._lines
        if choices.tape is None:
            return opened(config, self._store, lines)
        on_error = None if choices.strict else lines.bad_line
        tape, speed, start = choices.tape, choices.speed, choices.start
        return taped(config, self._store, lines, tape, speed=speed, start=start, on_error=on_error)

    async def drive(self, this: Run, stop: asyncio.Event, reload: Reload | None) -> None:
        """Run until the first reason to stop."""
        if self._choices.tape is None and not this.engine.intakes:
            raise ConfigError(str(self._config.path), ["no feed is enabled that serves what is watched"])
        self._switch = self._switch_url()
        self._probes = Probes(this.engine)
        async with self._pages(this) as listens:
            self._engine = this.engine
            # What was made so far stays to the end: a collection that looked at it would take 60 ms.
            gc.freeze()
            self._lines.started(this.engine, listens)
            self._store.troubled = partial(self._complain, this.engine)
            if notice := self._store.notice or self._store.trouble:
                self._complain(this.engine, notice)
            for stored in self._store.untold():
                self._lines.alert(stored.number, stored.line, repeat=True)
            loop = asyncio.get_running_loop()
            loop.add_signal_handler(signal.SIGUSR2, self._dump)
            if reload is not None:
                loop.add_signal_handler(signal.SIGHUP, self._reload, this, reload)
            book = Daybook(this.engine, self._lines.tell, self._lines.tally)
            self._reason = await self._until_done(this, stop, book)
            self._manager.stopping()
            book.close()
            if this.is_live and self._reason == "ended":  # feeds go on for ever: each of them broke
                raise TickwallError(f"every feed broke: {'; '.join(this.engine.failures.values())}")

    def _switch_url(self) -> str:
        """The dead man's switch; ``ConfigError`` where its address cannot be read."""
        try:
            return switch_url(self._config.settings.headless)
        except SinkError as error:
            raise ConfigError(str(self._config.path), [str(error)]) from None

    async def _until_done(self, this: Run, stop: asyncio.Event, book: Daybook) -> str:
        tasks = {
            asyncio.create_task(_run_primed(this)): "ended",
            asyncio.create_task(stop.wait()): "signal",
            asyncio.create_task(self._lines.reader_left.wait()): "reader left",
            asyncio.create_task(book.run()): "failed",
        }
        if self._choices.duration is not None:
            tasks[asyncio.create_task(asyncio.sleep(self._choices.duration))] = "duration"
        if self._choices.until_close:
            engine = this.engine
            tasks[asyncio.create_task(over(engine.clock, lambda: engine.hours, engine.today(), 1))] = "close"
        if this.is_live:
            tasks[asyncio.create_task(self._beat(this.engine))] = "failed"
            if self._switch:
                tasks[asyncio.create_task(hold_switch(this.engine, self._switch))] = "failed"
        if self._manager.patience:
            tasks[asyncio.create_task(feed_watchdog(this.engine, self._manager))] = "failed"
        self._manager.ready(self._status())
        done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
        for task in done:
            task.result()
        return tasks[done.pop()]

    @asynccontextmanager
    async def _pages(self, this: Run) -> AsyncIterator[str]:
        """``/healthz``, ``/readyz`` and ``/metrics``, where they are asked for; yields where they are."""
        async with AsyncExitStack() as stack:
            listens = ""
            if listen := self._config.settings.headless.listen:
                from monitor.web import exposed, serving

                assert self._probes is not None
                metrics = exposed(this.engine, self._store.outbox, self._lines.tally)
                listens = await stack.enter_async_context(serving(listen, self._probes, metrics))
            yield listens

    async def _beat(self, engine: Engine) -> None:
        interval = parse_duration(self._config.settings.headless.heartbeat)
        while True:
            await asyncio.sleep(interval)
            self._lines.tell(line("heartbeat", engine.clock.now(), **summary(engine)))
            self._manager.status(self._status())

    def _reload(self, this: Run, reload: Reload) -> None:
        """SIGHUP: take the file's rules, or keep the running ones and say why."""
        assert self._probes is not None
        self._manager.reloading()
        now = this.engine.clock.now()
        try:
            config = reload()
            this.reload(config)
            self._lines.feed_health = config.settings.alerts.feed_health
            self._probes.trouble = ""
            self._lines.tell(line("reload", now, ok=True, rules=len(this.engine.rules.rules)))
        except (TickwallError, ValueError) as error:
            log.error("reload refused: %s", error)
            self._probes.trouble = f"the last reload was refused: {error}"
            self._lines.tell(line("reload", now, ok=False, error=str(error)))
        self._lines.tally.reload(taken=not self._probes.trouble)
        self._manager.ready(self._status())

    def _status(self) -> str:
        """One line for ``systemctl status``."""
        assert self._engine is not None
        healths = ", ".join(f"{name} {one.health}" for name, one in sorted(self._engine.intakes.items()))
        trouble = "; the last reload was refused" if self._probes is not None and self._probes.trouble else ""
        rules, alerts = len(self._engine.rules.rules), self._lines.tally.alerts
        return f"rules: {rules}; alerts: {alerts}; {healths}{trouble}"

    def _complain(self, engine: Engine, reason: str) -> None:
        """A line that says what is wrong with the store."""
        self._lines.tell(line("error", engine.clock.now(), source="store", reason=reason))

    def _dump(self) -> None:
        """SIGUSR2: a line with how everything stands."""
        assert self._engine is not None and self._probes is not None
        engine = self._engine
        _, ready = self._probes.readiness()
        phases = {
            entry.calendar.mic: engine.phase(entry.calendar.mic) for entry in engine.state.entries.values()
        }
        self._lines.tell(
            line(
                "session",
                engine.clock.now(),
                event="state",
                **ready,
                phases=phases,
                rules=len(engine.rules.rules),
                outbox=self._store.outbox.open(),
                deliveries={
                    f"{sink} {state}": n for (sink, state), n in self._lines.tally.deliveries.items()
                },
                **summary(engine),
            )
        )

    def say_stopped(self) -> None:
        """Write the last line, if there was a first."""
        if self._engine is not None:
            now = self._engine.clock.now()
            counts = summary(self._engine)
            self._lines.tell(line("session", now, event="stopped", reason=self._reason, **counts))


async def _run_primed(this: Run) -> None:
    if not this.is_live:
        await this.prime()
    await this.run()
