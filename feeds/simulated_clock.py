"""The clock of a simulated venue, which everything in a demo follows."""

import asyncio
import json
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from feeds.clock import SystemClock
from market.clock import SECOND
from market.errors import FeedError

RETRY = 0.5
"""Seconds of real time between two tries to find a venue again that has gone."""


class SimulatedClock:
    """Follows the time that a simulated venue announces on its ``/clock`` websocket.

    Time stands still between two announcements, so that a run at any speed sees the same instants. While
    the venue is gone time goes on at its last speed: what it said grows old, as it would on any other feed.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.ended = asyncio.Event()
        """Set when the venue's day is over, or when its time is lost for good."""
        self._now = 0
        self._speed = 1.0
        self._moved = asyncio.Event()

    def now(self) -> int:
        """The venue's time, nanoseconds UTC; 0 before it is known."""
        return self._now

    async def sleep(self, seconds: float) -> None:
        """Return once the venue's time has moved on by that much."""
        until = self._now + int(seconds * SECOND)
        await asyncio.sleep(0)
        while self._now < until:
            await self._moved.wait()

    @asynccontextmanager
    async def following(self) -> AsyncIterator[None]:
        """Inside, the venue's time is known and followed; ``FeedError`` when the venue cannot be reached."""
        follower = asyncio.create_task(self._follow(), name="simulated clock")
        try:
            while not self._now and not follower.done():
                moved = asyncio.create_task(self._moved.wait())
                await asyncio.wait({follower, moved}, return_when=asyncio.FIRST_COMPLETED)
                moved.cancel()
            if not self._now:
                follower.result()
            yield
            if follower.done():
                follower.result()
        finally:
            follower.cancel()
            await asyncio.gather(follower, return_exceptions=True)

    async def _follow(self) -> None:
        try:
            while not self.ended.is_set():
                reason = await self._listen()
                if self.ended.is_set():
                    return
                # Unlimited speed has no rate at which to go on alone.
                if not self._now or self._speed == math.inf:
                    raise FeedError("simulation", f"no clock at {self.url}: {reason}")
                await asyncio.sleep(RETRY)
                self._move(self._now + int(RETRY * self._speed * SECOND))
        finally:
            self.ended.set()

    async def _listen(self) -> str:
        """Hear one connection to its end; why it ended."""
        import aiohttp

        try:
            async with (
                aiohttp.ClientSession() as session,
                session.ws_connect(self.url, max_msg_size=65_536) as socket,
            ):
                async for message in socket:
                    if message.type is aiohttp.WSMsgType.TEXT and self._hear(message.data):
                        # It began anew, and does not go on before somebody wants quotes: which nobody does
                        # whose next try lies in the time that stands still meanwhile.
                        await socket.send_str("go on")
        except (aiohttp.ClientError, ValueError, KeyError) as error:
            return str(error)
        return "the venue has gone"

    def _hear(self, text: str) -> bool:
        """Follow an announcement; whether the venue's time lies behind ours."""
        heard = json.loads(text)
        now = int(heard["now"])
        self._speed = math.inf if heard["speed"] == "max" else float(heard["speed"])
        behind = now < self._now
        self._move(now)
        if heard["state"] == "ended":
            self.ended.set()
        return behind

    def _move(self, now: int) -> None:
        """On to an instant, never back: a venue that starts its day anew is waited for."""
        self._now = max(self._now, now)
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()


@asynccontextmanager
async def clock_at(url: str) -> AsyncIterator[SimulatedClock | SystemClock]:
    """The clock of the simulated venue at an address, or this machine's where there is none.

    ``FeedError`` when the venue cannot be reached.
    """
    if not url:
        yield SystemClock()
        return
    clock = SimulatedClock(url)
    async with clock.following():
        yield clock
