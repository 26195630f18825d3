"""The exchange: the state of every name at one moment of the simulated day, moved forward step by step."""

from dataclasses import dataclass, field

from feeds.venue.figures import Figures, indices, stocks
from feeds.venue.hours import AFTERNOON, LUNCH, MORNING, OPENING_PRINT, PRE_OPEN, STEP, trading_step
from feeds.venue.plan import Plan
from market.clock import MINUTE


@dataclass(slots=True)
class MinuteBar:
    """One minute of trading; prices in mills, ``start`` in ns UTC, ``volume`` the minute's own shares."""

    start: int
    open: int
    high: int
    low: int
    close: int
    volume: int


@dataclass(slots=True)
class Listing:
    """What the venue's pages show of one name; prices in mills, 0 before there is one; instants in ns UTC.

    ``turnover`` is in mills; that of an index is its members'. ``stamp`` is the time of the last change.
    """

    symbol: str
    prev_close: int
    last: int
    stamp: int
    open: int = 0
    high: int = 0
    low: int = 0
    volume: int = 0
    turnover: int = 0
    final: bool = False
    bars: list[MinuteBar] = field(default_factory=list)

    def trade(self, now: int, price: int, volume: int) -> None:
        """Take a trade that brings the day's volume to ``volume``."""
        traded = volume - self.volume
        self.turnover += traded * price
        self.volume = volume
        self.move(now, price, traded)

    def move(self, now: int, price: int, traded: int = 0) -> None:
        """Take a new price, and keep the day's range and the minute's bar."""
        if not self.open:
            self.open = self.high = self.low = price
        elif price > self.high:
            self.high = price
        elif price < self.low:
            self.low = price
        self.last = price
        self.stamp = now
        if now >= MORNING:
            self._draw(now - now % MINUTE, price, traded)

    def _draw(self, minute: int, price: int, traded: int) -> None:
        if not self.bars or self.bars[-1].start != minute:
            self.bars.append(MinuteBar(minute, price, price, price, price, traded))
            return
        bar = self.bars[-1]
        bar.close = price
        bar.volume += traded
        if price > bar.high:
            bar.high = price
        elif price < bar.low:
            bar.low = price


def _listing(figures: Figures) -> Listing:
    return Listing(figures.symbol, figures.prev_close, figures.prev_close, PRE_OPEN)


class Exchange:
    """The trading floor on 2025-09-17: ``advance`` plays it, ``listings`` shows it."""

    def __init__(self, plan: Plan, now: int = PRE_OPEN) -> None:
        """Open the day of a plan, already played up to ``now`` (nanoseconds UTC, 09:00 or later)."""
        self.plan = plan
        self.now = PRE_OPEN
        self._stocks = [_listing(figures) for figures in stocks().values()]
        self._indices = [_listing(figures) for figures in indices().values()]
        self.listings = {listing.symbol: listing for listing in (*self._stocks, *self._indices)}
        self.advance(now)

    def advance(self, until: int) -> set[str]:
        """Play up to an instant, in whole steps; the symbols of which anything changed."""
        changed: set[str] = set()
        while self.now + STEP <= until:
            self.now += STEP
            changed.update(self._step())
        return changed

    def next_news(self) -> int:
        """The earliest instant after now at which anything can trade; the close, once that is past."""
        now = self.now + STEP
        if now <= OPENING_PRINT:
            return OPENING_PRINT
        if now <= MORNING:
            return MORNING
        if LUNCH <= now <= AFTERNOON:
            return AFTERNOON
        return now if trading_step(now) is not None else self.plan.close_at

    def _step(self) -> list[str]:
        step = trading_step(self.now)
        if step is not None:
            traded = self._trade(step)
        elif self.now == OPENING_PRINT:
            traded = self._open()
        elif self.now == self.plan.close_at:
            traded = self._close()
        else:
            return []
        if self.now >= MORNING:
            traded += self._index()
        return traded

    def _open(self) -> list[str]:
        for listing, path, member in zip(self._stocks, self.plan.paths, self.plan.members, strict=True):
            listing.trade(self.now, member.open, path.opening_volume)
        return [listing.symbol for listing in self._stocks]

    def _trade(self, step: int) -> list[str]:
        traded = []
        for listing, path in zip(self._stocks, self.plan.paths, strict=True):
            if path.trades(step):
                listing.trade(self.now, path.price(step), path.volume(step))
                traded.append(listing.symbol)
        return traded

    def _close(self) -> list[str]:
        for listing, member in zip(self._stocks, self.plan.members, strict=True):
            listing.trade(self.now, member.close, member.volume)
        for listing in self.listings.values():
            listing.final = True
        return [listing.symbol for listing in self._stocks]

    def _index(self) -> list[str]:
        prices = [listing.last for listing in self._stocks]
        turnover = sum(listing.turnover for listing in self._stocks)
        for index in self._indices:
            index.turnover = turnover
            index.move(self.now, self.plan.indices[index.symbol].level(prices))
        return [index.symbol for index in self._indices]
