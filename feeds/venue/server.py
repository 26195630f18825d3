"""The venue as a server: one process, one port, any number of clients.

aiohttp takes most of the start (0.3 s), so ``serve`` announces its address once the port is bound, and loads
the server behind that: early clients wait in the socket's queue.
"""

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

from feeds.venue.faults import Faults
from feeds.venue.floor import Floor
from feeds.venue.hours import CLOSE_LATEST, PRE_OPEN, at
from feeds.venue.plan import Plan
from market.clock import SECOND

if TYPE_CHECKING:
    from aiohttp import web

_SHUTDOWN = 0.2  # seconds that requests under way are given when the venue shuts
_BACKLOG = 128


@dataclass(frozen=True, slots=True)
class VenueOptions:
    """How to play the day.

    ``speed`` is times real time (``None`` without limit, 0 to stand still); ``start`` the time in Hong Kong,
    09:00 to 16:10; ``faults`` are ``KIND`` or ``KIND@PATH``; port 0 picks a free one.
    """

    host: str = "127.0.0.1"
    port: int = 0
    seed: int = 1
    speed: float | None = 1.0
    start: time = time(9)
    faults: tuple[str, ...] = ()

    @property
    def start_ns(self) -> int:
        """The start as nanoseconds UTC; ``ValueError`` for a time outside the day."""
        instant = at(self.start.hour, self.start.minute, self.start.second)
        if not PRE_OPEN <= instant <= CLOSE_LATEST:
            raise ValueError(f"the day can start from 09:00 to 16:10, not at {self.start:%H:%M}")
        return instant


class Venue:
    """A running venue; enter it as an asynchronous context, and it is shut on leaving."""

    def __init__(self, options: VenueOptions) -> None:
        """Prepare to play; ``FaultError`` or ``ValueError`` for bad options."""
        self.options = options
        self.faults = Faults(options.faults, options.seed)
        """The faults in force; they may be started and stopped while the venue runs."""
        self.floor = Floor(Plan(options.seed), options.start_ns, options.speed)
        self.url = ""
        """The base address, once bound; without a slash at the end."""
        self._listening: socket.socket | None = None
        self._runner: web.AppRunner | None = None
        self._play: asyncio.Task[None] | None = None

    @property
    def clock_url(self) -> str:
        """Where the venue's time is announced."""
        return f"{self.url.replace('http', 'ws', 1)}/clock"

    def bind(self) -> None:
        """Take the port; entering does it too. ``OSError`` when it is taken or not ours."""
        host, port = self.options.host, self.options.port
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listening = socket.create_server((host, port), family=family, backlog=_BACKLOG)
        name = f"[{host}]" if ":" in host else host
        self.url = f"http://{name}:{self._listening.getsockname()[1]}"

    async def __aenter__(self) -> Self:
        from aiohttp import web

        from feeds.venue.site import Site

        if self._listening is None:
            self.bind()
        assert self._listening is not None
        application = Site(self.floor, self.faults, self.options.seed).application()
        self._runner = web.AppRunner(
            application, access_log=None, handler_cancellation=True, shutdown_timeout=_SHUTDOWN
        )
        await self._runner.setup()
        await web.SockSite(self._runner, self._listening).start()
        self._play = asyncio.create_task(self.floor.run(), name="venue")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._runner is not None
        assert self._play is not None
        self._play.cancel()
        try:
            with suppress(asyncio.CancelledError):
                await self._play
        finally:
            await self.floor.close()
            await self._runner.cleanup()

    async def played(self) -> None:
        """Return when the day is over; the venue goes on to answer with its last page."""
        assert self._play is not None
        await asyncio.shield(self._play)

    def advance(self, seconds: float) -> None:
        """Play on by hand, whole steps of three seconds, and tell every client."""
        self.floor.play(self.floor.now + int(seconds * SECOND))


async def serve(options: VenueOptions, ready: Callable[[str], None]) -> None:
    """Play the day on a port until cancelled; ``ready`` gets the base address as soon as clients may connect.

    ``OSError`` when the port is taken, ``FaultError`` or ``ValueError`` for bad options, before ``ready``.
    """
    venue = Venue(options)
    venue.bind()
    ready(venue.url)
    async with venue:
        await venue.played()
        await asyncio.Event().wait()
