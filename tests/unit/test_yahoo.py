"""Yahoo's stream and charts, on paper."""

import json
import struct
from base64 import b64encode
from contextlib import suppress
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.pricing_pb2 import PricingData
from feeds.yahoo import Parser, chart_url, exact_price, parse_chart, subscribe_frame, yahoo_symbol
from market.clock import parse_rfc3339
from market.errors import ParseError
from market.quote import Quote
from tests.paths import SHARED, needs_shared

SAMPLES = SHARED / "samples" / "feeds" / "yahoo"
NOW = 1_758_075_247_180_000_000
PARSER = Parser({"HSTECH.HK": "HSTECH", "AAPL": "AAPL"})
TIME_MS = 1_758_075_247_000


def pricing(**changes: Any) -> bytes:
    """A message of our own making."""
    fields: dict[str, Any] = {
        "id": "AAPL", "price": 131.6, "time": TIME_MS, "exchange": "NMS", "quote_type": 8, "market_hours": 1,
        "change": 1.25, "day_volume": 5_422_202, "price_hint": 2,
    }  # fmt: skip
    return PricingData(**(fields | changes)).SerializeToString()


def frame(message: bytes, kind: str = "pricing") -> bytes:
    """The envelope of version 2."""
    return json.dumps({"type": kind, "message": b64encode(message).decode()}).encode()


def parsed(**changes: Any) -> Quote:
    """The quote of a message with these changes."""
    (quote,) = PARSER.quotes(frame(pricing(**changes)), NOW)
    return quote


def test_a_frame() -> None:
    """No float leaves a trace in it."""
    assert parsed(open_price=130.05, day_high=132.4, day_low=129.9, currency="USD") == Quote(
        symbol="AAPL",
        last=Decimal("131.60"),
        ts_event=TIME_MS * 1_000_000,
        ts_recv=NOW,
        source="yahoo",
        prev_close=Decimal("130.35"),
        open=Decimal("130.05"),
        high=Decimal("132.40"),
        low=Decimal("129.90"),
        volume=5_422_202,
        currency="USD",
        phase="regular",
    )


def test_the_bare_frames_of_version_1() -> None:
    """Base64 without an envelope."""
    assert PARSER.quotes(b64encode(pricing()), NOW) == (parsed(),)


@pytest.mark.parametrize(("hours", "phase"), [(0, "pre"), (1, "regular"), (2, "post"), (3, None)])
def test_phases_of_new_york(hours: int, phase: str | None) -> None:
    """Zero is written on the wire, and means before the market."""
    assert parsed(market_hours=hours).phase == phase


def test_no_phase_where_none_is_written_or_another_exchange_has_its_own() -> None:
    """Hong Kong's day has a morning and an afternoon, which the calendar knows."""
    assert parsed(id="0700.HK", price_hint=3).phase is None
    message = PricingData(id="AAPL", price=131.6, time=TIME_MS, price_hint=2).SerializeToString()
    assert PARSER.quotes(frame(message), NOW)[0].phase is None


def test_an_index_under_its_canonical_name() -> None:
    """Without a volume: what the venue counts there are its members' shares."""
    quote = parsed(id="HSTECH.HK", quote_type=9, price=6334.24, change=256.58, day_volume=99)
    assert (quote.symbol, str(quote.last), str(quote.prev_close)) == ("HSTECH", "6334.24", "6077.66")
    assert quote.volume is None


def test_an_unchanged_price_has_a_base_and_an_unknown_change_has_none() -> None:
    """A wrong base would be a wrong percent; none is shown as none."""
    assert parsed(change=0.0).prev_close == Decimal("131.60")
    message = PricingData(id="AAPL", price=131.6, time=TIME_MS, price_hint=2).SerializeToString()
    assert PARSER.quotes(frame(message), NOW)[0].prev_close is None
    assert parsed(change=500.0).prev_close is None


def test_a_heartbeat_is_no_quote() -> None:
    """Nothing in it, nothing wrong with it."""
    assert PARSER.quotes(frame(pricing(quote_type=7)), NOW) == ()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [({"price": 0.0}, "impossible price"), ({"price": -3.0}, "impossible price"),
     ({"price": float("nan")}, "not a number"), ({"price": float("inf")}, "not a number"),
     ({"price": 0.001}, "impossible price"), ({"change": float("nan")}, "not a number"),
     ({"day_high": -1.0}, "impossible price"), ({"time": 0}, "no plausible time"),
     ({"time": TIME_MS * 1000}, "no plausible time"), ({"time": -5}, "no plausible time"),
     ({"price_hint": 99}, "price hint 99"), ({"price_hint": -1}, "price hint -1"),
     ({"id": "ES=F"}, "not a symbol"), ({"id": ""}, "not a symbol"), ({"id": "\x1b[31m"}, "not a symbol")],
)  # fmt: skip
def test_a_malformed_message_is_refused_with_a_reason(changes: dict[str, Any], reason: str) -> None:
    """Never a quote of nonsense."""
    with pytest.raises(ParseError) as caught:
        parsed(**changes)
    assert reason in caught.value.reason


