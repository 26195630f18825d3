"""``tickwall doctor``: what works here and what does not, a line each, with what to do about it."""

import asyncio
import json
import re
import sys
from collections.abc import Iterator, Sequence
from time import time_ns
from urllib.request import getproxies_environment

import msgspec

from feeds.base import Feed
from feeds.clock import SystemClock
from feeds.headlines import HeadlinePoller, HeadlineSettings
from feeds.registry import build
from feeds.simulated_clock import clock_at
from market.clock import SECOND, Clock, rfc3339
from market.errors import FeedError, ParseError
from market.freshness import Health, age_text
from market.quote import Quote
from market.session import TRADING, Phase, amend, calendar
from market.symbol import mic
from monitor import exit as exit_code
from monitor.assignment import assign
from monitor.config import Config, ConfigError, load, notes, state_dir
from monitor.configure import masked
from monitor.finding import Finding
from monitor.history_findings import history
from monitor.logs import to_stderr
from monitor.rules import watched
from monitor.store_findings import alerts_kept, sinks

PATIENCE = 5.0
"""Seconds of real time that a feed or a headline source has for its answer; all are asked at once."""

SLOW = 2.0
"""Seconds by which quotes may be stamped ahead of this machine: one is lost to stamps in whole seconds."""

_SCHEME = re.compile(r"\w+://")
_NETWORK = "see whether a browser here reaches it; a proxy is named by HTTPS_PROXY"


