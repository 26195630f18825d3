"""Finnhub's, Alpaca's and Massive's frames, on paper."""

import json
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds import alpaca, finnhub, massive
from feeds.base import TurnedDownError
from feeds.failure import RefusedError
from market.clock import parse_rfc3339
from market.errors import FeedError, ParseError
from market.quote import Quote
from tests.paths import SHARED, needs_shared
from tests.unit.fuzzing import DEEP, NOW, mutated, survives

SAMPLES = SHARED / "samples" / "feeds"
STAMP = 1_758_118_447_120
ASKED = frozenset({"AAPL", "BIDU"})

Parse = Callable[[bytes, int], Sequence[Quote]]
PARSERS: dict[str, Parse] = {
    "finnhub": partial(finnhub.parse_frame, ASKED),
    "alpaca": partial(alpaca.parse_frame, ASKED),
    "massive": partial(massive.parse_frame, ASKED),
}


def frame(venue: str, price: Any = 131.6, symbol: Any = "BIDU", stamp: Any = STAMP) -> bytes:
    """A trade of our own making, as that venue writes it."""
    if venue == "finnhub":
        trade = {"c": ["1"], "p": price, "s": symbol, "t": stamp, "v": 8}
        return json.dumps({"data": [trade], "type": "trade"}).encode()
    if venue == "massive":
        trade = {
            "ev": "T",
            "sym": symbol,
            "x": 4,
            "i": "7",
            "z": 3,
            "p": price,
            "s": 8,
            "c": [12],
            "t": stamp,
        }
        return json.dumps([trade]).encode()
    when = "2025-09-17T14:14:07.120000001Z" if stamp == STAMP else stamp
    trade = {"T": "t", "S": symbol, "i": 7, "x": "V", "p": price, "s": 8, "c": ["@"], "z": "C", "t": when}
    return json.dumps([trade]).encode()


@pytest.mark.parametrize("venue", PARSERS)
def test_a_trade(venue: str) -> None:
    """A price and an instant; what a trade does not tell is not made up."""
    nanosecond = 1 if venue == "alpaca" else 0
    assert PARSERS[venue](frame(venue), NOW) == [
        Quote(
            symbol="BIDU", last=Decimal("131.6"), ts_event=STAMP * 1_000_000 + nanosecond, ts_recv=NOW,
            source=venue, currency="USD",
        ),
    ]  # fmt: skip


@pytest.mark.parametrize("venue", PARSERS)
@pytest.mark.parametrize(
    "changes",
    [{"price": 0}, {"price": -1}, {"price": None}, {"price": "x"}, {"price": True}, {"price": [1]},
     {"symbol": "MSFT"}, {"symbol": "\u202eBIDU"}, {"symbol": None}, {"stamp": 0}, {"stamp": -5},
     {"stamp": None}, {"stamp": "yesterday"}, {"stamp": 10**18}],
)  # fmt: skip
def test_a_malformed_trade_is_refused_with_a_reason(venue: str, changes: dict[str, Any]) -> None:
    """Never a quote of nonsense."""
    with pytest.raises(ParseError) as caught:
        PARSERS[venue](frame(venue, **changes), NOW)
    assert caught.value.reason.isprintable()


@pytest.mark.parametrize("venue", PARSERS)
@pytest.mark.parametrize(
    "raw", [b"", b"{}", b"null", b"[1]", DEEP, b'{"type":"trade","x":' + DEEP, b'[{"ev":"T","x":' + DEEP]
)
def test_garbage(venue: str, raw: bytes) -> None:
    """Cut, empty, deep, or nothing of this venue."""
    with pytest.raises(ParseError):
        PARSERS[venue](raw, NOW)


@pytest.mark.parametrize("venue", PARSERS)
@given(st.data())
def test_any_bytes_are_refused_politely(venue: str, data: st.DataObject) -> None:
    """Nothing but ``ParseError``, or a refusal; and what is answered is never what was heard."""
    raw = data.draw(st.binary(max_size=300) | mutated(frame(venue)))
    survives(PARSERS[venue], raw)
    for module in (alpaca, massive):
        assert set(module.answer(raw, "auth", "subscribe")) <= {"auth", "subscribe"}


@pytest.mark.parametrize(
    ("venue", "raw"),
    [("finnhub", b'{"type":"ping"}'), ("alpaca", b'[{"T":"success","msg":"connected"}]'),
     ("alpaca", b'[{"T":"subscription","trades":["AAPL"]}]'), ("alpaca", b'[{"T":"q","S":"AAPL","bp":1}]'),
     ("massive", b'[{"ev":"status","status":"connected","message":"Connected Successfully"}]'),
     ("massive", b'[{"ev":"status","status":"success","message":"subscribed to: T.AAPL"}]'),
     ("massive", b'[{"ev":"Q","sym":"AAPL","bp":1}]')],
)  # fmt: skip
def test_frames_without_a_last_price(venue: str, raw: bytes) -> None:
    """Pings, greetings, acknowledgements, and what was not asked for."""
    assert list(PARSERS[venue](raw, NOW)) == []


def alpaca_error(code: int) -> bytes:
    """As the venue writes it."""
    return json.dumps([{"T": "error", "code": code, "msg": "so it says"}]).encode()


