"""Coinbase's ticker, on paper."""

import json
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.base import FeedStatus, TurnedDownError
from feeds.coinbase import Gaps, Question, parse_frame, subscribe_frame
from market.clock import parse_rfc3339
from market.errors import FeedError, ParseError
from market.quote import Quote
from tests.paths import SHARED, needs_shared

SAMPLES = SHARED / "samples" / "feeds" / "coinbase"
NOW = 1_758_075_247_180_000_000


def ticker(**changes: Any) -> bytes:
    """A ticker of our own making; a field that is changed to ``None`` is left out."""
    fields = {
        "type": "ticker", "sequence": 7, "product_id": "BTC-USD", "price": "95000.01", "open_24h": "94000",
        "volume_24h": "8123.45000000", "low_24h": "93100.5", "high_24h": "96000.00", "best_bid": "95000.00",
        "side": "buy", "time": "2025-09-17T02:14:07.120345Z", "trade_id": 31, "last_size": "0.02",
    }  # fmt: skip
    return json.dumps({k: v for k, v in (fields | changes).items() if v is not None}).encode()


def parsed(**changes: Any) -> Quote:
    """The quote of a ticker with these changes."""
    (quote,) = parse_frame(ticker(**changes), NOW)
    return quote


def test_a_ticker() -> None:
    """Exact to the microsecond and to the venue's own digits."""
    assert parsed() == Quote(
        symbol="BTC-USD",
        last=Decimal("95000.01"),
        ts_event=parse_rfc3339("2025-09-17T02:14:07.120345Z"),
        ts_recv=NOW,
        source="coinbase",
        prev_close=Decimal("94000"),
        open=Decimal("94000"),
        high=Decimal("96000.00"),
        low=Decimal("93100.5"),
        volume=Decimal("8123.45"),
        currency="USD",
    )
    assert str(parsed(price="0.00001300").last) == "0.00001300"


@given(st.integers(86_400, 4_000_000_000), st.integers(0, 999_999))
def test_microseconds_are_kept(second: int, micro: int) -> None:
    """Through a float and back."""
    from datetime import UTC, datetime

    stamp = datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S") + f".{micro:06d}Z"
    assert parsed(time=stamp).ts_event == second * 10**9 + micro * 1000


def test_what_is_absent_is_none() -> None:
    """A pair on its first day has no price 24 hours ago."""
    quote = parsed(open_24h=None, high_24h="0", low_24h="", volume_24h=None)
    assert (quote.prev_close, quote.open, quote.high, quote.low, quote.volume) == (None, None, None, None, 0)


@pytest.mark.parametrize(
    "kind", ["subscriptions", "heartbeat", "l2update", "snapshot", "match", "last_match"]
)
def test_frames_without_a_last_price(kind: str) -> None:
    """Acknowledgements, heartbeats and other channels."""
    assert parse_frame(json.dumps({"type": kind, "product_id": "BTC-USD", "price": "1"}).encode(), NOW) == ()


@pytest.mark.parametrize(
    "changes",
    [{"price": "0"}, {"price": "-1"}, {"price": "NaN"}, {"price": "Infinity"}, {"price": ""}, {"price": None},
     {"price": 95000.01}, {"price": "1_0"}, {"high_24h": "x"}, {"open_24h": "-3"}, {"volume_24h": "NaN"},
     {"volume_24h": "sNaN"}, {"volume_24h": "-1"}, {"volume_24h": "1e999999"}, {"time": None},
     {"time": "2025-09-17T02:14:07.120345"}, {"time": "yesterday"}, {"time": 5}, {"product_id": "BTC"},
     {"product_id": "btc-usd"}, {"product_id": "\u202eBTC-USD"}, {"product_id": None}, {"trade_id": "x"},
     {"type": "oracle"}, {"type": None}],
)  # fmt: skip
def test_a_malformed_ticker_is_refused_with_a_reason(changes: dict[str, Any]) -> None:
    """Never a quote of nonsense."""
    with pytest.raises(ParseError) as caught:
        parsed(**changes)
    assert caught.value.reason and caught.value.reason.isprintable()


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"null", b"\xff\xfe", b'"ticker"', ticker()[:-40]])
def test_garbage_frames(raw: bytes) -> None:
    """Cut, empty, or no object at all."""
    with pytest.raises(ParseError):
        parse_frame(raw, NOW)


