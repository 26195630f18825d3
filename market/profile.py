"""Profile: what closed sessions say about one instrument, small and frozen, ready for any live price.

A profile of a session knows only the sessions before it. Questions such as "highest since" are answered
from ladders: the few closes that no later close has reached yet, found by bisection.
"""

import json
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Context, Decimal
from enum import StrEnum
from typing import Any, NamedTuple

from market.bars import Bar
from market.session import Calendar

# Daily changes are compared as quotients. Two different fractions of integers below 10^19 (prices of up to
# 19 digits) lie more than one part in 10^38 apart, so at 40 digits their order and equality are exact.
_QUOTIENT = Context(prec=40)


def change_ratio(close: Decimal, previous: Decimal) -> Decimal:
    """Close over previous close, fine enough that comparing two such ratios is exact."""
    return _QUOTIENT.divide(close, previous)


class Period(StrEnum):
    """A stretch of the exchange's calendar whose last close is compared with the one before."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"

    def start(self, day: date) -> date:
        """The first calendar day of the period that holds ``day``; weeks are ISO weeks."""
        match self:
            case Period.DAY:
                return day
            case Period.WEEK:
                return day - timedelta(days=day.weekday())
            case Period.MONTH:
                return day.replace(day=1)
            case Period.QUARTER:
                return date(day.year, day.month - (day.month - 1) % 3, 1)
            case Period.YEAR:
                return date(day.year, 1, 1)


class Ladder(NamedTuple):
    """Values in ascending order with their dates, such that no later session went further than any of them.

    Peaks (closes, or gains, never reached since) ascend into the past; troughs ascend out of it.
    """

    values: tuple[Decimal, ...]
    dates: tuple[date, ...]

    def at_or_above(self, value: Decimal) -> date | None:
        """On a ladder of peaks: the latest session at or above ``value``; ``None`` when there is none."""
        rung = bisect_left(self.values, value)
        return self.dates[rung] if rung < len(self.dates) else None

    def at_or_below(self, value: Decimal) -> date | None:
        """On a ladder of troughs: the latest session at or below ``value``; ``None`` when there is none."""
        rung = bisect_right(self.values, value)
        return self.dates[rung - 1] if rung else None


@dataclass(frozen=True, slots=True)
class Finished:
    """What the finished periods of one kind leave to the one that holds the profile's session."""

    base: Decimal | None
    """The last close of the period before; ``None`` when history does not reach back to it."""
    base_date: date | None
    streak: int | None
    """Consecutive changes of one sign up to ``base``: positive for gains, negative for losses, 0 after a
    change of zero, ``None`` when there is no change on file."""
    ends: bool
    """Whether the profile's session is, by the exchange's calendar, the last one of its own period."""


@dataclass(frozen=True, slots=True)
class Profile:
    """History before ``session_date``, reduced; prices in the instrument's currency.

    ``hole`` counts the exchange sessions between the last one on file and ``session_date`` that have no
    close: with one missing, nothing that compares with "the day before" is safe to say.
    """

    symbol: str
    session_date: date
    first_date: date | None
    hole: int
    finished: dict[Period, Finished]
    record_close: Decimal | None
    record_date: date | None
    record_high: Decimal | None
    record_high_date: date | None
    peaks: Ladder
    troughs: Ladder
    gains: Ladder
    losses: Ladder

    def to_json(self) -> str:
        """The profile as compact JSON, decimals as text; ``from_json`` reads it back equal."""
        return json.dumps(
            {
                "symbol": self.symbol,
                "session_date": self.session_date.isoformat(),
                "first_date": _plain(self.first_date),
                "hole": self.hole,
                "finished": {
                    period: [_plain(f.base), _plain(f.base_date), f.streak, f.ends]
                    for period, f in self.finished.items()
                },
                "record": [_plain(self.record_close), _plain(self.record_date)],
                "high": [_plain(self.record_high), _plain(self.record_high_date)],
                **{
                    name: [[str(value) for value in ladder.values], [day.isoformat() for day in ladder.dates]]
                    for name, ladder in self._ladders().items()
                },
            },
            separators=(",", ":"),
        )

    def _ladders(self) -> dict[str, Ladder]:
        return {"peaks": self.peaks, "troughs": self.troughs, "gains": self.gains, "losses": self.losses}

    @classmethod
    def from_json(cls, text: str | bytes) -> "Profile":
        """Read what ``to_json`` wrote; ``ValueError`` for anything else."""
        try:
            plain = json.loads(text)
            return cls(
                symbol=str(plain["symbol"]),
                session_date=date.fromisoformat(plain["session_date"]),
                first_date=_day(plain["first_date"]),
                hole=int(plain["hole"]),
                finished={period: _finished(*plain["finished"][period]) for period in Period},
                record_close=_decimal(plain["record"][0]),
                record_date=_day(plain["record"][1]),
                record_high=_decimal(plain["high"][0]),
                record_high_date=_day(plain["high"][1]),
                **{name: _ladder(*plain[name]) for name in ("peaks", "troughs", "gains", "losses")},
            )
        except (KeyError, IndexError, TypeError, ArithmeticError, AttributeError) as error:
            raise ValueError(f"not a profile: {error!r}") from error