@pytest.mark.parametrize(
    "raw",
    [b"", b"{", b"[]", b"null", b"not base64!", b'{"type":"pricing"}', b'{"type":"pricing","message":"%%"}',
     b'{"type":"pricing","message":7}', frame(b"\xff\xff\xff"), frame(pricing()[:8]), frame(b"", "status"),
     b'{"message":""}', b64encode(b"\x0a\xff")],
)  # fmt: skip
def test_garbage_frames(raw: bytes) -> None:
    """Broken in the envelope, the base64 or the message."""
    with pytest.raises(ParseError):
        PARSER.quotes(raw, NOW)


def as_float32(text: str) -> float:
    """What the wire makes of a price."""
    return float(struct.unpack("<f", struct.pack("<f", float(text)))[0])


@given(st.integers(1, 8_388_607), st.integers(2, 4))
def test_a_price_survives_four_bytes(digits: int, hint: int) -> None:
    """Whatever seven digits can say comes back exactly."""
    written = Decimal(digits).scaleb(-hint)
    assert exact_price(as_float32(str(written)), hint) == written


@pytest.mark.parametrize(
    ("written", "hint", "shown"),
    [("131.6", 2, "131.60"), ("99999.99", 2, "99999.99"), ("131072.1", 2, "131072.1"), ("478.8", 3, "478.80"),
     ("0.385", 3, "0.385"), ("707123", 2, "707123.0"), ("12345678", 2, "12345678"), ("150", 0, "150.00")],
)  # fmt: skip
def test_no_digit_is_made_up(written: str, hint: int, shown: str) -> None:
    """Beyond seven digits a four-byte float knows nothing, whatever the hint promises."""
    assert str(exact_price(as_float32(written), hint)) == shown


def test_names_both_ways() -> None:
    """What is asked for is what comes back."""
    symbols = ["0700.HK", "HSTECH", "HSI", "NDX", "AAPL", "BRK.B", "BTC-USD", "HKD=X"]
    names = ["0700.HK", "HSTECH.HK", "^HSI", "^NDX", "AAPL", "BRK-B", "BTC-USD", "HKD=X"]
    assert [yahoo_symbol(symbol) for symbol in symbols] == names
    assert json.loads(subscribe_frame(symbols)) == {"subscribe": names}


# -- charts


def chart(**changes: Any) -> bytes:
    """A chart of our own making, two sessions of Hong Kong."""
    quote = {"open": [120.0, 121.0], "high": [124.0, 124.7], "low": [119.5, 120.2],
             "close": [float("113.19999694824219"), 124.6], "volume": [1000, 2000]}  # fmt: skip
    result = {
        "meta": {"exchangeTimezoneName": "Asia/Hong_Kong", "priceHint": 3, "instrumentType": "EQUITY"},
        "timestamp": [1_757_986_200, 1_758_075_247],
        "indicators": {"quote": [quote | changes.pop("quote", {})]},
    }
    return json.dumps({"chart": {"result": [result | changes], "error": None}}).encode()


def test_daily_bars_are_exact_and_dated_by_the_exchange() -> None:
    """The last one carries the time of its last trade."""
    first, last = parse_chart(chart())
    assert (first.date, str(first.close)) == (date(2025, 9, 16), "113.20")
    assert (last.date, str(last.high), last.volume) == (date(2025, 9, 17), "124.70", 2000)


def test_holes_are_left_out() -> None:
    """A row without all its prices is no bar; one without a volume is."""
    assert len(parse_chart(chart(quote={"close": [None, 124.6]}))) == 1
    assert parse_chart(chart(quote={"volume": [None, None]}))[0].volume is None