def massive_status(status: str) -> bytes:
    """As the venue writes it."""
    return json.dumps([{"ev": "status", "status": status, "message": "so it says"}]).encode()


def finnhub_error(text: str) -> bytes:
    """As the venue writes it."""
    return json.dumps({"type": "error", "msg": text}).encode()


@pytest.mark.parametrize(
    ("venue", "raw", "kind", "is_fatal"),
    [*(("alpaca", alpaca_error(code), FeedError, True) for code in (400, 401, 402, 405, 409, 410)),
     *(("alpaca", alpaca_error(code), FeedError, False) for code in (404, 407, 500)),
     ("alpaca", alpaca_error(406), RefusedError, False),
     ("alpaca", alpaca_error(403), ParseError, None),
     ("massive", massive_status("auth_failed"), FeedError, True),
     ("massive", massive_status("auth_timeout"), FeedError, False),
     ("massive", massive_status("max_connections"), RefusedError, False),
     ("massive", massive_status("error"), TurnedDownError, None),
     ("massive", massive_status("not_heard_of"), FeedError, True),
     ("finnhub", finnhub_error("Invalid API key"), FeedError, True),
     ("finnhub", finnhub_error("Something is too much"), RefusedError, False),
     ("finnhub", finnhub_error("Subscribing to too many symbols"), TurnedDownError, None)],
)  # fmt: skip
def test_refusals_are_what_they_mean(venue: str, raw: bytes, kind: type[Exception], is_fatal: bool) -> None:
    """Minutes for a key, a plan or a connection too many; seconds for what passes; none for one symbol."""
    with pytest.raises(kind) as caught:
        PARSERS[venue](raw, NOW)
    assert type(caught.value) is kind
    assert is_fatal is None or (isinstance(caught.value, FeedError) and caught.value.fatal is is_fatal)


def test_the_dialogues() -> None:
    """Greeted, a key; accepted, a question; nothing else."""
    greeted, accepted = b'[{"T":"success","msg":"connected"}]', b'[{"T":"success","msg":"authenticated"}]'
    assert [*alpaca.answer(greeted, "a", "s"), *alpaca.answer(accepted, "a", "s")] == ["a", "s"]
    assert alpaca.answer(frame("alpaca"), "a", "s") == alpaca.answer(b"garbage", "a", "s") == []
    statuses = ("connected", "auth_success", "success")
    assert [massive.answer(massive_status(s), "a", "s") for s in statuses] == [["a"], ["s"], []]


def test_a_bar_of_a_second_has_the_days_volume() -> None:
    """Its price is the close, its instant the end."""
    bar = {"ev": "A", "sym": "BIDU", "v": 200, "av": 8642007, "op": 130.05, "o": 131.4,
           "c": 131.6, "h": 131.7, "l": 131.4, "s": STAMP - 1000, "e": STAMP}  # fmt: skip
    [quote] = PARSERS["massive"](json.dumps([bar]).encode(), NOW)
    assert (str(quote.last), str(quote.open), quote.volume) == ("131.6", "130.05", 8642007)
    assert quote.ts_event == STAMP * 1_000_000


@needs_shared
def test_real_frames_of_finnhub() -> None:
    """Trades of five years, a ping, and a limit."""
    asked = frozenset({"BINANCE:ETHUSDT", "BINANCE:BTCUSDT", "RCL"})
    *trades, ping, limit = (SAMPLES / "finnhub" / "messages.jsonl").read_bytes().splitlines()
    prices = [str(quote.last) for line in trades for quote in finnhub.parse_frame(asked, line, NOW)]
    assert prices == ["1675.58", "95372.09", "95372.09", "75008.34", "7296.89", "24.3"]
    assert finnhub.parse_frame(asked, ping, NOW) == ()
    with pytest.raises(TurnedDownError, match="too many symbols"):
        finnhub.parse_frame(asked, limit, NOW)


@needs_shared
def test_real_frames_of_alpaca_and_massive() -> None:
    """Refusals, acknowledgements, and what the documents show of a session."""
    limit, connections = (SAMPLES / "alpaca" / "errors.jsonl").read_bytes().splitlines()
    with pytest.raises(FeedError, match="405 symbol limit") as caught:
        PARSERS["alpaca"](limit, NOW)
    assert caught.value.fatal
    with pytest.raises(RefusedError, match="another program"):
        PARSERS["alpaca"](connections, NOW)
    assert list(PARSERS["alpaca"]((SAMPLES / "alpaca" / "subscription_ack.json").read_bytes(), NOW)) == []
    session = (SAMPLES / "alpaca" / "doc_session_test_stream.txt").read_bytes().splitlines()
    heard = [line[2:] for line in session if line.startswith(b"<")]
    assert [list(PARSERS["alpaca"](line, NOW)) for line in heard] == [[]] * len(heard)
    assert [said for line in heard for said in alpaca.answer(line, "auth", "subscribe")] == [
        "auth",
        "subscribe",
    ]
    for line in (SAMPLES / "massive" / "status_errors.jsonl").read_bytes().splitlines():
        with pytest.raises(FeedError):
            PARSERS["massive"](line, NOW)
    assert parse_rfc3339("2024-07-24T07:56:53.639713735Z") % 10**9 == 639_713_735
