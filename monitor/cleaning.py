"""Cleaning: a file of daily history read exactly, and freed of what vendors get wrong; nothing is silent.

The work is pandas', imported only when there is some: 0.5 s and 60 MB, which no long-running process of
ours pays (``monitor.reducer`` has it done by a child). A file in which nothing is odd (``monitor.columns``)
has nothing to clean and never gets there.
"""

import csv
import warnings
from datetime import date
from decimal import Decimal
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from market.bars import Bar
from market.clock import SECOND
from market.session import Calendar, Session
from monitor import splits
from monitor.defects import Defect, HistoryError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from monitor.columns import Columns

_HEAD = "Date,Open,High,Low,Close,Volume"

_ROW = "2025-09-17,6132.51,6351.52,6132.51,6334.24,1250000"

_BEYOND = "beyond"
"""The name of a column that a head has none for."""

PRICES = ("Open", "High", "Low", "Close")

_CLOSE_GRACE = 120 * SECOND  # the auction ends at random, and vendors print its price late


class Cleaned(NamedTuple):
    """Ascending bars, one a session, and what was wrong with the rows they came from."""

    bars: list[Bar]
    defects: list[Defect]


def read(path: Path, calendar: Calendar, until: date | None = None) -> Cleaned:
    """Read and clean one ``SYMBOL.csv``; splits after ``until`` are left out, where it is given.

    Raises ``HistoryError`` for a file that is missing, that is no CSV with ``Date`` and ``Close``, or that
    holds no good row; and for splits beside it that cannot be read.
    """
    columns = sound(path, calendar)
    return Cleaned(columns.bars(), []) if columns is not None else mend(path, calendar, until)


def mend(path: Path, calendar: Calendar, until: date | None = None) -> Cleaned:
    """Clean a file that is not ``sound``; raises as ``read`` does."""
    frame, defects = clean(_load(path), calendar)
    if not frame.empty:
        last = frame["day"].iloc[-1].date()
        if _unfinished(last, path.stat().st_mtime_ns, calendar):
            frame = frame.iloc[:-1]
            defects.append(Defect("unfinished", 1, (last,)))
    if frame.empty:
        raise HistoryError(f"{path}: no usable row (wants rows like {_ROW})")
    columns = [map(Decimal, frame[name].tolist()) for name in PRICES]
    volumes = [int(volume) if volume >= 0 else None for volume in frame["volume"].tolist()]
    bars = map(Bar, frame["day"].dt.date.tolist(), *columns, volumes)
    known = splits.read(path)
    adjusted, done = splits.adjust(
        list(bars), [split for split in known if until is None or split.date <= until]
    )
    return Cleaned(adjusted, [*defects, *done, *splits.jumps(adjusted, {split.date for split in known})])


def sound(path: Path, calendar: Calendar) -> "Columns | None":
    """The columns of a file with nothing to clean; ``None`` where anything looks odd.

    It knows what is right, not what to do about the rest: whatever it refuses, ``clean`` judges.
    """
    import numpy as np

    from monitor.columns import CLOSE, HIGH, LOW, parse

    leap = float(splits.JUMP)

    try:
        columns = parse(path.read_bytes())
    except OSError:
        return None
    if columns is None or splits.read(path):
        return None
    days, prices = columns.days, columns.prices
    if prices.min() <= 0:
        return None
    ratios = prices[CLOSE, 1:] / prices[CLOSE, :-1]
    known = days[(days >= np.datetime64(calendar.valid_from)) & (days <= np.datetime64(calendar.valid_until))]
    if (
        (prices[LOW] > prices[CLOSE]).any()
        or (prices[CLOSE] > prices[HIGH]).any()
        or (days[1:] <= days[:-1]).any()
        or (ratios > leap).any()
        or (ratios < 1 / leap).any()
        or not np.is_busday(days, busdaycal=_busdays(calendar.days_a_week, calendar.closed)).all()
        or (len(known) and calendar.between(known[0].item(), known[-1].item()) != len(known) - 1)
        or _unfinished(columns.date(-1), path.stat().st_mtime_ns, calendar)
    ):
        return None
    return columns


@cache
def _busdays(days_a_week: int, closed: tuple[date, ...]) -> "np.busdaycalendar":
    """The days on which an exchange opens."""
    import numpy as np

    return np.busdaycalendar(
        weekmask=[weekday < days_a_week for weekday in range(7)],
        holidays=np.array(closed, dtype="datetime64[D]"),
    )


def _load(path: Path) -> "pd.DataFrame":
    """The file's columns as text, so that a price stays exactly as it was written."""
    import pandas as pd

    try:
        try:
            frame = _table(path)
        except pd.errors.ParserWarning:
            if not (names := _names_of_more(path)):
                raise
            frame = _table(path, header=0, names=names)
    except pd.errors.ParserWarning:
        raise HistoryError(f"{path}: rows with more cells than {_HEAD} (wants rows like {_ROW})") from None
    except pd.errors.EmptyDataError:
        raise HistoryError(f"{path}: empty (wants {_HEAD})") from None
    except FileNotFoundError:
        raise HistoryError(f"{path}: no such file") from None
    except (OSError, ValueError, csv.Error) as error:  # pandas' own errors and bad encodings are ValueErrors
        raise HistoryError(f"{path}: {' '.join(str(error).split())}") from error
    if absent := [name for name in ("Date", "Close") if name not in frame]:
        raise HistoryError(f"{path}: no column {' or '.join(absent)} (wants {_HEAD})")
    for name in ("Open", "High", "Low", "Volume"):
        if name not in frame:
            frame[name] = ""
    return frame


