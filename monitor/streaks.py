"""``tickwall streaks``: what daily history says of a day, for scripts and for people.

Files are read by ``monitor.cleaning``, as they are for the wall and the alerts, so that these cannot
contradict each other, and in this very process, which ends when it has answered. A symbol costs milliseconds,
and a further date of it microseconds.
"""

import asyncio
import json
import sys
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from time import time_ns

from market.bars import Bar
from market.clock import rfc3339
from market.errors import SymbolError, TickwallError
from market.facts import Change, Facts, facts, runs
from market.history import History
from market.profile import Period, Profile, Run
from market.sentences import sentences
from market.session import Calendar, Session, amend, calendar
from market.symbol import canonical, mic
from monitor import exit as exit_code
from monitor.cleaning import final_at, read
from monitor.config import load
from monitor.defects import Defect, HistoryError
from monitor.disagreement import different
from monitor.history import Source, cache_dir, history_files, sources
from monitor.streaks_table import Answer, arrows, table

_SIX = Decimal("0.000001")
_WITH_RUNS = (Period.DAY, Period.WEEK, Period.MONTH)


def run(
    symbols: Sequence[str],
    history_dir: str | None,
    as_of: Sequence[date],
    config_path: str | None,
    *,
    as_json: bool,
    explain: bool = False,
) -> int:
    """Print what history says, and with ``explain`` what history that is.

    The exit code is 65 when nothing could be answered.
    """
    config = load(config_path, flags={"history.dir": history_dir})
    amend(config.closures)
    folder = config.history_folder
    vendors = () if folder else sources(config.settings.feeds)
    answers = run_streaks(symbols, folder, as_of, vendors=vendors, explain=explain)
    sys.stdout.write(json.dumps(answers, ensure_ascii=False) + "\n" if as_json else table(answers, *arrows()))
    return exit_code.OK if any("error" not in one for one in answers) else exit_code.BAD_INPUT


def run_streaks(
    symbols: Sequence[str],
    folder: Path | None,
    as_of: Sequence[date],
    *,
    vendors: tuple[Source, ...] = (),
    now: int | None = None,
    explain: bool = False,
) -> list[Answer]:
    """The answer for every symbol and every date, in the order asked; with ``explain``, of which file.

    Without dates, as of today by each exchange's own calendar at ``now`` (nanoseconds UTC).
    """
    at = time_ns() if now is None else now
    answers: list[Answer] = []
    files = asyncio.run(_find(symbols, folder, vendors, at, compare=explain))
    names = {vendor.folder: vendor.name for vendor in vendors} if explain else None
    for symbol in symbols:
        answers += _answers_of(symbol, files[symbol], as_of, at, names)
    return answers


async def _find(
    symbols: Sequence[str], folder: Path | None, vendors: tuple[Source, ...], now: int, *, compare: bool
) -> dict[str, list[Path] | TickwallError]:
    """Each symbol's file, then those to ``compare`` it with; or why there is none."""

    async def find(text: str) -> list[Path] | TickwallError:
        try:
            symbol = canonical(text)
            session_date = calendar(mic(symbol)).latest(now).date
            file = await files.find(symbol, session_date)
            return [file, *(await files.others(symbol, session_date, file) if compare else ())]
        except TickwallError as error:
            return error

    try:
        async with history_files(folder, vendors, lambda: now, cache_dir()) as files:
            return dict(zip(symbols, await asyncio.gather(*map(find, symbols)), strict=True))
    except HistoryError as error:  # the folder itself
        return dict.fromkeys(symbols, error)


def _answers_of(
    text: str,
    found: list[Path] | TickwallError,
    as_of: Sequence[date],
    now: int,
    names: Mapping[str, str] | None,
) -> list[Answer]:
    """``names`` of vendors by their folder in the cache: the file is explained where they are given."""
    try:
        symbol = canonical(text)
    except SymbolError:
        return [_error(text, day, str(found)) for day in as_of or [calendar("24/7").day_of(now)]]
    hours = calendar(mic(symbol))
    today = hours.day_of(now)
    days = list(as_of) or [today]
    if isinstance(found, TickwallError):
        return [_error(symbol, day, str(found)) for day in days]
    file, *others = found
    try:
        bars, defects = read(file, hours, today)
    except HistoryError as error:
        return [_error(symbol, day, str(error)) for day in days]
    answers = answer(symbol, days, bars, hours, now)
    told: Answer = {"defects": [defect.text for defect in defects]}
    if names is not None:
        told["history"] = _explained(file, names, bars, defects)
        told["history"]["disagreements"] = [
            unlike for other in others if (unlike := _disagreement(other, names, bars, hours, today))
        ]
    return [one if "error" in one else {**one, **told} for one in answers]


def _explained(
    file: Path, names: Mapping[str, str], bars: Sequence[Bar], defects: Sequence[Defect]
) -> Answer:
    """Which file was read, whose it is, what it covers, and all that was done to it."""
    return {
        "source": names.get(file.parent.name, "your own file"),
        "file": str(file),
        "written": rfc3339(file.stat().st_mtime_ns),
        "first_date": bars[0].date.isoformat(),
        "last_date": bars[-1].date.isoformat(),
        "sessions": len(bars),
        "cleaned": [defect.told() for defect in defects],
    }