class History:
    """Daily bars of one instrument, added oldest first, from which the profile of any later day is cut.

    One pass serves any number of days: adding a bar costs a few comparisons, cutting a profile a few
    bisections.
    """

    def __init__(self, symbol: str, calendar: Calendar) -> None:
        self.symbol = symbol
        self.calendar = calendar
        self._dates: list[date] = []
        self._closes: list[Decimal] = []
        self._record: tuple[Decimal, date] | None = None
        self._high: tuple[Decimal, date] | None = None
        # Oldest first. Each stack holds what no later session reached; a new value clears what it reaches.
        self._peaks: tuple[list[Decimal], list[date]] = ([], [])
        self._troughs: tuple[list[Decimal], list[date]] = ([], [])
        self._gains: tuple[list[Decimal], list[date]] = ([], [])
        self._losses: tuple[list[Decimal], list[date]] = ([], [])

    def add(self, bar: Bar) -> None:
        """Add the next session; ``ValueError`` when it is not later than the last."""
        day, close = bar.date, bar.close
        if self._dates:
            if day <= self._dates[-1]:
                raise ValueError(f"{self.symbol}: {day} after {self._dates[-1]}")
            previous = self._closes[-1]
            if close > previous:
                _push_peak(self._gains, change_ratio(close, previous), day)
            elif close < previous:
                _push_trough(self._losses, change_ratio(close, previous), day)
        _push_peak(self._peaks, close, day)
        _push_trough(self._troughs, close, day)
        if self._record is None or close > self._record[0]:
            self._record = (close, day)
        if self._high is None or bar.high > self._high[0]:
            self._high = (bar.high, day)
        self._dates.append(day)
        self._closes.append(close)

    def profile(self, session_date: date) -> Profile:
        """The profile of a session later than every bar added; ``ValueError`` when one is not earlier."""
        if self._dates and self._dates[-1] >= session_date:
            raise ValueError(f"{self.symbol}: {self._dates[-1]} is not before {session_date}")
        record, record_date = self._record or (None, None)
        high, high_date = self._high or (None, None)
        return Profile(
            symbol=self.symbol,
            session_date=session_date,
            first_date=self._dates[0] if self._dates else None,
            hole=self._hole(session_date),
            finished={period: self._finished(period, session_date) for period in Period},
            record_close=record,
            record_date=record_date,
            record_high=high,
            record_high_date=high_date,
            peaks=Ladder(tuple(reversed(self._peaks[0])), tuple(reversed(self._peaks[1]))),
            troughs=Ladder(tuple(self._troughs[0]), tuple(self._troughs[1])),
            gains=Ladder(tuple(reversed(self._gains[0])), tuple(reversed(self._gains[1]))),
            losses=Ladder(tuple(self._losses[0]), tuple(self._losses[1])),
        )

    def _hole(self, session_date: date) -> int:
        if not self._dates or not self.calendar.covers(self._dates[-1]):
            return 0
        if not self.calendar.covers(session_date):
            return 0
        return self.calendar.between(self._dates[-1], self.calendar.previous(session_date))

    def _finished(self, period: Period, session_date: date) -> Finished:
        ends = period.start(self.calendar.next(session_date)) != period.start(session_date)
        last = self._before(period.start(session_date))
        if last is None:
            return Finished(None, None, None, ends)
        streak: int | None = None
        end = last
        while (start := self._before(period.start(self._dates[end]))) is not None:
            step = int(self._closes[end].compare(self._closes[start]))
            if streak is not None and step * streak <= 0:
                break
            streak = (streak or 0) + step
            end = start
        return Finished(self._closes[last], self._dates[last], streak, ends)

    def _before(self, day: date) -> int | None:
        """Where the last session before ``day`` stands."""
        index = bisect_left(self._dates, day)
        return index - 1 if index else None


def build(symbol: str, bars: Iterable[Bar], session_date: date, calendar: Calendar) -> Profile:
    """The profile of a session from ascending bars, of which those on or after it are left out."""
    history = History(symbol, calendar)
    for bar in bars:
        if bar.date >= session_date:
            break
        history.add(bar)
    return history.profile(session_date)


def _push_peak(stack: tuple[list[Decimal], list[date]], value: Decimal, day: date) -> None:
    values, dates = stack
    while values and values[-1] <= value:
        values.pop()
        dates.pop()
    values.append(value)
    dates.append(day)


def _push_trough(stack: tuple[list[Decimal], list[date]], value: Decimal, day: date) -> None:
    values, dates = stack
    while values and values[-1] >= value:
        values.pop()
        dates.pop()
    values.append(value)
    dates.append(day)


def _plain(value: Decimal | date | None) -> str | None:
    return None if value is None else str(value)


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _finished(base: str | None, base_date: str | None, streak: int | None, ends: bool) -> Finished:
    return Finished(_decimal(base), _day(base_date), None if streak is None else int(streak), bool(ends))


def _ladder(values: list[Any], dates: list[Any]) -> Ladder:
    if len(values) != len(dates):
        raise ValueError("not a profile: a ladder's values and dates differ in number")
    return Ladder(tuple(map(Decimal, values)), tuple(map(date.fromisoformat, dates)))
