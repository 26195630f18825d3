"""Prices as venues write them: read exactly, refused when no market could trade at them."""

import re
from decimal import Decimal
from functools import lru_cache

# Plain digits, or the short exponents that JSON writers use for tiny coins. Decimal() alone would also take
# "1_000", " 1 " and Arabic digits, and a million digits.
_NUMBER = re.compile(r"-?[0-9]{1,18}(?:\.[0-9]{1,18})?(?:[eE][+-]?[0-9]{1,2})?", re.ASCII)

# Beyond these a value is a defect: the dearest share trades below a million, the cheapest coin above 1e-12.
LOWEST = Decimal("1e-12")
HIGHEST = Decimal("1e12")


@lru_cache(maxsize=1024)
def price_or_none(text: str) -> Decimal | None:
    """The exact price that ``text`` writes, ``None`` for an empty field or a zero: "no such price".

    ``ValueError`` when it is no positive number of a plausible size. Cached, because a venue repeats itself:
    a day's open, high and low in every tick, and the last price in most. A hit costs 40 ns, building and
    checking the decimal 600 ns.
    """
    if not text.strip("0."):
        return None
    value = number(text)
    if not LOWEST <= value <= HIGHEST:
        raise ValueError(f"impossible price {text[:24]!r}")
    return value


def price(text: str) -> Decimal:
    """Like ``price_or_none``, with ``ValueError`` where there is none."""
    value = price_or_none(text)
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
