"""Basis: what a percentage counts from, so that it can be said beside it."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from market.facts import Facts
from market.quote import Quote
from market.session import calendar
from market.symbol import is_crypto, mic


class Basis(StrEnum):
    """The kinds of prices that percentages count from."""

    CLOSE = "close"
    ADJUSTED = "adjusted"
    """The exchange's previous close where it is not the last one on file, as on an ex-dividend date."""
    DAY_AGO = "24h"
    """The price of 24 hours ago: a market that never closes has no previous close."""
    WRONG = "wrong"
    """The close of another session than the last one: no percentage can be built on it."""
    MISSING = "missing"


class Base(NamedTuple):
    """A price to count from, of which session, and what it is. Without a price there is no percentage."""

    price: Decimal | None
    day: date | None
    kind: Basis


def base(quote: Quote, facts: Facts | None = None, closes: Sequence[float] = ()) -> Base:
    """What a quote's change counts from, judged by history where it is known.

    ``closes`` are the daily closes before the quote's session, oldest first: a venue that still sends the
    one before the last has not rolled its session yet.
    """
    before = quote.prev_close
    if not before:
        return Base(None, None, Basis.MISSING)
    if is_crypto(quote.symbol):
        return Base(before, None, Basis.DAY_AGO)
    if facts is None or facts.hole or facts.day.base is None:
        hours = calendar(mic(quote.symbol))
        return Base(before, hours.previous(hours.day_of(quote.ts_event)), Basis.CLOSE)
    if before == facts.day.base:
        return Base(before, facts.day.base_date, Basis.CLOSE)
    if len(closes) > 1 and float(before) == closes[-2]:
        return Base(None, None, Basis.WRONG)
    return Base(before, facts.day.base_date, Basis.ADJUSTED)
