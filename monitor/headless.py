"""``tickwall headless``: the engine with standard output for a screen, one JSON object a line."""

import asyncio
import logging
import math
import signal
import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from datetime import time
from functools import partial
from pathlib import Path

from market.alert import Suppressed
from market.clock import SECOND, rfc3339
from market.errors import ParseError
from market.headline import Headline
from monitor.assembly import Run, opened, taped
from monitor.config import Config, ConfigError, load, notes, state_dir
from monitor.courier import Delivery
from monitor.engine import Engine, FeedChange, PhaseChange, summary
from monitor.lines import encode, headline_fields, line, suppressed_line
from monitor.lock import exclusive
from monitor.logs import to_stderr
from monitor.store import Store

log = logging.getLogger(__name__)

HEARTBEAT = 60.0
"""Seconds between two heartbeat lines: a quiet day must differ from a dead daemon."""

AFTER_CLOSE = 120
"""Seconds after the final close at which ``--until-close`` ends: vendors print it late."""


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


class JsonLines:
    """Tells the engine's events as lines; a reader that is slow slows the feeds, and nothing is dropped."""

    def __init__(
        self,
        write: Callable[[str], object],
        store: Store,
        *,
        headlines: bool = False,
        feed_health: bool = True,
    ) -> None:
        self.reader_left = asyncio.Event()
        self._write = write
        self._store = store
        self._headlines = headlines
        self._feed_health = feed_health
        self._now: Callable[[], int] | None = None
        self._early: list[ParseError] = []

    def started(self, engine: Engine) -> None:
        """Write the first line, then what a tape's beginning, which is read to set the clock, had wrong."""
        self._now = engine.clock.now
        self.tell(
            line(
                "session",
                engine.clock.now(),
                event="started",
                quality=engine.quality.value,
                feeds=sorted(engine.intakes),
                symbols=len(engine.state.entries),
                rules=len(engine.rules.rules),
            )
        )
        for error in self._early:
            self.bad_line(error)

    def tell(self, fields: dict[str, object]) -> None:
        """Write one line."""
        self._put(encode(fields))

    def _put(self, text: str) -> bool:
        """Write a line to whoever reads; ``False`` once nobody does."""
        if not self.reader_left.is_set():
            try:
                self._write(text + "\n")
            except BrokenPipeError:
                self.reader_left.set()
        return not self.reader_left.is_set()

    def alert(self, number: int, line: str, *, repeat: bool = False) -> None:
        """Write an alert as the store holds it, then mark it told; a crash in between repeats the line."""
        if self._put(line[:-1] + ',"repeat":true}' if repeat else line):
            self._store.mark_told(number)

    def bad_line(self, error: ParseError) -> None:
        """Write, and log, a tape's line that cannot be used; its time is that of the lines read before it."""
        if self._now is None:
            self._early.append(error)
            return
        log.warning("%s", error)
        self.tell(line("error", self._now(), source=error.venue, reason=error.reason))

    def delivery(self, delivery: Delivery) -> None:
        """Write how an attempt to tell a sink has ended."""
        self.tell(
            line(
                "delivery",
                delivery.ts,
                sink=delivery.sink,
                event_id=delivery.event_id,
                state=delivery.state.value,
                attempt=delivery.attempt,
                reason=delivery.reason or None,
                delayed_s=delivery.delayed_s,
            )
        )

    def suppressed(self, suppressed: Suppressed) -> None:
        """Write a withheld alert."""
        self.tell(suppressed_line(suppressed))

    def headline(self, headline: Headline) -> None:
        """Write a headline, where they were asked for."""
        if self._headlines:
            fields = headline_fields(headline)
            fields["published_ts"] = fields.pop("ts")
            self.tell(line("headline", headline.ts_recv, **fields))

    def feed(self, change: FeedChange) -> None:
        """Write a turn of a feed's health, unless nobody wants to know."""
        if self._feed_health:
            health = change.health.value
            self.tell(line("feed", change.ts, source=change.name, state=health, reason=change.reason))

    def phase(self, change: PhaseChange) -> None:
        """Write the phase that an exchange has entered."""
        self.tell(
            line(
                "session",
                change.ts,
                event="phase",
                mic=change.mic,
                session_date=change.session_date.isoformat(),
                phase=change.phase.value,
                until=rfc3339(change.until),
            )
        )


