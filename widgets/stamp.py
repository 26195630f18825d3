"""When something happened, as a list tells it: the time of today, the date of another day."""

from datetime import UTC, date, datetime, tzinfo
from zoneinfo import ZoneInfo

from market.clock import SECOND

HONG_KONG = ZoneInfo("Asia/Hong_Kong")


def stamp(ts: int, zone: tzinfo, today: date | None, *, seconds: bool = False) -> str:
    """``10:14``, or ``09-16`` in as many cells; ``ts`` in nanoseconds UTC. Without ``today`` all is."""
    at = datetime.fromtimestamp(ts // SECOND, UTC).astimezone(zone)
    if today in (None, at.date()):
        return f"{at:%H:%M:%S}" if seconds else f"{at:%H:%M}"
    return f"{at:%m-%d}   " if seconds else f"{at:%m-%d}"
