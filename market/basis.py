"""Basis: what a percentage counts from, so that it can be said beside it."""

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
    MISSING = "missing"
    """The venue sent none, or that of another session, which ``market.state`` leaves out."""


class Base(NamedTuple):
    """A price to count from, of which session, and what it is. Without a price there is no percentage."""

    price: Decimal | None
    day: date | None
    kind: Basis


def base(quote: Quote, facts: Facts | None = None) -> Base:
    """What a quote's change counts from, dated by history where it is known, else by the calendar."""
    before = quote.prev_close
    if not before:
        return Base(None, None, Basis.MISSING)
    if is_crypto(quote.symbol):
        return Base(before, None, Basis.DAY_AGO)
    if facts is None or facts.hole or facts.day.base is None:
        hours = calendar(mic(quote.symbol))
        return Base(before, hours.previous(hours.day_of(quote.ts_event)), Basis.CLOSE)
    return Base(before, facts.day.base_date, Basis.ADJUSTED if facts.is_adjusted else Basis.CLOSE)
