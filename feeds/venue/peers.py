"""Websocket clients of the venue: the followers of ``/clock`` and the subscribers of Yahoo's stream.

Each has a task of its own that sends, so that a slow reader delays nobody: what changed meanwhile waits as a
set of symbols, and goes out as the newest quote of each.
"""

import asyncio
import base64
import json
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

from aiohttp import WSCloseCode, WSMsgType, web

from feeds.venue.faults import Faults
from feeds.venue.floor import Floor
from feeds.venue.stream import ControlError, Subscription, canonical, frame

_PATH = "stream"
_GARBAGE = (
    "\x00\x1b[31mnot a frame",
    '{"type":"pricing","message":"!"}',
    json.dumps({"type": "pricing", "message": base64.b64encode(b"\xff" * 20).decode()}),
)


class Peer:
    """One websocket client, served until it leaves; the base of both kinds."""

    follows_clock = False

    def __init__(self, floor: Floor, socket: web.WebSocketResponse) -> None:
        """Serve a socket whose handshake is done, and which leaves pings and pongs to us."""
        self.seen = 0
        self._floor = floor
        self._socket = socket
        self._changed: set[str] = set()
        self._told = False
        self._asked = self._pinged = 0
        self._wake = asyncio.Event()

    def tell(self, changed: Iterable[str]) -> None:
        """Have what changed sent, and the time."""
        self._changed.update(changed)
        self._told = True
        self._wake.set()

    def ask(self, mark: int) -> None:
        """Have a ping with this mark sent behind everything else."""
        self._asked = mark
        self._wake.set()

    async def serve(self) -> None:
        """Send and listen until the client, or the venue, closes."""
        self._floor.peers.add(self)
        try:
            async with asyncio.TaskGroup() as tasks:
                sender = tasks.create_task(self._send())
                await self._listen()
                sender.cancel()
        finally:
            self._floor.peers.discard(self)
            self._floor.answered()

    async def close(self) -> None:
        """Close politely: the venue shuts."""
        await self._socket.close(code=WSCloseCode.GOING_AWAY)

    async def _listen(self) -> None:
        async for message in self._socket:
            if message.type is WSMsgType.PONG:
                with suppress(ValueError):
                    self.seen = max(self.seen, int(message.data))
                self._floor.answered()
            elif message.type is WSMsgType.PING:
                await self._socket.pong(message.data)
            elif not await self.hear(message.data):
                return

    async def _send(self) -> None:
        with suppress(ConnectionError):  # the client left; listening ends by itself
            while True:
                await self._wake.wait()
                self._wake.clear()
                if self._told:
                    changed, self._changed, self._told = self._changed, set(), False
                    for text in self.frames(changed):
                        await self._socket.send_str(text)
                if self._asked > self._pinged:
                    self._pinged = self._asked
                    await self._socket.ping(str(self._pinged).encode())

    async def hear(self, text: str | bytes) -> bool:
        """Take a message; False ends the connection."""
        raise NotImplementedError

    def frames(self, changed: set[str]) -> Sequence[str]:
        """What to send, given the canonical symbols that changed since the last time."""
        raise NotImplementedError


class ClockPeer(Peer):
    """A client that follows the venue's time."""

    follows_clock = True

    async def hear(self, text: str | bytes) -> bool:
        """Whatever it says, it waits for time to go on."""
        self._floor.attend()
        return True

    def frames(self, changed: set[str]) -> Sequence[str]:
        """The time."""
        return [self._floor.announcement()]


class StreamPeer(Peer):
    """A subscriber of Yahoo's stream."""

    def __init__(
        self,
        floor: Floor,
        socket: web.WebSocketResponse,
        faults: Faults,
        drop: Callable[[], None],
        version: int,
    ) -> None:
        """Serve frames of the given version of the protocol; ``drop`` cuts the connection."""
        super().__init__(floor, socket)
        self._faults = faults
        self._drop = drop
        self._version = version
        self._subscription = Subscription()
        self._stalled = False
        self._previous: list[str] = []

    async def hear(self, text: str | bytes) -> bool:
        """Obey a control message; one that the vendor does not read ends the connection without a code."""
        try:
            added = self._subscription.control(text if isinstance(text, str) else text.decode())
        except (ControlError, UnicodeDecodeError):
            await self._socket.send_frame(b"", WSMsgType.CLOSE)
            return False
        self._floor.attend()
        self.tell(canonical(symbol) for symbol in added)
        return True

    def frames(self, changed: set[str]) -> Sequence[str]:
        """The newest quote of each subscribed symbol that changed, as the faults in force leave it."""
        late = self._faults.active("delay", _PATH)
        listings = (self._floor.delayed() if late else self._floor.exchange).listings
        texts = [
            frame(symbol, listings[name], version=self._version)
            for symbol in self._subscription.among(changed)
            if (name := canonical(symbol)) in listings
        ]
        return self._spoilt(texts) if texts else texts

    def _spoilt(self, texts: list[str]) -> list[str]:
        strikes = self._faults.strikes
        self._stalled = self._stalled or strikes("stall", _PATH)
        if self._stalled:
            return []
        if strikes("drop", _PATH):
            self._drop()
            return []
        fresh = list(texts)
        if strikes("reorder", _PATH):
            texts = [*texts, *self._previous]
        if strikes("repeat", _PATH):
            texts = [*texts, *texts]
        if strikes("garbage", _PATH):
            texts = [*_GARBAGE, *texts]
        if strikes("cut", _PATH):
            texts[-1] = texts[-1][: len(texts[-1]) // 2]
        self._previous = fresh
        return texts
