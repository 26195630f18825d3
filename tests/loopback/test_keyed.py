"""Finnhub, Alpaca and Massive against servers that greet, check keys, and refuse as they do."""

import asyncio
import json
import logging
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection

from feeds.alpaca import AlpacaFeed, AlpacaSettings
from feeds.failure import PATIENCE
from feeds.finnhub import FinnhubFeed, FinnhubSettings
from feeds.massive import MassiveFeed, MassiveSettings
from market.clock import parse_rfc3339
from market.freshness import Health
from tests.loopback.feeding import Collector, RushedClock, Script, StreamServer, running, until
from tests.unit.test_keyed import frame

KEY = "key-of-a-test"
SYMBOLS = ["BIDU", "9888.HK", "^NDX", "AAPL"]


@pytest.fixture
def key(tmp_path: Path) -> str:
    """A file with a key."""
    file = tmp_path / "key"
    file.write_text(f"{KEY}\n")
    return str(file)


def alpaca(*refusals: dict[str, Any]) -> Script:
    """The venue: greets, checks the key, acknowledges, tells a trade; or refuses after the key."""

    async def script(connection: ServerConnection) -> None:
        await connection.send('[{"T":"success","msg":"connected"}]')
        auth = json.loads(await connection.recv())
        if (auth["action"], auth["key"], auth["secret"]) != ("auth", KEY, KEY):
            refused = {"T": "error", "code": 402, "msg": f"auth failed: {auth['key']}"}
            await connection.send(json.dumps([refused]))
        elif refusals:
            await connection.send(json.dumps(refusals))
        else:
            await connection.send('[{"T":"success","msg":"authenticated"}]')
            asked = json.loads(await connection.recv())
            assert asked == {"action": "subscribe", "trades": ["BIDU", "AAPL"]}
            await connection.send(json.dumps([{"T": "subscription", "trades": asked["trades"]}]))
            await connection.send(frame("alpaca").decode())
        await connection.wait_closed()

    return script


def massive(*refusals: dict[str, Any]) -> Script:
    """The venue: greets, checks the key, acknowledges, tells a trade; or refuses, and closes."""

    async def script(connection: ServerConnection) -> None:
        await connection.send('[{"ev":"status","status":"connected","message":"Connected Successfully"}]')
        auth = json.loads(await connection.recv())
        if auth != {"action": "auth", "params": KEY}:
            refused = {"ev": "status", "status": "auth_failed", "message": f"not {auth['params']}"}
            await connection.send(json.dumps([refused]))
            await connection.close(1008)
        elif refusals:
            await connection.send(json.dumps(refusals))
            await connection.close(1008, "max connections")
        else:
            await connection.send('[{"ev":"status","status":"auth_success","message":"authenticated"}]')
            assert json.loads(await connection.recv()) == {"action": "subscribe", "params": "T.BIDU,T.AAPL"}
            await connection.send('[{"ev":"status","status":"success","message":"subscribed to: T.BIDU"}]')
            await connection.send(frame("massive").decode())
        await connection.wait_closed()

    return script


async def finnhub(connection: ServerConnection) -> None:
    """The venue: takes a frame for each symbol, pings, tells a trade, and says when it is too much."""
    assert json.loads(await connection.recv()) == {"type": "subscribe", "symbol": "AAPL"}
    await connection.send('{"type":"ping"}')
    await connection.send(frame("finnhub").decode())
    await connection.send('{"type":"error","msg":"Subscribing to too many symbols"}')
    await connection.wait_closed()


async def test_alpaca_is_told_the_key_and_then_asked() -> None:
    """Each in its turn."""
    async with StreamServer(alpaca(), greets=True).serving() as server:
        settings = AlpacaSettings(stream_url=server.url, key_env="T_KEY", secret_env="T_SECRET")
        sink, clock = Collector(), RushedClock()
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("T_KEY", KEY)
            patch.setenv("T_SECRET", KEY)
            feed = AlpacaFeed(settings, SYMBOLS, clock)
            async with running(feed.run(sink)):
                await until(lambda: len(sink.all) == 1)
                assert (feed.status.state, feed.status.rejected) == (Health.LIVE, 0)
        assert [s for s in SYMBOLS if feed.serves(s)] == ["BIDU", "AAPL"]


async def test_massive_is_told_the_key_and_then_asked(key: str) -> None:
    """Each in its turn."""
    async with StreamServer(massive(), greets=True).serving() as server:
        sink = Collector()
        settings = MassiveSettings(stream_url=server.url, token_file=key)
        feed = MassiveFeed(settings, SYMBOLS, RushedClock())
        async with running(feed.run(sink)):
            await until(lambda: len(sink.all) == 1)
            assert (feed.status.state, feed.status.rejected) == (Health.LIVE, 0)


