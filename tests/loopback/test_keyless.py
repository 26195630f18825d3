"""Sina, EastMoney, Binance and Kraken against servers that speak as they do."""

import asyncio
import json
from typing import Any

from aiohttp import web
from websockets.asyncio.server import ServerConnection

from feeds.binance import BinanceFeed, BinanceSettings
from feeds.eastmoney import EastMoneyFeed, EastMoneySettings
from feeds.failure import PATIENCE
from feeds.kraken import KrakenFeed, KrakenSettings
from feeds.sina import SinaFeed, SinaSettings
from market.freshness import Health
from tests.loopback.feeding import Collector, PageServer, RushedClock, StreamServer, running, until
from tests.unit import test_binance, test_eastmoney, test_kraken, test_sina


async def sina(request: web.BaseRequest) -> web.StreamResponse:
    """The venue: 403 and a word to whoever does not come from its own pages."""
    if not request.headers.get("Referer", "").startswith("https://finance.sina.com.cn"):
        return web.Response(status=403, text="Kinsoku jikou desu!")
    codes = request.path_qs.partition("=")[2].split(",")
    page = b"".join(test_sina.page(test_sina.row(), key=code) for code in codes)
    return web.Response(body=page, content_type="application/javascript", charset="GB18030")


async def test_sina_is_asked_from_its_own_page() -> None:
    """All in one request."""
    async with PageServer(sina).serving() as server:
        clock, sink = RushedClock(held=True), Collector()
        feed = SinaFeed(SinaSettings(quote_url=server.url), ["9888.HK", "AAPL", "HSTECH"], clock)
        async with running(feed.run(sink)):
            await until(lambda: clock.sleeps == [3.0])
        assert [quote.symbol for quote in sink.all] == ["9888.HK", "HSTECH"]
        assert (feed.status.state, server.paths) == (Health.LIVE, ["/q=rt_hk09888,rt_hkHSTECH"])
        assert not feed.serves("AAPL")


async def test_sina_refuses_strangers() -> None:
    """Twice as rarely each time."""
    async with PageServer(sina).serving() as server:
        clock = RushedClock()
        feed = SinaFeed(SinaSettings(quote_url=server.url, referer="https://x/"), ["9888.HK"], clock)
        async with running(feed.run(Collector())):
            await until(lambda: len(clock.sleeps) >= 9)
        assert clock.sleeps[:9] == [6, 12, 24, 48, 96, 192, 300, 300, 300]
        assert (feed.status.state, feed.status.reason) == (Health.DOWN, "answered HTTP 403")


async def test_eastmoney_hangs_up_and_comes_back() -> None:
    """Its way of a block is to close without an answer."""

    async def venue(request: web.BaseRequest) -> web.StreamResponse:
        if len(server.paths) <= 3:  # the HTTP client itself asks a second time
            assert request.transport is not None
            request.transport.close()
        rows = [test_eastmoney.row(), test_eastmoney.row(f12="HSTECH", f13=124, f5=9.5)]
        return web.Response(body=test_eastmoney.page(*rows), content_type="application/json")

    async with PageServer(venue).serving() as server:
        clock, sink = RushedClock(), Collector()
        url = server.url.removesuffix("q=") + "api/qt/ulist.np/get"
        feed = EastMoneyFeed(EastMoneySettings(quote_url=url), ["9888.HK", "HSTECH"], clock)
        async with running(feed.run(sink)):
            await until(lambda: len(sink.all) >= 2)
        assert [quote.symbol for quote in sink.all[:2]] == ["9888.HK", "HSTECH"]
        assert feed.status.errors >= 1
        assert server.paths[0].startswith("/api/qt/ulist.np/get?secids=116.09888,124.HSTECH&")


def binance(*, seconds: float = 60.0, goes_down: bool = False) -> Any:
    """The venue: acknowledges, pings with a payload, tells prices, and ends the connection in its time."""

    async def script(connection: ServerConnection) -> None:
        await connection.send(b'{"result":null,"id":1}'.decode())
        pong = await connection.ping(b"1758075247120")
        await pong
        await connection.send(test_binance.ticker().decode())
        if goes_down:
            await connection.send('{"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1}}')
        async with asyncio.timeout(seconds):
            await connection.wait_closed()

    return script


