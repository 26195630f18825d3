"""Plot: a course of prices over a day, or over years, and where each of it falls on a scale."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from market.clock import MINUTE, SECOND
from market.closes import Closes
from market.session import TRADING, Session, calendar
from widgets.canvas import Canvas, Masks, line
from widgets.tile import Tile

_REACH = 0.35
"""A level further outside the line than this part of its height is named at the edge instead of drawn: what
happened in three months must not be squashed by a record of four years ago."""

_HOUR = 60 * MINUTE

_APART = 2
"""Cells between two times below a chart, at the least."""


class Span(StrEnum):
    """How far back a chart reaches; ``words`` has what each is called."""

    INTRADAY = "intraday"
    MONTHS = "months"
    YEAR = "1y"
    YEARS = "years"
    ALL = "all"

    @property
    def days(self) -> int | None:
        """Calendar days before the session; ``None`` for all there are."""
        return {Span.MONTHS: 92, Span.YEAR: 365, Span.YEARS: 1826}.get(self)


class Level(NamedTuple):
    """A price that stands across a chart, what it is and of which day; ``daily`` belongs to a single
    session's chart alone."""

    price: Decimal
    name: str
    day: date | None = None
    daily: bool = False

    @property
    def names(self) -> Sequence[str]:
        """In full, and for less room."""
        return (f"{self.name} {self.day}", self.name) if self.day else (self.name,)


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """Prices in their order: how far along each stands, from 0 to 1, and how high."""

    points: Sequence[tuple[float, float]]
    days: Sequence[int] = ()
    """Of a course over sessions, their ordinals; the last one is the live price's."""


class Stamp(NamedTuple):
    """A time below a chart, at a part of its width."""

    at: float
    text: str


# -- a day


def intraday(tile: Tile, session: Session) -> Course:
    """The session's minutes on trading time: lunch takes no room, and what was before the opening is left
    out. The tile must have a quote."""
    assert tile.quote is not None
    total = session.trading_ns_between(session.open, session.close)
    traded = (minute for minute in tile.minutes if minute[0] >= session.open)
    path = [*traded, (tile.quote.ts_event, tile.quote.last)]
    return Course(
        [(min(session.trading_ns_between(session.open, ts) / total, 1.0), float(last)) for ts, last in path]
    )