async def test_finnhub_leaves_out_what_is_too_much_and_serves_the_rest(
    key: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The connection stays: to make it anew would lose what was taken."""
    async with StreamServer(finnhub).serving() as server:
        sink = Collector()
        feed = FinnhubFeed(FinnhubSettings(stream_url=server.url, token_file=key), SYMBOLS, RushedClock())
        with caplog.at_level(logging.WARNING):
            async with running(feed.run(sink)):
                await until(lambda: len(sink.errors) == 1)
                assert (feed.status.state, feed.status.quotes) == (Health.LIVE, 1)
        assert server.paths == [f"/?token={KEY}"]
        assert feed.status.turned_down == "Subscribing to too many symbols"
        assert "too many symbols" in caplog.text


@pytest.mark.parametrize(
    ("script", "reason"),
    [(alpaca({"T": "error", "code": 405, "msg": "symbol limit exceeded"}), "405 symbol limit exceeded"),
     (alpaca({"T": "error", "code": 409, "msg": "not in your plan"}), "409 not in your plan"),
     (alpaca({"T": "error", "code": 406, "msg": "connection limit exceeded"}),
      "406 connection limit exceeded: is another program using this key?")],
)  # fmt: skip
async def test_alpaca_refuses_and_is_left_alone_for_minutes(key: str, script: Script, reason: str) -> None:
    """A plan, or a connection too many: the incumbent is undisturbed, and the newcomer does not knock."""
    async with StreamServer(script, greets=True).serving() as server:
        clock = RushedClock(held=True)
        settings = AlpacaSettings(stream_url=server.url, key_file=key, secret_file=key)
        feed = AlpacaFeed(settings, SYMBOLS, clock)
        async with running(feed.run(Collector())):
            await until(lambda: clock.sleeps == [PATIENCE])
            assert (feed.status.state, feed.status.reason) == (Health.DOWN, reason)
            assert server.connects == 1


async def test_massive_refuses_a_second_connection_for_minutes(key: str) -> None:
    """It says so, and closes the socket."""
    refusal = {"ev": "status", "status": "max_connections", "message": "Maximum exceeded."}
    async with StreamServer(massive(refusal), massive(), greets=True).serving() as server:
        clock, sink = RushedClock(held=True), Collector()
        feed = MassiveFeed(MassiveSettings(stream_url=server.url, token_file=key), SYMBOLS, clock)
        async with running(feed.run(sink)):
            await until(lambda: clock.sleeps == [PATIENCE])
            assert "max_connections" in (feed.status.reason or "")
            clock.go.set()
            await until(lambda: len(sink.all) == 1)
            assert (feed.status.state, feed.status.reason) == (Health.LIVE, None)


@pytest.mark.parametrize("venue", ["finnhub", "alpaca", "massive"])
async def test_a_wrong_key_is_told_held_back_and_never_printed(
    venue: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Though the venue repeats it. A right one put in its place counts at the next try, without a restart."""
    file = tmp_path / "key"
    file.write_text("quite-wrong")
    scripts = {"finnhub": finnhub, "alpaca": alpaca(), "massive": massive()}
    refusals = [401] if venue == "finnhub" else []
    server = StreamServer(scripts[venue], greets=venue != "finnhub", refusals=refusals)
    caplog.set_level(logging.DEBUG)
    # As the program's own debug log does.
    caplog.set_level(logging.INFO, logger="websockets")
    async with server.serving():
        clock, sink = RushedClock(held=True), Collector()
        feed: FinnhubFeed | AlpacaFeed | MassiveFeed
        if venue == "finnhub":
            feed = FinnhubFeed(FinnhubSettings(stream_url=server.url, token_file=str(file)), SYMBOLS, clock)
        elif venue == "alpaca":
            pair = AlpacaSettings(stream_url=server.url, key_file=str(file), secret_file=str(file))
            feed = AlpacaFeed(pair, SYMBOLS, clock)
        else:
            feed = MassiveFeed(MassiveSettings(stream_url=server.url, token_file=str(file)), SYMBOLS, clock)
        async with running(feed.run(sink)):
            await until(lambda: clock.sleeps == [PATIENCE])
            reason = feed.status.reason or ""
            assert any(word in reason for word in ("401", "402 auth failed", "auth_failed"))
            assert "key" in feed.status.mend
            file.write_text(KEY)
            clock.go.set()
            await until(lambda: len(sink.all) >= 1)
            assert feed.status.state is Health.LIVE
    for text in (reason, caplog.text, repr(feed.status)):
        assert "quite-wrong" not in text
        assert KEY not in text


async def test_without_a_key_nothing_is_asked() -> None:
    """The place to put one is named."""
    async with StreamServer(finnhub).serving() as server:
        clock = RushedClock(held=True)
        settings = FinnhubSettings(stream_url=server.url, token_env="TICKWALL_TEST_NO_SUCH_KEY")
        feed = FinnhubFeed(settings, SYMBOLS, clock)
        async with running(feed.run(Collector())):
            await until(lambda: clock.sleeps == [PATIENCE])
            assert feed.status.reason == "no key in the environment's TICKWALL_TEST_NO_SUCH_KEY"
            assert server.paths == []


async def test_a_night_is_no_silence(key: str) -> None:
    """While New York does not trade nothing comes, and nothing is wrong; by day that would be a silence."""

    async def slow(connection: ServerConnection) -> None:
        await asyncio.wait({quick := asyncio.ensure_future(alpaca()(connection))}, timeout=0.3)
        await connection.send(frame("alpaca", price=132.5).decode())
        await quick

    async with StreamServer(slow, greets=True).serving() as server:
        settings = AlpacaSettings(stream_url=server.url, key_file=key, secret_file=key, idle_timeout="60ms")
        for hour, state in (("03:00:00", Health.LIVE), ("15:00:00", Health.STALE)):
            clock, sink = RushedClock(held=True), Collector()
            clock.time = parse_rfc3339(f"2025-09-17T{hour}Z")
            feed = AlpacaFeed(settings, SYMBOLS, clock)
            async with running(feed.run(sink)):
                await until(lambda: len(sink.all) == 2 or bool(clock.sleeps))  # noqa: B023
                assert feed.status.state is state
