"""Numbers and instants as JSON venues write them, read exactly.

Decoders take ``float_hook=str``: a number in an untyped field then stays the text that the venue wrote,
which is looked up as a price 40 ns later; a float would have to be made exact again.
"""

from collections.abc import Container
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

import msgspec

from market.clock import MILLISECOND, SECOND
from market.errors import ParseError
from market.price import number, price, price_or_none
from market.text import clean

BROKEN = (msgspec.MsgspecError, ValueError, ArithmeticError, RecursionError)
"""What a malformed frame raises in a decoder, or in what reads the decoded."""

LAST_MS = 4_102_444_800_000
"""2100-01-01 in milliseconds since 1970; later stamps are defects."""

_LAST_YEAR = LAST_MS * MILLISECOND
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOST = Decimal("1e18")


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
    if value is None:
        return None
    if type(value) is str:
        return _volume(value)
    return int(_volume(_text(value)))


@lru_cache(maxsize=4096)
def _volume(text: str) -> Decimal:
    volume = number(text)
    if not 0 <= volume <= _MOST:
        raise ValueError("impossible volume")
    return volume


def _text(value: Any) -> str:
    if type(value) is not int:
        raise ValueError(f"not a number: {str(value)[:24]!a}")
    return str(value) if abs(value) <= _MOST else "a number too large"


def from_datetime(at: datetime) -> int:
    """The instant (ns UTC) of a time with a zone, exact to its microsecond; ``ValueError`` before 1970."""
    since = at - _EPOCH
    instant = (since.days * 86_400 + since.seconds) * SECOND + since.microseconds * 1000
    return instant if 0 < instant < _LAST_YEAR else checked_instant(instant)


def from_milliseconds(value: int) -> int:
    """The instant (ns UTC) of a count of milliseconds; ``ValueError`` for none of this century."""
    return checked_instant(value * MILLISECOND)


def checked_instant(instant: int) -> int:
    """The instant itself (ns UTC), which lies after 1970 and before 2100; else ``ValueError``."""
    if not 0 < instant < _LAST_YEAR:
        raise ValueError("no plausible time")
    return instant
