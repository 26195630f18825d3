"""Depositary shares: the comparison, and what may be compared."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.glance import glance_url, parse_glance, parse_minutes
from feeds.venue import overseas
from feeds.venue.hours import END, MORNING, PRE_OPEN, at
from market.clock import MINUTE, SECOND, parse_rfc3339
from market.errors import ParseError
from market.instrument import instrument
from market.quote import Quote
from market.twin import RATE, Leg, Twin, is_current
from tests.paths import SHARED

BAIDU = instrument("9888.HK")


def leg(symbol: str, last: str, *, current: bool = True) -> Leg:
    """A price that may be compared, or not."""
    return Leg(symbol, Quote(symbol, Decimal(last), 0, 0, "test"), current)


def twin(**changes: Leg) -> Twin:
    """Baidu at 131 in Hong Kong and 124.42 dollars in New York."""
    legs = {"home": leg("9888.HK", "131.00"), "abroad": leg("BIDU", "124.42"), "rate": leg(RATE, "7.7800")}
    return Twin(BAIDU, **(legs | changes))


def test_what_the_depositary_shares_imply() -> None:
    assert twin().implied == Decimal("124.42") * Decimal("7.78") / 8
    assert twin().premium is not None
    assert f"{twin().premium:.2f}" == "-7.63"


@pytest.mark.parametrize("name", ["home", "abroad", "rate"])
def test_nothing_is_compared_with_what_is_old_or_missing(name: str) -> None:
    assert twin(**{name: leg("X", "1", current=False)}).premium is None
    assert twin(**{name: Leg("X", None, True)}).premium is None


def test_without_a_ratio_nothing_is_implied() -> None:
    known = instrument("0981.HK")
    assert Twin(known, leg("0981.HK", "60"), leg("SMICY", "38"), leg(RATE, "7.78")).implied is None


@pytest.mark.parametrize(
    ("symbol", "stamp", "now", "current"),
    [
        # New York's close of 16 September holds through the night, to twenty minutes after the opening.
        ("BIDU", "2025-09-16T20:00:00Z", "2025-09-17T02:00:00Z", True),
        ("BIDU", "2025-09-16T20:00:00Z", "2025-09-17T13:45:00Z", True),
        ("BIDU", "2025-09-16T20:00:00Z", "2025-09-17T13:51:00Z", False),
        ("BIDU", "2025-09-16T19:30:00Z", "2025-09-17T02:00:00Z", False),  # not the close: half an hour before
        ("BIDU", "2025-09-15T20:00:00Z", "2025-09-17T02:00:00Z", False),
        ("BIDU", "2025-09-12T20:00:00Z", "2025-09-15T02:00:00Z", True),  # over a weekend
        ("BIDU", "2025-09-17T15:00:00Z", "2025-09-17T15:19:00Z", True),
        ("BIDU", "2025-09-17T15:00:00Z", "2025-09-17T15:21:00Z", False),
        (RATE, "2025-09-17T02:00:00Z", "2025-09-17T02:19:00Z", True),
        (RATE, "2025-09-17T02:00:00Z", "2025-09-17T02:21:00Z", False),
        (RATE, "2025-09-19T23:50:00Z", "2025-09-21T12:00:00Z", True),  # Sunday: nothing trades since Friday
        (RATE, "2025-09-19T23:50:00Z", "2025-09-22T02:00:00Z", False),
    ],
)
def test_what_is_current(symbol: str, stamp: str, now: str, current: bool) -> None:
    quote = Quote(symbol, Decimal(1), parse_rfc3339(stamp), 0, "test")
    assert is_current(quote, parse_rfc3339(now)) is current


@given(start=st.integers(0, 2 * 10**18), later=st.integers(0, 10 * 86_400 * SECOND))
def test_a_price_never_becomes_current_again(start: int, later: int) -> None:
    rate = Quote(RATE, Decimal(1), start, start, "test")
    assert is_current(rate, start)
    assert is_current(rate, start + later) or not is_current(rate, start + later + MINUTE)


# -- the glance


def test_a_real_page_gives_its_head() -> None:
    path = SHARED / "samples" / "feeds" / "yahoo" / "chart_v8_AAPL_1m_empty_day.json"
    if not path.exists():
        pytest.skip("no samples here")
    quote = parse_glance(path.read_bytes(), "AAPL", 5)
    assert (quote.last, quote.ts_event, quote.currency) == (Decimal("244.87"), 1739998801 * SECOND, "USD")


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b'{"chart":{"result":null,"error":{"code":"Not Found"}}}',
     b'{"chart":{"result":[{"meta":{"regularMarketPrice":-1.0,"regularMarketTime":5}}]}}',
     b'{"chart":{"result":[{"meta":{"regularMarketPrice":1.0,"regularMarketTime":0}}]}}',
     b'{"chart":{"result":[{"meta":{"regularMarketPrice":1.0,"regularMarketTime":5,"priceHint":90}}]}}'],
)  # fmt: skip
def test_what_is_no_page(body: bytes) -> None:
    with pytest.raises(ParseError):
        parse_glance(body, "BIDU", 0)


@given(body=st.binary(max_size=200))
def test_any_bytes_are_refused_politely(body: bytes) -> None:
    with pytest.raises(ParseError):
        parse_glance(body, "BIDU", 0)


def page(stamps: list[int], closes: list[float | None]) -> bytes:
    """A page of minutes."""
    meta = {"regularMarketPrice": 1.0, "regularMarketTime": 5, "priceHint": 3}
    result = {"meta": meta, "timestamp": stamps, "indicators": {"quote": [{"close": closes}]}}
    return json.dumps({"chart": {"result": [result], "error": None}}).encode()


def test_minutes_without_a_price_are_left_out() -> None:
    assert parse_minutes(page([60, 120, 180], [131.6000061, None, 131.8])) == [
        (60 * SECOND, Decimal("131.600")),
        (180 * SECOND, Decimal("131.800")),
    ]
    assert parse_minutes(page([], [])) == []


@pytest.mark.parametrize(
    ("stamps", "closes"),
    [([60, 120], [1.0]), ([120, 60], [1.0, 1.0]), ([60, 60], [1.0, 1.0]), ([-60], [1.0])],
)
def test_minutes_that_cannot_be_right_are_refused(stamps: list[int], closes: list[float | None]) -> None:
    with pytest.raises(ParseError):
        parse_minutes(page(stamps, closes))


def test_the_address() -> None:
    assert glance_url("https://x/chart/", RATE) == "https://x/chart/USDHKD%3DX?interval=1d&range=1d"


# -- the simulated venue's


def test_the_venue_knows_every_twin_of_its_names() -> None:
    body = overseas.glance("BIDU", at(10))
    assert body is not None
    quote = parse_glance(body, "BIDU", 0)
    assert quote.ts_event == at(4), "16:00 in New York, the evening before"
    assert Decimal(120) < quote.last < Decimal(130)
    assert overseas.glance("AAPL", at(10)) is None
    assert all(7.75 < overseas.rate(now) < 7.85 for now in range(PRE_OPEN, END, 10 * MINUTE))
    moving = json.loads(overseas.glance(RATE, MORNING) or b"")["chart"]["result"][0]["meta"]
    assert moving["regularMarketTime"] == MORNING // SECOND
