"""The Yahoo feed and charts against loopback servers."""

import json
from base64 import b64encode
from datetime import date

import pytest
from websockets.asyncio.server import ServerConnection

from feeds import yahoo
from feeds.http import Http
from feeds.pricing_pb2 import PricingData
from feeds.yahoo import YahooFeed, YahooSettings, fetch_bars
from market.errors import FeedError, ParseError
from market.freshness import Health
from tests.loopback.feeding import Collector, PageServer, RushedClock, StreamServer, answers, running, until
from tests.paths import SHARED, needs_shared


async def quotes_all(connection: ServerConnection, wanted: list[str]) -> None:
    """One frame for each of the first hundred names, as the venue does."""
    for name in wanted[:100]:
        data = PricingData(
            id=name, price=131.6, time=1_758_075_247_000, price_hint=2, quote_type="EQUITY", change=1.0
        )
        message = b64encode(data.SerializeToString()).decode()
        await connection.send(json.dumps({"type": "pricing", "message": message}))
    await connection.wait_closed()


async def test_a_hundred_symbols_to_a_connection() -> None:
    """More would be silently left out; a broken connection is down until it has brought a quote."""
    symbols = [f"{number:04d}.HK" for number in range(1, 251)]
    server = StreamServer()
    refuse = True

    async def venue(connection: ServerConnection) -> None:
        wanted = json.loads(server.received[-1])["subscribe"]
        if refuse and wanted[0] == "0201.HK":
            await connection.close(1013, "try again later")
        else:
            await quotes_all(connection, wanted)

    server.script(venue)
    async with server.serving():
        clock = RushedClock(held=True)
        sink = Collector()
        feed = YahooFeed(YahooSettings(stream_url=server.url), symbols, clock)
        async with running(feed.run(sink)):
            await until(lambda: len(sink.all) == 200 and len(clock.sleeps) == 1)
            assert (feed.status.state, feed.status.reason) == (
                Health.DOWN,
                "closed by the venue: 1013 try again later",
            )
            refuse = False
            clock.go.set()
            await until(lambda: len(sink.all) == 250)
            assert (feed.status.state, feed.status.reason) == (Health.LIVE, None)
        assert {quote.symbol for quote in sink.all} == set(symbols)
        assert sorted(len(json.loads(frame)["subscribe"]) for frame in server.received) == [50, 50, 100, 100]


async def test_a_symbol_that_the_venue_forgot_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Over the same connection, which has others to tell of."""
    monkeypatch.setattr(yahoo, "AGAIN", 0.05)

    async def forgets(connection: ServerConnection) -> None:
        await connection.recv()
        await quotes_all(connection, ["0700.HK"])

    async with StreamServer(forgets).serving() as server:
        sink = Collector()
        feed = YahooFeed(YahooSettings(stream_url=server.url), ["9888.HK", "0700.HK"], RushedClock())
        async with running(feed.run(sink)):
            await until(lambda: len(sink.all) == 1)
        assert (server.connects, feed.status.errors) == (1, 0)


@needs_shared
async def test_a_real_chart_through_a_real_socket() -> None:
    """Asked for by two dates."""
    chart = SHARED / "samples" / "feeds" / "yahoo" / "chart_v8_0700HK_5d_2026-08-07.json"
    async with PageServer(answers(chart.read_bytes())).serving() as server, Http() as http:
        settings = YahooSettings(chart_url=server.url.replace("q=", "v8/finance/chart/"))
        bars = await fetch_bars(http, settings, "0700.HK", date(2026, 8, 3), date(2026, 8, 7))
        assert [str(bar.close) for bar in bars] == ["490.40", "487.60", "492.20", "479.20", "478.80"]
        (path,) = server.paths
        assert path.startswith("/v8/finance/chart/0700.HK?period1=")


async def test_charts_that_are_refused() -> None:
    """By status, and by what stands in place of a chart."""
    async with (
        PageServer(answers(b"Too Many Requests", 429), answers(b"{}")).serving() as server,
        Http() as http,
    ):
        settings = YahooSettings(chart_url=server.url)
        with pytest.raises(FeedError, match="HTTP 429"):
            await fetch_bars(http, settings, "HSI", date(2025, 1, 1), date(2025, 9, 17))
        with pytest.raises(ParseError):
            await fetch_bars(http, settings, "HSI", date(2025, 1, 1), date(2025, 9, 17))
