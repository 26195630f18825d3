"""Sparkline: a session's prices in one row of cells, and the bar that shows where the day's range stands."""

from functools import lru_cache

from market.clock import MINUTE
from market.quote import Quote
from market.session import Session
from widgets.tile import Minutes, Tile


class Sparkline:
    """The intraday line of one tile, drawn on the session's own time: it fills from left to right.

    A line that scrolled would change every cell each minute; here a tick changes the newest cell, or
    none. The height of the row is the day's range, so that it agrees with the range bar beside it.
    Feed it one tile's successive states. It starts anew with another session, width or list of minutes;
    a list that grows in place is read on from where it was.
    """

    __slots__ = (
        "_begun",
        "_cells",
        "_column",
        "_done",
        "_minute",
        "_minutes",
        "_scale",
        "_seen",
        "_session",
        "_total",
    )

    def __init__(self) -> None:
        self._restart(None, (), 0)

    def _restart(self, session: Session | None, minutes: Minutes, width: int) -> None:
        self._session = session
        self._minutes = minutes
        self._cells: list[float | None] = [None] * width
        self._begun = session.open if session else 0
        self._total = session.trading_ns_between(session.open, session.close) if session else 0
        self._seen = 0
        self._minute = 0
        self._column = 0
        self._scale: tuple[float, float] = (0.0, 0.0)
        self._done = ""

    def _column_at(self, ts: int) -> int:
        assert self._session is not None
        passed = self._session.trading_ns_between(self._begun, ts)
        return min(passed * len(self._cells) // self._total, len(self._cells) - 1)

    def draw(self, tile: Tile, width: int, levels: str) -> str:
        """The row, exactly ``width`` cells; ``levels`` are its steps, lowest first."""
        quote, session = tile.quote, tile.session
        if quote is None or session is None or width <= 0:
            return " " * max(width, 0)
        if session is not self._session or tile.minutes is not self._minutes or width != len(self._cells):
            self._restart(session, tile.minutes, width)
        minute = quote.ts_event // MINUTE
        fresh = minute != self._minute or len(tile.minutes) != self._seen
        if fresh:
            self._minute = minute
            self._column = self._column_at(quote.ts_event)
            self._note()
        last = float(quote.last)
        scale = (
            self._range(last)
            if quote.low is None or quote.high is None
            else (float(quote.low), float(quote.high))
        )
        if fresh or scale != self._scale:
            self._scale = scale
            self._done = self._draw_done(levels)
        return f"{self._done}{self._glyph(last, levels)}{' ' * (width - self._column - 1)}"

    def _draw_done(self, levels: str) -> str:
        """The columns before the newest; one without a quote stands where the last quote before it stood."""
        signs = []
        held: float | None = None
        for price in self._cells[: self._column]:
            held = held if price is None else price
            signs.append(self._glyph(held, levels))
        return "".join(signs)

    def _note(self) -> None:
        """Take in the minutes that are new."""
        for ts, price in self._minutes[self._seen :]:
            self._cells[self._column_at(ts)] = float(price)
        self._seen = len(self._minutes)

    def _range(self, last: float) -> tuple[float, float]:
        """The range of what was seen, for a venue that does not send the day's."""
        known = [last, *(price for price in self._cells if price is not None)]
        return min(known), max(known)

    def _glyph(self, price: float | None, levels: str) -> str:
        if price is None:
            return " "
        low, high = self._scale
        if high <= low:
            return levels[len(levels) // 2]
        step = int((price - low) / (high - low) * len(levels))
        return levels[min(max(step, 0), len(levels) - 1)]


@lru_cache(maxsize=256)
def _bars(width: int, rail: str, marker: str) -> tuple[str, ...]:
    """Every state of a bar: one per place of the marker, so that a tick costs an index."""
    return tuple(rail * place + marker + rail * (width - place - 1) for place in range(width))


def range_bar(quote: Quote, width: int, rail: str, marker: str) -> str:
    """Where the last price stands between the day's low (left) and high, exactly ``width`` cells."""
    if quote.low is None or quote.high is None or width < 3:
        return " " * max(width, 0)
    low = float(quote.low)
    span = float(quote.high) - low
    part = (float(quote.last) - low) / span if span > 0 else 0.5
    return _bars(width, rail, marker)[round(min(max(part, 0.0), 1.0) * (width - 1))]
