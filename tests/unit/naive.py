"""An oracle for streaks: the contract's definitions in plain loops over exact fractions, nothing shared with
the code it judges but the list of sessions."""

from collections.abc import Callable
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any

Rows = list[tuple[date, Fraction, Fraction]]
"""Date, high, close; ascending."""


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


def month(day: date) -> tuple[int, int]:
    return day.year, day.month


def year(day: date) -> int:
    return day.year


def period(rows: Rows, key: Callable[[date], Any], is_session: Callable[[date], bool]) -> dict[str, Any]:
    """Last closes by period; the running one counts as closed when no session of it is left."""
    lasts: dict[Any, tuple[date, Fraction]] = {}
    for day, _, close in rows:
        lasts[key(day)] = (day, close)
    closes = [close for _, close in lasts.values()]
    today = rows[-1][0]
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


def answer(rows: Rows, as_of: date, is_session: Callable[[date], bool]) -> dict[str, Any] | None:
    """The facts of the contract; ``None`` before the first row."""
    later = [as_of for day, _, _ in rows if day > as_of]
    rows = rows[: len(rows) - len(later)]
    if not rows:
        return None
    days = [day for day, _, _ in rows]
    highs = [high for _, high, _ in rows]
    closes = [close for _, _, close in rows]
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
        "missing_sessions": sum(map(is_session, gap)),
    }
