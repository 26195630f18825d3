"""Sessions: what an exchange's calendar says of one day, and which phase of trading an instant is in.

The calendars are tables of closed and half days under ``market/calendars``, generated in development
(``tools/calendars.py``), so that nothing heavier than ``tomllib`` and ``zoneinfo`` runs here.
"""

import tomllib
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from market.clock import MINUTE, SECOND
from market.errors import CalendarError

_TABLES = Path(__file__).with_name("calendars")
_FILES = {"XHKG": "XHKG.toml", "XNYS": "XNYS.toml", "24/7": "always.toml"}
EXCHANGES = tuple(_FILES)
"""The exchanges that there is a calendar of."""

_DAY = timedelta(days=1)
_CLOSING = 2 * MINUTE  # an auction ends at random in as many, and a close is printed within as many
_NOTICE = 60
"""Days before its end from which a table's end is warned of: time for a release to bring the next year."""


class Phase(StrEnum):
    """A stretch of an exchange's day; it holds its first instant and not its last."""

    CLOSED = "closed"
    PRE_OPEN = "pre_open"
    MORNING = "morning"
    LUNCH = "lunch"
    AFTERNOON = "afternoon"
    CLOSING_AUCTION = "closing_auction"
    PRE = "pre"
    REGULAR = "regular"
    POST = "post"
    ALWAYS = "always"
    HALTED = "halted"
    """A venue's word on one name, which no calendar knows: it may not trade."""


CONTINUOUS = frozenset((Phase.MORNING, Phase.AFTERNOON, Phase.REGULAR, Phase.ALWAYS))
"""Phases in which trades print one after another."""

TRADING = CONTINUOUS | {Phase.CLOSING_AUCTION}
"""Phases that count as trading time, and in which rules hold unless they say otherwise."""


@dataclass(frozen=True, slots=True)
class Session:
    """One exchange day: its phases as (start, phase), ascending, the last one ``CLOSED``.

    ``certain`` is False outside the years the calendar's table covers, where only the weekday speaks.
    """

    mic: str
    date: date
    phases: tuple[tuple[int, Phase], ...]
    half_day: bool = False
    certain: bool = True

    @property
    def start(self) -> int:
        """When the day begins, auctions and pre-market included; nanoseconds UTC."""
        return self.phases[0][0]

    @property
    def open(self) -> int:
        """When continuous trading begins; nanoseconds UTC."""
        return next(start for start, phase in self.phases if phase in CONTINUOUS)

    @property
    def close(self) -> int:
        """When the close is final: the end of the closing auction, or of trading where there is none."""
        return max(end for (_, phase), (end, _) in pairwise(self.phases) if phase in TRADING)

    def is_final(self, ts_event: int, now: int) -> bool:
        """Whether a price stamped ``ts_event`` is, at ``now``, this session's close (both nanoseconds UTC).

        The session must be over. An auction ends at random in its last two minutes, and a price from before
        them is only the last one traded; where trading goes on after hours, the close is printed in the two
        minutes that follow it.
        """
        if self._goes_on:
            return now >= self.close and 0 <= ts_event - self.close < _CLOSING
        return now >= self.close and ts_event >= self.close - _CLOSING

    def is_after_hours(self, ts_event: int) -> bool:
        """Whether a price so stamped is from after the close, and not the close itself."""
        return self._goes_on and ts_event >= self.close + _CLOSING

    @property
    def _goes_on(self) -> bool:
        return any(phase is Phase.POST for _, phase in self.phases)

    def phase_at(self, ts: int) -> Phase:
        """The phase of this day that holds the instant; ``CLOSED`` before and after it."""
        index = bisect_right(self.phases, ts, key=lambda phase: phase[0])
        return self.phases[index - 1][1] if index else Phase.CLOSED

    def trading_ns_between(self, a: int, b: int, phases: frozenset[Phase] = TRADING) -> int:
        """Nanoseconds that lie in ``phases`` between two instants; 0 when ``b <= a``.

        ``CONTINUOUS`` leaves out the closing auction, in which nothing prints for eight minutes.
        """
        return sum(
            max(0, min(b, end) - max(a, start))
            for (start, phase), (end, _) in pairwise(self.phases)
            if phase in phases
        )


_Hours = tuple[tuple[int, Phase], ...]
"""One day's plan: (minutes after local midnight, phase)."""


