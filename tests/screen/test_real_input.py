"""The wall on real input: years of real history, and a venue's real traffic through a real socket."""

import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

from monitor.assembly import Run, opened, taped
from monitor.config import Config, load
from monitor.listener import Listener
from monitor.store import Store
from tests.loopback.capture import plays, restamped
from tests.loopback.feeding import StreamServer
from tests.loopback.test_coinbase import PAIRS
from tests.paths import SHARED, needs_shared
from tests.screen.stage import text, until
from tui.app import WallApp

CLOSE = {
    "t": "quote", "symbol": "HSTECH", "last": "6334.24", "prev_close": "6077.66", "source": "desk",
    "ts_event": "2025-09-17T08:08:30.000Z", "ts_recv": "2025-09-17T08:08:31.000Z",
}  # fmt: skip


@needs_shared
async def test_the_strip_tells_the_published_day(tmp_path: Path) -> None:
    """HSTECH on 2025-09-17: the week's seventh gain, the day's fourth, +41.8 % in the year, since when."""
    tape = tmp_path / "day.jsonl"
    tape.write_text(json.dumps(CLOSE) + "\n", encoding="utf-8")
    environ = {"XDG_CONFIG_HOME": "/nonexistent", "TICKWALL_HISTORY_DIR": str(SHARED / "market")}
    config = load(environ=environ)

    @asynccontextmanager
    async def opening(listener: Listener) -> AsyncIterator[Run]:
        with closing(Store()) as store:
            async with taped(config, store, listener, str(tape)) as run:
                await run.prime()
                yield run

    app = WallApp(opening, config=config)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(lambda: "week +7" in text(app.main.strip), pilot)
        [line] = [row for row in text(app.main.strip).splitlines() if row.strip().startswith("HSTECH")]
    for told in ("6,334.24", "+4.22%", "week +7", "day +4", "year +41.8%", "highest since 2021-11-25"):
        assert told in line


@needs_shared
async def test_every_real_ticker_reaches_the_wall() -> None:
    """Applied or refused with a reason, and each pair's last price on its tile."""
    frames = restamped(time.time_ns())
    tickers = [json.loads(frame.text) for frame in frames if frame.kind == "ticker"]
    last = {ticker["product_id"]: ticker["price"] for ticker in tickers}
    async with StreamServer(plays(frames, speed=100)).serving() as server:
        config = pairs_config(server.url)

        @asynccontextmanager
        async def opening(listener: Listener) -> AsyncIterator[Run]:
            with closing(Store()) as store:
                async with opened(config, store, listener, coalesce=0.005) as run:
                    run.engine.profiles = None  # nothing to fetch on this machine
                    yield run

        app = WallApp(opening, config=config)
        async with app.run_test(size=(120, 40)) as pilot:
            await until(lambda: app.monitor is not None, pilot)
            assert app.monitor is not None
            engine = app.monitor.engine
            status = engine.intakes["coinbase"].feed.status
            await until(lambda: status.frames == len(frames), pilot)
            await until(lambda: last["SKL-USD"] in text(app.main.wall), pilot)
            assert (status.quotes, status.rejected) == (len(tickers), 0)
            assert engine.state.applied + engine.state.refused.total() == len(tickers)
            quotes = {symbol: entry.quote for symbol, entry in engine.state.entries.items()}
            assert {pair: str(quote.last) for pair, quote in quotes.items() if quote} == last


def pairs_config(url: str) -> Config:
    """The captured pairs from one Coinbase stream, and nothing else."""
    feeds = {
        "tencent": {"enabled": False},
        "yahoo": {"enabled": False},
        "coinbase": {"enabled": True, "stream_url": url},
    }
    flags = {"watchlist": "pairs", "watchlists": {"pairs": PAIRS}, "headlines": [], "feeds": feeds}
    return load(environ={"XDG_CONFIG_HOME": "/nonexistent"}, flags=flags)
