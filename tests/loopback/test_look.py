"""One look at names that several feeds bring: which answer is given, and what it is waited for."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import tomlkit
from websockets.asyncio.server import ServerConnection

from market.clock import MILLISECOND, SECOND
from market.quote import Quote
from monitor import look as module
from monitor.config import load
from monitor.look import look
from tests.limit import LIMIT
from tests.loopback.feeding import StreamServer, VenueClock
from tests.loopback.peers import HONG_KONG

MAX_AGE = 90 * SECOND


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits in vain does not wait for long."""
    monkeypatch.setattr(module, "COURTESY", 0.5)


class Desk:
    """Vendors of Baidu, each a socket that speaks once it may, and the file that names them."""

    def __init__(self, home: Path) -> None:
        self.clock = VenueClock(HONG_KONG)
        self.spoken = asyncio.Event()
        """That the first of them has."""
        self.feeds: dict[str, dict[str, Any]] = {}
        self._config = home / "config.toml"
        self._open = AsyncExitStack()

    @asynccontextmanager
    async def opened(self) -> AsyncIterator["Desk"]:
        """Served while it lasts."""
        async with self._open, self.clock.serving():
            yield self

    async def vendor(
        self, name: str, price: str | None, *, age: float = 1, close: str | None = "100", **section: Any
    ) -> None:
        """One with a price so many seconds old, all but the first a moment after that; ``None`` is silent."""
        is_first = not self.feeds

        async def speak(connection: ServerConnection) -> None:
            if not is_first:
                await self.spoken.wait()
                await asyncio.sleep(0.05)
            if price is not None:
                at = (self.clock.now - round(age * SECOND)) // MILLISECOND
                await connection.send(json.dumps({"s": "9888.HK", "p": price, "t": at, "c": close}))
            self.spoken.set()
            await connection.wait_closed()

        server = StreamServer(speak)
        await self._open.enter_async_context(server.serving())
        self.feeds[name] = {
            "kind": "json_ws", "stream_url": server.url, "subscribe": ["go"], "symbols": ["9888.HK"],
            "symbol": "s", "price": "p", "time": "t", "prev_close": "c", **section,
        }  # fmt: skip

    async def ask(self, *, strict: bool = False) -> Quote:
        """The answer, which comes long before patience ends."""
        settings = {
            "simulation": {"clock_url": self.clock.url},
            "feeds": {"tencent": {"enabled": False}, "yahoo": {"enabled": False}, **self.feeds},
        }
        self._config.write_text(tomlkit.dumps(settings), encoding="utf-8")
        config = load(str(self._config))
        async with asyncio.timeout(LIMIT):
            _, [answer] = await look(["9888"], config, MAX_AGE, patience=60, strict=strict)
        assert answer.quote is not None, answer.error
        return answer.quote


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """One without vendors."""
    async with Desk(tmp_path).opened() as desk:
        yield desk


@pytest.mark.parametrize("strict", [False, True])
async def test_the_preferred_feed_answers_though_it_is_the_slower(desk: Desk, strict: bool) -> None:
    await desk.vendor("quick", "101")
    await desk.vendor("trusted", "101.1", priority=1)
    assert (await desk.ask(strict=strict)).source == "trusted"


async def test_the_first_answers_where_none_is_preferred(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """At once: nobody waits for one that is no better."""
    monkeypatch.setattr(module, "COURTESY", 1e9)
    await desk.vendor("one", "101")
    await desk.vendor("other", None)
    assert (await desk.ask()).source == "one"


async def test_a_preferred_feed_that_is_silent_is_waited_for_a_moment(desk: Desk) -> None:
    await desk.vendor("quick", "101")
    await desk.vendor("trusted", None, priority=1)
    assert (await desk.ask()).source == "quick"


async def test_a_preferred_feed_that_lags_does_not_answer(desk: Desk) -> None:
    """Freshness goes first."""
    await desk.vendor("quick", "101")
    await desk.vendor("trusted", "102", age=60, priority=1)
    assert (await desk.ask()).source == "quick"


@pytest.mark.parametrize("strict", [False, True])
async def test_a_stale_answer_gives_way_to_a_fresh_one(desk: Desk, strict: bool) -> None:
    """Yahoo's first frame may be days old."""
    await desk.vendor("old", "90", age=3 * 86_400)
    await desk.vendor("fresh", "101")
    assert (await desk.ask(strict=strict)).source == "fresh"


@pytest.mark.parametrize("strict", [False, True])
async def test_a_late_answer_gives_way_to_a_live_one(desk: Desk, strict: bool) -> None:
    """One that its section declares a quarter of an hour late."""
    await desk.vendor("late", "90", age=900, delay="15m")
    await desk.vendor("live", "101")
    assert (await desk.ask(strict=strict)).source == "live"


@pytest.mark.parametrize("strict", [False, True])
async def test_a_feed_of_trades_is_lent_the_previous_close_of_another(desk: Desk, strict: bool) -> None:
    """Without it there is no percentage."""
    await desk.vendor("trades", "101", close=None, priority=1)
    await desk.vendor("quotes", "101.1")
    quote = await desk.ask(strict=strict)
    assert (quote.source, quote.prev_close) == ("trades", Decimal(100))


async def test_a_previous_close_that_nobody_has_is_not_waited_for(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "COURTESY", 1e9)
    await desk.vendor("trades", "101", close=None)
    assert (await desk.ask()).prev_close is None


async def test_an_outlier_of_the_preferred_feed_is_not_believed(desk: Desk) -> None:
    """A thousandth of a price, say."""
    await desk.vendor("quick", "101")
    await desk.vendor("trusted", "0.101", priority=1)
    assert (await desk.ask()).last == Decimal(101)