def hours(session: Session, cells: int) -> list[Stamp]:
    """When trading begins, begins again and ends, and as many full hours between as there is room for."""
    total = session.trading_ns_between(session.open, session.close)
    begins = [
        start
        for (_, before), (start, phase) in pairwise([(0, None), *session.phases])
        if phase in TRADING and before not in TRADING
    ]
    zone = calendar(session.mic).zone

    def stamp(ts: int) -> Stamp:
        at = datetime.fromtimestamp(ts // SECOND, UTC).astimezone(zone)
        return Stamp(session.trading_ns_between(session.open, ts) / total, f"{at:%H:%M}")

    always = [stamp(ts) for ts in (*begins, session.close)]
    first = -(-session.open // _HOUR) * _HOUR
    for step in (_HOUR, 2 * _HOUR, 4 * _HOUR, 8 * _HOUR):
        between = [stamp(ts) for ts in range(first, session.close, step) if session.phase_at(ts) in TRADING]
        free = [one for one in between if all(_fit(sorted((one, fixed)), cells) for fixed in always)]
        if _fit(found := sorted((*always, *free)), cells):
            return found
    return always


# -- months and years


@lru_cache(maxsize=8)
def daily(closes: Closes, span: Span) -> Course:
    """The closes of a span, a step each; the last step is left to the live price."""
    start = 0
    if span.days is not None:
        since = closes.session_date - timedelta(days=span.days)
        start = bisect_left(closes.days, since.toordinal())
    days, prices = closes.days[start:], closes.prices[start:]
    count = max(len(days), 1)
    return Course(
        [(place / count, price) for place, price in enumerate(prices)],
        (*days, closes.session_date.toordinal()),
    )


_CUTS: Sequence[tuple[Callable[[date], object], str]] = (
    (lambda day: day.isocalendar()[:2], "{:%m-%d}"),
    (lambda day: (day.year, day.month), "{:%Y-%m}"),
    (lambda day: (day.year, (day.month - 1) // 3), "{:%Y-%m}"),
    (lambda day: day.year, "{:%Y}"),
    (lambda day: day.year // 5, "{:%Y}"),
)
"""What a date below a chart may mark the beginning of, the shortest first, and how it is written."""


@lru_cache(maxsize=8)
def dates(course: Course, cells: int) -> Sequence[Stamp]:
    """The beginnings of weeks, months, quarters or years: the shortest of which all find room."""
    days = [date.fromordinal(day) for day in course.days]
    count = max(len(days) - 1, 1)
    for period, form in _CUTS:
        starts = [place for place in range(1, len(days)) if period(days[place]) != period(days[place - 1])]
        found = [Stamp(place / count, form.format(days[place])) for place in starts]
        if _fit(found, cells):
            return found
    return []


def _fit(stamps: Iterable[Stamp], cells: int) -> bool:
    ends = -_APART
    for stamp in stamps:
        place = position(stamp, cells)
        if place < ends + _APART:
            return False
        ends = place + len(stamp.text)
    return True


def position(stamp: Stamp, cells: int) -> int:
    """Where a time is written: below its place, within the chart."""
    return max(0, min(int(stamp.at * (cells - 1)), cells - len(stamp.text)))


# -- the scale


class Scale:
    """Which prices a chart shows, from ``low`` to ``high``, on ``height`` dots."""

    def __init__(self, low: float, high: float, levels: Iterable[Level] = ()) -> None:
        """``low`` and ``high`` are the line's own; levels in reach are taken in, the day's always."""
        reach = (high - low) * _REACH
        near = [
            price
            for level in levels
            if low - reach <= (price := float(level.price)) <= high + reach or level.daily
        ]
        self.low, self.high = min([low, *near]), max([high, *near])
        if self.low == self.high:
            self.low, self.high = self.low * 0.995, self.high * 1.005

    def holds(self, price: Decimal) -> bool:
        """Whether a price has a row."""
        return self.low <= float(price) <= self.high

    def row(self, price: float, height: int) -> int:
        """The row of dots of a price, the highest on top."""
        return round((self.high - price) / (self.high - self.low) * (height - 1))

    @property
    def places(self) -> int:
        """The decimals that tell prices of this scale apart: two digits of its height."""
        return max(0, 1 - Decimal(repr(self.high - self.low)).adjusted())

    def steps(self, most: int) -> list[Decimal]:
        """At most so many round prices."""
        raw = (self.high - self.low) / max(most, 1)
        unit = Decimal(1).scaleb(Decimal(repr(raw)).adjusted())
        step = next(unit * part for part in (1, 2, 5, 10) if float(unit * part) >= raw)
        first = (Decimal(repr(self.low)) / step).to_integral_value(ROUND_CEILING) * step
        found = []
        while float(first) <= self.high:
            found.append(first)
            first += step
        return found


def decimals(value: Decimal) -> int:
    """How many digits a number has behind its point."""
    exponent = value.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


@lru_cache(maxsize=8)
def traced(course: Course, low: float, high: float, columns: int, rows: int, *, braille: bool) -> Masks:
    """The line through a course, on a field of so many cells; not to be changed."""
    canvas, scale = Canvas(columns, rows, braille=braille), Scale(low, high)
    places = [
        (round(at * (canvas.width - 1)), scale.row(price, canvas.height)) for at, price in course.points
    ]
    masks: Masks = {}
    canvas.add(places[:1], masks)
    for start, end in pairwise(places):
        canvas.add(line(start, end), masks)
    return masks
