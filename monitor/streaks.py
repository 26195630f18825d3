"""``tickwall streaks``: what daily history says of a day, for scripts and for people.

Files are read by ``monitor.cleaning``, as they are for the wall and the alerts, so that these cannot
contradict each other, and in this very process, which ends when it has answered. A symbol costs milliseconds,
and a further date of it microseconds.
"""

import asyncio
import json
import sys
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from time import time_ns
from typing import Any

from market.bars import Bar
from market.errors import SymbolError, TickwallError
from market.facts import Change, Facts, facts
from market.history import History
from market.sentences import sentences
from market.session import Calendar, Session, amend, calendar
from market.symbol import canonical, mic
from monitor import exit as exit_code
from monitor.cleaning import HistoryError, final_at, read
from monitor.config import load
from monitor.history import Source, cache_dir, history_files, sources

Answer = dict[str, Any]
"""One JSON object of the contract: facts; or a symbol, a date and an ``error``."""

_SIX = Decimal("0.000001")
_LONGEST_BAR = 12


def run(
    symbols: Sequence[str],
    history_dir: str | None,
    as_of: Sequence[str],
    config_path: str | None,
    *,
    as_json: bool,
) -> int:
    """Print what history says; the exit code is 65 when nothing could be answered."""
    config = load(config_path, flags={"history.dir": history_dir})
    settings = config.settings
    amend(config.closures)
    try:
        days = [date.fromisoformat(text) for text in as_of]
    except ValueError as error:
        sys.stderr.write(f"tickwall: --as-of: {error} (write 2025-09-17)\n")
        return exit_code.USAGE
    folder = Path(settings.history.dir).expanduser() if settings.history.dir else None
    vendors = () if folder else sources(settings.feeds)
    answers = run_streaks(symbols, folder, days, vendors=vendors)
    sys.stdout.write(
        json.dumps(answers, ensure_ascii=False) + "\n" if as_json else table(answers, *_arrows())
    )
    return exit_code.OK if any("error" not in one for one in answers) else exit_code.BAD_INPUT


def _arrows() -> tuple[str, str]:
    try:
        "▲▼".encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return "+", "-"
    return "▲", "▼"


def run_streaks(
    symbols: Sequence[str],
    folder: Path | None,
    as_of: Sequence[date],
    *,
    vendors: tuple[Source, ...] = (),
    now: int | None = None,
) -> list[Answer]:
    """The answer for every symbol and every date, in the order asked.

    Without dates, as of today by each exchange's own calendar at ``now`` (nanoseconds UTC).
    """
    at = time_ns() if now is None else now
    answers: list[Answer] = []
    files = asyncio.run(_find(symbols, folder, vendors, at))
    for symbol in symbols:
        answers += _answers_of(symbol, files[symbol], as_of, at)
    return answers


async def _find(
    symbols: Sequence[str], folder: Path | None, vendors: tuple[Source, ...], now: int
) -> dict[str, Path | TickwallError]:
    """Each symbol's file, or why there is none."""

    async def find(text: str) -> Path | TickwallError:
        try:
            symbol = canonical(text)
            return await files.find(symbol, calendar(mic(symbol)).latest(now).date)
        except TickwallError as error:
            return error

    try:
        async with history_files(folder, vendors, lambda: now, cache_dir()) as files:
            return dict(zip(symbols, await asyncio.gather(*map(find, symbols)), strict=True))
    except HistoryError as error:  # the folder itself
        return dict.fromkeys(symbols, error)


def _answers_of(text: str, found: Path | TickwallError, as_of: Sequence[date], now: int) -> list[Answer]:
    try:
        symbol = canonical(text)
    except SymbolError:
        return [_error(text, day, str(found)) for day in as_of or [calendar("24/7").day_of(now)]]
    hours = calendar(mic(symbol))
    days = list(as_of) or [hours.day_of(now)]
    if isinstance(found, TickwallError):
        return [_error(symbol, day, str(found)) for day in days]
    try:
        bars, defects = read(found, hours)
    except HistoryError as error:
        return [_error(symbol, day, str(error)) for day in days]
    answers = answer(symbol, days, bars, hours, now)
    told = [defect.text for defect in defects]
    return [one if "error" in one else {**one, "defects": told} for one in answers]


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
        known = facts(history.profile(bar.date), bar.close, high=bar.high, final=final)
        answers[day] = _answer(known, day, _missing(bar.date, day, hours, now))
    return [answers[day] for day in as_of]


def _in_progress(session: Session, hours: Calendar, now: int | None) -> bool:
    """Whether it is the session's own day and vendors cannot have its close yet."""
    return now is not None and hours.day_of(now) == session.date and now < final_at(session)


def _missing(last: date, day: date, hours: Calendar, now: int | None) -> int:
    """Sessions after the last row and up to the date, of which today's counts once it is over."""
    count = hours.between(last, day)
    session = hours.session(day)
    return count - 1 if count and session and _in_progress(session, hours, now) else count


def _answer(known: Facts, as_of: date, missing: int) -> Answer:
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


def _text(value: Decimal | date | None) -> str | None:
    return None if value is None else f"{value:f}" if isinstance(value, Decimal) else value.isoformat()


def _pct(value: Decimal | None) -> str | None:
    """Percent with six decimals; more where six would print a change as none."""
    if value is None:
        return None
    rounded = value.quantize(_SIX, rounding=ROUND_HALF_EVEN)
    return f"{rounded:f}" if rounded or not value else f"{value:f}"


def table(answers: Sequence[Answer], up: str = "▲", down: str = "▼") -> str:
    """For people: a block for each answer, its runs drawn as bars, its sentences below."""
    return "\n".join("\n".join(_block(one, up, down)) + "\n" for one in answers)


def _block(one: Answer, up: str, down: str) -> Iterator[str]:
    if "error" in one:
        yield f"{one['symbol']}  {one['as_of']}"
        yield f"  ! {one['error']}"
        return
    yield f"{one['symbol']}  {one['session_date']}  {one['close']}"
    day = {**one["day"], "base": one["prev_close"], "base_date": one["prev_date"]}
    for name, change in (("day", day), ("week", one["week"]), ("month", one["month"]), ("year", one["year"])):
        if change["pct"] is None:
            yield f"  {name:<6}{'-':>9}"
            continue
        line = f"  {name:<6}{Decimal(change['pct']):>+8.2f}%  {_bar(change.get('streak'), up, down)}"
        yield f"{line} from {change['base']} on {change['base_date']}"
    record = one["record"]
    yield f"  record {record['close']} on {record['date']}, high {record['high']} on {record['high_date']}"
    for sentence in one["text"]:
        yield f"    {sentence}"
    if one["missing_sessions"]:
        yield f"  ! {one['missing_sessions']} later sessions up to {one['as_of']} are not on file"
    for defect in one["defects"]:
        yield f"  ! {defect}"


def _bar(streak: int | None, up: str, down: str) -> str:
    """``▲▲▲ 3``, of one width; a run longer than the bar still tells its length."""
    if streak is None:
        return " " * (_LONGEST_BAR + 3)
    bar = (up if streak > 0 else down) * min(abs(streak), _LONGEST_BAR)
    return f"{bar:<{_LONGEST_BAR}} {abs(streak):>2}"
