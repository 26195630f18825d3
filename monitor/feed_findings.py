"""Doctor on the feeds: what each says when it is asked now, whether they agree, and the clock by them."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from time import time_ns
from types import MappingProxyType
from typing import NamedTuple

import msgspec

from feeds.base import Feed, FeedStatus
from feeds.clock import SystemClock
from feeds.headlines import HeadlinePoller, HeadlineSettings
from feeds.registry import build
from feeds.simulated_clock import clock_at
from market.clock import SECOND, Clock, rfc3339
from market.errors import FeedError, ParseError
from market.freshness import Health, age_text
from market.lead import SAME_TIME, are_apart
from market.quote import Quote
from market.session import TRADING, calendar
from market.symbol import mic
from monitor.assignment import assign
from monitor.config import Config
from monitor.finding import Finding
from monitor.look import is_stale
from monitor.settings import Settings

PATIENCE = 5.0
"""Seconds of real time that a feed or a headline source has for its answer; all are asked at once."""

LISTEN = 2.0
"""Seconds of real time for which a feed that answers is heard, to tell its rate."""

SLOW = 2.0
"""Seconds by which quotes may be stamped ahead of this machine: one is lost to stamps in whole seconds."""

NETWORK = "see whether a browser here reaches it; a proxy is named by HTTPS_PROXY"

LATE = "it is late, or what it serves hardly trades: name its delay, or look at your right to prompt prices"

Prices = Mapping[str, Quote]
"""The newest quote of each name, by symbol."""


class Heard(NamedTuple):
    """What came of a feed."""

    finding: Finding
    lead: int | None = None
    """How far ahead of this machine its quotes are stamped, nanoseconds; ``None`` where none came."""
    prices: Prices = MappingProxyType({})


class _Ear:
    """A sink that keeps how far ahead of this machine the first quotes are stamped, and the newest ones."""

    def __init__(self) -> None:
        self.heard = asyncio.Event()
        self.lead = 0
        """Nanoseconds; meant only once something was heard."""
        self.prices: dict[str, Quote] = {}

    def quotes(self, quotes: Sequence[Quote]) -> None:
        """Hear them."""
        if not self.heard.is_set():
            self.lead = max(quote.ts_event - quote.ts_recv for quote in quotes)
        self.heard.set()
        self.prices.update((quote.symbol, quote) for quote in quotes)

    def rejected(self, error: ParseError) -> None:
        """The feed's status has it."""


async def ask(config: Config, symbols: tuple[str, ...]) -> list[Finding]:
    """Every feed and headline source, all at once, and the clock by what they say."""
    settings = config.settings
    sources = [source for source in settings.headlines if source.enabled]
    try:
        async with clock_at(settings.simulation.clock_url) as clock:
            assigned = assign(settings, symbols, calendar("XHKG").day_of(clock.now()))
            feeds = [
                build(name, settings.feeds[name], chosen, clock)
                for name, chosen in assigned.items()
                if chosen
            ]
            telling = asyncio.gather(*(_headlines(source, clock) for source in sources))
            answers = await asyncio.gather(
                *(hear(feed, symbols, clock, config.max_age, config.delay(feed.name)) for feed in feeds)
            )
            told = await telling
    except FeedError as error:
        return [Finding("fail", "simulation", error.reason, "start it: tickwall simulate")]
    leads = [answer.lead for answer in answers if answer.lead is not None]
    lead = max(leads, default=None) if isinstance(clock, SystemClock) else None
    prices = {feed.name: answer.prices for feed, answer in zip(feeds, answers, strict=True)}
    said = (answer.finding for answer in answers)
    return [machine_clock(lead), *said, *without_close(settings, assigned), *disputes(prices), *told]


def without_close(settings: Settings, assigned: Mapping[str, Sequence[str]]) -> Iterator[Finding]:
    """The names of which trades alone are brought, if there are any."""
    told = {
        symbol for name, chosen in assigned.items() if settings.feeds[name].has_close for symbol in chosen
    }
    bare = [symbol for chosen in assigned.values() for symbol in chosen if symbol not in told]
    if names := list(dict.fromkeys(bare)):
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        text = f"{', '.join(names[:3])}{more}: no feed brings one, so there is no percentage"
        yield Finding("warn", "previous close", text, "enable [feeds.yahoo], or another feed of these names")


def machine_clock(lead: int | None) -> Finding:
    """This machine's clock, by the greatest lead (ns) of the quotes that were heard, if any were."""
    text = rfc3339(time_ns())
    if lead is None:
        return Finding("ok", "clock", f"{text}; no live feed to compare it with")
    if lead > SLOW * SECOND:
        slow = f"{text}; slow by at least {lead / SECOND:.1f} s: quotes are stamped later"
        return Finding("warn", "clock", slow, "have it set by NTP: timedatectl set-ntp true")
    return Finding("ok", "clock", f"{text}; not slow by any feed's stamps")


