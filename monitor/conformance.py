"""``tickwall feed test``: whether a feed keeps what the engine relies on, a line for each point.

It is asked twice: as it is configured, and, on a clock that hurries, of a peer on loopback that accepts
every connection and closes it.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import msgspec

from feeds.base import Feed
from feeds.clock import SystemClock
from feeds.registry import AdapterError, build, known, settings_of
from feeds.settings import FeedSettings
from feeds.simulated_clock import clock_at
from market.clock import SECOND, Clock
from market.errors import ParseError, SymbolError
from market.freshness import Health, age_text
from market.quote import Quote
from market.session import amend, calendar
from market.symbol import canonical
from market.watchlist import expand
from monitor import exit as exit_code
from monitor.config import Config, load
from monitor.logs import to_stderr
from monitor.nearest import nearest
from monitor.rules import watched

PATIENCE = 20.0
"""Seconds for the first quote, where the command says nothing else."""

PARTING = 5.0
"""Seconds in which a feed that is cancelled must be gone."""

_TRIES = 12
_HURRY = 8.0
"""Twelve connections to a peer that closes them all take at least so many seconds of the feed's clock. With
the waits of ``feeds.backoff`` they take three minutes on average."""

_HOUR = 3600.0
_AHEAD = 30 * SECOND
_ADDRESSES = ("stream_url", "quote_url")


class Verdict(NamedTuple):
    """One point, whether it is kept (``None``: it could not be looked at), and in which words."""

    point: str
    kept: bool | None
    text: str


def run(name: str, seconds: float, config_path: str | None, *, debug: bool) -> int:
    """Look at a feed, and print it: 0 all is well, 1 it breaks its word, 69 it brought no quote."""
    to_stderr(debug=debug)
    config = load(config_path)
    amend(config.closures)
    settings = _section(name, config)
    verdicts = asyncio.run(examined(name, settings, _symbols(settings, config), config, seconds))
    for verdict in verdicts:
        mark = {True: "ok", False: "FAIL", None: "-"}[verdict.kept]
        sys.stdout.write(f"{mark:<4}  {verdict.point:<11}  {verdict.text}\n")
    broken = [verdict.point for verdict in verdicts if verdict.kept is False]
    if broken == ["first quote"]:
        return exit_code.NO_ANSWER
    return exit_code.FAULT if broken else exit_code.OK


def _section(name: str, config: Config) -> FeedSettings:
    """What the configuration says of a feed, or else its defaults. Raises ``AdapterError``."""
    if name in config.settings.feeds:
        section: FeedSettings = config.settings.feeds[name]
        return section
    try:
        return settings_of(name)()
    except TypeError:
        raise AdapterError(f"no [feeds.{name}] in the configuration, and it needs one") from None
    except AdapterError as error:
        raise AdapterError(f"{error}{nearest(name, known())}") from None


def _symbols(settings: FeedSettings, config: Config) -> tuple[str, ...]:
    """What it is to bring: what its section names, else what is watched and it is there for."""
    day = calendar("XHKG").day_of(SystemClock().now())
    if settings.symbols:
        return expand(settings.symbols, config.settings.watchlists, day)
    symbols = watched(config.settings, day)
    return tuple(symbol for symbol in symbols if settings.takes_rest or settings.covers(symbol))


async def examined(
    name: str, settings: FeedSettings, symbols: Sequence[str], config: Config, seconds: float
) -> list[Verdict]:
    """Both looks at a feed; ``seconds`` of real time for its first quote."""
    async with clock_at(config.settings.simulation.clock_url) as clock:
        feed = build(name, settings, symbols, clock)
        served = [symbol for symbol in symbols if feed.serves(symbol)]
        verdicts = [
            Verdict("name", feed.name == name, f"it is called {feed.name}"),
            Verdict("symbols", bool(served), f"it serves {len(served)} of {len(symbols)} symbols asked for"),
        ]
        if served:
            verdicts += await _listen(feed, served, clock, seconds)
    return [*verdicts, *await _provoke(name, settings, symbols)]


@dataclass
class _Ear:
    """A sink that keeps what it hears."""

    quotes_heard: list[Quote] = field(default_factory=list)
    rejections: list[str] = field(default_factory=list)
    heard: asyncio.Event = field(default_factory=asyncio.Event)

    def quotes(self, quotes: Sequence[Quote]) -> None:
        """Keep."""
        self.quotes_heard.extend(quotes)
        self.heard.set()

    def rejected(self, error: ParseError) -> None:
        """Keep the reason."""
        self.rejections.append(error.reason)


@asynccontextmanager
async def _running(feed: Feed, ear: _Ear, left: list[Verdict]) -> AsyncIterator[asyncio.Task[None]]:
    """The feed as a task, and then what is left of it when it was cancelled."""
    tasks, sockets = asyncio.all_tasks(), _sockets()
    task = asyncio.create_task(feed.run(ear))
    try:
        yield task
    finally:
        ended = task.done()
        task.cancel()
        await asyncio.wait([task], timeout=PARTING)
        kept = {one for one in asyncio.all_tasks() - tasks if not one.done()}
        with suppress(TimeoutError):
            async with asyncio.timeout(PARTING):
                while _sockets() > sockets:  # noqa: ASYNC110 - sockets announce nothing
                    await asyncio.sleep(0.01)
        open_still = max(0, _sockets() - sockets)
        if ended and not task.cancelled() and (error := task.exception()) is not None:
            left.append(Verdict("running", False, f"ended by itself: {error!r}"))
        elif ended:
            left.append(Verdict("running", False, "ended by itself; it should run until it is cancelled"))
        text = f"{len(kept)} tasks and {open_still} sockets are left after it was cancelled"
        left.append(Verdict("leaving", not kept and not open_still, text))


def _sockets() -> int:
    """How many sockets this process holds; none where the system does not tell."""
    count = 0
    with suppress(OSError):
        for path in Path("/proc/self/fd").iterdir():
            with suppress(OSError):  # the descriptor of this very listing
                count += path.readlink().name.startswith("socket:")
    return count


async def _listen(feed: Feed, symbols: Sequence[str], clock: Clock, seconds: float) -> list[Verdict]:
    """The feed as it is configured, until its first quote, and a moment more."""
    ear, left = _Ear(), list[Verdict]()
    began = clock.now()
    async with _running(feed, ear, left) as task:
        hearing = asyncio.create_task(ear.heard.wait())
        await asyncio.wait({task, hearing}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        hearing.cancel()
        await asyncio.gather(hearing, return_exceptions=True)
        if ear.quotes_heard:
            await asyncio.sleep(min(1.0, seconds / 4))
        health = feed.status
    if not ear.quotes_heard:
        why = health.reason or next(iter(ear.rejections), "nothing came")
        return [Verdict("first quote", False, f"none in {seconds:g} s: {why}"), *left]
    first = ear.quotes_heard[0]
    waited = (first.ts_recv - began) / SECOND
    age = age_text(max(0, first.ts_recv - first.ts_event) / SECOND)
    return [
        Verdict("first quote", True, f"{first.symbol} {first.last} after {waited:.1f} s, {age} old"),
        *quote_verdicts(ear.quotes_heard, feed.name, symbols),
        _health(feed, len(ear.quotes_heard)),
        *left,
    ]


def quote_verdicts(quotes: Sequence[Quote], source: str, symbols: Sequence[str]) -> Iterator[Verdict]:
    """What a feed's quotes are, against what they should be."""
    asked = set(symbols)
    yield _each("canonical", quotes, lambda q: _is_canonical(q.symbol) and q.symbol in asked, "symbol")
    yield _each(
        "exact", quotes, _is_exact, "prices as Decimal, positive, and a volume that is none below zero"
    )
    yield _each("in time", quotes, _is_in_time, "whole nanoseconds, and not ahead of their receipt by 30 s")
    yield _each("source", quotes, lambda q: q.source == source, f"source {source}")


