"""History: daily bars, oldest first, from which the profile of any later day is cut."""

from bisect import bisect_right
from collections import deque
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from market.bars import Bar
from market.profile import (
    RUNS_KEPT,
    VOLUME_DAYS,
    Finished,
    Ladder,
    Mark,
    Period,
    Profile,
    Run,
    change_ratio,
    mean_volume,
)
from market.session import Calendar

YEAR = timedelta(weeks=52)


class Stack(NamedTuple):
    """Values that no later session reached, oldest first; a new value clears what it reaches."""

    values: list[Decimal]
    dates: list[date]

    def push_peak(self, value: Decimal, day: date) -> None:
        """Add the next session's value to a stack of peaks."""
        while self.values and self.values[-1] <= value:
            self.values.pop()
            self.dates.pop()
        self.values.append(value)
        self.dates.append(day)

    def push_trough(self, value: Decimal, day: date) -> None:
        """Add the next session's value to a stack of troughs."""
        while self.values and self.values[-1] >= value:
            self.values.pop()
            self.dates.pop()
        self.values.append(value)
        self.dates.append(day)

    def since(self, start: date) -> Mark | None:
        """The furthest of the values after ``start``: the oldest of them that is left."""
        index = bisect_right(self.dates, start)
        return Mark(self.values[index], self.dates[index]) if index < len(self.dates) else None

    def rising(self) -> Ladder:
        """A stack of peaks as a ladder: the newest, and lowest, first."""
        return Ladder(tuple(reversed(self.values)), tuple(reversed(self.dates)))

    def falling(self) -> Ladder:
        """A stack of troughs as a ladder: the oldest, and lowest, first."""
        return Ladder(tuple(self.values), tuple(self.dates))


class Runs:
    """The runs in one kind of period, told its closes one after another."""

    def __init__(self) -> None:
        self.last: Mark | None = None
        self.streak: int | None = None
        self.recent: deque[Run] = deque(maxlen=RUNS_KEPT)
        self.longest: dict[bool, Run | None] = {True: None, False: None}
        """Of the runs that are over: of gains, and of losses."""

    def close(self, day: date, close: Decimal) -> None:
        """Add the next period's last close."""
        last, self.last = self.last, Mark(close, day)
        if last is None:
            return
        step = int(close.compare(last.price))
        if self.streak and step * self.streak > 0:
            self.streak += step
            self.recent[-1] = self.recent[-1]._replace(streak=self.streak, end=day, close=close)
            return
        if self.streak:
            over = self.recent[-1]
            known = self.longest[over.streak > 0]
            if known is None or abs(over.streak) >= abs(known.streak):
                self.longest[over.streak > 0] = over
        if step:
            self.recent.append(Run(step, last.date, day, last.price, close))
        self.streak = step

    def copy(self) -> "Runs":
        """Another one that has been told the same."""
        made = Runs()
        made.last, made.streak = self.last, self.streak
        made.recent, made.longest = self.recent.copy(), self.longest.copy()
        return made

    def finished(self, period: Period, session_date: date, hours: Calendar) -> Finished:
        """What they leave to the period that holds a session."""
        price, day = self.last or (None, None)
        return Finished(
            base=price,
            base_date=day,
            streak=self.streak,
            ends=ends(period, session_date, hours),
            runs=tuple(self.recent),
            longest_gain=self.longest[True],
            longest_loss=self.longest[False],
            hole=hole(day, period.start(session_date), hours),
        )


class History:
    """Daily bars of one instrument, added oldest first.

    One pass serves any number of days: adding a bar costs a few comparisons, cutting a profile a few
    bisections.
    """

    def __init__(self, symbol: str, calendar: Calendar) -> None:
        self.symbol = symbol
        self.calendar = calendar
        self._first: date | None = None
        self._last: Mark | None = None
        self._prior: Decimal | None = None
        self._volumes: deque[int | None] = deque(maxlen=VOLUME_DAYS)
        self._record: Mark | None = None
        self._high: Mark | None = None
        self._peaks, self._troughs = Stack([], []), Stack([], [])
        self._highs, self._lows = Stack([], []), Stack([], [])
        self._gains, self._losses = Stack([], []), Stack([], [])
        self._runs = {period: Runs() for period in Period}

    def add(self, bar: Bar) -> None:
        """Add the next session; ``ValueError`` when it is not later than the last."""
        day, close = bar.date, bar.close
        if self._last is None:
            self._first = day
        else:
            previous, last = self._last
            if day <= last:
                raise ValueError(f"{self.symbol}: {day} after {last}")
            if close > previous:
                self._gains.push_peak(change_ratio(close, previous), day)
            elif close < previous:
                self._losses.push_trough(change_ratio(close, previous), day)
            for period, runs in self._runs.items():
                if period.start(day) > last:
                    runs.close(last, previous)
        self._peaks.push_peak(close, day)
        self._troughs.push_trough(close, day)
        self._highs.push_peak(bar.high, day)
        self._lows.push_trough(bar.low, day)
        if self._record is None or close > self._record.price:
            self._record = Mark(close, day)
        if self._high is None or bar.high > self._high.price:
            self._high = Mark(bar.high, day)
        self._volumes.append(bar.volume)
        self._prior = self._last.price if self._last else None
        self._last = Mark(close, day)

    def profile(self, session_date: date) -> Profile:
        """The profile of a session later than every bar added; ``ValueError`` when one is not earlier."""
        if self._last and self._last.date >= session_date:
            raise ValueError(f"{self.symbol}: {self._last.date} is not before {session_date}")
        record, record_date = self._record or (None, None)
        high, high_date = self._high or (None, None)
        year_ago = session_date - YEAR
        whole_year = self._first is not None and self._first <= year_ago
        return Profile(
            symbol=self.symbol,
            session_date=session_date,
            first_date=self._first,
            hole=hole(self._last.date if self._last else None, session_date, self.calendar),
            finished={period: self._finished(period, session_date) for period in Period},
            record_close=record,
            record_date=record_date,
            record_high=high,
            record_high_date=high_date,
            year_high=self._highs.since(year_ago) if whole_year else None,
            year_low=self._lows.since(year_ago) if whole_year else None,
            peaks=self._peaks.rising(),
            troughs=self._troughs.falling(),
            highs=self._highs.rising(),
            lows=self._lows.falling(),
            gains=self._gains.rising(),
            losses=self._losses.falling(),
            prior_close=self._prior,
            mean_volume=mean_volume(tuple(self._volumes)),
        )

    def _finished(self, period: Period, session_date: date) -> Finished:
        runs = self._runs[period]
        if self._last and self._last.date < period.start(session_date):
            runs = runs.copy()
            runs.close(self._last.date, self._last.price)
        return runs.finished(period, session_date, self.calendar)


def ends(period: Period, session_date: date, hours: Calendar) -> bool:
    """Whether a session is, by the calendar, the last one of its period."""
    return period.start(hours.next(session_date)) != period.start(session_date)


def hole(last: date | None, day: date, hours: Calendar) -> int:
    """The sessions between the last one on file and a day, in the years that the calendar covers."""
    if last is None or not (hours.covers(last) and hours.covers(day)):
        return 0
    return hours.between(last, hours.previous(day))


def build(symbol: str, bars: Iterable[Bar], session_date: date, calendar: Calendar) -> Profile:
    """The profile of a session from ascending bars, of which those on or after it are left out."""
    history = History(symbol, calendar)
    for bar in bars:
        if bar.date >= session_date:
            break
        history.add(bar)
    return history.profile(session_date)
