"""The two ways in, for every venue: a websocket that pushes, a page that is polled.

Neither loop ends by itself: a failure is named in the feed's status and met by a wait. How long a
socket may be silent and a request may take is real time, which the network keeps; waits and intervals
are the injected clock's, so that a simulation at any speed polls at the same instants of its day.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from random import random
from typing import TYPE_CHECKING, Any, NoReturn

from feeds.backoff import delays
from feeds.base import FeedStatus, NoPriceError, Parsed, QuoteSink
from feeds.failure import PATIENCE, RefusedError, SilentError, http_failure, network_failure
from feeds.http import TIMEOUT, Http, is_loopback
from market.clock import SECOND, Clock
from market.errors import FeedError, ParseError
from market.freshness import Health
from market.quote import Quote
from market.text import clean

if TYPE_CHECKING:
    from websockets.exceptions import ConnectionClosed

    from feeds.connection import DirectConnection

_MAX_FRAME = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """A websocket to keep open. Times in seconds.

    ``subscribe`` is sent on every connection. ``parse`` turns a frame and its receipt (ns UTC) into
    quotes, none for a control frame; it raises ``ParseError`` for a bad frame, ``FeedError`` for a
    refusal. ``idle`` is how long nothing may come before the connection is given up. ``coalesce``
    reads the socket on a clock of that period: at 10,000 quotes a second 5 ms cut the CPU to a quarter,
    at up to 5 ms of latency; 0 reads at once.
    """

    venue: str
    url: str
    subscribe: Sequence[str]
    parse: Callable[[bytes, int], Sequence[Quote]]
    idle: float = 60.0
    coalesce: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """Pages to fetch in turn, one request at a time. ``interval`` in seconds, between two rounds.

    ``rest`` says how many seconds at the least may pass after a good round that ended at an instant (ns
    UTC): a venue whose exchange is closed has nothing new.
    ``parse`` turns a body and its receipt (ns UTC) into quotes and rejected rows; it raises
    ``ParseError`` for a page that is none of the venue's.
    """

    venue: str
    urls: Sequence[str]
    parse: Callable[[bytes, int], Parsed]
    interval: float
    rest: Callable[[int], float] = lambda _now: 0.0


async def run_stream(
    stream: Stream,
    sink: QuoteSink,
    status: FeedStatus,
    clock: Clock,
    *,
    chance: Callable[[], float] = random,
) -> NoReturn:
    """Keep the websocket open for ever. ``chance`` is the backoff's jitter."""
    waits = delays(chance)
    line = _Line(status)
    while True:
        line.proven = False
        try:
            await _connection(stream, sink, line, clock)
        except FeedError as error:
            if line.proven:
                waits = delays(chance)  # earned by a quote; a handshake alone earns nothing
            line.fail(error)
            # A socket is a heavier thing to refuse than a page: without a word on when, minutes.
            refused = isinstance(error, RefusedError) and error.retry_after is None
            await _wait(PATIENCE if refused else _pause(error, waits), status, clock)
        status.reconnects += 1


async def _connection(stream: Stream, sink: QuoteSink, line: "_Line", clock: Clock) -> NoReturn:
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

    handle = _frame_handler(stream, sink, line, clock)
    # The library asks for a class and needs no more than something to call.
    factory: Any = partial(DirectConnection, handle=handle, coalesce=stream.coalesce)
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
                await _listen(connection, handle, stream, line)
            except ConnectionClosed:
                if connection.failure is not None:
                    raise connection.failure from None
                raise
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


def _frame_handler(stream: Stream, sink: QuoteSink, line: "_Line", clock: Clock) -> Callable[[bytes], None]:
    """The hot path: a frame, its quotes, the sink; no queue, no task and no log line in between."""
    parse, take, now, status = stream.parse, sink.quotes, clock.now, line.status

    def handle(frame: bytes) -> None:
        received = now()
        line.heard = True
        status.frames += 1
        try:
            quotes = parse(frame, received)
        except ParseError as error:
            status.rejected += 1
            sink.rejected(error)
            return
        if quotes:
            status.quotes += len(quotes)
            status.last_quote = received
            status.last_event = quotes[-1].ts_event
            if not line.proven:
                line.prove()
            take(quotes)

    return handle


