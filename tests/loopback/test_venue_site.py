"""The venue over real sockets: its pages, its stream, and its faults."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import time
from typing import Any

import aiohttp
import pytest

from feeds.pricing_pb2 import PricingData
from feeds.venue.server import Venue, VenueOptions
from tests.limit import LIMIT

STILL = VenueOptions(speed=0, start=time(10))
PATHS = {
    "quotes": "/q=r_hk09888,r_hkHSTECH",
    "chart": "/v8/finance/chart/9888.HK?range=5d&interval=1d",
    "kline": "/appstock/app/hkfqkline/get?param=hk09888,day,,,320,qfq",
    "rss": "/rthk/news/rss/e_expressnews_efinance.xml",
    "hkexnews": "/ncms/json/eds/lcisehk1relsde_1.json",
}


@asynccontextmanager
async def running(options: VenueOptions = STILL) -> AsyncIterator[tuple[Venue, aiohttp.ClientSession]]:
    async with Venue(options) as venue, aiohttp.ClientSession(venue.url) as session:
        yield venue, session


async def fetch(session: aiohttp.ClientSession, path: str) -> tuple[int, bytes]:
    async with asyncio.timeout(LIMIT), session.get(path) as response:
        return response.status, await response.read()


async def bare(venue: Venue, path: str) -> bytes:
    """What one request gets from a client that, unlike aiohttp's, does not quietly try again."""
    host, port = venue.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    try:
        async with asyncio.timeout(LIMIT):
            return await reader.read()
    except ConnectionResetError:
        return b""
    finally:
        writer.close()


async def listen(socket: aiohttp.ClientWebSocketResponse) -> Any:
    async with asyncio.timeout(LIMIT):
        return await socket.receive_json()


async def silence(socket: aiohttp.ClientWebSocketResponse) -> None:
    """A ping goes round and nothing else has come: what the venue had to send was sent before the pong."""
    await socket.ping(b"?")
    async with asyncio.timeout(LIMIT):
        message = await socket.receive()
    assert message.type is aiohttp.WSMsgType.PONG, message


def pricing(frame: dict[str, str]) -> PricingData:
    assert frame["type"] == "pricing"
    message = PricingData()
    message.ParseFromString(base64.b64decode(frame["message"]))
    return message


async def test_it_says_what_it_is() -> None:
    async with running() as (_, session):
        status, body = await fetch(session, "/")
        assert status == 200
        assert body.startswith(b"SIMULATED")
        assert body.count(b"\n") == 1


async def test_the_quote_page() -> None:
    async with running() as (_, session):
        async with session.get("/q=r_hk09888,r_hkHSTECH,r_hk99999") as response:
            assert response.charset == "GBK"
            lines = (await response.read()).decode("gbk").splitlines()
        assert [line.partition("=")[0] for line in lines] == [
            "v_r_hk09888",
            "v_r_hkHSTECH",
            "v_pv_none_match",
        ]
        assert lines[0].split("~")[30] == "2025/09/17 10:00:00"
        assert (await fetch(session, "/q=r_hk99999"))[1] == b'v_pv_none_match="1";\n'


async def test_plain_hk_codes_are_fifteen_minutes_late() -> None:
    async with running() as (venue, session):
        body = (await fetch(session, "/q=hk09888,r_hk09888"))[1].decode("gbk")
        late, live = (line.split("~") for line in body.splitlines())
        assert (late[30], live[30]) == ("2025/09/17 09:45:00", "2025/09/17 10:00:00")
        venue.advance(60)
        body = (await fetch(session, "/q=hk09888"))[1].decode("gbk")
        assert body.split("~")[30] == "2025/09/17 09:46:00"


async def test_history_pages() -> None:
    async with running() as (_, session):
        status, body = await fetch(session, PATHS["chart"])
        assert status == 200
        assert json.loads(body)["chart"]["result"][0]["meta"]["symbol"] == "9888.HK"
        assert (await fetch(session, "/v8/finance/chart/^HSI?range=max&interval=1d"))[0] == 200
        status, body = await fetch(session, "/v8/finance/chart/ZZZZ")
        assert status == 404
        assert json.loads(body)["chart"]["error"]["code"] == "Not Found"
        assert (await fetch(session, "/v8/finance/chart/HSTECH"))[0] == 404  # the vendor says HSTECH.HK
        rows = json.loads((await fetch(session, PATHS["kline"]))[1])["data"]["hk09888"]["qfqday"]
        assert rows[-1][0] == "2025-09-17"
        for param in ("r_hk09888,day,,,9,qfq", "hk09888,week,,,9,qfq", "hk09888", "hk09888,day,x,,9,qfq"):
            path = f"/appstock/app/hkfqkline/get?param={param}"
            assert json.loads((await fetch(session, path))[1]) == {"code": 0, "msg": "param error"}


