"""An oracle for streaks: the contract's definitions in plain loops over exact fractions, nothing shared with
the code it judges but the list of sessions."""

from collections.abc import Callable
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any, NamedTuple


class Row(NamedTuple):
    date: date
    open: Fraction
    high: Fraction
    low: Fraction
    close: Fraction


Rows = list[Row]
"""Ascending."""


def sign(value: Fraction) -> int:
    return (value > 0) - (value < 0)


def streak_of(closes: list[Fraction]) -> int | None:
    """Consecutive changes of one sign that end with the last close."""
    signs = [sign(after - before) for before, after in pairwise(closes)]
    if not signs:
        return None
    length = 0
    for each in reversed(signs):
        if each == 0 or each != signs[-1]:
            break
        length += each
    return length


def week(day: date) -> tuple[int, int]:
    return day.isocalendar()[:2]


def exact_day(day: date) -> date:
    return day


def month(day: date) -> tuple[int, int]:
    return day.year, day.month


def quarter(day: date) -> tuple[int, int]:
    return day.year, (day.month + 2) // 3


def year(day: date) -> int:
    return day.year


def period(rows: Rows, key: Callable[[date], Any], is_session: Callable[[date], bool]) -> dict[str, Any]:
    """Last closes by period; the running one counts as closed when no session of it is left."""
    lasts: dict[Any, tuple[date, Fraction]] = {}
    for row in rows:
        lasts[key(row.date)] = (row.date, row.close)
    closes = [close for _, close in lasts.values()]
    today = rows[-1].date
    ahead = [today + timedelta(days=n) for n in range(1, 367)]
    finished = not any(is_session(day) and key(day) == key(today) for day in ahead)
    if len(closes) < 2:
        return {"pct": None, "streak": None, "closed_streak": None, "base": None, "base_date": None}
    base_date, base = list(lasts.values())[-2]
    return {
        "pct": (closes[-1] - base) / base * 100,
        "streak": streak_of(closes),
        "closed_streak": streak_of(closes if finished else closes[:-1]),
        "base": base,
        "base_date": base_date,
    }


def runs_of(rows: Rows, key: Callable[[date], Any]) -> list[dict[str, Any]]:
    """Every run of period closes, the last one as if the running period were over."""
    lasts = {key(row.date): row for row in rows}
    runs: list[dict[str, Any]] = []
    before = 0
    for base, row in pairwise(lasts.values()):
        now = sign(row.close - base.close)
        if now and now == before:
            runs[-1]["streak"] += now
        elif now:
            runs.append({"streak": now, "base_date": base.date, "base": base.close})
        if now:
            runs[-1] |= {"end": row.date, "pct": (row.close / runs[-1]["base"] - 1) * 100}
        before = now
    return [{key: value for key, value in run.items() if key != "base"} for run in runs]


def longest(rows: Rows, key: Callable[[date], Any]) -> dict[str, Any] | None:
    """The longest earlier run of the sign of the one that the last row is in, the latest of equals."""
    runs = runs_of(rows, key)
    lasts = list({key(row.date): row for row in rows}.values())
    if len(lasts) < 2 or lasts[-1].close == lasts[-2].close:
        return None
    now = runs[-1]["streak"]
    alike = [run for run in runs[:-1] if run["streak"] * now > 0]
    if not alike:
        return None
    best = max(enumerate(alike), key=lambda item: (abs(item[1]["streak"]), item[0]))[1]
    return {**best, "beaten": abs(now) > abs(best["streak"])}


def year_range(rows: Rows) -> dict[str, Any]:
    """Highs and lows of the 52 weeks up to the last row; nothing for a history that is shorter."""
    today = rows[-1].date
    start = today - timedelta(days=52 * 7)
    if rows[0].date > start:
        return dict.fromkeys(("high", "high_date", "low", "low_date", "position"))
    recent = [row for row in rows if row.date > start]
    high, low = max(row.high for row in recent), min(row.low for row in recent)
    return {
        "high": high,
        "high_date": max(row.date for row in recent if row.high == high),
        "low": low,
        "low_date": max(row.date for row in recent if row.low == low),
        "position": None if high == low else (rows[-1].close - low) / (high - low) * 100,
    }


def answer(rows: Rows, as_of: date, is_session: Callable[[date], bool]) -> dict[str, Any] | None:
    """The facts of the contract; ``None`` before the first row."""
    rows = [row for row in rows if row.date <= as_of]
    if not rows:
        return None
    days = [row.date for row in rows]
    highs = [row.high for row in rows]
    closes = [row.close for row in rows]
    last = rows[-1]
    kinds = {"day": exact_day, "week": week, "month": month}
    close = closes[-1]
    earlier = list(zip(days, closes, strict=True))[:-1]
    ratios = [(days[n], closes[n] / closes[n - 1]) for n in range(1, len(rows))]
    gain = ratios[-1][1] if ratios else Fraction(1)
    gains = [day for day, ratio in ratios[:-1] if ratio >= gain and gain > 1]
    losses = [day for day, ratio in ratios[:-1] if ratio <= gain and gain < 1]
    record, high = max(closes), max(highs)
    gap = [days[-1] + timedelta(days=n) for n in range(1, (as_of - days[-1]).days + 1)]
    yearly = period(rows, year, is_session)
    return {
        "session_date": days[-1],
        "close": close,
        "prev_close": closes[-2] if earlier else None,
        "prev_date": days[-2] if earlier else None,
        "day": {
            "pct": (close - closes[-2]) / closes[-2] * 100 if earlier else None,
            "streak": streak_of(closes),
        },
        "week": period(rows, week, is_session),
        "month": period(rows, month, is_session),
        "year": {key: yearly[key] for key in ("pct", "base", "base_date")},
        "highest_since": max((day for day, value in earlier if value >= close), default=None),
        "lowest_since": max((day for day, value in earlier if value <= close), default=None),
        "record": {
            "close": record,
            "date": days[closes.index(record)],
            "pct_below": (close - record) / record * 100,
            "pct_to_regain": (record - close) / close * 100,
            "high": high,
            "high_date": days[highs.index(high)],
        },
        "biggest_gain_since": max(gains, default=None),
        "biggest_loss_since": max(losses, default=None),
        "biggest_gain": gain > 1 and not gains,
        "biggest_loss": gain < 1 and not losses,
        "quarter": period(rows, quarter, is_session),
        "gap": {"open": last.open, "pct": (last.open / closes[-2] - 1) * 100 if earlier else None},
        "intraday": {
            "high": last.high,
            "high_since": max((row.date for row in rows[:-1] if row.high >= last.high), default=None),
            "low": last.low,
            "low_since": max((row.date for row in rows[:-1] if row.low <= last.low), default=None),
        },
        "range_52w": year_range(rows),
        "longest": {name: longest(rows, key) for name, key in kinds.items()},
        "runs": {name: runs_of(rows, key)[-10:] for name, key in kinds.items()},
        "missing_sessions": sum(map(is_session, gap)),
    }
