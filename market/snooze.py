"""Until when a name is snoozed, as a person says it: ``15m``, ``1h``, ``close``, ``14:30``."""

import re
from datetime import datetime, timedelta

from market.clock import SECOND
from market.duration import parse_duration
from market.errors import TickwallError
from market.session import Calendar

LONGEST_S = 7 * 86_400
"""Seconds for which one may be snoozed at most: what is meant for longer is a rule to be changed."""

_TIME = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])", re.ASCII)


class SnoozeError(TickwallError):
    """A text that does not say when a snooze ends."""

    exit_code = 64


def snoozed_until(text: str, now: int, hours: Calendar) -> int:
    """When a snooze that begins now ends, nanoseconds UTC.

    ``close`` is the final close of the session in progress, else of the next one. A time of day is the
    next such time in the exchange's zone. ``SnoozeError`` for anything else.
    """
    said = text.strip().lower()
    if said == "close":
        return _next_close(now, hours)
    if (time := _TIME.fullmatch(said)) is not None:
        return _next_time(int(time[1]), int(time[2]), now, hours)
    try:
        seconds = parse_duration(said)
    except ValueError:
        raise SnoozeError(f"{text[:40]!r} is no end for a snooze (write 15m, 1h, close or 14:30)") from None
    if seconds > LONGEST_S:
        raise SnoozeError(f"a snooze lasts {LONGEST_S // 86_400} days at the most")
    return now + int(seconds * SECOND)


def _next_close(now: int, hours: Calendar) -> int:
    session = hours.session_at(now)
    if session is None or now >= session.close:
        session = hours.session(hours.next(hours.day_of(now)))
    assert session is not None
    return session.close


def _next_time(hour: int, minute: int, now: int, hours: Calendar) -> int:
    local = datetime.fromtimestamp(now // SECOND, hours.zone)
    then = local.replace(hour=hour, minute=minute, second=0, microsecond=0)
    if then <= local:
        then += timedelta(days=1)
    return int(then.timestamp()) * SECOND
