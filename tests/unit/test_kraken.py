"""Kraken's ticker, on paper."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.failure import RefusedError
from feeds.kraken import parse_frame, subscribe_frames
from market.clock import parse_rfc3339
from market.errors import ParseError
from market.quote import Quote
from tests.paths import SHARED, needs_shared
from tests.unit.fuzzing import DEEP, NOW, mutated, survives

SAMPLES = SHARED / "samples" / "feeds" / "kraken"


def ticker(kind: str = "update", **changes: Any) -> bytes:
    """A ticker of our own making; a field that is changed to ``None`` is left out."""
    fields = {
        "symbol": "BTC/USD", "bid": 95000.0, "last": 95000.1, "volume": 812.345, "vwap": 94500.1,
        "low": 93100.5, "high": 96000.0, "change": 1000.1, "change_pct": 1.06, "trades": 24757,
        "timestamp": "2025-09-17T02:14:07.120345Z",
    }  # fmt: skip
    data = {key: value for key, value in (fields | changes).items() if value is not None}
    return json.dumps({"channel": "ticker", "type": kind, "data": [data]}).encode()


@pytest.mark.parametrize("kind", ["snapshot", "update"])
def test_a_ticker(kind: str) -> None:
    """Its numbers keep their digits; the base is the price 24 hours ago."""
    assert parse_frame(ticker(kind), NOW) == [
        Quote(
            symbol="BTC-USD", last=Decimal("95000.1"), ts_event=parse_rfc3339("2025-09-17T02:14:07.120345Z"),
            ts_recv=NOW, source="kraken", prev_close=Decimal("94000.0"), open=Decimal("94000.0"),
            high=Decimal("96000.0"), low=Decimal("93100.5"), volume=Decimal("812.345"), currency="USD",
        ),
    ]  # fmt: skip


def test_what_is_absent_is_none() -> None:
    """A pair on its first day."""
    [quote] = parse_frame(ticker(change=None, high=0, low=None, volume=0), NOW)
    assert (quote.prev_close, quote.high, quote.low, quote.volume) == (None, None, None, 0)


@pytest.mark.parametrize(
    "raw",
    [b'{"channel":"heartbeat"}', b'{"channel":"status","data":[{"system":"online"}]}',
     b'{"method":"subscribe","result":{},"success":true}', b'{"method":"pong"}'],
)  # fmt: skip
def test_frames_without_a_last_price(raw: bytes) -> None:
    """Heartbeats, the venue's state, acknowledgements."""
    assert parse_frame(raw, NOW) == ()


def test_an_unknown_pair_is_told_and_the_others_are_served() -> None:
    """One frame asks for many, and each is answered by itself."""
    refusal = {"error": "Currency pair not supported XBT/EUR", "method": "subscribe", "success": False}
    with pytest.raises(ParseError, match="not supported XBT/EUR"):
        parse_frame(json.dumps(refusal).encode(), NOW)


def test_another_refusal_is_one_of_the_connection() -> None:
    """Too many of something: to ask again at once would be one more."""
    with pytest.raises(RefusedError, match="Exceeded msg rate"):
        parse_frame(b'{"method":"subscribe","success":false,"error":"Exceeded msg rate"}', NOW)


@pytest.mark.parametrize(
    "changes",
    [{"last": 0}, {"last": -1}, {"last": None}, {"last": "x"}, {"last": True}, {"last": [1]}, {"high": {}},
     {"symbol": "BTC"}, {"symbol": "btc/usd"}, {"symbol": None}, {"timestamp": None}, {"timestamp": 5},
     {"timestamp": "2025-09-17"}, {"change": 1e6}, {"change": "x"}, {"volume": -1}],
)  # fmt: skip
def test_a_malformed_ticker_is_refused_with_a_reason(changes: dict[str, Any]) -> None:
    """Never a quote of nonsense."""
    with pytest.raises(ParseError) as caught:
        parse_frame(ticker(**changes), NOW)
    assert caught.value.reason.isprintable()


@pytest.mark.parametrize(
    "raw",
    [b"", b"{}", b"[]", b"null", DEEP, b'{"channel":"ticker","data":' + DEEP, b'{"channel":"ticker"}',
     b'{"channel":"oracle"}', ticker()[:-40]],
)  # fmt: skip
def test_garbage(raw: bytes) -> None:
    """Cut, empty, deep, or no object at all."""
    with pytest.raises(ParseError):
        parse_frame(raw, NOW)


@given(st.binary(max_size=300) | mutated(ticker(), b'{"method":"subscribe","success":false,"error":"x"}'))
def test_any_bytes_are_refused_politely(raw: bytes) -> None:
    """Nothing but ``ParseError``, or a refusal."""
    survives(parse_frame, raw)


def test_pairs_are_asked_for_in_batches() -> None:
    """With a snapshot first."""
    frames = [json.loads(frame) for frame in subscribe_frames(["BTC-USD", *(["ETH-EUR"] * 100)])]
    assert [len(frame["params"]["symbol"]) for frame in frames] == [100, 1]
    assert frames[0]["params"]["symbol"][:2] == ["BTC/USD", "ETH/EUR"]
    assert frames[0]["params"]["snapshot"] is True


@needs_shared
def test_a_real_session() -> None:
    """State, acknowledgement, ticker, heartbeat, and a pair by its old name."""
    *lines, refusal = (SAMPLES / "v2_capture_2026-08.jsonl").read_bytes().splitlines()
    [quote] = [quote for line in lines for quote in parse_frame(line, NOW)]
    assert (quote.symbol, str(quote.last), str(quote.prev_close)) == ("BTC-EUR", "65927.0", "66170.3")
    assert quote.volume == Decimal("627.85684450")
    with pytest.raises(ParseError, match="XBT/EUR"):
        parse_frame(refusal, NOW)
