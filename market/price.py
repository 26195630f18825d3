"""Prices as venues write them: read exactly, refused when no market could trade at them."""

import re
from decimal import Decimal
from typing import Final

from market.memo import Memo

# Plain digits, or the short exponents that JSON writers use for tiny coins. Decimal() alone would also take
# "1_000", " 1 " and Arabic digits, and a million digits.
_NUMBER = re.compile(r"-?[0-9]{1,18}(?:\.[0-9]{1,18})?(?:[eE][+-]?[0-9]{1,2})?", re.ASCII)

# Beyond these a value is a defect: the dearest share trades below a million, the cheapest coin above 1e-12.
LOWEST = Decimal("1e-12")
HIGHEST = Decimal("1e12")


def price_or_none(text: str) -> Decimal | None:
    """The exact price that ``text`` writes, ``None`` for an empty field or a zero: "no such price".

    ``ValueError`` when it is no positive number of a plausible size.
    """
    return PRICES[text]


def _read(text: str) -> Decimal | None:
    if not text.strip("0."):
        return None
    value = number(text)
    if not LOWEST <= value <= HIGHEST:
        raise ValueError(f"impossible price {text[:24]!r}")
    return value


PRICES: Final = Memo(_read, 4096)
"""``price_or_none`` of each text, for those who look up one for every tick.

A venue repeats itself: a day's open, high and low in every tick, and the last price in most. A price found
costs 30 ns, one that is built and checked 600. Some 300 symbols in motion have room, in at most 0.8 MB.
"""


def price(text: str) -> Decimal:
    """Like ``price_or_none``, with ``ValueError`` where there is none."""
    value = PRICES[text]
    if value is None:
        raise ValueError(f"impossible price {number(text)}")
    return value


def number(text: str) -> Decimal:
    """The exact decimal that ``text`` writes, of any sign; ``ValueError`` when it writes none."""
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"not a number: {text[:24]!r}")
    return Decimal(text)


def unpadded(text: str) -> str:
    """Drop the zeros that only pad a price beyond two decimals: ``136.400`` is 136.40, ``0.385`` stays.

    For venues that write every price with the same three decimals, whatever its tick.
    """
    whole, point, fraction = text.partition(".")
    return whole + point + fraction[:2] + fraction[2:].rstrip("0")
