"""``tickwall record``: the configured feeds onto a tape, without screen, rules or store."""

import asyncio
import logging
import sys
from pathlib import Path

from feeds.base import Feed
from feeds.headlines import HeadlinePoller
from feeds.recorder import OneTape, Recorder
from feeds.registry import build
from feeds.simulated_clock import SimulatedClock, clock_at
from market.clock import Clock
from market.errors import TickwallError
from market.freshness import Health
from market.session import amend, calendar
from market.symbol import mic
from monitor import exit as exit_code
from monitor.assignment import assign
from monitor.config import Config, ConfigError, load
from monitor.logs import to_stderr
from monitor.news import editor
from monitor.recording import finish
from monitor.rules import watched

log = logging.getLogger(__name__)


def run(out: str, config_path: str | None, *, duration: float | None, max_mb: int, debug: bool) -> int:
    """Record until the time is over, the simulated day ends, or a signal comes; 69 when nothing came."""
    to_stderr(debug=debug)
    config = load(config_path)
    amend(config.closures)
    recorder = asyncio.run(_record(config, Path(out), duration, max_mb << 20))
    sys.stderr.write(f"{out}: {recorder.quotes_taken} quotes, {recorder.headlines_taken} headlines\n")
    return exit_code.OK if recorder.quotes_taken or recorder.headlines_taken else exit_code.NO_ANSWER


async def _record(config: Config, out: Path, duration: float | None, most: int) -> Recorder:
    """The recorder at the end; its tape is whole however this ends."""
    async with clock_at(config.settings.simulation.clock_url) as clock:
        feeds, headlines = _sources(config, clock)
        hours = calendar(mic(watched(config.settings, calendar("XHKG").day_of(clock.now()))[0]))
        recorder = Recorder(OneTape(out), hours.day_of, compressed=out.suffix == ".gz", most=most)
        recorder.statuses = lambda: {feed.name: feed.status for feed in feeds}
        recorder.begin(clock.now())
        tasks = [asyncio.create_task(_follow(feed, recorder), name=feed.name) for feed in feeds]
        tasks.append(asyncio.create_task(headlines.run(recorder), name="headlines"))
        writing = asyncio.create_task(recorder.run(clock), name="recorder")
        ended = asyncio.create_task(_ended(clock, duration), name="end")
        try:
            await asyncio.wait({writing, ended}, return_when=asyncio.FIRST_COMPLETED)
            if writing.done():
                writing.result()
        finally:
            for task in (*tasks, ended, writing):
                await finish(task)
            recorder.look(clock.now())
            recorder.close()
        return recorder


def _sources(config: Config, clock: Clock) -> tuple[list[Feed], HeadlinePoller]:
    settings = config.settings
    day = calendar("XHKG").day_of(clock.now())
    symbols = watched(settings, day)
    assigned = assign(settings, symbols, day)
    feeds = [build(name, settings.feeds[name], chosen, clock) for name, chosen in assigned.items() if chosen]
    headlines = HeadlinePoller(settings.headlines, clock, editor=editor(settings.news, symbols))
    if not feeds and not headlines.statuses:
        raise ConfigError(str(config.path), ["no feed is enabled that serves what is watched"])
    return feeds, headlines


async def _follow(feed: Feed, recorder: Recorder) -> None:
    """One feed; its end is on the tape, and touches no other."""
    try:
        await feed.run(recorder)
    except TickwallError as error:
        feed.status.state, feed.status.reason = Health.DOWN, getattr(error, "reason", str(error))
        log.error("%s", error)
    except Exception as error:
        feed.status.state, feed.status.reason = Health.DOWN, f"internal error: {type(error).__name__}"
        log.exception("feed %s broke", feed.name)


async def _ended(clock: Clock, duration: float | None) -> None:
    """Return when the time is over, or the simulated day."""
    try:
        async with asyncio.timeout(duration):
            if isinstance(clock, SimulatedClock):
                await clock.ended.wait()
            else:
                await asyncio.Event().wait()
    except TimeoutError:
        pass