async def hear(feed: Feed, symbols: Sequence[str], clock: Clock, max_age: int, delay: int = 0) -> Heard:
    """Ask a feed, and listen for a moment where it answers.

    Its quotes are late where all of names that trade are older than ``max_age``, net of the ``delay`` of
    its section (both ns).
    """
    ear, what, begun = _Ear(), f"feed {feed.name}", asyncio.get_running_loop().time()
    running = asyncio.create_task(feed.run(ear))
    heard = asyncio.create_task(ear.heard.wait())
    await asyncio.wait({running, heard}, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
    if ear.heard.is_set():
        await asyncio.wait({running}, timeout=LISTEN)
    status, now = feed.status, clock.now()
    seconds = asyncio.get_running_loop().time() - begun
    trouble = ", ".join(_trouble(status, now))
    for task in (running, heard):
        task.cancel()
    await asyncio.gather(running, heard, return_exceptions=True)
    exchanges = {mic(symbol) for symbol in symbols if feed.serves(symbol)}
    trades = any(calendar(name).phase_at(now) in TRADING for name in exchanges)
    if ear.heard.is_set():
        age = age_text(max(0, now - (status.last_event or 0)) / SECOND)
        said = [f"its newest quote is {age} old", f"{status.quotes / seconds:.1f} quotes/s"]
        if trades and status.lag_s is not None:  # else it is the time since the close
            said.insert(1, f"lag {status.lag_s:.1f} s")
        text = "answers; " + ", ".join([*said, trouble] if trouble else said)
        is_late = _are_late(ear.prices, now, delay, max_age)
        finding = Finding("warn", what, text, LATE) if is_late else Finding("ok", what, text)
        return Heard(finding, ear.lead, ear.prices)
    if status.errors or status.rejected:
        reason = status.reason or "nothing it says can be used"
        return Heard(Finding("fail", what, f"{reason}; {trouble}", status.mend or NETWORK))
    if not trades:
        quiet = f"silent for {PATIENCE:g} s, as it may be while its exchanges do not trade"
        return Heard(Finding("warn", what, quiet, "ask again in trading hours"))
    return Heard(Finding("fail", what, f"silent for {PATIENCE:g} s", NETWORK))


def _are_late(prices: Prices, now: int, delay: int, max_age: int) -> bool:
    """Whether there are quotes of names that trade, and every one of them is stale."""
    traded = [(quote, calendar(mic(quote.symbol))) for quote in prices.values()]
    traded = [(quote, hours) for quote, hours in traded if hours.phase_at(now) in TRADING]
    return bool(traded) and all(is_stale(quote, hours, now, delay, max_age) for quote, hours in traded)


def _trouble(status: FeedStatus, now: int) -> Iterator[str]:
    """What a feed counted against it: ``2 errors``, ``1 reconnect``, ``next try in 7s``."""
    counts = {"error": status.errors, "rejection": status.rejected, "reconnect": status.reconnects}
    for word, count in counts.items():
        if count:
            yield f"{count} {word}{'s' if count > 1 else ''}"
    if status.turned_down is not None:
        yield f"turned down: {status.turned_down}"
    if status.errors and status.next_try is not None:
        yield f"next try in {age_text((status.next_try - now) / SECOND)}"


def disputes(prices: Mapping[str, Prices]) -> Iterator[Finding]:
    """Each two feeds with prices of the same names and the same moment, and whether they agree on them."""
    for (one, ours), (other, theirs) in combinations(prices.items(), 2):
        common = [s for s in ours if s in theirs and abs(ours[s].ts_event - theirs[s].ts_event) <= SAME_TIME]
        apart = [symbol for symbol in common if _differ(ours[symbol], theirs[symbol])]
        if not common:
            continue
        what, names = f"feeds {one}, {other}", "name" if len(common) == 1 else "names"
        if not apart:
            yield Finding("ok", what, f"agree on {len(common)} {names}")
            continue
        first = apart[0]
        text = (
            f"differ at this moment on {len(apart)} of {len(common)} {names}: {first} is {ours[first].last:f}"
        )
        text += f" and {theirs[first].last:f}"
        yield Finding("warn", what, text, "name the one you trust by its priority")


def _differ(one: Quote, other: Quote) -> bool:
    return are_apart(one, other, calendar(mic(one.symbol)).day_of(one.ts_event))


async def _headlines(source: HeadlineSettings, clock: Clock) -> Finding:
    hasty = msgspec.structs.replace(source, timeout=f"{PATIENCE:g}s")
    poller = HeadlinePoller([hasty], clock)
    headlines, errors = await poller.once()
    what = f"headlines {source.name}"
    if source.name in errors:
        return Finding("fail", what, errors[source.name], NETWORK)
    if not headlines:
        return Finding("warn", what, poller.statuses[source.name].reason or "answers with an empty page")
    if (status := poller.statuses[source.name]).state is Health.STALE:
        return Finding("warn", what, status.reason or "frozen", "look for the publisher's new address")
    age = age_text(max(0, clock.now() - headlines[0].ts_event) / SECOND)
    return Finding("ok", what, f"answers; its newest headline is {age} old")