async def _listen(
    connection: "DirectConnection", handle: Callable[[bytes], None], stream: Stream, line: "_Line"
) -> NoReturn:
    """Wait for the end of a connection, or for a silence of one to one and a half times ``idle``."""
    quiet = 0
    while quiet < 2:
        line.heard = False
        try:
            async with asyncio.timeout(stream.idle / 2):
                handle(await connection.recv(decode=False))  # the few that did not come directly
        except TimeoutError:
            quiet = 0 if line.heard else quiet + 1
    raise SilentError(stream.venue, f"silent for {stream.idle:g} s")


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


async def run_poll(
    poll: Poll,
    sink: QuoteSink,
    status: FeedStatus,
    clock: Clock,
    *,
    chance: Callable[[], float] = random,
) -> NoReturn:
    """Fetch the pages for ever. ``chance`` is the backoff's jitter."""
    waits = delays(chance)
    line = _Line(status)
    interval = poll.interval
    async with Http() as http:
        while True:
            try:
                pause = interval
                if await _round(poll, http, sink, line, clock):
                    waits = delays(chance)
                    interval = poll.interval
                    pause = max(interval, poll.rest(clock.now()))
            except FeedError as error:
                line.fail(error)
                if isinstance(error, RefusedError):
                    # Twice as rarely each time, or as asked: asking on at the same pace prolongs a block.
                    interval = min(2 * interval, max(PATIENCE, poll.interval))
                    interval = max(interval, error.retry_after or 0)
                    pause = interval
                else:
                    pause = max(interval, _pause(error, waits))
            await _wait(pause, status, clock)


async def _round(poll: Poll, http: Http, sink: QuoteSink, line: "_Line", clock: Clock) -> int:
    """Fetch each page once; the number of valid quotes."""
    status = line.status
    count = 0
    trouble: ParseError | None = None
    for url in poll.urls:
        answer = await http.get(poll.venue, url)
        received = clock.now()
        status.frames += 1
        if not answer.body.strip():
            raise RefusedError(poll.venue, "empty answer")
        try:
            quotes, errors = poll.parse(answer.body, received)
        except ParseError as error:
            status.rejected += 1
            sink.rejected(error)
            raise RefusedError(poll.venue, error.reason) from None
        for refused in errors:
            status.rejected += 1
            sink.rejected(refused)
            if not isinstance(refused, NoPriceError):
                trouble = refused
        if quotes:
            count += len(quotes)
            status.quotes += len(quotes)
            status.last_quote = received
            status.last_event = max(quote.ts_event for quote in quotes)
            line.prove()
            sink.quotes(quotes)
    if trouble is not None and not count:
        line.go_down(trouble.reason, Health.DOWN)
    return count


class _Line:
    """One connection, or one poll, and its share in the status of a feed that may have several."""

    __slots__ = ("down", "heard", "proven", "status")

    def __init__(self, status: FeedStatus) -> None:
        self.status = status
        self.down = False
        self.heard = False
        """Whether any frame came since this was last cleared."""
        self.proven = False
        """Whether this connection has brought a valid quote."""

    def prove(self) -> None:
        """A valid quote came, which is what makes a feed live."""
        self.proven = True
        if self.down:
            self.down = False
            self.status.failing -= 1
        if not self.status.failing:
            self.status.state = Health.LIVE
            self.status.reason = None

    def fail(self, error: FeedError) -> None:
        """The connection, or a request, failed."""
        self.status.errors += 1
        self.go_down(error.reason, Health.STALE if isinstance(error, SilentError) else Health.DOWN)

    def go_down(self, reason: str, state: Health) -> None:
        """Nothing comes this way until a quote proves the contrary."""
        if not self.down:
            self.down = True
            self.status.failing += 1
        self.status.state = state
        self.status.reason = reason


def _pause(error: FeedError, waits: Iterator[float]) -> float:
    """Seconds until the next try: the backoff's, the venue's wish, or minutes where trying is pointless."""
    if error.fatal:
        return max(PATIENCE, error.retry_after or 0)
    return max(next(waits), error.retry_after or 0)


async def _wait(seconds: float, status: FeedStatus, clock: Clock) -> None:
    status.next_try = clock.now() + int(seconds * SECOND)
    await clock.sleep(seconds)
    status.next_try = None
