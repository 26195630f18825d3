"""A websocket connection that hands every frame over while it is read.

The library queues frames for a coroutine that then fetches them one by one: bookkeeping of some 1.5 µs
a frame, a third of what a quote costs. Handling a frame where it is parsed spares that, and the socket
itself is the queue: nothing more is read before everything read so far has been handled.
"""

from collections.abc import Callable
from typing import Any

from websockets.asyncio.client import ClientConnection
from websockets.frames import Frame, Opcode

_WHOLE = (Opcode.TEXT, Opcode.BINARY)


class DirectConnection(ClientConnection):
    """Calls ``handle`` with each message; what it raises ends the connection and is kept in ``failure``.

    A venue that sends a message in fragments gets the library's way from then on, and ``recv()`` returns
    what ``handle`` was not given. ``process_event`` is the library's own: were it ever renamed, all
    messages would come by ``recv()``. With ``coalesce`` (seconds) the socket is read once in that time.
    """

    def __init__(
        self, *args: Any, handle: Callable[[bytes], None], coalesce: float = 0.0, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.failure: Exception | None = None
        self._handle: Callable[[bytes], None] | None = handle
        self._coalesce = coalesce

    def process_event(self, event: Any) -> None:
        """Take one event of the protocol: a frame, or the answer to the handshake."""
        if self._handle is None or not isinstance(event, Frame) or event.opcode not in _WHOLE:
            super().process_event(event)
        elif not event.fin:
            self._handle = None
            super().process_event(event)
        elif self.failure is None:
            try:
                self._handle(bytes(event.data))
            except Exception as error:
                # Nothing may escape into the event loop; whoever awaits this connection finds it.
                self.failure = error
                self.transport.abort()

    def data_received(self, data: bytes) -> None:
        """Take what the socket had, and then let it be for a while."""
        super().data_received(data)
        if self._coalesce and not self.transport.is_closing():
            self.transport.pause_reading()
            self.loop.call_later(self._coalesce, self._resume)

    def _resume(self) -> None:
        if not self.transport.is_closing():
            self.transport.resume_reading()