async def test_headline_pages() -> None:
    async with running() as (venue, session):
        before = (await fetch(session, PATHS["rss"]))[1]
        assert b"Arete" in before
        assert b"signs an artificial" not in before
        venue.advance(30 * 60)
        assert b"signs an artificial" in (await fetch(session, PATHS["rss"]))[1]
        status, body = await fetch(session, "/rthk/news/rss/c_expressnews_cfinance.xml")
        assert status == 200
        assert "騰訊" in body.decode()
        assert len(json.loads((await fetch(session, PATHS["hkexnews"]))[1])["newsInfoLst"]) == 3


async def test_the_stream_tells_the_last_quote_and_then_every_change() -> None:
    async with running() as (venue, session), session.ws_connect("/?version=2", autoping=False) as socket:
        await socket.send_json({"subscribe": ["HSTECH.HK", "^HSI", "NOPE"]})
        first = [pricing(await listen(socket)) for _ in range(2)]
        assert [message.id for message in first] == ["HSTECH.HK", "^HSI"]
        venue.advance(3)
        after = pricing(await listen(socket))
        assert after.time == first[0].time + 3000
        await listen(socket)
        await socket.send_json({"unsubscribe": ["^HSI"]})
        await silence(socket)
        venue.advance(3)
        assert pricing(await listen(socket)).id == "HSTECH.HK"
        await silence(socket)


async def test_the_stream_without_a_version_sends_bare_messages() -> None:
    async with running() as (_, session), session.ws_connect("/") as socket:
        await socket.send_json({"subscribe": ["9888.HK"]})
        async with asyncio.timeout(LIMIT):
            message = PricingData.FromString(base64.b64decode(await socket.receive_str()))
        assert message.id == "9888.HK"


async def test_a_connection_holds_a_hundred_symbols() -> None:
    async with running() as (_, session), session.ws_connect("/?version=2", autoping=False) as socket:
        unknown = [f"NO{number}" for number in range(99)]
        await socket.send_json({"subscribe": [*unknown, "9888.HK", "9988.HK"]})
        assert pricing(await listen(socket)).id == "9888.HK"
        await silence(socket)


@pytest.mark.parametrize("text", ["hello", '{"subscribe":"9888.HK"}', "[null]", '{"what":[]}'])
async def test_a_malformed_control_frame_closes_without_a_code(text: str) -> None:
    async with running() as (_, session), session.ws_connect("/?version=2", autoping=False) as socket:
        await socket.send_str(text)
        async with asyncio.timeout(LIMIT):
            message = await socket.receive()
        assert message.type is aiohttp.WSMsgType.CLOSE
        assert not message.data  # an empty close frame, which libraries report as 1005


# Faults: each strikes the first occasion it gets.


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("status", [429, 403, 500])
async def test_refusals(path: str, status: int) -> None:
    async with running() as (venue, session):
        venue.faults.start(f"{status}@{path}")
        async with session.get(PATHS[path]) as response:
            assert response.status == status
            assert response.headers.get("Retry-After") == ("2" if status == 429 else None)
        venue.faults.stop()
        assert (await fetch(session, PATHS[path]))[0] == 200


@pytest.mark.parametrize("path", PATHS)
async def test_dropped_cut_and_garbled_pages(path: str) -> None:
    async with running() as (venue, session):
        venue.faults.start(f"drop@{path}")
        assert await bare(venue, PATHS[path]) == b""
        venue.faults.stop()
        venue.faults.start("cut")
        with pytest.raises(aiohttp.ClientPayloadError):
            await fetch(session, PATHS[path])
        venue.faults.stop()
        venue.faults.start("garbage")
        assert b"not what was asked for" in (await fetch(session, PATHS[path]))[1]


