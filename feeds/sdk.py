"""Feeds through a vendor's own library: what is installed beside us, and keeps its connection by itself."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib import import_module
from typing import Any, NoReturn

from feeds.base import QuoteSink, SymbolFeed
from feeds.failure import SilentError
from feeds.line import Line, frame_handler, keep_open
from feeds.pace import silence
from market.clock import Clock
from market.errors import FeedError
from market.quote import Quote

PROBE = 5.0
"""Seconds that a gateway on this machine, or near it, may take to accept a connection."""

Session = Callable[[Callable[[Any], bool], Callable[[str], None]], AbstractAsyncContextManager[None]]
"""One connection of the library's. It is given what takes each update, and what it says its end to; both are
called on the event loop's own thread."""


def library(venue: str, module: str, extra: str) -> Any:
    """The vendor's library; ``FeedError`` that says how to get it where it is not installed."""
    try:
        return import_module(module)
    except ImportError as error:
        reason = f"its library is not installed: pip install 'tickwall[{extra}]'"
        raise FeedError(venue, reason, fatal=True) from error


@asynccontextmanager
async def reachable(venue: str, host: str, port: int, what: str) -> AsyncIterator[None]:
    """Enter once a gateway accepts connections: the libraries themselves wait for one without end."""
    try:
        async with asyncio.timeout(PROBE):
            _, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError) as error:
        raise FeedError(venue, f"{what} does not answer at {host}:{port}") from error
    writer.close()
    yield


class SdkFeed(SymbolFeed):
    """A feed of a library; an adapter adds how a session is opened, and how an update is read."""

    def __init__(self, name: str, symbols: Iterable[str], clock: Clock, idle: float) -> None:
        super().__init__(name, symbols, clock)
        self._idle = idle
        self._excused = silence(self.symbols)

    async def feed(
        self, session: Session, parse: Callable[[Any, int], Sequence[Quote]], sink: QuoteSink
    ) -> NoReturn:
        """Feed the sink from one session after the other, until cancelled."""

        async def connect(line: Line) -> NoReturn:
            ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()

            def end(reason: str) -> None:
                if not ended.done():
                    ended.set_result(reason)

            async with session(frame_handler(parse, sink, line, self._clock), end):
                quiet = 0
                while quiet < 2:
                    line.heard = False
                    await asyncio.wait([ended], timeout=self._idle / 2)
                    if ended.done():
                        raise FeedError(self.name, ended.result())
                    quiet = 0 if line.heard or self._excused(self._clock.now()) else quiet + 1
                raise SilentError(self.name, f"silent for {self._idle:g} s")

        await keep_open(connect, self.status, self._clock)
