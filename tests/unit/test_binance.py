"""Binance's ticker, on paper."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.binance import BinanceSettings, Parser, pair, subscribe_frames
from feeds.failure import RenewalError
from market.errors import FeedError, ParseError
from market.quote import Quote
from tests.paths import SHARED, needs_shared
from tests.unit.fuzzing import DEEP, NOW, mutated, survives

SAMPLES = SHARED / "samples" / "feeds" / "binance"
NAMES = {"BTCUSDT": "BTC-USDT", "ETHBTC": "ETH-BTC"}
STAMP = 1_758_075_247_120

parse = Parser(NAMES).quotes


def ticker(**changes: Any) -> bytes:
    """A ticker of our own making; a field that is changed to ``None`` is left out."""
    fields = {
        "e": "24hrMiniTicker", "E": STAMP, "s": "BTCUSDT", "c": "95000.01000000", "o": "94000.00000000",
        "h": "96000.00000000", "l": "93100.50000000", "v": "8123.45000000", "q": "771000000.1",
    }  # fmt: skip
    data = {key: value for key, value in (fields | changes).items() if value is not None}
    return json.dumps({"stream": "btcusdt@miniTicker", "data": data}).encode()


def test_a_ticker() -> None:
    """Its base is the price 24 hours ago, which is no close of any session."""
    assert parse(ticker(), NOW) == (
        Quote(
            symbol="BTC-USDT", last=Decimal("95000.01000000"), ts_event=STAMP * 1_000_000, ts_recv=NOW,
            source="binance", prev_close=Decimal(94000), open=Decimal(94000), high=Decimal(96000),
            low=Decimal("93100.5"), volume=Decimal("8123.45"), currency="USDT",
        ),
    )  # fmt: skip


@pytest.mark.parametrize(
    "data",
    [{"u": 1, "s": "BTCUSDT", "b": "1", "B": "1", "a": "2", "A": "1"}, {"e": "aggTrade", "s": "BTCUSDT"}],
)
def test_other_streams_say_nothing_of_a_last_price(data: dict[str, Any]) -> None:
    """Best bid and offer, trades, candles."""
    assert parse(json.dumps({"stream": "x", "data": data}).encode(), NOW) == ()


def test_an_acknowledgement_and_a_refusal() -> None:
    """The same frame would be refused again."""
    assert parse(b'{"result":null,"id":1}', NOW) == ()
    for refusal in (
        b'{"error":{"code":2,"msg":"Invalid request"},"id":1}',
        b'{"code":3,"msg":"Invalid JSON"}',
    ):
        with pytest.raises(FeedError, match="refused: Invalid") as caught:
            parse(refusal, NOW)
        assert caught.value.fatal


def test_a_server_that_goes_down_says_so() -> None:
    """No failure of the venue's: another connection is there at once."""
    with pytest.raises(RenewalError):
        parse(b'{"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1770123456789}}', NOW)


@pytest.mark.parametrize(
    "changes",
    [{"c": "0"}, {"c": "-1"}, {"c": "NaN"}, {"c": None}, {"c": [5]}, {"E": 0}, {"E": -5}, {"E": 10**17},
     {"E": "x"}, {"E": None}, {"s": "DOGEUSDT"}, {"s": None}, {"h": "x"}, {"v": "-1"}, {"e": "oracle"},
     {"e": "\u202e"}],
)  # fmt: skip
def test_a_malformed_ticker_is_refused_with_a_reason(changes: dict[str, Any]) -> None:
    """Never a quote of nonsense."""
    with pytest.raises(ParseError) as caught:
        parse(ticker(**changes), NOW)
    assert caught.value.reason.isprintable()


@pytest.mark.parametrize("raw", [b"", b"[]", b"{}", b"null", DEEP, b'{"x":' + DEEP, ticker()[:-40]])
def test_garbage(raw: bytes) -> None:
    """Cut, empty, deep, or no object at all."""
    with pytest.raises(ParseError):
        parse(raw, NOW)


@given(st.binary(max_size=300) | mutated(ticker(), b'{"result":null,"id":1}'))
def test_any_bytes_are_refused_politely(raw: bytes) -> None:
    """Nothing but ``ParseError``, or a refusal."""
    survives(parse, raw)


def test_subscriptions_come_in_frames_that_the_venue_takes() -> None:
    """Five a second at the most."""
    frames = [json.loads(frame) for frame in subscribe_frames([f"X{n}USDT" for n in range(1000)])]
    assert [len(frame["params"]) for frame in frames] == [200] * 5
    assert frames[0]["params"][:1] == ["x0usdt@miniTicker"]


def test_a_dollar_is_no_dollar_of_its_own() -> None:
    """A coin stands for it only where the configuration says so."""
    assert pair("BTC-EUR", "") == "BTCEUR"
    assert pair("BTC-USD", "USDT") == "BTCUSDT"
    assert not BinanceSettings().covers("BTC-USD")
    assert BinanceSettings(dollar="USDT").covers("BTC-USD")
    assert BinanceSettings().covers("BTC-USDT")
    assert not BinanceSettings().covers("9888.HK")


@needs_shared
def test_real_frames() -> None:
    """Best bids and offers, trades and candles of 2021; what the documents show."""
    for line in (SAMPLES / "combined_stream_2021-10-12.jsonl").read_bytes().splitlines():
        assert parse(line, NOW) == ()
    quote, down, ack = (SAMPLES / "doc_miniticker_serverShutdown_ack.jsonl").read_bytes().splitlines()
    [told] = Parser({"BNBBTC": "BNB-BTC"}).quotes(quote, NOW)
    assert (told.symbol, str(told.last), str(told.prev_close)) == ("BNB-BTC", "0.0025", "0.0010")
    with pytest.raises(RenewalError):
        parse(down, NOW)
    assert parse(ack, NOW) == ()
