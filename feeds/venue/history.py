"""The invented past: daily bars that lead up to the day, through the closes that its figures rest on."""

import math
from datetime import date
from decimal import Decimal
from functools import cache
from itertools import pairwise
from random import Random
from typing import NamedTuple

from feeds.venue.anchors import COURSE, LISTED, PUBLISHED, Past
from feeds.venue.figures import DAY, MILL, Figures, figures, indices, round_to_tick
from market.session import calendar

_STOCK_VOLATILITY = 0.021  # standard deviation of a day's move
_INDEX_VOLATILITY = 0.014
_CALMER = 0.9  # a stretch that breaks a published fact is drawn again, a tenth less volatile,
_CALMEST = 0.3  # down to this part of the usual
_DRAWS = 1000
_HALF_DAY_SHARE = 0.4


class DailyBar(NamedTuple):
    """One session's bar; prices in mills, volume in shares (0 for an index)."""

    day: date
    open: int
    high: int
    low: int
    close: int
    volume: int


class _Limits:
    """What a close or a daily gain may not reach, from the day's own figures and the dates they name."""

    def __init__(self, day: Figures, past: Past | None) -> None:
        self._close = day.close
        self._gain = day.close / day.prev_close
        self._past = past
        record = past.record.isoformat() if past and past.record else None
        self._record = _mills(past.closes[record]) if past and record else day.close

    def allow(self, before: int, close: int, on: date) -> bool:
        """Whether a close may follow the one before."""
        past = self._past
        if past is None:
            return True
        if close >= self._record and on != past.record:
            return False
        if past.highest_since and on > past.highest_since and close >= self._close:
            return False
        return not (past.gain_since and on > past.gain_since and close / before >= self._gain)


def _mills(price: str) -> int:
    return int(Decimal(price) / MILL)


def _on_grid(mills: float, day: date, *, index: bool) -> int:
    return round(mills / 10) * 10 if index else round_to_tick(max(1, round(mills)), day)


def _between(first: str, last: date) -> list[date]:
    """The exchange's sessions from one date to another, both included."""
    table = calendar("XHKG")
    days = [date.fromisoformat(first)]
    while days[-1] < last:
        days.append(table.next(days[-1]))
    return days


def _anchors(day: Figures, rng: Random) -> dict[date, int]:
    """The closes that are fixed, by date, ascending; the last is the previous close of the day."""
    if past := PUBLISHED.get(day.symbol):
        return {date.fromisoformat(on): _mills(close) for on, close in past.closes.items()}
    listed = LISTED.get(day.symbol, min(COURSE))
    # A later listing begins on its own date, at the level of the course's point before.
    level = [part for on, part in COURSE.items() if on <= listed][-1]
    course = {listed: level} | {on: part for on, part in COURSE.items() if on > listed}
    anchors = {
        (on := date.fromisoformat(text)): round_to_tick(
            round(day.prev_close * part * rng.lognormvariate(0, 0.06)), on
        )
        for text, part in course.items()
    }
    return anchors | {calendar("XHKG").previous(DAY): day.prev_close}


def _stretch(
    days: list[date], start: int, end: int, limits: _Limits, rng: Random, *, index: bool
) -> list[int]:
    """Closes strictly between two anchors: a bridge of random steps, redrawn calmer until it is allowed.

    ``days`` are the sessions from the first anchor to the second, both included.
    """
    usual = volatility = _INDEX_VOLATILITY if index else _STOCK_VOLATILITY
    target = math.log(end)
    for _ in range(_DRAWS):
        level = math.log(start)
        closes = [start]
        for left in range(len(days) - 1, 1, -1):
            spread = volatility * math.sqrt((left - 1) / left)
            level += (target - level) / left + spread * max(-2.5, min(2.5, rng.gauss(0, 1)))
            closes.append(_on_grid(math.exp(level), days[len(closes)], index=index))
        closes.append(end)
        steps = zip(pairwise(closes), days[1:], strict=True)
        # The anchors themselves are as published; only the steps between them are checked.
        if len(days) == 2 or all(limits.allow(before, close, on) for (before, close), on in steps):
            return closes[1:-1]
        volatility = max(volatility * _CALMER, usual * _CALMEST)
    raise ValueError(f"no course from {days[0]} to {days[-1]} keeps to the published facts")


def _bar(on: date, before: int, close: int, day: Figures, rng: Random) -> DailyBar:
    """A plausible bar around a close."""
    index = not day.volume
    reach = (_INDEX_VOLATILITY if index else _STOCK_VOLATILITY) * 0.4
    opening = _on_grid(before * (1 + rng.gauss(0, reach)), on, index=index)
    high = _on_grid(max(opening, close) * (1 + abs(rng.gauss(0, reach))), on, index=index)
    low = _on_grid(min(opening, close) * (1 - abs(rng.gauss(0, reach))), on, index=index)
    session = calendar("XHKG").session(on)
    share = _HALF_DAY_SHARE if session and session.half_day else 1.0
    volume = int(day.volume * 0.55 * share * rng.lognormvariate(0, 0.35))
    return DailyBar(on, opening, max(high, opening, close), min(low, opening, close), close, volume)


@cache
def daily_bars(symbol: str, seed: int) -> tuple[DailyBar, ...]:
    """The sessions before the day, oldest first, the last closing at the day's previous close.

    ``KeyError`` for a name the venue does not know.
    """
    day = figures(symbol)
    if day is None:
        raise KeyError(symbol)
    rng = Random(f"{seed}:{symbol}:history")
    index = symbol in indices()
    past = PUBLISHED.get(symbol)
    limits = _Limits(day, past)
    anchors = _anchors(day, rng)
    days = _between(min(anchors).isoformat(), max(anchors))
    places = [days.index(on) for on in anchors]
    closes = [anchors[days[0]]]
    for left, right in pairwise(places):
        start, end = anchors[days[left]], anchors[days[right]]
        closes += _stretch(days[left : right + 1], start, end, limits, rng, index=index)
        closes.append(end)
    bars = [_bar(on, *pair, day, rng) for on, pair in zip(days, pairwise([closes[0], *closes]), strict=True)]
    if past and past.record_high:
        bars = _with_record_high(bars, past.record_high[0], _mills(past.record_high[1]))
    return tuple(bars)


def _with_record_high(bars: list[DailyBar], on: date, high: int) -> list[DailyBar]:
    """The bars with their highest price on that date and nowhere else."""
    return [
        bar._replace(high=high if bar.day == on else max(bar.open, bar.close, min(bar.high, high - 10)))
        for bar in bars
    ]