def _disagreement(
    file: Path, names: Mapping[str, str], bars: Sequence[Bar], hours: Calendar, today: date
) -> Answer | None:
    """Where another source has other closes; nobody can say here which of the two is right."""
    try:
        found = different(bars, read(file, hours, today).bars)
    except HistoryError:
        return None
    closes = [
        {"date": day.isoformat(), "close": f"{close:f}", "other": f"{other:f}"} for day, close, other in found
    ]
    return {"source": names[file.parent.name], "closes": closes} if closes else None


def _error(symbol: str, day: date, reason: str) -> Answer:
    return {"symbol": symbol, "as_of": day.isoformat(), "error": reason}


def answer(
    symbol: str, as_of: Sequence[date], bars: Sequence[Bar], hours: Calendar, now: int | None = None
) -> list[Answer]:
    """What ascending bars say as of each date, in the order asked; one pass over the bars for all of them.

    ``now`` (nanoseconds UTC) tells a session that is not over yet: its row is no close, and it is not
    missed. Without it every session is over.
    """
    answers: dict[date, Answer] = {}
    history = History(symbol, hours)
    position = -1
    for day in sorted(set(as_of)):
        before = position
        while position + 1 < len(bars) and bars[position + 1].date <= day:
            position += 1
        if position < 0:
            reason = f"no history up to {day}" + (f": it begins on {bars[0].date}" if bars else "")
            answers[day] = _error(symbol, day, reason)
            continue
        for earlier in bars[max(before, 0) : position]:
            history.add(earlier)
        bar = bars[position]
        session = hours.session(bar.date)
        final = session is None or not _in_progress(session, hours, now)
        profile = history.profile(bar.date)
        known = facts(profile, bar.close, open=bar.open, high=bar.high, low=bar.low, final=final)
        answers[day] = _answer(known, profile, day, _missing(bar.date, day, hours, now))
    return [answers[day] for day in as_of]


def _in_progress(session: Session, hours: Calendar, now: int | None) -> bool:
    """Whether it is the session's own day and vendors cannot have its close yet."""
    return now is not None and hours.day_of(now) == session.date and now < final_at(session)


def _missing(last: date, day: date, hours: Calendar, now: int | None) -> int:
    """Sessions after the last row and up to the date, of which today's counts once it is over."""
    count = hours.between(last, day)
    session = hours.session(day)
    return count - 1 if count and session and _in_progress(session, hours, now) else count


def _answer(known: Facts, profile: Profile, as_of: date, missing: int) -> Answer:
    return {
        "symbol": known.symbol,
        "as_of": as_of.isoformat(),
        "session_date": known.session_date.isoformat(),
        "close": f"{known.price:f}",
        "prev_close": _text(known.day.base),
        "prev_date": _text(known.day.base_date),
        "day": {"pct": _pct(known.day.pct), "streak": known.day.streak},
        "week": _period(known.week),
        "month": _period(known.month),
        "year": {
            "pct": _pct(known.year.pct),
            "base": _text(known.year.base),
            "base_date": _text(known.year.base_date),
        },
        "highest_since": _text(known.highest_since),
        "lowest_since": _text(known.lowest_since),
        "record": {
            "close": f"{known.record_close:f}",
            "date": known.record_date.isoformat(),
            "pct_below": _pct(known.pct_below),
            "pct_to_regain": _pct(known.pct_to_regain),
            "high": f"{known.record_high:f}",
            "high_date": known.record_high_date.isoformat(),
        },
        "biggest_gain_since": _text(known.biggest_gain_since),
        "biggest_loss_since": _text(known.biggest_loss_since),
        **({"biggest_gain": True} if known.biggest_gain else {}),
        **({"biggest_loss": True} if known.biggest_loss else {}),
        "quarter": _period(known.quarter),
        "gap": {"open": _text(known.open), "pct": _pct(known.gap_pct)},
        "intraday": {
            "high": _text(known.high),
            "high_since": _text(known.high_since),
            "low": _text(known.low),
            "low_since": _text(known.low_since),
        },
        "range_52w": _range(known),
        "longest": {period: _longest(known.changes[period]) for period in _WITH_RUNS},
        "runs": {
            period: [_run(run) for run in runs(profile, period, known.changes[period].streak, known.price)]
            for period in _WITH_RUNS
        },
        "missing_sessions": missing,
        "text": [sentence.text for sentence in sentences(known)],
    }


def _period(change: Change) -> Answer:
    return {
        "pct": _pct(change.pct),
        "streak": change.streak,
        "closed_streak": change.closed_streak,
        "base": _text(change.base),
        "base_date": _text(change.base_date),
    }


def _range(known: Facts) -> Answer:
    high, low = known.year_high, known.year_low
    return {
        "high": _text(high and high.price),
        "high_date": _text(high and high.date),
        "low": _text(low and low.price),
        "low_date": _text(low and low.date),
        "position": _pct(known.year_position),
    }


def _longest(change: Change) -> Answer | None:
    return None if change.longest is None else {**_run(change.longest), "beaten": change.beats}


def _run(run: Run) -> Answer:
    return {
        "streak": run.streak,
        "pct": _pct(run.pct),
        "base_date": run.base_date.isoformat(),
        "end": run.end.isoformat(),
    }


def _text(value: Decimal | date | None) -> str | None:
    return None if value is None else f"{value:f}" if isinstance(value, Decimal) else value.isoformat()


def _pct(value: Decimal | None) -> str | None:
    """Percent with six decimals; more where six would print a change as none."""
    if value is None:
        return None
    rounded = value.quantize(_SIX, rounding=ROUND_HALF_EVEN)
    return f"{rounded:f}" if rounded or not value else f"{value:f}"
