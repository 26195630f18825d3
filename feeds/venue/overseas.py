"""Overseas: what New York closed at the evening before, and the rate of the US dollar through the day.

Depositary shares are invented from what Hong Kong opened at, which is where their night had taken them; the
rate wanders by a few thousandths inside the band that the peg allows.
"""

import json
import math
from decimal import Decimal

from feeds.venue.figures import MILL, stocks
from feeds.venue.hours import MORNING, at
from market.clock import MINUTE, SECOND
from market.instrument import instrument
from market.twin import RATE

_NEW_YORK_CLOSE = at(4)
"""16:00 in New York the day before."""

_RATE = 7.7795
_SWING = 0.0025


def rate(now: int) -> float:
    """Hong Kong dollars to a US dollar at an instant, four decimals."""
    hours = (now - MORNING) / (60 * MINUTE)
    return round(_RATE + _SWING * (math.sin(hours * 1.3) + 0.3 * math.sin(hours * 9.1)), 4)


def depositary(symbol: str) -> float | None:
    """The last close of a depositary share in US dollars; ``None`` where it is none of a simulated name."""
    for day in stocks().values():
        known = instrument(day.symbol)
        if known.adr == symbol and known.adr_ratio:
            dollars = day.open * MILL * known.adr_ratio / Decimal(repr(_RATE))
            return float(round(dollars, 2))
    return None


def glance(symbol: str, now: int) -> bytes | None:
    """The head of Yahoo's chart page of a symbol abroad; ``None`` for one that is unknown here."""
    if symbol == RATE:
        price, stamp, currency, kind, hint = rate(now), now // SECOND, "HKD", "CURRENCY", 4
    elif (close := depositary(symbol)) is not None:
        price, stamp, currency, kind, hint = close, _NEW_YORK_CLOSE // SECOND, "USD", "EQUITY", 2
    else:
        return None
    meta = {
        "currency": currency,
        "symbol": symbol,
        "instrumentType": kind,
        "regularMarketTime": stamp,
        "regularMarketPrice": price,
        "priceHint": hint,
        "exchangeTimezoneName": "Europe/London" if symbol == RATE else "America/New_York",
    }
    result = {"meta": meta, "indicators": {"quote": [{}]}}
    return json.dumps({"chart": {"result": [result], "error": None}}).encode()
