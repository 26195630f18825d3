"""The venue's time: when the day begins, how it is paced, and lock-step with those who listen."""

import asyncio
import json
import tomllib
from datetime import time

import aiohttp
import pytest

from feeds.venue.config import config_toml
from feeds.venue.faults import FaultError
from feeds.venue.figures import indices, stocks
from feeds.venue.floor import GRACE
from feeds.venue.hours import END, STEP, at
from feeds.venue.server import Venue, VenueOptions, serve
from feeds.venue.tencent import code
from market.clock import SECOND
from tests.limit import LIMIT

CODES = ",".join(f"r_hk{code(symbol)}" for symbol in (*stocks(), *indices()))


class Follower:
    """A client of ``/clock`` that polls every three seconds of the venue's time, as the demo's feed does."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self.session = session
        self.now = 0
        self.ended = asyncio.Event()
        self.moved = asyncio.Condition()
        self.stamps: list[str] = []
        self.page = b""

    async def follow(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for message in socket:
            heard = json.loads(message.data)
            assert heard["now"] >= self.now
            async with self.moved:
                self.now = heard["now"]
                self.moved.notify_all()
            if heard["state"] == "ended":
                self.ended.set()
                return

    async def poll(self) -> None:
        while True:
            async with self.session.get(f"/q={CODES}") as response:
                self.page = await response.read()
            index = self.page.decode("gbk").splitlines()[-1]
            if not self.stamps or self.stamps[-1] != index.split("~")[30]:
                self.stamps.append(index.split("~")[30])
            await self.reached(self.now + STEP)

    async def reached(self, until: int) -> None:
        async with self.moved:
            await self.moved.wait_for(lambda: self.now >= until)

    async def to_the_end(self, timeout: float) -> None:
        async with asyncio.timeout(timeout), self.session.ws_connect("/clock") as socket:
            following = asyncio.create_task(self.follow(socket))
            polling = asyncio.create_task(self.poll())
            await self.ended.wait()
            polling.cancel()
            await asyncio.gather(following, polling, return_exceptions=True)


async def test_lock_step_to_the_end_of_the_day() -> None:
    options = VenueOptions(speed=None, start=time(15, 40))
    async with Venue(options) as venue, aiohttp.ClientSession(venue.url) as session:
        follower = Follower(session)
        await follower.to_the_end(20)
        await venue.played()
        assert venue.floor.ended
        assert follower.now == END
        # Every step of the index was seen: 15:40:00 to 15:59:57, and the official close.
        assert len(follower.stamps) == 400 + 1
        assert follower.stamps[-2] == "2025/09/17 15:59:57"
        async with session.get(f"/q={CODES}") as response:
            last = (await response.read()).decode("gbk").splitlines()
        assert last[-1].split("~")[3] == "26908.390"
        assert last[-2].split("~")[3] == "6334.240"


async def test_lunch_is_passed_over_quickly_at_the_highest_speed() -> None:
    options = VenueOptions(speed=None, start=time(11, 59))
    async with Venue(options) as venue, aiohttp.ClientSession(venue.url) as session:
        follower = Follower(session)
        playing = asyncio.create_task(follower.to_the_end(20))
        async with asyncio.timeout(LIMIT):
            await follower.reached(at(13, 0, 30))
        playing.cancel()
        await asyncio.gather(playing, return_exceptions=True)
    assert follower.stamps[19:21] == ["2025/09/17 11:59:57", "2025/09/17 13:00:00"]


async def test_the_day_waits_for_its_first_client_and_then_for_each_poll() -> None:
    async with (
        Venue(VenueOptions(speed=None, start=time(10))) as venue,
        aiohttp.ClientSession(venue.url) as session,
        session.ws_connect("/clock") as socket,
    ):
        assert (await socket.receive_json())["now"] == at(10)  # following the clock begins nothing
        assert venue.floor.now == at(10)
        for step in range(1, 4):
            async with session.get("/q=r_hk09888"):
                pass
            async with asyncio.timeout(GRACE / 2):  # a poll, and not the grace, moved the time
                heard = await socket.receive_json()
            assert heard == {"now": at(10, 0, 3 * step), "speed": "max", "state": "running"}


async def test_a_follower_that_stops_polling_holds_time_for_a_second_only() -> None:
    async with (
        Venue(VenueOptions(speed=None, start=time(10))) as venue,
        aiohttp.ClientSession(venue.url) as session,
        session.ws_connect("/clock") as socket,
    ):
        async with session.get("/q=r_hk09888"):
            pass
        async with asyncio.timeout(GRACE * 3):
            while (await socket.receive_json())["now"] < at(10, 5):
                pass


async def test_a_finite_speed_follows_the_wall_clock() -> None:
    loop = asyncio.get_running_loop()
    async with (
        Venue(VenueOptions(speed=300, start=time(10))) as venue,
        aiohttp.ClientSession(venue.url) as session,
        session.ws_connect("/clock") as socket,
    ):
        async with session.get("/q=r_hk09888"):
            began = loop.time()
        async with asyncio.timeout(LIMIT):
            while (heard := await socket.receive_json())["now"] < at(10, 0, 3):
                assert heard["speed"] == 300
        # Nobody polls again, so the follower is waited for once; without one, not at all.
        await socket.close()
        async with asyncio.timeout(LIMIT), session.ws_connect("/?version=2") as stream:
            await stream.send_json({"subscribe": ["^HSI"]})
            while venue.floor.now < at(10, 2):
                await stream.receive()
        assert 0.3 < loop.time() - began < 3


async def test_a_slow_subscriber_gets_the_newest_and_delays_nobody() -> None:
    async with (
        Venue(VenueOptions(speed=0, start=time(10))) as venue,
        aiohttp.ClientSession(venue.url) as session,
        session.ws_connect("/?version=2", autoping=False) as socket,
    ):
        await socket.send_json({"subscribe": ["^HSI"]})
        await socket.receive_json()
        for _ in range(20):
            venue.advance(3)
        received = await socket.receive_json()
        assert received["type"] == "pricing"
        await socket.ping(b"?")
        async with asyncio.timeout(LIMIT):
            message = await socket.receive()
        assert message.type is aiohttp.WSMsgType.PONG  # twenty steps, one frame


async def test_serve_announces_an_address_that_answers() -> None:
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(serve(VenueOptions(), ready.set_result))
    async with asyncio.timeout(LIMIT):
        base = await ready
        url = tomllib.loads(config_toml(base))["feeds"]["tencent"]["quote_url"]
        async with aiohttp.ClientSession() as session, session.get(f"{url}r_hk09888") as response:
            assert response.status == 200
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)


async def test_bad_options_are_refused() -> None:
    with pytest.raises(FaultError):
        Venue(VenueOptions(faults=("melt",)))
    with pytest.raises(ValueError, match="09:00"):
        Venue(VenueOptions(start=time(8, 59)))
    async with Venue(VenueOptions()) as venue:
        port = int(venue.url.rpartition(":")[2])
        with pytest.raises(OSError, match="in use"):
            Venue(VenueOptions(port=port)).bind()


async def test_leaving_closes_every_socket_politely() -> None:
    venue = Venue(VenueOptions(speed=0))
    async with aiohttp.ClientSession() as session, asyncio.timeout(LIMIT):
        async with venue:
            clock = await session.ws_connect(venue.clock_url)
            assert (await clock.receive_json())["now"] == 1_758_070_800 * SECOND  # 09:00 in Hong Kong
        message = await clock.receive()
        assert message.type is aiohttp.WSMsgType.CLOSE
        assert message.data == aiohttp.WSCloseCode.GOING_AWAY
