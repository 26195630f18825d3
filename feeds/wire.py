"""Numbers and instants as JSON venues write them, read exactly.

Decoders take ``float_hook=str``, or ``exact`` where all untyped numbers are prices: the text that the venue
wrote is then looked up as a price, 30 ns; a float would have to be made exact again.
"""

from collections.abc import Container
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Any, Final

import msgspec

from market.clock import MILLISECOND, SECOND
from market.errors import ParseError
from market.price import PRICES, number, price, price_or_none
from market.text import clean

BROKEN = (msgspec.MsgspecError, ValueError, ArithmeticError, RecursionError)
"""What a malformed frame raises in a decoder, or in what reads the decoded."""

LAST_MS = 4_102_444_800_000
"""2100-01-01 in milliseconds since 1970; later stamps are defects."""

Milliseconds = Annotated[int, msgspec.Meta(gt=0, lt=LAST_MS)]
"""A plausible time in milliseconds since 1970, which the decoder checks for nothing."""

_LAST_YEAR = LAST_MS * MILLISECOND
_SECOND = timedelta(seconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MOST = 10**18
"""Shares or coins; more is a defect."""


exact: Final = PRICES.__getitem__
"""A decoder's ``float_hook`` where every untyped number is a price: a ``Decimal``, and ``None`` for zero."""


def parse_error(venue: str, error: Exception, frame: bytes) -> ParseError:
    """What a frame that raised one of ``BROKEN`` is refused with."""
    return ParseError(venue, clean(str(error), 120), frame)


def asked_for(symbol: str, symbols: Container[str]) -> str:
    """The symbol itself, which is one of those that were asked for; else ``ValueError``."""
    if symbol not in symbols:
        raise ValueError(f"a symbol that was not asked for: {symbol[:24]!a}")
    return symbol


def as_price(value: Any) -> Decimal:
    """The price in an untyped field; ``ValueError`` for what is none."""
    return price(value if type(value) is str else _text(value))


def as_price_or_none(value: Any) -> Decimal | None:
    """The same, with ``None`` for an absent field, an empty text or a zero."""
    return None if value is None else price_or_none(value if type(value) is str else _text(value))


def as_volume(value: Any) -> Decimal | int | None:
    """Shares or coins, an integer where it was written as one; ``None`` for an absent field.

    ``ValueError`` for what is no volume.
    """
    if type(value) is int:
        if not 0 <= value <= MOST:
            raise ValueError("impossible volume")
        return value
    if value is None:
        return None
    return _volume(str(value))


@lru_cache(maxsize=4096)
def _volume(text: str) -> Decimal:
    volume = number(text)
    if not 0 <= volume <= MOST:
        raise ValueError("impossible volume")
    return volume


def _text(value: Any) -> str:
    if type(value) is not int:
        raise ValueError(f"not a number: {str(value)[:24]!a}")
    return str(value) if abs(value) <= MOST else "a number too large"


class _Day:
    """The day, in UTC, of the last stamp: its beginning, and the same as an instant."""

    __slots__ = ("began", "instant")

    def __init__(self) -> None:
        self.began, self.instant = _EPOCH + 86_400 * _SECOND, 86_400 * SECOND

    def turn(self, at: datetime) -> None:
        """Make it that of another stamp. ``ValueError`` for none of this century."""
        began = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        self.instant = checked_instant((began - _EPOCH) // _SECOND * SECOND)
        self.began = began


_DAY: Final = _Day()


def from_datetime(at: datetime) -> int:
    """The instant (ns UTC) of a time with a zone, exact to its microsecond; ``ValueError`` where it is none
    of this century, such as the first day of 1970.

    Counted from the last midnight and not from 1970, which takes 150 ns instead of 230.
    """
    past = at - _DAY.began
    if past.days:
        _DAY.turn(at)
        past = at - _DAY.began
    return _DAY.instant + (past.seconds * 1_000_000 + past.microseconds) * 1000


def from_milliseconds(value: int) -> int:
    """The instant (ns UTC) of a count of milliseconds; ``ValueError`` for none of this century."""
    return checked_instant(value * MILLISECOND)


def checked_instant(instant: int) -> int:
    """The instant itself (ns UTC), which lies after 1970 and before 2100; else ``ValueError``."""
    if not 0 < instant < _LAST_YEAR:
        raise ValueError("no plausible time")
    return instant
