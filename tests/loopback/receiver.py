"""A webhook's other end: keeps what it was sent, and can be as unfriendly as real ones."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.limit import LIMIT

Behaviour = Callable[["Request"], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Request:
    """One POST as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def document(self) -> Any:
        """Its JSON."""
        return json.loads(self.body)


@dataclass
class Receiver:
    """``behave`` answers; ``requests`` are those that it kept, which a failing one may not."""

    behave: Behaviour
    requests: list[Request] = field(default_factory=list)
    url: str = ""
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def keep(self, request: Request) -> None:
        """It has arrived, whatever is answered."""
        async with self._news:
            self.requests.append(request)
            self._news.notify_all()

    async def has(self, count: int) -> list[Request]:
        """The requests, once there are so many."""
        async with asyncio.timeout(LIMIT), self._news:
            await self._news.wait_for(lambda: len(self.requests) >= count)
        return self.requests

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Any POST to any path."""
        return await self.behave(Request(request.path, dict(request.headers), await request.read()))


@asynccontextmanager
async def receiving(status: int = 200, headers: dict[str, str] | None = None) -> AsyncIterator[Receiver]:
    """A receiver that keeps everything and gives one answer; assign ``behave`` for another manner."""

    async def behave(request: Request) -> web.StreamResponse:
        await receiver.keep(request)
        return web.Response(status=status, headers=headers)

    receiver = Receiver(behave)
    app = web.Application()
    app.router.add_post("/{path:.*}", receiver.serve)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        receiver.url = f"http://{host}:{port}"
        yield receiver
    finally:
        await runner.cleanup()
