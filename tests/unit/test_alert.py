"""An alert's words and numbers."""

from datetime import date
from decimal import Decimal
from uuid import NAMESPACE_URL, uuid5

import pytest
from hypothesis import given
from hypothesis.strategies import text

from market.alert import Alert, basis, event_id, money, percent, plain
from market.clock import parse_rfc3339
from market.conditions.base import six
from market.freshness import Quality
from market.quote import Quote
from market.session import Phase

TEN = parse_rfc3339("2025-09-17T02:00:00Z")


def alert(symbol: str, last: str, prev_close: str, threshold: str, direction: str = "up") -> Alert:
    """One on a move from a previous close to a last price."""
    return Alert(
        dedup_key="key",
        rule_id="r",
        kind="pct_prev_close",
        direction=direction,
        threshold=Decimal(threshold),
        value=None,
        what=f"through {'+' if direction == 'up' else '-'}{threshold}%",
        severity="warning",
        symbol=symbol,
        quote=Quote(symbol, Decimal(last), TEN, TEN, "a", Decimal(prev_close)),
        session_date=date(2025, 9, 17),
        phase=Phase.MORNING,
        quality=Quality.LIVE,
        ts=TEN,
    )


@pytest.mark.parametrize(
    ("told", "message"),
    [
        (("9888.HK", "124.60", "113.20", "10"), "Baidu 9888.HK +10.07% at HK$124.60, through +10%"),
        (("AAPL", "94.5", "100", "5", "down"), "Apple AAPL -5.50% at US$94.50, through -5%"),
        (("HSTECH", "6199.22", "6077.66", "2"), "Hang Seng TECH HSTECH +2.00% at 6,199.22, through +2%"),
        (
            ("BTC-USD", "116000", "110000", "5"),
            "Bitcoin BTC-USD +5.45% in 24 h at US$116,000.00, through +5%",
        ),
    ],
)
def test_a_message_says_who_how_far_and_through_what(told: tuple[str, ...], message: str) -> None:
    """An index has no currency; a market that never closes has no previous close."""
    assert alert(*told).message == message


def test_a_message_ends_with_the_first_fact_that_says_something_else() -> None:
    streak = alert("HSTECH", "6300", "6334.24", "4")._replace(
        what="7th straight weekly gain if it closes here",
        facts=("set for a 7th straight weekly gain", "set for a 5th straight monthly gain"),
    )
    assert streak.message.endswith("weekly gain if it closes here: set for a 5th straight monthly gain")
    assert streak._replace(facts=streak.facts[:1]).message.endswith("weekly gain if it closes here")


def test_what_a_percentage_counts_from() -> None:
    """Labelled, since 24 hours are no session."""
    assert [basis(symbol) for symbol in ("9888.HK", "AAPL", "BTC-USD")] == ["prev_close", "prev_close", "24h"]


def test_values_are_cut_and_never_rounded_up() -> None:
    """9.9999999 % must not read as ten."""
    assert [six(Decimal(text)) for text in ("9.9999999", "-9.9999999")] == [
        Decimal("9.999999"),
        Decimal("-9.999999"),
    ]
    assert percent(Decimal("9.999")) == "+9.99%"


def test_numbers_without_needless_digits() -> None:
    """Prices keep the venue's own, thresholds none that say nothing."""
    assert [plain(Decimal(text)) for text in ("5", "2.50", "1E+1", "0.5")] == ["5", "2.5", "10", "0.5"]
    assert [money(Decimal(text), "HKD") for text in ("131", "0.385", "1.5")] == [
        "HK$131.00",
        "HK$0.385",
        "HK$1.50",
    ]
    assert money(Decimal("7"), "SGD") == "SGD 7.00"


@given(text())
def test_an_event_keeps_its_name(dedup_key: str) -> None:
    """Receivers drop repeats by it: it is the UUID that the standard gives."""
    assert event_id(dedup_key) == str(uuid5(NAMESPACE_URL, f"tickwall:{dedup_key}"))