async def test_binance_is_answered_its_pings_and_asked_in_one_frame() -> None:
    """With its own names in small letters."""
    async with StreamServer(binance()).serving() as server:
        sink = Collector()
        feed = BinanceFeed(BinanceSettings(stream_url=server.url), ["BTC-USDT", "BTC-USD"], RushedClock())
        async with running(feed.run(sink)):
            await until(lambda: len(sink.all) == 1)
            assert feed.status.state is Health.LIVE
        assert json.loads(server.received[0])["params"] == ["btcusdt@miniTicker"]
        assert feed.serves("BTC-USDT")
        assert not feed.serves("BTC-USD")


async def test_binance_is_renewed_before_its_day_is_over() -> None:
    """A planned end is no failure: the feed's health has no gap, and nothing is counted against it."""
    async with StreamServer(binance()).serving() as server:
        clock, sink, states = RushedClock(), Collector(), set[Health]()

        def thrice() -> bool:
            states.add(feed.status.state)
            return len(sink.all) >= 3

        settings = BinanceSettings(stream_url=server.url, lifetime="100ms")
        feed = BinanceFeed(settings, ["BTC-USDT"], clock)
        async with running(feed.run(sink)):
            await until(lambda: bool(sink.all))
            await until(thrice)
        assert (states, feed.status.errors) == ({Health.LIVE}, 0)
        assert feed.status.reconnects >= 2
        assert max(clock.sleeps) <= 1.0
        assert server.connects == feed.status.reconnects + 1


async def test_binance_goes_down_and_another_server_is_there() -> None:
    """As it announces."""
    async with StreamServer(binance(goes_down=True), binance()).serving() as server:
        sink = Collector()
        feed = BinanceFeed(BinanceSettings(stream_url=server.url), ["BTC-USDT"], RushedClock())
        async with running(feed.run(sink)):
            await until(lambda: len(sink.all) == 2)
        assert (feed.status.errors, feed.status.reconnects) == (0, 1)


async def test_binance_refuses_an_address_for_good() -> None:
    """HTTP 451, for some countries: five minutes."""

    async def refuses(_request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(status=451)

    async with PageServer(refuses).serving() as server:
        clock = RushedClock(held=True)
        url = server.url.replace("http:", "ws:")
        feed = BinanceFeed(BinanceSettings(stream_url=url), ["BTC-USDT"], clock)
        async with running(feed.run(Collector())):
            await until(lambda: clock.sleeps == [PATIENCE])
        assert feed.status.reason == "answered HTTP 451"


async def kraken(connection: ServerConnection, *symbols: str) -> None:
    """The venue: its state, an answer for each pair, a snapshot and updates, heartbeats; XBT is none."""
    await connection.send('{"channel":"status","type":"update","data":[{"system":"online"}]}')
    for symbol in symbols:
        if symbol.startswith("XBT"):
            error = f"Currency pair not supported {symbol}"
            refusal = {"error": error, "method": "subscribe", "success": False, "symbol": symbol}
            await connection.send(json.dumps(refusal))
        else:
            await connection.send(json.dumps({"method": "subscribe", "success": True, "result": {}}))
            for kind, last in (("snapshot", 95000.1), ("update", 95000.2)):
                await connection.send(test_kraken.ticker(kind, symbol=symbol, last=last).decode())
    while True:
        await connection.send('{"channel":"heartbeat"}')
        await asyncio.sleep(0.05)


async def test_kraken_serves_what_it_knows() -> None:
    """A snapshot, then updates; the pair that it does not know is counted as refused."""
    async with StreamServer(lambda connection: kraken(connection, "BTC/USD", "XBT/EUR")).serving() as server:
        sink = Collector()
        pairs = ["BTC-USD", "XBT-EUR"]
        feed = KrakenFeed(KrakenSettings(stream_url=server.url), pairs, RushedClock())
        async with running(feed.run(sink)):
            await until(lambda: len(sink.all) == 2 and len(sink.errors) == 1)
            assert (feed.status.state, feed.status.rejected) == (Health.LIVE, 1)
        assert [str(quote.last) for quote in sink.all] == ["95000.1", "95000.2"]
        assert json.loads(server.received[0])["params"]["symbol"] == ["BTC/USD", "XBT/EUR"]


async def test_kraken_knows_none_of_them_and_the_reason_is_shown() -> None:
    """Heartbeats go on, so that the connection does; the status says what is wrong."""
    async with StreamServer(lambda connection: kraken(connection, "XBT/EUR")).serving() as server:
        feed = KrakenFeed(KrakenSettings(stream_url=server.url), ["XBT-EUR"], RushedClock())
        async with running(feed.run(Collector())):
            await until(lambda: feed.status.frames >= 4)
            assert feed.status.state is Health.CONNECTING
            assert feed.status.reason == "Currency pair not supported XBT/EUR"
            assert server.connects == 1
