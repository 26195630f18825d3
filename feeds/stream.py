"""A websocket that pushes: the way in of most venues.

The loop does not end by itself: a failure is named in the feed's status and met by a wait. How long a
socket may be silent and live is real time, which the network keeps; waits are the injected clock's, so
that a simulation at any speed comes back at the same instants of its day.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from math import inf
from random import random
from typing import TYPE_CHECKING, Any, NoReturn

from feeds.base import FeedStatus, QuoteSink, SymbolFeed
from feeds.failure import REFUSES, RenewalError, SilentError, http_failure, network_failure
from feeds.http import TIMEOUT, is_loopback
from feeds.line import Line, frame_handler, keep_open
from feeds.names import look_up_apart
from market.clock import Clock
from market.errors import FeedError
from market.quote import Quote
from market.text import clean

if TYPE_CHECKING:
    from websockets.exceptions import ConnectionClosed

    from feeds.connection import DirectConnection

_MAX_FRAME = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """A websocket to keep open. Times in seconds, of the machine's own clock.

    ``parse`` turns a frame and its receipt (ns UTC) into quotes, none for a control frame; it raises
    ``ParseError`` for a bad frame, ``FeedError`` for a refusal. (A ``partial`` with a keyword would cost it
    0.2 µs a frame, a lambda 0.04, a ``partial`` without 0.01.) ``subscribe`` is sent on every connection;
    ``reply`` gives what is sent upon a frame that held no quote, for venues that want a dialogue, and may
    raise ``FeedError`` too. ``beat`` is sent every ``beat_every``.

    ``idle`` is how long nothing may come before the connection is given up, except while it is ``excused``
    at an instant (ns UTC of the clock): where nothing trades nothing comes. It is made anew, without a
    word against the venue, after ``barren`` of frames without a quote in them, and after ``lifetime``, before
    the venue cuts it.
    ``coalesce`` reads the socket on a clock of that period: at 10,000 quotes a second 5 ms cut the CPU to a
    quarter, at up to 5 ms of latency; 0 reads at once.
    """

    venue: str
    url: str
    parse: Callable[[bytes, int], Sequence[Quote]]
    subscribe: Sequence[str] = ()
    reply: Callable[[bytes], Sequence[str]] | None = None
    excused: Callable[[int], bool] = lambda _now: False
    beat: str = ""
    beat_every: float = inf
    idle: float = 60.0
    barren: float = inf
    lifetime: float = inf
    coalesce: float = 0.0


Opening = Stream | Callable[[], Stream]
"""A stream, or what gives one for each connection: a key that was put in its file counts at the next try.
It raises ``FeedError`` where there is none."""


class StreamFeed(SymbolFeed):
    """A feed of websockets; what an adapter adds is the ``streams``, each with its share of the symbols."""

    def __init__(self, name: str, symbols: Iterable[str], clock: Clock) -> None:
        super().__init__(name, symbols, clock)
        self.streams: list[Opening] = []

    async def run(self, sink: QuoteSink) -> None:
        """Feed the sink until cancelled."""
        async with asyncio.TaskGroup() as group:
            for stream in self.streams:
                group.create_task(run_stream(stream, sink, self.status, self._clock))


async def run_stream(
    opening: Opening,
    sink: QuoteSink,
    status: FeedStatus,
    clock: Clock,
    *,
    chance: Callable[[], float] = random,
) -> NoReturn:
    """Keep the websocket open for ever. ``chance`` is the backoff's jitter."""

    async def connect(line: Line) -> NoReturn:
        await _connection(opening() if callable(opening) else opening, sink, line, clock)

    await keep_open(connect, status, clock, chance)


async def _connection(stream: Stream, sink: QuoteSink, line: Line, clock: Clock) -> NoReturn:
    """One connection, until it fails: always ends in ``FeedError`` or cancellation."""
    from websockets.asyncio.client import connect
    from websockets.exceptions import (
        ConnectionClosed,
        InvalidProxy,
        InvalidStatus,
        InvalidURI,
        WebSocketException,
    )

    from feeds.connection import DirectConnection

    look_up_apart()
    handle = frame_handler(stream.parse, sink, line, clock)
    # The library asks for a class and needs no more than something to call.
    factory: Any = partial(DirectConnection, handle=handle, reply=stream.reply, coalesce=stream.coalesce)
    try:
        async with connect(
            stream.url,
            create_connection=factory,
            proxy=None if is_loopback(stream.url) else True,
            compression=None,  # deflate costs 20 % at a quote a frame, 65 % at a hundred
            max_size=_MAX_FRAME,
            open_timeout=TIMEOUT,
            close_timeout=1,  # leaving must not wait for a venue that is gone
        ) as connection:
            assert isinstance(connection, DirectConnection)
            try:
                for frame in stream.subscribe:
                    await connection.send(frame)
                await _listen(connection, stream, line, clock)
            except ConnectionClosed:
                if connection.failure is None:
                    raise
                if isinstance(connection.failure, FeedError):
                    connection.failure.mend = connection.failure.mend or REFUSES
                raise connection.failure from None
    except ConnectionClosed as error:
        raise FeedError(stream.venue, _close_reason(error)) from error
    except InvalidStatus as error:
        response = error.response
        raise http_failure(stream.venue, response.status_code, response.headers.get("Retry-After")) from error
    # The texts of these two print the address, which may hold a password.
    except InvalidURI as error:
        raise FeedError(stream.venue, f"bad address: {clean(error.msg, 80)}", fatal=True) from error
    except InvalidProxy as error:
        raise FeedError(stream.venue, f"bad proxy address: {clean(error.msg, 80)}", fatal=True) from error
    except ImportError as error:
        raise FeedError(stream.venue, "SOCKS proxies are not supported", fatal=True) from error
    except (WebSocketException, OSError) as error:
        raise network_failure(stream.venue, error) from error


async def _listen(connection: "DirectConnection", stream: Stream, line: Line, clock: Clock) -> NoReturn:
    """Wait for the end of a connection, or bring it about; a silence is seen up to half of ``idle`` late."""
    now = asyncio.get_running_loop().time
    began = heard = fruitful = beaten = now()
    quotes = line.status.quotes
    step = min(stream.idle / 2, stream.barren / 2, stream.lifetime, stream.beat_every)
    while True:
        line.heard = False
        with suppress(TimeoutError):
            async with asyncio.timeout(step):
                await connection.take()  # the few frames that did not come directly
        at = now()
        if line.heard or stream.excused(clock.now()):
            heard = at
        if line.status.quotes > quotes:
            quotes, fruitful = line.status.quotes, at
        if at - heard >= stream.idle:
            raise SilentError(stream.venue, f"silent for {stream.idle:g} s")
        if at - fruitful >= stream.barren:
            raise RenewalError(stream.venue, f"no quote for {stream.barren:g} s")
        if at - began >= stream.lifetime:
            raise RenewalError(stream.venue, "renewed as planned")
        if at - beaten >= stream.beat_every:
            beaten = at
            connection.say(stream.beat)


def _close_reason(error: "ConnectionClosed") -> str:
    """Who ended the connection and why, as far as close frames tell."""
    if error.rcvd is not None and error.rcvd_then_sent is not False:
        return f"closed by the venue: {error.rcvd.code} {clean(error.rcvd.reason, 60)}".rstrip()
    if error.sent is not None and error.sent.code == 1009:
        return f"frame larger than {_MAX_FRAME} bytes"
    if error.sent is not None and error.sent.code == 1011:
        return "no answer to pings"
    if error.sent is not None:
        return f"broke the protocol: {clean(error.sent.reason, 60)}"
    return "connection lost"
