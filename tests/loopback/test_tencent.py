"""The Tencent feed and daily bars against a loopback server."""

from datetime import date

import pytest
from aiohttp import web

from feeds.http import Http
from feeds.tencent import TencentFeed, TencentSettings, fetch_bars
from market.clock import parse_rfc3339
from market.errors import ParseError
from market.freshness import Health
from tests.loopback.feeding import Collector, PageServer, RushedClock, answers, running, until
from tests.paths import SHARED, needs_shared
from tests.unit.test_tencent import page, row

SAMPLES = SHARED / "samples" / "feeds" / "tencent"


async def test_batches_of_eight_hundred_codes() -> None:
    """One request after the other; the indices by name, and only what is Hong Kong's."""

    async def venue(request: web.BaseRequest) -> web.StreamResponse:
        codes = request.rel_url.raw_path.removeprefix("/q=").split(",")
        rows = [page(row(f2=code.removeprefix("r_hk")), key=code) for code in codes]
        return web.Response(body=b"\n".join(rows), content_type="text/html", charset="GBK")

    async with PageServer(venue).serving() as server:
        clock, sink = RushedClock(held=True), Collector()
        symbols = ["HSTECH", "AAPL", *(f"{number:04d}.HK" for number in range(1, 901)), "BTC-USD"]
        feed = TencentFeed(TencentSettings(quote_url=server.url, interval="3s"), symbols, clock)
        async with running(feed.run(sink)):
            await until(lambda: clock.sleeps == [3.0])
            assert feed.status.state is Health.LIVE
        assert [path.count(",") + 1 for path in server.paths] == [800, 101]
        assert server.paths[0].startswith("/q=r_hkHSTECH,r_hk00001,r_hk00002,")
        assert [quote.symbol for quote in sink.all] == [s for s in symbols if feed.serves(s)]
        assert len(sink.all) == 901


async def test_it_rests_over_lunch_and_is_awake_after_it() -> None:
    """By the clock that it was given: a question a minute, one at 13:00, and on at its interval."""
    async with PageServer(answers(page(row(), key="r_hk09888"))).serving() as server:
        clock, sink = RushedClock(), Collector()
        clock.time = parse_rfc3339("2025-09-17T12:57:50+08:00")
        feed = TencentFeed(TencentSettings(quote_url=server.url), ["9888.HK"], clock)
        async with running(feed.run(sink)):
            await until(lambda: len(clock.sleeps) >= 5)
    assert clock.sleeps[:5] == [60, 60, 10, 2, 2]


@needs_shared
async def test_real_pages_through_a_real_socket() -> None:
    """Three markets on one page, and a page that knows none of the codes."""
    pages = [answers((SAMPLES / name).read_bytes()) for name in ("mixed_2026-09-28_hk_delayed_vs_cn.gbk.bin", "none_match.txt")]  # fmt: skip # noqa: E501
    async with PageServer(*pages).serving() as server:
        clock, sink = RushedClock(), Collector()
        feed = TencentFeed(TencentSettings(quote_url=server.url), ["0700.HK", "HSI"], clock)
        async with running(feed.run(sink)):
            await until(lambda: len(clock.sleeps) >= 3)
        assert [(quote.symbol, str(quote.last)) for quote in sink.all] == [
            ("0700.HK", "440.00"),
            ("HSI", "24643.59"),
        ]
        assert (feed.status.state, feed.status.reason) == (Health.DOWN, "no such code")
        assert len(sink.errors) == feed.status.rejected >= 4


@needs_shared
async def test_daily_bars() -> None:
    """Asked for by two dates; the venue's refusal is an answer in JSON."""
    good, bad = (
        (SAMPLES / name).read_bytes() for name in ("hkkline_bars_2026-08.json", "kline_param_error.json")
    )
    async with PageServer(answers(good), answers(bad)).serving() as server, Http() as http:
        settings = TencentSettings(kline_url=server.url.removesuffix("q=") + "kline/get")
        span = date(2026, 8, 1), date(2026, 8, 10)
        assert [str(bar.close) for bar in await fetch_bars(http, settings, "0700.HK", *span)] == [
            "478.80",
            "481.40",
        ]
        assert server.paths == ["/kline/get?param=hk00700,day,2026-08-01,2026-08-10,2000,"]
        with pytest.raises(ParseError):
            await fetch_bars(http, settings, "0700.HK", *span)