def test_a_pair_that_cannot_be_had_is_left_out() -> None:
    """Until none is left, which is for minutes: asking for it again gets the same answer."""
    error = {"type": "error", "message": "Failed to subscribe", "reason": "FAKE-USD is not a valid product"}
    refusal = json.dumps(error).encode()
    with pytest.raises(TurnedDownError, match="Failed to subscribe: FAKE-USD is not a valid product"):
        parse_frame(refusal, NOW)
    question = Question(["FAKE-USD", "BTC-USD"])
    assert question.again(refusal) == [subscribe_frame(["BTC-USD"])] == [question.frame]
    assert question.again(refusal) == question.again(b'{"type":"heartbeat"}') == ()
    with pytest.raises(FeedError, match="FAKE-USD is not a valid product") as caught:
        Question(["FAKE-USD"]).again(refusal)
    assert caught.value.fatal


def test_other_errors_are_told_and_survived() -> None:
    """The venue closes the socket itself where it means it."""
    with pytest.raises(ParseError, match="slow down"):
        parse_frame(b'{"type":"error","message":"Too busy","reason":"slow down"}', NOW)
    with pytest.raises(ParseError):
        parse_frame(b'{"type":"error","message":7}', NOW)


def test_trades_left_out_are_counted() -> None:
    """Each pair by its own numbers; a repeat or an old one is no gap."""
    status = FeedStatus()
    gaps = Gaps(status)
    for product, trade in [
        ("BTC-USD", 10),
        ("ETH-USD", 500),
        ("BTC-USD", 11),
        ("BTC-USD", 14),
        ("ETH-USD", 501),
    ]:
        parse_frame(ticker(product_id=product, trade_id=trade), NOW, gaps)
    assert status.missed == 2
    parse_frame(ticker(trade_id=14), NOW, gaps)
    parse_frame(ticker(trade_id=3), NOW, gaps)
    parse_frame(ticker(trade_id=15), NOW, gaps)
    assert status.missed == 2


def test_one_frame_asks_for_every_pair() -> None:
    """Heartbeats too, so that silence means a dead line."""
    assert json.loads(subscribe_frame(["BTC-USD", "ETH-USD"])) == {
        "type": "subscribe", "product_ids": ["BTC-USD", "ETH-USD"], "channels": ["ticker", "heartbeat"],
    }  # fmt: skip


@given(st.binary(max_size=300))
def test_any_bytes_are_refused_politely(raw: bytes) -> None:
    """Nothing but ``ParseError`` leaves the parser."""
    for body in (raw, b'{"type":"ticker",' + raw):
        with suppress(ParseError):
            parse_frame(body, NOW)


@given(st.data())
def test_mutated_tickers_never_break_the_parser(data: st.DataObject) -> None:
    """A frame with bytes changed, dropped and repeated gives a sane quote or a reason."""
    raw = bytearray(ticker())
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at : at + data.draw(st.integers(0, 5))] = data.draw(st.sampled_from([b"", b"-", b"0", b"e9", b'"', b"\xff", b"9" * 40]))  # fmt: skip # noqa: E501
    with suppress(ParseError):
        for quote in parse_frame(bytes(raw), NOW):
            assert quote.last > 0 and len(f"{quote.last:f}") < 60


# -- the real thing


@needs_shared
def test_real_frames() -> None:
    """Acknowledgement, tickers and trades of ten pairs."""
    quotes = [
        quote
        for line in (SAMPLES / "exchange_feed_2021-04-17.jsonl").read_bytes().splitlines()
        for quote in parse_frame(line, NOW)
    ]
    assert [(q.symbol, str(q.last), q.currency) for q in quotes] == [
        ("BAND-GBP", "14.7775", "GBP"),
        ("SKL-GBP", "0.5752", "GBP"),
        ("NU-GBP", "0.4394", "GBP"),
        ("YFI-BTC", "0.82601", "BTC"),
        ("SKL-BTC", "0.00001303", "BTC"),
        ("CRV-EUR", "3.2981", "EUR"),
    ]
    assert quotes[0].ts_event == parse_rfc3339("2021-04-17T16:43:30.244075Z")
    assert (str(quotes[3].prev_close), quotes[3].volume) == ("0.79902", Decimal("87.0017"))


@needs_shared
def test_real_refusals() -> None:
    """An unknown pair, a delisted one, a channel that wants a key."""
    unknown, delisted, closed = (SAMPLES / "exchange_errors.jsonl").read_bytes().splitlines()
    for line in (unknown, delisted):
        with pytest.raises(TurnedDownError, match="Failed to subscribe: "):
            parse_frame(line, NOW)
    with pytest.raises(FeedError, match="Failed to subscribe: ") as caught:
        parse_frame(closed, NOW)
    assert caught.value.fatal


@needs_shared
def test_our_subscription_is_the_real_one() -> None:
    """But for the heartbeat."""
    sent = json.loads((SAMPLES / "exchange_subscribe_sent.json").read_bytes())
    assert json.loads(subscribe_frame(sent["product_ids"])) == sent | {"channels": ["ticker", "heartbeat"]}
