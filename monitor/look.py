"""One look at the market: every symbol asked for once, with its quote or the reason why there is none."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime

from feeds.base import Feed
from feeds.registry import build
from feeds.simulated_clock import clock_at
from market.clock import SECOND, Clock
from market.errors import ParseError, SymbolError
from market.freshness import Health
from market.quote import Quote
from market.session import CONTINUOUS, Calendar
from market.state import MarketState, Verdict
from market.symbol import canonical
from market.text import clean
from market.watchlist import expand
from monitor.assignment import assign
from monitor.config import Config
from monitor.settings import Settings

PATIENCE = 10.0
"""Seconds of real time to wait for the slowest feed."""

GLANCE = 0.25
"""Seconds between two looks at whether the feeds have answered, or failed."""


Good = Callable[[Quote, int], bool]
"""Whether a quote will do at an instant, nanoseconds UTC."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one name asked for. ``symbol`` is canonical, or the text itself where it names none."""

    symbol: str
    quote: Quote | None = None
    error: str = ""


async def look(
    asked: Sequence[str], config: Config, *, patience: float = PATIENCE, good: Good | None = None
) -> tuple[int, list[Answer]]:
    """Ask the feeds, for ``patience`` seconds at the most: when that was (ns UTC), an answer for each name.

    Where nothing is ``asked`` for it is the watchlist that is shown first, as it is on that day.
    The first quote of a name will do; where ``good`` is given, one that is not is kept only while no feed
    that serves it may bring a better, and an outlier is none without a second, agreeing quote.
    """
    settings = config.settings
    async with clock_at(settings.simulation.clock_url) as clock:
        today = datetime.fromtimestamp(clock.now() / SECOND, UTC).date()
        asked = asked or expand([settings.watchlist], settings.watchlists, today)
        names = {text: _symbol(text) for text in asked}
        served = _served(tuple(dict.fromkeys(filter(None, names.values()))), settings, today)
        eye = _Eye([symbol for chosen in served.values() for symbol in chosen], clock, good)
        feeds = await _ask(eye, served, config, clock, patience)
    answers = []
    for text in asked:
        symbol = names[text]
        if symbol is None:
            answers.append(Answer(clean(text, 40), error="not a symbol"))
        elif symbol not in eye.state.entries:
            answers.append(Answer(symbol, error="no feed serves it"))
        elif (quote := eye.answer(symbol)) is None:
            answers.append(Answer(symbol, error=eye.reason(symbol, feeds)))
        else:
            answers.append(Answer(symbol, quote))
    return clock.now(), answers


def delay(quote: Quote, config: Config) -> int:
    """By how much a quote is late by its own section's word or the venue's, nanoseconds.

    One look is too short to measure it.
    """
    return max(config.delay(quote.source), quote.delay * SECOND)


def is_stale(quote: Quote, hours: Calendar, now: int, delay: int, max_age: int) -> bool:
    """Whether trading has gone on without a quote for longer than ``max_age``; all in nanoseconds.

    Lunch, the closing auction's silence and a closed exchange make no quote old; a session that it is not of
    does.
    """
    latest = hours.latest(now - delay)
    missed = hours.day_of(quote.ts_event) != latest.date
    return missed or latest.trading_ns_between(quote.ts_event, now, CONTINUOUS) > max_age + delay


class _Eye:
    """A sink that waits for a quote of every symbol."""

    def __init__(self, symbols: Sequence[str], clock: Clock, good: Good | None) -> None:
        self.state = MarketState(symbols)
        self.complete = asyncio.Event()
        self._clock = clock
        self._good = good
        self._troubles: dict[str, str] = {}
        """By feed, what was wrong with what it sent last."""

    def answer(self, symbol: str) -> Quote | None:
        """The quote of a symbol, be it one that no second quote has confirmed, where that is not asked."""
        entry = self.state.entries[symbol]
        return entry.quote or (None if self._good else entry.held)

    def is_settled(self, symbol: str) -> bool:
        """Whether its quote will do."""
        quote = self.answer(symbol)
        return quote is not None and (self._good is None or self._good(quote, self._clock.now()))

    def lacks(self, feed: Feed) -> bool:
        """Whether a feed still owes an answer; one that has given it owes only what is to be confirmed."""
        lacking = [s for s in self.state.entries if feed.serves(s) and not self.is_settled(s)]
        if _has_answered(feed):
            return any(self.state.entries[symbol].held for symbol in lacking)
        return bool(lacking)

    def quotes(self, quotes: Sequence[Quote]) -> None:
        """Take quotes in."""
        for quote in quotes:
            if self.state.apply(quote) is Verdict.FUTURE:
                ahead = (quote.ts_event - quote.ts_recv) // SECOND
                self._troubles[quote.source] = f"its clock is {ahead} s ahead of this machine's"
        if all(map(self.is_settled, self.state.entries)):
            self.complete.set()

    def rejected(self, error: ParseError) -> None:
        """Remember why: a name without a trade so far has no other word on it."""
        self._troubles[error.venue] = error.reason

    def reason(self, symbol: str, feeds: Sequence[Feed]) -> str:
        """Why a symbol has no answer, by each feed that serves it."""
        if (held := self.state.entries[symbol].held) is not None:
            return f"{held.source}: {held.last:f} lies far off, and no second quote confirms it"
        return "; ".join(
            f"{feed.name}: {feed.status.reason or self._troubles.get(feed.name) or 'no answer'}"
            for feed in feeds
            if feed.serves(symbol)
        )


def _symbol(text: str) -> str | None:
    try:
        return canonical(text)
    except SymbolError:
        return None


def _served(symbols: tuple[str, ...], settings: Settings, today: date) -> dict[str, tuple[str, ...]]:
    """Of the symbols, those that each feed is there for; a feed without any is left out."""
    served = {
        name: tuple(symbol for symbol in every if symbol in symbols)
        for name, every in assign(settings, symbols, today).items()
    }
    return {name: chosen for name, chosen in served.items() if chosen}


async def _ask(
    eye: _Eye, served: Mapping[str, tuple[str, ...]], config: Config, clock: Clock, patience: float
) -> list[Feed]:
    """Run the feeds until each symbol has its answer, or those that owe one have failed, or patience ends."""
    feeds = [build(name, config.settings.feeds[name], chosen, clock) for name, chosen in served.items()]
    tasks = [asyncio.create_task(feed.run(eye), name=feed.name) for feed in feeds]
    try:
        with suppress(TimeoutError):
            async with asyncio.timeout(patience):
                while any(eye.lacks(feed) and not _has_failed(feed, clock, patience) for feed in feeds):
                    with suppress(TimeoutError):
                        await asyncio.wait_for(eye.complete.wait(), GLANCE)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return feeds


def _has_answered(feed: Feed) -> bool:
    """Whether a feed rests after a poll that did not fail: what it lacks now, its venue does not have."""
    status = feed.status
    return status.next_try is not None and (not status.errors or status.state is Health.LIVE)


def _has_failed(feed: Feed, clock: Clock, patience: float) -> bool:
    """Whether a feed failed twice, or has failed and will not try again before patience ends."""
    status = feed.status
    if status.state is not Health.DOWN:
        return False
    wait = (status.next_try or 0) - clock.now()
    return status.errors > 1 or wait > patience * SECOND