def _each(point: str, quotes: Sequence[Quote], holds: Callable[[Quote], bool], what: str) -> Verdict:
    wrong = [quote for quote in quotes if not holds(quote)]
    if not wrong:
        return Verdict(point, True, f"{len(quotes)} of {len(quotes)} quotes: {what}")
    return Verdict(
        point, False, f"{len(wrong)} of {len(quotes)} quotes lack: {what}; one is {wrong[0]!a}"[:400]
    )


def _is_canonical(symbol: str) -> bool:
    try:
        return canonical(symbol) == symbol
    except SymbolError:
        return False


def _is_exact(quote: Quote) -> bool:
    prices = (quote.last, quote.prev_close, quote.open, quote.high, quote.low)
    known = [price for price in prices if price is not None]
    exact = all(isinstance(price, Decimal) and price.is_finite() and price > 0 for price in known)
    volume = quote.volume
    counted = volume is None or (isinstance(volume, int | Decimal) and volume >= 0)
    return quote.last is not None and exact and counted


def _is_in_time(quote: Quote) -> bool:
    whole = isinstance(quote.ts_event, int) and isinstance(quote.ts_recv, int)
    return whole and 0 < quote.ts_event <= quote.ts_recv + _AHEAD


def _health(feed: Feed, heard: int) -> Verdict:
    status = feed.status
    true = status.state is Health.LIVE and status.quotes == heard and status.frames > 0
    true = true and status.last_quote is not None and status.last_event is not None
    text = f"{status.state}, {status.frames} frames, {status.quotes} quotes counted of {heard}"
    return Verdict("health", true, text if true else f"{text}; reason {status.reason!a}")