class Calendar:
    """The sessions of one exchange, or of a market that never closes (``24/7``)."""

    def __init__(self, table: dict[str, Any], amendment: dict[str, Any] | None = None) -> None:
        """Build from a parsed table and, where a user has one, the section that corrects it."""
        self.mic: str = table["mic"]
        self.zone = ZoneInfo(table["zone"])
        self.valid_from: date = table["valid_from"]
        self.valid_until: date = table["valid_until"]
        self.days_a_week: int = table.get("days_a_week", 5)
        """Counted from Monday."""
        self._regimes = [
            (regime["from"], _hours(regime["full"]), _hours(regime["half"])) for regime in table["hours"]
        ]
        self._table = table
        self.amend(amendment)

    def amend(self, amendment: dict[str, Any] | None) -> None:
        """Go by the table and this correction of it: whoever holds the calendar goes by it from now on."""
        table, amend = self._table, amendment or {}
        self._half = {*table["half"], *amend.get("half", ())}
        self._days = {
            date.fromisoformat(day): _hours(plan)
            for day, plan in {**table.get("days", {}), **amend.get("days", {})}.items()
        }
        extra = {*self._days, *amend.get("open", ()), *amend.get("half", ())}
        closed = ({*table["closed"], *amend.get("closed", ())} - extra) | {*amend.get("closed", ())}
        self.closed = tuple(sorted(day for day in closed if day.weekday() < self.days_a_week))
        """The days of those weekdays on which the exchange stays shut, ascending."""
        self._closed_set = frozenset(self.closed)
        self._sessions: dict[date, Session] = {}
        self._span = (0, 0, Phase.CLOSED)
        self._day = (0, date(1970, 1, 1))

    def covers(self, day: date) -> bool:
        """Whether the table knows this day, rather than guessing it by its weekday."""
        return self.valid_from <= day <= self.valid_until

    def warning(self, day: date) -> str | None:
        """What to tell a person on a day when the table is about to end, or has ended."""
        left = (self.valid_until - day).days
        if left > _NOTICE:
            return None
        end = f"ends on {self.valid_until}" if left >= 0 else f"ended on {self.valid_until}"
        return f"the {self.mic} calendar {end}, and after it every weekday passes for a session"

    def is_session(self, day: date) -> bool:
        """Whether the exchange opens that day."""
        return day.weekday() < self.days_a_week and day not in self._closed_set

    def session(self, day: date) -> Session | None:
        """The session of an exchange date; ``None`` on a day the exchange stays shut."""
        known = self._sessions.get(day)
        if known is not None or not self.is_session(day):
            return known
        if len(self._sessions) >= 64:  # a walk over years leaves nothing behind
            self._sessions.clear()
        self._sessions[day] = made = self._make(day)
        return made

    def _make(self, day: date) -> Session:
        half = day in self._half
        hours = self._days.get(day)
        if hours is None:
            index = max(1, bisect_right(self._regimes, day, key=lambda regime: regime[0]))
            hours = self._regimes[index - 1][2 if half else 1]
        # Minutes count from local noon, not midnight: a day that changes its clocks does so at night.
        noon = int(datetime(day.year, day.month, day.day, 12, tzinfo=self.zone).timestamp()) * SECOND
        phases = tuple((noon + (minute - 720) * MINUTE, phase) for minute, phase in hours)
        return Session(self.mic, day, phases, half, self.covers(day))

    def day_of(self, ts: int) -> date:
        """The exchange's own date at an instant; asked for twice a tick, so the last minute's is kept."""
        minute, day = self._day
        if ts // MINUTE != minute:
            minute = ts // MINUTE
            day = datetime.fromtimestamp(minute * 60, self.zone).date()
            self._day = minute, day
        return day

    def session_at(self, ts: int) -> Session | None:
        """The session of the exchange's date at an instant, whatever its phase then."""
        return self.session(self.day_of(ts))

    def phase_at(self, ts: int) -> Phase:
        """The phase at an instant; asked for on every tick, so the last answer's span is kept."""
        start, end, phase = self._span
        if start <= ts < end:
            return phase
        self._span = self._find_span(ts)
        return self._span[2]

    def next_change(self, ts: int) -> tuple[int, Phase]:
        """When the next phase, or session, after ``ts`` begins, and which it is."""
        start, end, _ = self._span
        if not start <= ts < end:
            end = self._find_span(ts)[1]
        return end, self._find_span(end)[2]

    def _find_span(self, ts: int) -> tuple[int, int, Phase]:
        """(since, until, phase) around an instant; ``since`` may be later than the phase's true start."""
        day = self.day_of(ts)
        session = self.session(day)
        if session is not None:
            if ts < session.start:
                return ts, session.start, Phase.CLOSED
            index = bisect_right(session.phases, ts, key=lambda phase: phase[0])
            if index < len(session.phases):
                start, phase = session.phases[index - 1]
                return start, session.phases[index][0], phase
        following = self.session(self.next(day))
        assert following is not None
        return ts, following.start, Phase.CLOSED

    def latest(self, ts: int) -> Session:
        """The session in progress, or over today; before today's begins, the last one before."""
        day = self.day_of(ts)
        session = self.session(day)
        if session is None or ts < session.start:
            session = self.session(self.previous(day))
        assert session is not None
        return session

    def previous(self, day: date) -> date:
        """The last session date before ``day``."""
        day -= _DAY
        while not self.is_session(day):
            day -= _DAY
        return day

    def next(self, day: date) -> date:
        """The first session date after ``day``."""
        day += _DAY
        while not self.is_session(day):
            day += _DAY
        return day

    def between(self, a: date, b: date) -> int:
        """How many sessions lie after ``a`` and up to ``b``; 0 when ``b <= a``."""
        return max(0, self._rank(b) - self._rank(a))

    def _rank(self, day: date) -> int:
        """Sessions since year 1, counted without listing them: open weekdays less closed days."""
        weeks, weekday = divmod(day.toordinal() - 1, 7)  # ordinal 1 was a Monday
        weekdays = weeks * self.days_a_week + min(weekday + 1, self.days_a_week)
        return weekdays - bisect_right(self.closed, day)