def _table(path: Path, **options: Any) -> "pd.DataFrame":
    """The rows of a CSV; ``ParserWarning`` is raised where they have more cells than the head has names."""
    import pandas as pd

    with warnings.catch_warnings():
        # An unquoted 6,334.24 would shift every cell behind it by one.
        warnings.simplefilter("error", pd.errors.ParserWarning)
        frame: pd.DataFrame = pd.read_csv(
            path, dtype=str, na_filter=False, index_col=False, encoding="utf-8-sig", **options
        )
    return frame


def _names_of_more(path: Path) -> list[str]:
    """The head's names and one more, where every row ends with a comma, as spreadsheets write it; else none.

    Where only some rows have a cell too many, a comma stands within a price.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        head, *rows = csv.reader(file)
    more = len(head) + 1
    return [*head, _BEYOND] if all(len(row) == more and not row[-1] for row in rows if row) else []


def clean(frame: "pd.DataFrame", calendar: Calendar) -> tuple["pd.DataFrame", list[Defect]]:
    """Rows of text as good ones, ascending, with a ``day`` and a numeric ``volume``; and the defects met."""
    import pandas as pd

    frame = frame.assign(
        day=pd.to_datetime(frame["Date"].str[:10], format="%Y-%m-%d", errors="coerce"),
        volume=_numbers(frame["Volume"]),
        **{name.lower(): _numbers(frame[name]) for name in PRICES},
    )
    defects: list[Defect] = []
    frame = _without(frame, frame["day"].isna() | ~(frame["close"] > 0), "unreadable", defects)
    frame = _without(frame, ~_on_sessions(frame["day"], calendar), "ghost", defects)
    frame = _without(frame, _stale(frame), "stale", defects)
    if not frame["day"].is_monotonic_increasing:
        backwards = frame["day"].diff() < pd.Timedelta(0)
        defects.append(_defect("unordered", frame.loc[backwards, "day"]))
        frame = frame.sort_values("day", kind="stable")
    if not frame["day"].is_unique:
        frame = _without(frame, frame.duplicated(["day", "close"], keep="last"), "repeated", defects)
        frame = _without(frame, frame.duplicated("day", keep="last"), "conflicting", defects)
    for name in ("Open", "High", "Low"):
        unknown = ~(frame[name.lower()] > 0)
        if unknown.any():  # a close alone is a bar whose range is that close
            frame[name] = frame["Close"].where(unknown, frame[name])
            frame[name.lower()] = frame["close"].where(unknown, frame[name.lower()])
    outside = (frame["close"] > frame["high"]) | (frame["close"] < frame["low"])
    if outside.any():
        defects.append(_defect("inconsistent", frame.loc[outside, "day"]))
    if absent := _absent(frame["day"].dt.date.tolist(), calendar):
        defects.append(Defect("missing", len(absent), tuple(absent)))
    return frame, defects


def _numbers(texts: "pd.Series[str]") -> "pd.Series[float]":
    """For comparing only: text as floats, anything that is no plausible number as NaN."""
    import pandas as pd

    numbers = pd.to_numeric(texts, errors="coerce")
    return numbers.where(numbers.between(0, 1e15))


def _stale(frame: "pd.DataFrame") -> "pd.Series[bool]":
    """Rows that repeat a price because nothing was there: one price, no trade, in a file that has volume.

    An empty volume is unknown, not zero: an index has none, and its flat rows are good.
    """
    flat = (
        (frame["open"] == frame["high"]) & (frame["high"] == frame["low"]) & (frame["low"] == frame["close"])
    )
    return flat & (frame["volume"] == 0) & bool((frame["volume"] > 0).mean() > 0.5)


def _on_sessions(days: "pd.Series[pd.Timestamp]", calendar: Calendar) -> "pd.Series[bool]":
    import numpy as np
    import pandas as pd

    on = np.is_busday(
        days.to_numpy().astype("datetime64[D]"), busdaycal=_busdays(calendar.days_a_week, calendar.closed)
    )
    return pd.Series(on, index=days.index)


def _absent(days: list[date], calendar: Calendar) -> list[date]:
    """The sessions that ascending days skip, in the years that the calendar covers."""
    have = [day for day in days if calendar.covers(day)]
    if not have or calendar.between(have[0], have[-1]) == len(have) - 1:
        return []
    absent = []
    for before, after in pairwise(have):
        while (before := calendar.next(before)) < after:
            absent.append(before)
    return absent


def final_at(session: Session) -> int:
    """When vendors' daily bar of a session can be trusted to hold its close; nanoseconds UTC."""
    return session.close + _CLOSE_GRACE


def _unfinished(last: date, written: int, calendar: Calendar) -> bool:
    """Whether a file was written on its last row's day, before that day's close could be in it."""
    session = calendar.session(last)
    return session is not None and calendar.day_of(written) == last and written < final_at(session)


def _without(
    frame: "pd.DataFrame", bad: "pd.Series[bool]", kind: str, defects: list[Defect]
) -> "pd.DataFrame":
    if not bad.any():
        return frame
    defects.append(_defect(kind, frame.loc[bad, "day"]))
    return frame.loc[~bad]


def _defect(kind: str, days: "pd.Series[pd.Timestamp]") -> Defect:
    return Defect(kind, len(days), tuple(days.dropna().dt.date))
