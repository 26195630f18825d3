"""Reduction: the profile of a session from columns, equal to what ``market.history`` makes of the same bars.

Which rows matter is found over whole columns, in integers; exact decimals are made of those rows only.
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from market.history import YEAR, History, Stack, ends, hole
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
from monitor.columns import CLOSE, HIGH, LOW, Columns, Days, Integers

_NEARLY = 1 - 1e-12
"""Quotients of floats are good to a few parts in 10^16: one as near to another as this is judged exactly."""


def reduce(symbol: str, columns: Columns, session_date: date, calendar: Calendar) -> Profile:
    """The profile of a session, made of the rows before it."""
    session = np.datetime64(session_date)
    year_before = session - np.timedelta64(YEAR.days, "D")
    rows = int(np.searchsorted(columns.days, session))
    if not rows:
        return History(symbol, calendar).profile(session_date)
    days = columns.days[:rows]
    high, low, close = (columns.prices[column, :rows] for column in (HIGH, LOW, CLOSE))
    record, top = int(close.argmax()), int(high.argmax())  # of equals the first
    year_ago = int(np.searchsorted(days, year_before, side="right"))
    whole_year = days[0] <= year_before and year_ago < rows
    peaks, troughs, highs, lows = (_summits(values) for values in (close, -close, high, -low))
    gains, losses = _extremes(columns, close)

    def mark(column: int, row: int) -> Mark:
        return Mark(columns.price(column, row), columns.date(row))

    return Profile(
        symbol=symbol,
        session_date=session_date,
        first_date=columns.date(0),
        hole=hole(columns.date(rows - 1), session_date, calendar),
        finished={
            # The last row of every period before the session's is where the next one begins another.
            period: _finished(columns, np.flatnonzero(np.diff(key)), period, session_date, calendar)
            for period, key in _keys(np.append(days, session)).items()
        },
        record_close=columns.price(CLOSE, record),
        record_date=columns.date(record),
        record_high=columns.price(HIGH, top),
        record_high_date=columns.date(top),
        year_high=mark(HIGH, int(highs[highs >= year_ago][-1])) if whole_year else None,
        year_low=mark(LOW, int(lows[lows >= year_ago][-1])) if whole_year else None,
        peaks=_ladder(columns, CLOSE, peaks),
        troughs=_ladder(columns, CLOSE, troughs[::-1]),
        highs=_ladder(columns, HIGH, highs),
        lows=_ladder(columns, LOW, lows[::-1]),
        gains=gains.rising(),
        losses=losses.falling(),
        prior_close=columns.price(CLOSE, rows - 2) if rows > 1 else None,
        mean_volume=mean_volume([columns.volume(row) for row in range(max(0, rows - VOLUME_DAYS), rows)]),
    )


def _summits(values: Integers) -> Integers:
    """The rows that no later one reaches, newest first."""
    backwards = values[::-1]
    above = backwards[1:] > np.maximum.accumulate(backwards)[:-1]
    return len(values) - 1 - np.flatnonzero(np.concatenate(([True], above)))


def _ladder(columns: Columns, column: int, rows: Integers) -> Ladder:
    return Ladder(
        tuple(columns.price(column, row) for row in rows.tolist()), tuple(columns.days[rows].tolist())
    )


def _extremes(columns: Columns, close: Integers) -> tuple[Stack, Stack]:
    """The gains and the losses that no later session reached."""
    ratios = close[1:] / close[:-1]
    gains, losses = Stack([], []), Stack([], [])
    for ratio, row in _candidates(columns, ratios, close[1:] > close[:-1]):
        gains.push_peak(ratio, columns.date(row))
    for ratio, row in _candidates(columns, 1 / ratios, close[1:] < close[:-1]):
        losses.push_trough(ratio, columns.date(row))
    return gains, losses


def _candidates(
    columns: Columns, sizes: NDArray[np.float64], of: NDArray[np.bool_]
) -> Iterator[tuple[Decimal, int]]:
    """Exact changes, oldest first, that may be larger than all after them; with their rows."""
    rows = np.flatnonzero(of)[::-1]
    if len(rows):
        backwards = sizes[rows]
        large = backwards >= np.maximum.accumulate(backwards) * _NEARLY
        for row in reversed(rows[large].tolist()):
            yield change_ratio(columns.price(CLOSE, row + 1), columns.price(CLOSE, row)), row + 1


def _keys(days: Days) -> dict[Period, Integers]:
    """For every kind of period a number that each of its periods has; ``Period.start`` of a whole column."""
    numbers = days.astype(np.int64)
    months = days.astype("datetime64[M]").astype(np.int64)  # since January 1970
    return {
        Period.DAY: numbers,
        Period.WEEK: (numbers + 3) // 7,  # day 0 was a Thursday
        Period.MONTH: months,
        Period.QUARTER: months // 3,
        Period.YEAR: months // 12,
    }


def _finished(
    columns: Columns, lasts: Integers, period: Period, session_date: date, calendar: Calendar
) -> Finished:
    """What the periods that end with these rows leave to the one that holds the session."""
    over = ends(period, session_date, calendar)
    if not len(lasts):
        return Finished(None, None, None, over)
    base, base_date = columns.price(CLOSE, int(lasts[-1])), columns.date(int(lasts[-1]))
    missing = hole(base_date, period.start(session_date), calendar)
    if len(lasts) == 1:
        return Finished(base, base_date, None, over, hole=missing)
    steps = np.sign(np.diff(columns.prices[CLOSE, lasts]))
    turns = np.flatnonzero(np.diff(steps)) + 1
    starts = np.concatenate(([0], turns))
    stops = np.concatenate((turns, [len(steps)]))
    streaks = (stops - starts) * steps[starts]

    first, last = lasts[starts], lasts[stops]
    marks: dict[int, Mark] = {}  # a run mostly begins where the one before it ended

    def mark(row: int) -> Mark:
        if row not in marks:
            marks[row] = Mark(columns.price(CLOSE, row), columns.date(row))
        return marks[row]

    def run(index: int) -> Run:
        base, close = mark(first.item(index)), mark(last.item(index))
        return Run(streaks.item(index), base.date, close.date, base.price, close.price)

    def longest(lengths: Integers) -> Run | None:
        """The latest of the longest of the runs that are over."""
        done = lengths[:-1][::-1]
        index = len(done) - 1 - int(done.argmax()) if len(done) else -1
        return run(index) if index >= 0 and lengths[index] > 0 else None

    kept = np.flatnonzero(streaks)[-RUNS_KEPT:]
    return Finished(
        base,
        base_date,
        int(streaks[-1]),
        over,
        tuple(run(index) for index in kept.tolist()),
        longest(streaks),
        longest(-streaks),
        missing,
    )
