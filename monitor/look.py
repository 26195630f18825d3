"""One look at the market: every symbol asked for once, with its quote or the reason why there is none."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime

from feeds.base import Feed
from feeds.registry import build
from feeds.simulated_clock import clock_at
from market.clock import SECOND, Clock
from market.errors import ParseError, SymbolError
from market.freshness import Health
from market.lead import is_fresher
from market.quote import Quote
from market.session import CONTINUOUS, Calendar
from market.state import MarketState, Verdict, is_outlier
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

COURTESY = 3.0
"""Seconds of real time that a better answer is waited for once every name has one."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one name asked for. ``symbol`` is canonical, or the text itself where it names none."""

    symbol: str
    quote: Quote | None = None
    error: str = ""


async def look(
    asked: Sequence[str],
    config: Config,
    max_age: int,
    *,
    patience: float = PATIENCE,
    strict: bool = False,
) -> tuple[int, list[Answer]]:
    """Ask the feeds, for ``patience`` seconds at the most: when that was (ns UTC), an answer for each name.

    Where nothing is ``asked`` for it is the watchlist that is shown first, as it is on that day.
    Once every name has its answer, better ones are waited for a moment: a fresh one for one that is stale by
    ``max_age`` (ns) or late, one with a previous close, that of a preferred feed. Where it is ``strict`` the
    first two are waited for as long as an answer, and an outlier that no second, agreeing quote confirms is
    none.
    """
    settings = config.settings
    async with clock_at(settings.simulation.clock_url) as clock:
        today = datetime.fromtimestamp(clock.now() / SECOND, UTC).date()
        asked = asked or expand([settings.watchlist], settings.watchlists, today)
        names = {text: _symbol(text) for text in asked}
        served = _served(tuple(dict.fromkeys(filter(None, names.values()))), settings, today)
        feeds = [build(name, settings.feeds[name], chosen, clock) for name, chosen in served.items()]
        eye = _Eye(
            [symbol for chosen in served.values() for symbol in chosen], config, clock, max_age, strict
        )
        await _ask(eye, feeds, clock, patience)
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
    """A sink that keeps what is said of each symbol, and knows who may still say something better."""

    def __init__(
        self, symbols: Sequence[str], config: Config, clock: Clock, max_age: int, strict: bool
    ) -> None:
        self.state = MarketState(symbols)
        self.heard = asyncio.Event()
        """Set whenever something comes."""
        self._config = config
        self._clock = clock
        self._max_age = max_age
        self._strict = strict
        self._troubles: dict[str, str] = {}
        """By feed, what was wrong with what it sent last."""

    def answer(self, symbol: str) -> Quote | None:
        """The quote of a symbol: of those that are equally fresh the preferred feed's.

        One that no second quote has confirmed will do where that is not asked.
        """
        entry = self.state.entries[symbol]
        leader = entry.quote
        if leader is None:
            return None if self._strict else entry.held
        told = [leader, *(other for other in entry.others.values() if not is_outlier(other, leader))]
        freshest = max(told, key=lambda quote: quote.ts_event)
        best = max((quote for quote in told if not is_fresher(freshest, quote)), key=self._rank)
        if best.prev_close is None and entry.calendar.day_of(best.ts_event) == entry.session_date:
            return best._replace(prev_close=leader.prev_close)
        return best

    def lacks(self, feed: Feed) -> bool:
        """Whether a feed still owes what cannot be done without."""
        return any(
            self._is_poor(symbol, feed) if self._strict else self.answer(symbol) is None
            for symbol in self._open(feed)
        )

    def would_gain(self, feed: Feed) -> bool:
        """Whether a feed may still bring a better answer than there is."""
        return any(self._is_poor(symbol, feed) or self._prefers(feed, symbol) for symbol in self._open(feed))

    def _open(self, feed: Feed) -> Iterator[str]:
        """The symbols on which a feed may have more to say: after an answer, where one is to be confirmed."""
        has_answered = _has_answered(feed)
        for symbol, entry in self.state.entries.items():
            if feed.serves(symbol) and (not has_answered or entry.held is not None):
                yield symbol

    def _is_poor(self, symbol: str, feed: Feed) -> bool:
        """Whether there is no answer, a stale one, or one that is late or has no previous close, where a feed
        may do better."""
        quote = self.answer(symbol)
        if quote is None:
            return True
        hours, late = self.state.entries[symbol].calendar, delay(quote, self._config)
        if is_stale(quote, hours, self._clock.now(), late, self._max_age):
            return True
        return (late > 0 or quote.prev_close is None) and not self._has_told(feed, symbol)

    def _prefers(self, feed: Feed, symbol: str) -> bool:
        """Whether a feed that has not spoken of a symbol yet would lead the one that has."""
        quote = self.answer(symbol)
        rank = self._config.priorities.get(feed.name, 0)
        return quote is not None and rank > self._rank(quote) and not self._has_told(feed, symbol)

    def _has_told(self, feed: Feed, symbol: str) -> bool:
        entry = self.state.entries[symbol]
        return feed.name in entry.others or (entry.quote is not None and entry.quote.source == feed.name)

    def _rank(self, quote: Quote) -> int:
        return self._config.priorities.get(quote.source, 0)

    def quotes(self, quotes: Sequence[Quote]) -> None:
        """Take quotes in."""
        for quote in quotes:
            verdict = self.state.apply(quote)
            if verdict is Verdict.CONFIRMED:
                self.state.apply(quote)
            elif verdict is Verdict.FUTURE:
                ahead = (quote.ts_event - quote.ts_recv) // SECOND
                self._troubles[quote.source] = f"its clock is {ahead} s ahead of this machine's"
        self.heard.set()

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


async def _ask(eye: _Eye, feeds: Sequence[Feed], clock: Clock, patience: float) -> None:
    """Run the feeds until each symbol has its answer, or those that owe one have failed, or patience ends."""

    async def wait(owes: Callable[[Feed], bool]) -> None:
        while any(owes(feed) and not _has_failed(feed, clock, patience) for feed in feeds):
            with suppress(TimeoutError):
                await asyncio.wait_for(eye.heard.wait(), GLANCE)
            eye.heard.clear()

    tasks = [asyncio.create_task(feed.run(eye), name=feed.name) for feed in feeds]
    try:
        with suppress(TimeoutError):
            async with asyncio.timeout(patience):
                await wait(eye.lacks)
                async with asyncio.timeout(COURTESY):
                    await wait(eye.would_gain)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


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
