"""The clock of a simulated venue, which everything in a demo follows."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from market.clock import SECOND
from market.errors import FeedError


class SimulatedClock:
    """Follows the time that a simulated venue announces on its ``/clock`` websocket.

    Time stands still between two announcements, so that a run at any speed sees the same instants.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.ended = asyncio.Event()
        """Set when the venue's day is over, or the venue is gone."""
        self._now = 0
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
        follower = asyncio.create_task(self.run(), name="simulated clock")
        try:
            while not self._now and not follower.done():
                moved = asyncio.create_task(self._moved.wait())
                await asyncio.wait({follower, moved}, return_when=asyncio.FIRST_COMPLETED)
                moved.cancel()
            if follower.done():
                follower.result()
            yield
        finally:
            follower.cancel()
            await asyncio.gather(follower, return_exceptions=True)

    async def run(self) -> None:
        """Follow the venue until its day has ended; ``FeedError`` when it cannot be reached."""
        import aiohttp

        try:
            async with (
                aiohttp.ClientSession() as session,
                session.ws_connect(self.url, max_msg_size=65_536) as socket,
            ):
                async for message in socket:
                    if message.type is aiohttp.WSMsgType.TEXT:
                        self._hear(message.data)
        except aiohttp.ClientError as error:
            raise FeedError("simulation", f"no clock at {self.url}: {error}") from None
        finally:
            self.ended.set()

    def _hear(self, text: str) -> None:
        heard = json.loads(text)
        self._now = max(self._now, int(heard["now"]))
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()
        if heard["state"] == "ended":
            self.ended.set()