def run(choices: Choices, config_path: str | None, *, debug: bool) -> int:
    """Run until the tape ends, the time is over, or a signal comes; returns the exit code."""
    reload = partial(load, config_path)
    return run_with(choices, reload(), debug=debug, reload=reload)


def run_with(
    choices: Choices, config: Config, *, debug: bool, reload: Callable[[], Config] | None = None
) -> int:
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
    if choices.tape is not None or config.settings.simulation.clock_url:
        return None
    return state_dir() / "alerts.db"


async def _run(
    choices: Choices, config: Config, reload: Callable[[], Config] | None, state: Path | None
) -> int:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    store = Store(state)
    feed_health = config.settings.alerts.feed_health
    lines = JsonLines(_write, store, headlines=choices.headlines, feed_health=feed_health)
    try:
        async with _opened(choices, config, store, lines) as this:
            if choices.tape is None and not this.engine.intakes:
                raise ConfigError(str(config.path), ["no feed is enabled that serves what is watched"])
            lines.started(this.engine)
            if store.notice:
                lines.tell(line("error", this.engine.clock.now(), source="store", reason=store.notice))
            for stored in store.untold():
                lines.alert(stored.number, stored.line, repeat=True)
            await _drive(this, choices, reload, lines, stop)
            return this.exit_code
    finally:
        store.close()


def _opened(
    choices: Choices, config: Config, store: Store, lines: JsonLines
) -> AbstractAsyncContextManager[Run]:
    if choices.tape is None:
        return opened(config, store, lines)
    on_error = None if choices.strict else lines.bad_line
    tape, speed, start = choices.tape, choices.speed, choices.start
    return taped(config, store, lines, tape, speed=speed, start=start, on_error=on_error)


async def _drive(
    this: Run,
    choices: Choices,
    reload: Callable[[], Config] | None,
    lines: JsonLines,
    stop: asyncio.Event,
) -> None:
    """Run until the first reason to stop, and tell it."""
    if reload is not None:
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGHUP, lambda: _reload(this, reload, lines))
    reason = "failed"
    try:
        reason = await _until_done(this, choices, lines, stop)
    finally:
        now = this.engine.clock.now()
        lines.tell(line("session", now, event="stopped", reason=reason, **summary(this.engine)))


async def _until_done(this: Run, choices: Choices, lines: JsonLines, stop: asyncio.Event) -> str:
    tasks = {asyncio.create_task(_run_primed(this)): "ended", asyncio.create_task(stop.wait()): "signal"}
    tasks[asyncio.create_task(lines.reader_left.wait())] = "reader left"
    if choices.duration is not None:
        tasks[asyncio.create_task(asyncio.sleep(choices.duration))] = "duration"
    if choices.until_close:
        tasks[asyncio.create_task(_closed(this))] = "close"
    if this.is_live:
        tasks[asyncio.create_task(_beat(this, lines))] = "heartbeat"
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    await asyncio.gather(*pending, return_exceptions=True)
    for task in done:
        task.result()
    return tasks[done.pop()]


async def _run_primed(this: Run) -> None:
    if not this.is_live:
        await this.prime()
    await this.run()


async def _closed(this: Run) -> None:
    """Return once the close of the first watchlist's exchange is final; at once on a day without one."""
    clock = this.engine.clock
    session = this.engine.hours.session_at(clock.now())
    while session is not None and clock.now() < session.close + AFTER_CLOSE * SECOND:
        await clock.sleep(1)


async def _beat(this: Run, lines: JsonLines) -> None:
    while True:
        await asyncio.sleep(HEARTBEAT)
        lines.tell(line("heartbeat", this.engine.clock.now(), **summary(this.engine)))


def _reload(this: Run, reload: Callable[[], Config], lines: JsonLines) -> None:
    """SIGHUP: take the file's rules, or keep the running ones and say why."""
    now = this.engine.clock.now()
    try:
        this.reload(reload())
    except ConfigError as error:
        log.error("reload refused: %s", error)
        lines.tell(line("reload", now, ok=False, error=str(error)))
        return
    lines.tell(line("reload", now, ok=True, rules=len(this.engine.rules.rules)))


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
