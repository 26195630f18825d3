"""The hours of 2025-09-17: instants in nanoseconds UTC, and the steps in which the simulated market moves.

The market moves every three seconds of its own time. Steps of continuous trading are numbered from 0, at
09:30:00, to ``STEPS - 1``, at 15:59:57, with no step in the lunch break; every twentieth begins a minute.
"""

from datetime import UTC, datetime, timedelta, timezone

from feeds.venue.figures import DAY
from market.clock import MINUTE, SECOND

HONG_KONG = timezone(timedelta(hours=8), "HKT")
STEP = 3 * SECOND
STEPS_A_MINUTE = MINUTE // STEP
_MIDNIGHT = int(datetime(DAY.year, DAY.month, DAY.day, tzinfo=HONG_KONG).timestamp()) * SECOND


def at(hour: int, minute: int = 0, second: int = 0) -> int:
    """The instant of a time of the day in Hong Kong."""
    return _MIDNIGHT + ((hour * 60 + minute) * 60 + second) * SECOND


PRE_OPEN = at(9)
OPENING_PRINT = at(9, 20)
MORNING = at(9, 30)
LUNCH = at(12)
AFTERNOON = at(13)
CLOSING_AUCTION = at(16)
CLOSE_EARLIEST = at(16, 8)
CLOSE_LATEST = at(16, 10)
END = at(16, 13)
"""The latest close and three minutes more; the venue then says that the day has ended."""

_MORNING_STEPS = (LUNCH - MORNING) // STEP
STEPS = _MORNING_STEPS + (CLOSING_AUCTION - AFTERNOON) // STEP
MINUTES = STEPS // STEPS_A_MINUTE


def trading_step(now: int) -> int | None:
    """The number of the step at an instant; ``None`` outside continuous trading."""
    if MORNING <= now < LUNCH:
        return (now - MORNING) // STEP
    if AFTERNOON <= now < CLOSING_AUCTION:
        return _MORNING_STEPS + (now - AFTERNOON) // STEP
    return None


def trading_minute(hour: int, minute: int) -> int:
    """The number of a minute of continuous trading: 0 at 09:30, 150 at 13:00."""
    step = trading_step(at(hour, minute))
    if step is None:
        raise ValueError(f"{hour:02d}:{minute:02d} is outside continuous trading")
    return step // STEPS_A_MINUTE


def hong_kong(now: int) -> datetime:
    """An instant as the wall clock in Hong Kong, to the second."""
    return datetime.fromtimestamp(now // SECOND, UTC).astimezone(HONG_KONG)