async def test_a_stalled_page_never_comes() -> None:
    async with running() as (venue, session):
        venue.faults.start("stall@quotes")
        with pytest.raises(TimeoutError):
            async with session.get(PATHS["quotes"], timeout=aiohttp.ClientTimeout(total=0.2)):
                pass
        venue.faults.stop()
        assert (await fetch(session, PATHS["quotes"]))[0] == 200


async def test_repeated_reordered_and_delayed_quotes() -> None:
    async with running() as (venue, session):
        venue.faults.start("repeat@quotes")
        lines = (await fetch(session, "/q=r_hk09888"))[1].splitlines()
        assert len(lines) == 2
        assert lines[0] == lines[1]
        venue.faults.stop()
        venue.advance(60)
        newer = (await fetch(session, "/q=r_hk09888"))[1]
        venue.advance(60)
        venue.faults.start("reorder@quotes")
        assert (await fetch(session, "/q=r_hk09888"))[1] == newer
        venue.faults.stop()
        venue.faults.start("delay@quotes")
        body = (await fetch(session, "/q=r_hk09888"))[1].decode("gbk")
        assert body.split("~")[30] == "2025/09/17 09:47:00"


async def test_repeated_and_reordered_history() -> None:
    async with running() as (venue, session):
        whole = json.loads((await fetch(session, PATHS["kline"]))[1])["data"]["hk09888"]["qfqday"]
        venue.faults.start("reorder@kline")
        found = json.loads((await fetch(session, PATHS["kline"]))[1])["data"]["hk09888"]["qfqday"]
        assert [row[0] for row in found[:-1]] == sorted((row[0] for row in found[:-1]), reverse=True)
        venue.faults.stop()
        venue.faults.start("repeat@chart")
        stamps = json.loads((await fetch(session, PATHS["chart"]))[1])["chart"]["result"][0]["timestamp"]
        assert len(stamps) - len(set(stamps)) == 2
        assert whole[-1][0] == found[-1][0] == "2025-09-17"


async def subscribed(session: aiohttp.ClientSession) -> aiohttp.ClientWebSocketResponse:
    socket = await session.ws_connect("/?version=2", autoping=False)
    await socket.send_json({"subscribe": ["9888.HK"]})
    return socket


async def test_the_stream_refuses() -> None:
    async with running() as (venue, session):
        venue.faults.start("403@stream")
        with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
            await session.ws_connect("/?version=2")
        assert caught.value.status == 403


async def test_the_stream_drops() -> None:
    async with running() as (venue, session):
        venue.faults.start("drop@stream")
        socket = await subscribed(session)
        async with asyncio.timeout(LIMIT):
            message = await socket.receive()
        assert message.type in (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR)


async def test_the_stream_stalls_without_closing() -> None:
    async with running() as (venue, session):
        venue.faults.start("stall@stream")
        socket = await subscribed(session)
        await silence(socket)
        venue.faults.stop()
        venue.advance(60)
        await silence(socket)
        await socket.close()


async def test_the_stream_repeats_garbles_and_cuts() -> None:
    async with running() as (venue, session):
        for kind in ("repeat", "garbage", "cut"):
            venue.faults.start(f"{kind}@stream")
        socket = await subscribed(session)
        async with asyncio.timeout(LIMIT):
            texts = [await socket.receive_str() for _ in range(5)]
        good, cut = texts[3], texts[4]
        assert pricing(json.loads(good)).id == "9888.HK"
        assert cut == good[: len(good) // 2]
        for garbage in texts[:3]:
            with pytest.raises((ValueError, KeyError)):
                base64.b64decode(json.loads(garbage)["message"], validate=True).decode()
        await socket.close()


async def test_the_stream_sends_older_after_newer_and_late() -> None:
    async with running() as (venue, session):
        socket = await subscribed(session)
        first = pricing(await listen(socket))
        venue.faults.start("reorder@stream")
        venue.advance(60)
        newer, older = pricing(await listen(socket)), pricing(await listen(socket))
        assert newer.time == first.time + 60_000
        assert older == first
        venue.faults.stop()
        venue.faults.start("delay@stream")
        venue.advance(60)
        assert pricing(await listen(socket)).time == newer.time + 60_000 - 15 * 60_000
        await socket.close()