def run(found: Sequence[Finding], config_path: str | None, *, as_json: bool, debug: bool) -> int:
    """Examine, and print it after what the caller has ``found`` already; 1 where anything failed."""
    to_stderr(debug=debug)
    findings = [*found, *_examine(config_path)]
    if as_json:
        rows = [{key: masked(value) for key, value in one._asdict().items()} for one in findings]
        sys.stdout.write(json.dumps(rows, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write(report(findings))
    return exit_code.FAULT if any(one.status == "fail" for one in findings) else exit_code.OK


def report(findings: Sequence[Finding]) -> str:
    """A line for each, secrets masked, for a person."""
    width = max((len(one.what) for one in findings), default=0)
    return "".join(
        f"{one.status:<4}  {one.what:<{width}}  {masked(one.text)}"
        + (f"  ({masked(one.mend)})" if one.mend else "")
        + "\n"
        for one in findings
    )


def _examine(config_path: str | None) -> Iterator[Finding]:
    yield from proxies()
    try:
        config = load(config_path)
    except ConfigError as error:
        for problem in error.problems:
            mend = "correct it; everything below it waits for that"
            yield Finding("fail", "config", f"{error.where}: {problem}", mend)
        return
    amend(config.closures)
    now = time_ns()
    symbols = watched(config.settings, calendar("XHKG").day_of(now))
    there = "" if config.found else " is not there: the defaults hold"
    yield Finding("ok", "config", f"{config.path}{there}")
    for note in notes(config.settings):
        yield Finding("warn", "config", note)
    yield from sinks(config)
    yield from alerts_kept(state_dir() / "alerts.db")
    yield from calendars(config, symbols, now)
    yield from asyncio.run(_ask(config, symbols))
    yield from history(config, symbols, now)


def proxies() -> Iterator[Finding]:
    """The proxies that the environment names, without what they are entered with."""
    named = getproxies_environment()
    for kind, address in sorted(named.items()):
        scheme = _SCHEME.match(address)
        _, at, rest = address.rpartition("@")
        shown = f"{scheme.group() if scheme else ''}***@{rest}" if at else address
        if address.startswith("socks"):
            yield Finding("warn", f"{kind}_proxy", shown, "feeds need an HTTP proxy, not SOCKS")
        else:
            yield Finding("ok", f"{kind}_proxy", shown)
    if not named:
        yield Finding("ok", "proxy", "none in the environment")


def calendars(config: Config, symbols: Sequence[str], now: int) -> Iterator[Finding]:
    """What is known of each watched exchange at an instant (ns UTC), and for how long."""
    for name in dict.fromkeys(mic(symbol) for symbol in symbols):
        hours = calendar(name)
        if hours.phase_at(now) is Phase.ALWAYS:
            continue
        until, following = hours.next_change(now)
        text = f"{hours.phase_at(now)}, {following} from {rfc3339(until)}; known until {hours.valid_until}"
        if config.closures is not None:
            text += f"; amended by {config.closures}"
        warning = hours.warning(hours.day_of(now))
        mend = "upgrade tickwall, or name closed days in the file of [calendar]" if warning else None
        yield Finding("warn" if warning else "ok", f"calendar {name}", warning or text, mend)


class _Ear:
    """A sink that waits for the first quotes, and keeps how far ahead of this machine they are stamped."""

    def __init__(self) -> None:
        self.heard = asyncio.Event()
        self.lead = 0
        """Nanoseconds; meant only once something was heard."""

    def quotes(self, quotes: Sequence[Quote]) -> None:
        """Hear them."""
        if not self.heard.is_set():
            self.lead = max(quote.ts_event - quote.ts_recv for quote in quotes)
        self.heard.set()

    def rejected(self, error: ParseError) -> None:
        """The feed's status has it."""


async def _ask(config: Config, symbols: tuple[str, ...]) -> list[Finding]:
    """Every feed and headline source, all at once, and the clock by what they say."""
    settings = config.settings
    sources = [source for source in settings.headlines if source.enabled]
    try:
        async with clock_at(settings.simulation.clock_url) as clock:
            day = calendar("XHKG").day_of(clock.now())
            feeds = [
                build(name, settings.feeds[name], chosen, clock)
                for name, chosen in assign(settings, symbols, day).items()
                if chosen
            ]
            telling = asyncio.gather(*(_headlines(source, clock) for source in sources))
            answers = await asyncio.gather(*(hear(feed, symbols, clock) for feed in feeds))
            told = await telling
    except FeedError as error:
        return [Finding("fail", "simulation", error.reason, "start it: tickwall simulate")]
    leads = [lead for _, lead in answers if lead is not None]
    lead = max(leads, default=None) if isinstance(clock, SystemClock) else None
    return [machine_clock(lead), *(one for one, _ in answers), *told]


def machine_clock(lead: int | None) -> Finding:
    """This machine's clock, by the greatest lead (ns) of the quotes that were heard, if any were."""
    text = rfc3339(time_ns())
    if lead is None:
        return Finding("ok", "clock", f"{text}; no live feed to compare it with")
    if lead > SLOW * SECOND:
        slow = f"{text}; slow by at least {lead / SECOND:.1f} s: quotes are stamped later"
        return Finding("warn", "clock", slow, "have it set by NTP: timedatectl set-ntp true")
    return Finding("ok", "clock", f"{text}; not slow by any feed's stamps")


async def hear(feed: Feed, symbols: Sequence[str], clock: Clock) -> tuple[Finding, int | None]:
    """Ask a feed once; what came of it, and how far ahead its quotes are stamped (ns)."""
    ear, what = _Ear(), f"feed {feed.name}"
    running = asyncio.create_task(feed.run(ear))
    heard = asyncio.create_task(ear.heard.wait())
    await asyncio.wait({running, heard}, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
    for task in (running, heard):
        task.cancel()
    await asyncio.gather(running, heard, return_exceptions=True)
    status = feed.status
    if ear.heard.is_set():
        age = age_text(max(0, clock.now() - (status.last_event or 0)) / SECOND)
        return Finding("ok", what, f"answers; its newest quote is {age} old"), ear.lead
    if status.errors or status.rejected:
        return Finding("fail", what, status.reason or "nothing it says can be used", _NETWORK), None
    exchanges = {mic(symbol) for symbol in symbols if feed.serves(symbol)}
    if not any(calendar(name).phase_at(clock.now()) in TRADING for name in exchanges):
        quiet = f"silent for {PATIENCE:g} s, as it may be while its exchanges do not trade"
        return Finding("warn", what, quiet, "ask again in trading hours"), None
    return Finding("fail", what, f"silent for {PATIENCE:g} s", _NETWORK), None


async def _headlines(source: HeadlineSettings, clock: Clock) -> Finding:
    hasty = msgspec.structs.replace(source, timeout=f"{PATIENCE:g}s")
    poller = HeadlinePoller([hasty], clock)
    headlines, errors = await poller.once()
    what = f"headlines {source.name}"
    if source.name in errors:
        return Finding("fail", what, errors[source.name], _NETWORK)
    if not headlines:
        return Finding("warn", what, poller.statuses[source.name].reason or "answers with an empty page")
    if (status := poller.statuses[source.name]).state is Health.STALE:
        return Finding("warn", what, status.reason or "frozen", "look for the publisher's new address")
    age = age_text(max(0, clock.now() - headlines[0].ts_event) / SECOND)
    return Finding("ok", what, f"answers; its newest headline is {age} old")