def _hours(plan: Iterable[str]) -> _Hours:
    """``"09:30 morning"`` lines as minutes and phases."""
    hours = []
    for line in plan:
        clock, _, phase = line.partition(" ")
        hour, _, minute = clock.partition(":")
        hours.append((int(hour) * 60 + int(minute), Phase(phase)))
    return tuple(hours)


def read_amendments(path: Path) -> dict[str, Any]:
    """A user's file of surprises, by exchange: ``[XHKG]`` with lists ``closed``, ``open``, ``half`` and
    ``[XHKG.days]`` of one day's hours (``2026-12-02 = ["13:30 afternoon", "16:00 closed"]``).

    Raises ``CalendarError`` naming the file and what is wrong in it.
    """
    try:
        amendments = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CalendarError(f"{path}: {error}") from error
    for mic, section in amendments.items():
        if mic not in _FILES:
            raise CalendarError(f"{path}: no such exchange {mic!r} (known: {', '.join(_FILES)})")
        _check_amendment(path, mic, section)
    return amendments


def _check_amendment(path: Path, mic: str, section: object) -> None:
    if not isinstance(section, dict):
        raise CalendarError(f"{path}: {mic} must be a table")
    for key, value in section.items():
        where = f"{path}: [{mic}] {key}"
        if key in ("closed", "open", "half"):
            # A datetime is a date to Python, but names no exchange day.
            if not isinstance(value, list) or any(type(day) is not date for day in value):
                raise CalendarError(f"{where}: must be a list of dates such as 2026-12-02")
        elif key == "days" and isinstance(value, dict):
            for day, plan in value.items():
                try:
                    date.fromisoformat(day)
                    hours = _hours(plan)
                except (ValueError, AttributeError, TypeError) as error:
                    raise CalendarError(f"{where}: {day}: {error}") from error
                minutes = [minute for minute, _ in hours]
                sound = minutes == sorted(set(minutes)) and any(phase in CONTINUOUS for _, phase in hours)
                if not sound or hours[-1][1] is not Phase.CLOSED:
                    raise CalendarError(
                        f'{where}: {day}: times must ascend through trading to "HH:MM closed"'
                    )
        else:
            raise CalendarError(f"{where}: unknown (known: closed, open, half, days)")


def load(mic: str, extra: Path | None = None) -> Calendar:
    """Read an exchange's table, corrected by the user's file where one is given.

    Raises ``CalendarError`` for an exchange without a table and for a bad file.
    """
    if mic not in _FILES:
        raise CalendarError(f"no calendar for {mic!r} (known: {', '.join(_FILES)})")
    table = tomllib.loads((_TABLES / _FILES[mic]).read_text(encoding="utf-8"))
    return Calendar(table, read_amendments(extra).get(mic) if extra else None)


_extra: Path | None = None
_amendments: dict[str, Any] = {}
_known: list[Calendar] = []


def amend(extra: Path | None) -> bool:
    """Correct every calendar by a user's file, read anew: a closure concerns the whole program, at once.

    Returns whether it says anything else than before. Raises ``CalendarError`` for a bad file, and then
    changes nothing.
    """
    global _extra, _amendments
    amendments = read_amendments(extra) if extra is not None else {}
    _extra = extra
    if amendments == _amendments:
        return False
    _amendments = amendments
    for known in _known:
        known.amend(amendments.get(known.mic))
    return True


def amendment() -> Path | None:
    """The user's file that corrects the calendars, where there is one."""
    return _extra


def sources(mic: str) -> tuple[Path, ...]:
    """The files that ``calendar(mic)`` is read from: change one, and the sessions may be others."""
    table = _TABLES / _FILES[mic]
    return (table, _extra) if _extra else (table,)


@lru_cache(maxsize=len(_FILES))
def calendar(mic: str) -> Calendar:
    """The calendar of ``XHKG``, ``XNYS`` or ``24/7``, read once; ``CalendarError`` for any other."""
    made = load(mic, _extra)
    _known.append(made)
    return made
