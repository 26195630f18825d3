"""Profile: what closed sessions say about one instrument, small and frozen, ready for any live price.

A profile of a session knows only the sessions before it. Questions such as "highest since" are answered
from ladders: the few closes that no later close has reached yet, found by bisection. ``market.history``
makes profiles.
"""

import json
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Context, Decimal
from enum import StrEnum
from functools import cache
from typing import Any, NamedTuple

RUNS_KEPT = 10
"""Of each period, for people to look at."""

VOLUME_DAYS = 20
"""Sessions of which the mean volume is taken: four weeks, and a divisor that leaves no remainder."""

# Daily changes are compared as quotients. Two different fractions of integers below 10^19 (prices of up to
# 19 digits) lie more than one part in 10^38 apart, so at 40 digits their order and equality are exact.
_QUOTIENT = Context(prec=40)


def change_ratio(close: Decimal, previous: Decimal) -> Decimal:
    """Close over previous close, fine enough that comparing two such ratios is exact."""
    return _QUOTIENT.divide(close, previous)


def mean_volume(volumes: Sequence[int | None]) -> Decimal | None:
    """The mean of the last ``VOLUME_DAYS`` of them; ``None`` where there are fewer, or one is not known."""
    known = [volume for volume in volumes[-VOLUME_DAYS:] if volume]
    return Decimal(sum(known)) / VOLUME_DAYS if len(known) == VOLUME_DAYS else None


def percent(price: Decimal, base: Decimal) -> Decimal:
    """Percent change of ``price`` on a positive ``base``, at 28 digits."""
    return (price - base) * 100 / base


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


class Mark(NamedTuple):
    """A price and the session it stands in."""

    price: Decimal
    date: date


class Run(NamedTuple):
    """Consecutive changes of one sign: as many as ``streak``, positive for gains, from base to close."""

    streak: int
    base_date: date
    end: date
    base: Decimal
    close: Decimal

    @property
    def pct(self) -> Decimal:
        """The change over the whole run, percent."""
        return percent(self.close, self.base)


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
    runs: tuple[Run, ...] = ()
    """The last ``RUNS_KEPT`` runs up to ``base``, oldest first; with a streak the last one is still on."""
    longest_gain: Run | None = None
    """The longest run of gains, the latest of equals, not counting the one that is still on."""
    longest_loss: Run | None = None
    hole: int = 0
    """Sessions between ``base_date`` and the period that have no close on file: ``base`` is an older one than
    it should be."""


_LADDERS = ("peaks", "troughs", "highs", "lows", "gains", "losses")


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
    year_high: Mark | None
    """The highest intraday price of the 52 weeks before the session; ``None`` for a shorter history."""
    year_low: Mark | None
    peaks: Ladder
    """Of closes, as are ``troughs``; ``highs`` and ``lows`` are of intraday prices."""
    troughs: Ladder
    highs: Ladder
    lows: Ladder
    gains: Ladder
    losses: Ladder
    prior_close: Decimal | None = None
    """The close before the last one: a vendor that still counts from it has not turned its day."""
    mean_volume: Decimal | None = None
    """Shares a session, over the last ``VOLUME_DAYS``; ``None`` where one of them has no volume on file."""

    def to_json(self) -> str:
        """The profile as compact JSON, decimals as text; ``from_json`` reads it back equal."""
        return json.dumps(
            {
                "symbol": self.symbol,
                "session_date": self.session_date,
                "first_date": self.first_date,
                "hole": self.hole,
                "finished": {
                    period: [
                        *(f.base, f.base_date, f.streak, f.ends, f.runs, f.longest_gain, f.longest_loss),
                        f.hole,
                    ]
                    for period, f in self.finished.items()
                },
                "record": [self.record_close, self.record_date],
                "high": [self.record_high, self.record_high_date],
                "year": [self.year_high, self.year_low],
                "prior": self.prior_close,
                "volume": self.mean_volume,
                **{name: [list(map(str, column)) for column in getattr(self, name)] for name in _LADDERS},
            },
            separators=(",", ":"),
            default=str,
            check_circular=False,
        )

    @classmethod
    def from_json(cls, text: str | bytes) -> "Profile":
        """Read what ``to_json`` wrote; ``ValueError`` for anything else."""
        read = _Reader()
        try:
            plain = json.loads(text)
            return cls(
                symbol=str(plain["symbol"]),
                session_date=date.fromisoformat(plain["session_date"]),
                first_date=read.day(plain["first_date"]),
                hole=int(plain["hole"]),
                finished={period: read.finished(plain["finished"][period]) for period in Period},
                record_close=read.decimal(plain["record"][0]),
                record_date=read.day(plain["record"][1]),
                record_high=read.decimal(plain["high"][0]),
                record_high_date=read.day(plain["high"][1]),
                year_high=read.mark(plain["year"][0]),
                year_low=read.mark(plain["year"][1]),
                prior_close=read.decimal(plain["prior"]),
                mean_volume=read.decimal(plain["volume"]),
                **{name: read.ladder(*plain[name]) for name in _LADDERS},
            )
        except (KeyError, IndexError, TypeError, ArithmeticError, AttributeError) as error:
            raise ValueError(f"not a profile: {error!r}") from error


class _Reader:
    """Reads the parts of one profile. A decimal or a date given twice is made once: of 600 every third is."""

    def __init__(self) -> None:
        self._decimal = cache(Decimal)
        self._day = cache(date.fromisoformat)

    def decimal(self, text: str | None) -> Decimal | None:
        return None if text is None else self._decimal(text)

    def day(self, text: str | None) -> date | None:
        return None if text is None else self._day(text)

    def mark(self, plain: list[str] | None) -> Mark | None:
        return None if plain is None else Mark(self._decimal(plain[0]), self._day(plain[1]))

    def run(self, plain: list[Any] | None) -> Run | None:
        if plain is None:
            return None
        streak, base_date, end, base, close = plain
        return Run(
            int(streak), self._day(base_date), self._day(end), self._decimal(base), self._decimal(close)
        )

    def finished(self, plain: list[Any]) -> Finished:
        base, base_date, streak, ends, runs, gain, loss, hole = plain
        return Finished(
            self.decimal(base),
            self.day(base_date),
            None if streak is None else int(streak),
            bool(ends),
            tuple(run for run in map(self.run, runs) if run),
            self.run(gain),
            self.run(loss),
            int(hole),
        )

    def ladder(self, values: list[Any], dates: list[Any]) -> Ladder:
        if len(values) != len(dates):
            raise ValueError("not a profile: a ladder's values and dates differ in number")
        return Ladder(tuple(map(self._decimal, values)), tuple(map(self._day, dates)))
