"""A websocket connection that hands every frame over while it is read.

The library queues frames for a coroutine that then fetches them one by one: bookkeeping of some 1.5 µs
a frame, a third of what a quote costs. Handling a frame where it is parsed spares that, and the socket
itself is the queue: nothing more is read before everything read so far has been handled.
"""

from collections.abc import Callable, Sequence
from typing import Any

from websockets.asyncio.client import ClientConnection
from websockets.frames import Frame, Opcode
from websockets.protocol import State

_WHOLE = (Opcode.TEXT, Opcode.BINARY)


class DirectConnection(ClientConnection):
    """Calls ``handle`` with each message; what it raises ends the connection and is kept in ``failure``.

    ``handle`` returns whether it found what it looks for; of another message ``reply`` says what is sent
    back. A venue that sends a message in fragments gets the library's way from then on, by ``take()``.
    ``process_event`` is the library's own: were it ever renamed, all messages would come that way. With
    ``coalesce`` (seconds) the socket is read once in that time.
    """

    def __init__(
        self,
        *args: Any,
        handle: Callable[[bytes], bool],
        reply: Callable[[bytes], Sequence[str]] | None = None,
        coalesce: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.failure: Exception | None = None
        self._handle = handle
        self._reply = reply
        self._direct = True
        self._coalesce = coalesce

    def process_event(self, event: Any) -> None:
        """Take one event of the protocol: a frame, or the answer to the handshake."""
        if not self._direct or not isinstance(event, Frame) or event.opcode not in _WHOLE:
            super().process_event(event)
        elif not event.fin:
            self._direct = False
            super().process_event(event)
        elif self.failure is None:
            try:
                frame = bytes(event.data)
                if not self._handle(frame) and self._reply is not None:
                    self._answer(frame)
            except Exception as error:
                # Nothing may escape into the event loop; whoever awaits this connection finds it.
                self.failure = error
                self.transport.abort()

    async def take(self) -> None:
        """Wait for a message that did not come directly, and handle it."""
        frame = await self.recv(decode=False)
        if not self._handle(frame) and self._reply is not None:
            self._answer(frame)

    def say(self, text: str) -> None:
        """Send a short frame without waiting until the socket takes it; nothing, once closing has begun."""
        if self.state is State.OPEN:
            self.protocol.send_text(text.encode())
            self.send_data()

    def _answer(self, frame: bytes) -> None:
        assert self._reply is not None
        for text in self._reply(frame):
            self.say(text)

    def data_received(self, data: bytes) -> None:
        """Take what the socket had, and then let it be for a while."""
        super().data_received(data)
        if self._coalesce and not self.transport.is_closing():
            self.transport.pause_reading()
            self.loop.call_later(self._coalesce, self._resume)

    def _resume(self) -> None:
        if not self.transport.is_closing():
            self.transport.resume_reading()