@dataclass
class _Hurried:
    """A clock whose sleeps are over at once, and have taken their time; an hour of them is ``enough``."""

    time: int
    enough: asyncio.Event
    slept: float = 0.0

    def now(self) -> int:
        """The instant, nanoseconds UTC."""
        return self.time

    async def sleep(self, seconds: float) -> None:
        """Have slept."""
        self.slept += seconds
        if self.slept > _HOUR:
            self.enough.set()
        self.time += int(seconds * SECOND)
        await asyncio.sleep(0.001)


async def _provoke(name: str, settings: FeedSettings, symbols: Sequence[str]) -> list[Verdict]:
    """The same feed against a peer that accepts and closes."""
    key = next((key for key in _ADDRESSES if hasattr(settings, key)), None)
    if key is None:
        return [
            Verdict("reconnects", None, f"it has no {' or '.join(_ADDRESSES)} to put another peer in for")
        ]
    enough, connects = asyncio.Event(), 0

    async def close(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connects
        connects += 1
        if connects >= _TRIES:
            enough.set()
        writer.close()

    clock = _Hurried(SystemClock().now(), enough)
    left = list[Verdict]()
    async with await asyncio.start_server(close, "127.0.0.1", 0) as server:
        scheme = "ws" if str(getattr(settings, key)).startswith("ws") else "http"
        url = f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        feed = build(name, msgspec.structs.replace(settings, **{key: url}), symbols, clock)
        async with _running(feed, _Ear(), left) as task:
            waiting = asyncio.create_task(enough.wait())
            await asyncio.wait({task, waiting}, timeout=PARTING, return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
            state, reason = feed.status.state, feed.status.reason
    bounded = clock.slept >= _HURRY * min(1.0, connects / _TRIES) if connects else None
    named = state in (Health.DOWN, Health.STALE) and bool(reason)
    text = f"{connects} connections in {clock.slept:.0f} s to a peer that closes them"
    return [
        Verdict("reconnects", bounded, text if connects else "it did not come so far as to connect"),
        Verdict(
            "failure", named, f"{state}: {reason}" if named else f"{state}, and no word why ({reason!a})"
        ),
        *left,
    ]
