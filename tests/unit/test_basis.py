"""What a percentage counts from."""

from datetime import date
from decimal import Decimal

import pytest

from market.bars import Bar
from market.basis import Base, Basis, base
from market.clock import parse_rfc3339
from market.facts import Facts, facts
from market.history import build
from market.quote import Quote
from market.session import calendar

DAY = date(2025, 9, 17)
NOW = parse_rfc3339("2025-09-17T02:00:00Z")


def quote(prev_close: str | None, symbol: str = "9888.HK") -> Quote:
    """At 131, on the day."""
    before = None if prev_close is None else Decimal(prev_close)
    return Quote(symbol, Decimal("131.00"), NOW, NOW, "test", before)


def said(now: Quote) -> Facts:
    """What history says of it that ends with 112.00 on the 15th and 113.20 on the 16th."""
    bars = [
        Bar(date(2025, 9, day), close, close, close, close)
        for day, close in zip((15, 16), (Decimal("112.00"), Decimal("113.20")), strict=True)
    ]
    profile = build("9888.HK", bars, DAY, calendar("XHKG"))
    return facts(profile, now.last, prev_close=now.prev_close)


@pytest.mark.parametrize(
    ("prev_close", "told"),
    [
        ("113.20", Base(Decimal("113.20"), date(2025, 9, 16), Basis.CLOSE)),
        (None, Base(None, None, Basis.MISSING)),
        ("0", Base(None, None, Basis.MISSING)),
    ],
)
def test_history_says_which_close_it_is(prev_close: str | None, told: Base) -> None:
    now = quote(prev_close)
    assert base(now, said(now)) == told


def test_an_ex_date_is_told() -> None:
    now = quote("111.70")
    assert base(now, said(now)).kind is Basis.ADJUSTED


def test_without_history_the_calendar_says_which_day() -> None:
    assert base(quote("113.20")) == Base(Decimal("113.20"), date(2025, 9, 16), Basis.CLOSE)


def test_crypto_counts_from_a_day_ago() -> None:
    assert base(quote("113.20", "BTC-USD")) == Base(Decimal("113.20"), None, Basis.DAY_AGO)
