"""Every adapter and the venue it was made for, as a test of all of them needs it."""

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from websockets.asyncio.server import ServerConnection

from feeds.poll import PollFeed
from feeds.registry import build, settings_of
from feeds.stream import StreamFeed
from market.clock import MILLISECOND, SECOND, Clock, parse_rfc3339, rfc3339
from tests.unit import (
    test_binance,
    test_coinbase,
    test_eastmoney,
    test_keyed,
    test_kraken,
    test_sina,
    test_tencent,
    test_yahoo,
)

HONG_KONG, NEW_YORK = parse_rfc3339("2025-09-17T02:20:00Z"), parse_rfc3339("2025-09-17T15:00:00Z")
"""Instants (ns UTC) at which each trades."""

KEY_VARIABLE = "FEEDS_TEST_KEY"

Opening = Callable[[ServerConnection], Awaitable[object]]


async def heard(connection: ServerConnection) -> None:
    """Most venues are told what is wanted, and have nothing to say to it."""
    await connection.recv()


async def greeted(connection: ServerConnection, *lines: Any) -> None:
    """Some greet, are told a key, accept it, and are then told what is wanted."""
    for line in lines:
        await connection.send(json.dumps([line]))
        await connection.recv()


async def alpaca_opens(connection: ServerConnection) -> None:
    """Alpaca's dialogue."""
    await greeted(connection, {"T": "success", "msg": "connected"}, {"T": "success", "msg": "authenticated"})


async def massive_opens(connection: ServerConnection) -> None:
    """Massive's dialogue."""
    await greeted(
        connection, {"ev": "status", "status": "connected"}, {"ev": "status", "status": "auth_success"}
    )


@dataclass(frozen=True)
class StreamPeer:
    """An adapter of a socket: what it watches, when (ns UTC), and a frame with a price at an instant."""

    name: str
    symbol: str
    now: int
    frame: Callable[[str, int], bytes]
    opens: Opening = heard
    section: dict[str, Any] | None = None

    def feed(self, url: str, clock: Clock, idle: str = "5s") -> StreamFeed:
        """The adapter against another address."""
        section = {"stream_url": url, "idle_timeout": idle} | (self.section or {})
        settings = msgspec.convert(section, settings_of(self.name, section))
        feed = build(self.name, settings, [self.symbol], clock)
        assert isinstance(feed, StreamFeed)
        return feed


def _binance(price: str, at: int) -> bytes:
    return test_binance.ticker(c=price, o="123", E=at // MILLISECOND)


def _coinbase(price: str, at: int) -> bytes:
    return test_coinbase.ticker(price=price, open_24h="123", time=rfc3339(at), trade_id=at // SECOND)


def _kraken(price: str, at: int) -> bytes:
    return test_kraken.ticker(last=float(price), timestamp=rfc3339(at), change=1.5)


def _yahoo(price: str, at: int) -> bytes:
    message = test_yahoo.pricing(price=float(price), time=at // MILLISECOND, change=1.5)
    return test_yahoo.frame(message)


def _json_ws(price: str, at: int) -> bytes:
    return json.dumps({"s": "BIDU HK", "p": price, "t": at // MILLISECOND, "c": "123"}).encode()


STREAMS = (
    StreamPeer("yahoo", "AAPL", NEW_YORK, _yahoo),
    StreamPeer("coinbase", "BTC-USD", HONG_KONG, _coinbase),
    StreamPeer("binance", "BTC-USDT", HONG_KONG, _binance),
    StreamPeer("kraken", "BTC-USD", HONG_KONG, _kraken),
    StreamPeer(
        "finnhub", "BIDU", NEW_YORK,
        lambda price, at: test_keyed.frame("finnhub", float(price), stamp=at // MILLISECOND),
        section={"token_env": KEY_VARIABLE},
    ),
    StreamPeer(
        "alpaca", "BIDU", NEW_YORK,
        lambda price, at: test_keyed.frame("alpaca", float(price), stamp=rfc3339(at)),
        opens=alpaca_opens, section={"key_env": KEY_VARIABLE, "secret_env": KEY_VARIABLE},
    ),
    StreamPeer(
        "massive", "BIDU", NEW_YORK,
        lambda price, at: test_keyed.frame("massive", float(price), stamp=at // MILLISECOND),
        opens=massive_opens, section={"token_env": KEY_VARIABLE},
    ),
    StreamPeer(
        "desk", "9888.HK", HONG_KONG, _json_ws,
        section={"kind": "json_ws", "subscribe": ["{symbols}"], "symbol": "s", "price": "p", "time": "t",
                 "prev_close": "c", "names": {"BIDU HK": "9888.HK"}},
    ),
)  # fmt: skip


@dataclass(frozen=True)
class PollPeer:
    """An adapter of a page: a page with a price at an instant (ns UTC)."""

    name: str
    page: Callable[[str, int], bytes]
    symbol: str = "9888.HK"
    now: int = HONG_KONG

    def feed(self, url: str, clock: Clock) -> PollFeed:
        """The adapter against another address."""
        settings = msgspec.convert({"quote_url": url}, settings_of(self.name))
        feed = build(self.name, settings, [self.symbol], clock)
        assert isinstance(feed, PollFeed)
        return feed


def _stamp(at: int) -> tuple[str, str]:
    """Date and time in Hong Kong, as the portals write them."""
    text = rfc3339(at + 8 * 3600 * SECOND)
    return text[:10].replace("-", "/"), text[11:19]


def _tencent(price: str, at: int) -> bytes:
    return test_tencent.page(test_tencent.row(f3=price, f30=" ".join(_stamp(at))))


def _sina(price: str, at: int) -> bytes:
    date, time = _stamp(at)
    return test_sina.page(test_sina.row(f6=price, f17=date, f18=time))


def _eastmoney(price: str, at: int) -> bytes:
    row = test_eastmoney.row(f2=float(price), f3="-", f124=at // SECOND)
    return test_eastmoney.page(row)


POLLS: Sequence[PollPeer] = (
    PollPeer("tencent", _tencent),
    PollPeer("sina", _sina),
    PollPeer("eastmoney", _eastmoney),
)