def test_an_index_has_no_volume() -> None:
    """As on the stream."""
    meta = {"exchangeTimezoneName": "Asia/Hong_Kong", "priceHint": 2, "instrumentType": "INDEX"}
    assert [bar.volume for bar in parse_chart(chart(meta=meta))] == [None, None]


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"Too Many Requests\r\n", b'{"chart":{"result":null,"error":{"code":"Not Found"}}}',
     b'{"chart":{"result":[],"error":null}}', b'{"finance":{"result":null}}',
     chart(meta={"exchangeTimezoneName": "Asia/Nowhere"}), chart(meta={"exchangeTimezoneName": "../../etc"}),
     chart(meta={}), chart(quote={"close": [1.0]}), chart(quote={"open": [-1.0, 2.0]}),
     chart(timestamp=[10**17, 1]), chart(indicators={"quote": []}), chart(quote={"close": "x"})],
)  # fmt: skip
def test_bad_charts_are_refused(body: bytes) -> None:
    """By reason, never by a stray exception."""
    with pytest.raises(ParseError):
        parse_chart(body)


def test_the_address_of_a_chart() -> None:
    """Two dates and between, the name quoted."""
    url = chart_url("https://x/chart/", "HSI", date(2025, 9, 1), date(2025, 9, 17))
    assert url == "https://x/chart/%5EHSI?period1=1756684800&period2=1758153600&interval=1d"


# -- strangers


@given(st.binary(max_size=300))
def test_any_bytes_are_refused_politely(raw: bytes) -> None:
    """Nothing but ``ParseError`` leaves a parser."""
    for body in (raw, b"{" + raw, frame(raw), b64encode(raw)):
        with suppress(ParseError):
            PARSER.quotes(body, NOW)
        with suppress(ParseError):
            parse_chart(body)


@given(st.data())
def test_mutated_messages_never_break_the_parser(data: st.DataObject) -> None:
    """A message with bytes changed, dropped and repeated gives a sane quote or a reason."""
    message = bytearray(pricing(open_price=130.0, day_high=140.0, currency="USD"))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(message) - 1))
        message[at : at + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=4))
    with suppress(ParseError):
        for quote in PARSER.quotes(frame(bytes(message)), NOW):
            assert quote.last > 0 and quote.ts_event > 0


@given(st.recursive(st.none() | st.floats() | st.integers() | st.text(max_size=4), lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["result", "meta", "timestamp", "indicators", "quote"]), inner)))  # fmt: skip # noqa: E501
def test_charts_of_any_shape_are_refused_politely(shape: Any) -> None:
    """JSON that is anything but a chart."""
    with suppress(ParseError):
        parse_chart(json.dumps({"chart": shape}).encode())


# -- the real thing


@needs_shared
def test_real_frames() -> None:
    """Before the market, in it, years ago, crypto and a currency; version 1 says the same."""
    lines = (SAMPLES / "stream_v2_frames.jsonl").read_bytes().splitlines()
    quotes = [quote for line in lines for quote in Parser({}).quotes(line, NOW)]
    seen = [(q.symbol, str(q.last), str(q.prev_close), q.phase, q.volume) for q in quotes]
    assert seen == [
        ("AAPL", "305.76", "304.99", "pre", None),
        ("AAPL", "307.20", "309.38", "regular", 5_422_202),
        ("TSLA", "676.08", "691.62", "regular", 15_605_331),
        ("BTC-USD", "94745.08", "93313.19", None, None),
        ("EURUSD=X", "1.1533", "1.1522", None, None),
    ]
    assert quotes[0].ts_event == parse_rfc3339("2026-05-22T08:10:22Z")
    assert (str(quotes[3].open), str(quotes[3].high), quotes[3].currency) == ("92529.99", "95227.55", "USD")
    bare = [json.loads(line)["message"].encode() for line in lines]
    assert [Parser({}).quotes(line, NOW)[0] for line in bare] == quotes


@needs_shared
def test_a_real_chart() -> None:
    """Five sessions of Tencent, to the cent; and a day without one bar."""
    bars = parse_chart((SAMPLES / "chart_v8_0700HK_5d_2026-08-07.json").read_bytes())
    assert [bar.date.day for bar in bars] == [3, 4, 5, 6, 7]
    assert [str(bar.close) for bar in bars] == ["490.40", "487.60", "492.20", "479.20", "478.80"]
    assert (str(bars[2].open), bars[4].volume) == ("493.40", 16_320_039)
    assert parse_chart((SAMPLES / "chart_v8_AAPL_1m_empty_day.json").read_bytes()) == []


@needs_shared
@pytest.mark.parametrize("name", ["errors.jsonl", "crumb_error_bodies.txt", "chart_v8_response_headers.json"])
def test_real_refusals_are_no_charts(name: str) -> None:
    """What the venue answers when it does not want to."""
    for line in (SAMPLES / name).read_bytes().splitlines():
        with pytest.raises(ParseError):
            parse_chart(line)
