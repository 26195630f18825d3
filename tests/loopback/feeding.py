"""What a feed needs around it in a test: a clock that does not keep it waiting, a sink, servers to script."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Self

from aiohttp import web
from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from market.clock import SECOND
from market.errors import ParseError
from market.quote import Quote
from tests.limit import LIMIT

Script = Callable[[ServerConnection], Awaitable[object]]
Page = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class RushedClock:
    """A clock whose sleeps return at once: they are written down, and time has passed.

    One that is ``held`` lets nobody wake before ``go`` is set, so that a test can look at who waits.
    ``on_sleep`` is called as each sleep begins.
    """

    def __init__(self, *, held: bool = False, on_sleep: Callable[[], None] = lambda: None) -> None:
        self._on_sleep = on_sleep
        self.time = 1_758_075_247 * SECOND
        self.sleeps: list[float] = []
        self.go = asyncio.Event()
        if not held:
            self.go.set()

    def now(self) -> int:
        """The instant, nanoseconds UTC."""
        return self.time

    async def sleep(self, seconds: float) -> None:
        """Have slept."""
        self.sleeps.append(seconds)
        self._on_sleep()
        await asyncio.sleep(0)
        await self.go.wait()
        self.time += int(seconds * SECOND)


class Collector:
    """A sink that keeps everything, and tells whoever waits that more has come."""

    def __init__(self) -> None:
        self.all: list[Quote] = []
        self.errors: list[ParseError] = []

    def quotes(self, quotes: Sequence[Quote]) -> None:
        """Keep."""
        self.all.extend(quotes)

    def rejected(self, error: ParseError) -> None:
        """Keep."""
        self.errors.append(error)


async def until(condition: Callable[[], bool]) -> None:
    """Return once the condition holds; the test fails where it never does."""
    async with asyncio.timeout(LIMIT):
        while not condition():  # noqa: ASYNC110 - sockets and counters announce nothing
            await asyncio.sleep(0.001)


@asynccontextmanager
async def running(feed: Coroutine[Any, Any, None]) -> AsyncIterator[asyncio.Task[None]]:
    """The feed as a task; afterwards it is cancelled, and nothing of it may be left."""
    before = open_sockets()
    others = asyncio.all_tasks()
    task = asyncio.create_task(feed)
    try:
        yield task
    finally:
        task.cancel()
        async with asyncio.timeout(LIMIT):
            await asyncio.wait([task])
    if not task.cancelled() and (error := task.exception()) is not None:
        raise error
    await until(lambda: open_sockets() <= before and asyncio.all_tasks() <= others)


def open_sockets() -> int:
    """How many sockets this process holds."""
    count = 0
    for path in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):  # the descriptor of this very listing
            count += path.readlink().name.startswith("socket:")
    return count


class StreamServer:
    """A websocket venue: one script for each connection in turn, the last one for all that follow.

    ``received`` has the first frame that each connection sent, ``connects`` counts them and ``paths`` has
    what they asked for. One that ``greets`` leaves the first frame to its scripts. ``refusals`` are the HTTP
    statuses that the first connections are turned away with, 0 for one that is let in.
    """

    def __init__(self, *scripts: Script, greets: bool = False, refusals: Sequence[int] = ()) -> None:
        self._scripts = list(scripts)
        self._greets = greets
        self._refusals = refusals
        self.connects = 0
        self.received: list[str] = []
        self.paths: list[str] = []
        self.url = ""

    def script(self, script: Script) -> None:
        """Add a script: one that looks at the server itself."""
        self._scripts.append(script)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[Self]:
        """Serve on a free port."""
        async with serve(
            self._answer, "127.0.0.1", 0, compression=None, close_timeout=0.2, process_request=self._admit
        ) as server:
            self.url = f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}/"
            yield self

    def _admit(self, _connection: ServerConnection, request: Request) -> Response | None:
        self.paths.append(request.path)
        if len(self.paths) > len(self._refusals):
            return None
        status = self._refusals[len(self.paths) - 1]
        headers = Headers({"Content-Length": "6", "Content-Type": "text/html"})
        return Response(status, "No", headers, b"<html>") if status else None

    async def _answer(self, connection: ServerConnection) -> None:
        script = self._scripts[min(self.connects, len(self._scripts) - 1)]
        self.connects += 1
        if not self._greets:
            self.received.append(str(await connection.recv()))
        await script(connection)


def says(*frames: str | bytes) -> Script:
    """A script that sends frames and then keeps the connection open in silence."""

    async def script(connection: ServerConnection) -> None:
        for frame in frames:
            await connection.send(frame)
        await connection.wait_closed()

    return script


def then_closes(*frames: str, code: int = 1000, reason: str = "") -> Script:
    """A script that sends frames and closes."""

    async def script(connection: ServerConnection) -> None:
        for frame in frames:
            await connection.send(frame)
        await connection.close(code, reason)

    return script


class PageServer:
    """A venue of pages: one answer for each request in turn, the last one for all that follow.

    ``paths`` has what was asked for. ``at_once`` is the greatest number of requests under way together.
    """

    def __init__(self, *pages: Page, tls: ssl.SSLContext | None = None) -> None:
        self._pages = pages
        self._tls = tls
        self._under_way = 0
        self.at_once = 0
        self.paths: list[str] = []
        self.url = ""

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[Self]:
        """Serve on a free port."""
        runner = web.ServerRunner(web.Server(self._answer), shutdown_timeout=0.2)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=self._tls).start()
            scheme = "http" if self._tls is None else "https"
            self.url = f"{scheme}://127.0.0.1:{runner.addresses[0][1]}/q="
            yield self
        finally:
            await runner.cleanup()

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        page = self._pages[min(len(self.paths), len(self._pages) - 1)]
        self.paths.append(request.path_qs)
        self._under_way += 1
        self.at_once = max(self.at_once, self._under_way)
        try:
            return await page(request)
        finally:
            self._under_way -= 1


class VenueClock:
    """The clock of a simulated venue, for processes to follow; it goes on when a test says so."""

    def __init__(self, now: int) -> None:
        self.now = now
        """The instant, nanoseconds UTC."""
        self.url = ""
        self._moved = asyncio.Condition()

    async def forward(self, seconds: float) -> None:
        """On by so much, for all that follow."""
        async with self._moved:
            self.now += round(seconds * SECOND)
            self._moved.notify_all()

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[Self]:
        """Serve on a free port."""
        async with serve(self._tell, "127.0.0.1", 0, compression=None, close_timeout=0.2) as server:
            self.url = f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}/"
            yield self

    async def _tell(self, connection: ServerConnection) -> None:
        telling = asyncio.create_task(self._tell_each(connection))
        await connection.wait_closed()
        telling.cancel()

    async def _tell_each(self, connection: ServerConnection) -> None:
        with suppress(ConnectionClosed):
            while True:
                now = self.now
                await connection.send(json.dumps({"now": now, "speed": 1, "state": "running"}))
                async with self._moved:
                    await self._moved.wait_for(lambda: self.now != now)  # noqa: B023


def answers(body: bytes = b"", status: int = 200, **headers: str) -> Page:
    """A page that is the same every time; ``Retry_After="5"`` is a header."""

    async def page(_request: web.BaseRequest) -> web.StreamResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(body=body, status=status, headers=named)

    return page


def is_cut(body: bytes, missing: int = 100) -> Page:
    """A page that promises more than it sends, and closes."""

    async def page(request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": str(len(body) + missing)})
        await response.prepare(request)
        await response.write(body)
        assert request.transport is not None
        request.transport.close()
        return response

    return page
