"""Time as the program sees it: injected, so that a replay runs on the recorded day's clock.

Instants are integers: nanoseconds since 1970-01-01 UTC, the finest stamp any venue sends.
"""

from datetime import UTC, datetime
from typing import Protocol

SECOND = 1_000_000_000
MILLISECOND = 1_000_000
MINUTE = 60 * SECOND


class Clock(Protocol):
    """What the engine and every feed ask for the time."""

    def now(self) -> int:
        """The present instant, nanoseconds UTC."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return once that many seconds of this clock have passed."""
        ...


def rfc3339(instant: int) -> str:
    """``2025-09-17T02:14:07.180Z``: UTC with milliseconds, truncated."""
    seconds, rest = divmod(instant, SECOND)
    stamp = datetime.fromtimestamp(seconds, UTC)
    return f"{stamp:%Y-%m-%dT%H:%M:%S}.{rest // MILLISECOND:03d}Z"


def parse_rfc3339(text: str) -> int:
    """The instant an RFC 3339 stamp names, exact to the nanosecond; ``ValueError`` when it names none."""
    head, dot, tail = text.partition(".")
    if not dot:
        stamp = datetime.fromisoformat(text)
        if stamp.tzinfo is None:
            raise ValueError(f"no time zone in {text!r}")
        return int(stamp.timestamp()) * SECOND
    digits = 0
    while digits < len(tail) and tail[digits].isdigit():
        digits += 1
    if not 1 <= digits <= 9:
        raise ValueError(f"bad fraction of a second in {text!r}")
    stamp = datetime.fromisoformat(head + tail[digits:])
    if stamp.tzinfo is None:
        raise ValueError(f"no time zone in {text!r}")
    return int(stamp.timestamp()) * SECOND + int(tail[:digits].ljust(9, "0"))
