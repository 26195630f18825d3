"""The websocket transport against a venue that misbehaves, over real sockets."""

import asyncio
import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection

from feeds.base import FeedStatus
from feeds.connection import DirectConnection
from feeds.failure import PATIENCE
from feeds.stream import Stream, run_stream
from market.clock import SECOND
from market.errors import FeedError, ParseError
from market.freshness import Health
from market.quote import Quote
from tests.loopback.feeding import Collector, RushedClock, StreamServer, running, says, then_closes, until


def parse(frame: bytes, ts_recv: int) -> Sequence[Quote]:
    """The simplest of venues: a frame is a price; ``hello`` is a control frame, ``go away`` a refusal."""
    if frame == b"hello":
        return ()
    if frame == b"go away":
        raise FeedError("plain", "not you", fatal=True)
    try:
        return [Quote("X", Decimal(frame.decode()), ts_recv - SECOND, ts_recv, "plain")]
    except (ArithmeticError, ValueError):
        raise ParseError("plain", "no price", frame) from None


class Trial:
    """One transport against one server."""

    def __init__(self, url: str, *, held: bool = False, **how: Any) -> None:
        self.clock = RushedClock(held=held)
        self.sink = Collector()
        self.status = FeedStatus()
        usual: dict[str, Any] = {"venue": "plain", "subscribe": ["go"], "parse": parse, "idle": 10.0}
        self.run = run_stream(
            Stream(url=url, **usual | how),
            self.sink,
            self.status,
            self.clock,
            chance=lambda: 1.0,
        )

    @property
    def prices(self) -> list[str]:
        """What came through, in order."""
        return [str(quote.last) for quote in self.sink.all]


async def test_quotes_come_through_and_the_status_is_true() -> None:
    """A handshake and a control frame are not yet live; a quote is."""
    async with StreamServer(says("hello", "1.5", b"2.50")).serving() as server:
        trial = Trial(server.url)
        assert trial.status.state is Health.CONNECTING
        async with running(trial.run):
            await until(lambda: len(trial.sink.all) == 2)
            assert trial.prices == ["1.5", "2.50"]
            assert server.received == ["go"]
            status = trial.status
            assert (status.state, status.reason, status.next_try) == (Health.LIVE, None, None)
            assert (status.frames, status.quotes, status.rejected, status.errors) == (3, 2, 0, 0)
            assert (status.last_quote, status.lag_s) == (trial.clock.time, 1.0)


async def test_a_handshake_earns_no_reset() -> None:
    """Accept, then close, for ever: met at the backoff's pace, one to sixty seconds, not the venue's."""
    async with StreamServer(then_closes("hello")).serving() as server:
        trial = Trial(server.url)
        async with running(trial.run):
            await until(lambda: len(trial.clock.sleeps) >= 9)
        assert trial.clock.sleeps[:9] == [1, 2, 4, 8, 16, 32, 60, 60, 60]
        assert server.connects <= len(trial.clock.sleeps) + 1
        assert set(server.received) == {"go"}
        status = trial.status
        assert (status.state, status.reason) == (Health.DOWN, "closed by the venue: 1000")
        assert status.errors == len(trial.clock.sleeps)


async def test_a_valid_quote_earns_the_reset() -> None:
    """And every connection is asked again for what is wanted."""
    async with StreamServer(
        then_closes(), then_closes(), then_closes("1"), then_closes()
    ).serving() as server:
        trial = Trial(server.url)
        async with running(trial.run):
            await until(lambda: len(trial.clock.sleeps) >= 5)
        assert trial.clock.sleeps[:5] == [1, 2, 1, 2, 4]
        assert server.received[:5] == ["go"] * 5
        assert trial.status.reconnects >= 4


async def test_a_feed_that_failed_is_down_until_a_quote_comes() -> None:
    """Connecting again is no recovery."""
    async with StreamServer(then_closes("1"), says("hello"), says("2")).serving() as server:
        trial = Trial(server.url, idle=0.2)
        async with running(trial.run):
            await until(lambda: server.connects == 2)
            states = [trial.status.state]
            await until(lambda: trial.prices == ["1", "2"])
            states.append(trial.status.state)
        assert states == [Health.DOWN, Health.LIVE]


async def test_silence_with_an_open_socket() -> None:
    """The venue keeps the connection, answers pings, and says nothing."""
    async with StreamServer(says("1"), says("2")).serving() as server:
        trial = Trial(server.url, idle=0.1, held=True)
        async with running(trial.run):
            await until(lambda: len(trial.clock.sleeps) == 1)
            assert (trial.status.state, trial.status.reason) == (Health.STALE, "silent for 0.1 s")
            trial.clock.go.set()
            await until(lambda: trial.prices == ["1", "2"])


async def test_a_slow_trickle_is_not_silence() -> None:
    """Frames that come just in time keep the connection, whatever they hold."""

    async def trickle(connection: ServerConnection) -> None:
        for _ in range(8):
            await connection.send("hello")
            await asyncio.sleep(0.05)
        await connection.send("1")
        await connection.wait_closed()

    async with StreamServer(trickle).serving() as server:
        trial = Trial(server.url, idle=0.25)
        async with running(trial.run):
            await until(lambda: trial.prices == ["1"])
        assert server.connects == 1


async def test_garbage_is_counted_and_survived() -> None:
    """The frame is lost, the feed is not."""
    async with StreamServer(says("1", "\x1b[31m", b"\xff\xfe", "", "NaN", "2")).serving() as server:
        trial = Trial(server.url)
        async with running(trial.run):
            await until(lambda: len(trial.sink.all) >= 3)
            assert (trial.status.frames, trial.status.rejected) == (6, 3)
            assert (trial.status.state, server.connects) == (Health.LIVE, 1)
            assert [error.reason for error in trial.sink.errors] == ["no price"] * 3


async def test_fragments_are_put_together_in_order() -> None:
    """The venue that sends one message in pieces loses neither it nor the ones around it."""

    async def pieces(connection: ServerConnection) -> None:
        await connection.send("1")
        await connection.send(["2", ".", "5"])
        for price in range(3, 30):
            await connection.send(str(price))
        await connection.wait_closed()

    async with StreamServer(pieces).serving() as server:
        trial = Trial(server.url)
        async with running(trial.run):
            await until(lambda: len(trial.sink.all) == 29)
        assert trial.prices == ["1", "2.5", *map(str, range(3, 30))]


async def test_an_oversize_frame_ends_the_connection_only() -> None:
    """A megabyte is more than any venue of ours sends."""
    async with StreamServer(says("1" * (1 << 21)), says("2")).serving() as server:
        trial = Trial(server.url, held=True)
        async with running(trial.run):
            await until(lambda: len(trial.clock.sleeps) == 1)
            assert trial.status.reason == "frame larger than 1048576 bytes"
            trial.clock.go.set()
            await until(lambda: trial.prices == ["2"])


async def test_a_refusal_waits_minutes() -> None:
    """Trying again unchanged is pointless."""
    async with StreamServer(says("1", "go away", "3"), says("4")).serving() as server:
        trial = Trial(server.url, held=True)
        async with running(trial.run):
            await until(lambda: len(trial.clock.sleeps) == 1)
            assert trial.clock.sleeps == [PATIENCE]
            assert (trial.status.state, trial.status.reason) == (Health.DOWN, "not you")
            assert trial.status.next_try == trial.clock.now() + int(PATIENCE) * SECOND
            trial.clock.go.set()
            await until(lambda: trial.prices == ["1", "4"])


async def test_a_defect_of_ours_is_not_swallowed() -> None:
    """What is neither a bad frame nor the venue's fault reaches whoever runs the feed."""

    class Broken(Collector):
        def quotes(self, quotes: Sequence[Quote]) -> None:
            raise KeyError("a defect")

    async with StreamServer(says("1")).serving() as server:
        trial = Trial(server.url)
        stream = Stream(venue="plain", url=server.url, subscribe=["go"], parse=parse)
        trial.run.close()
        with pytest.raises(KeyError, match="a defect"):
            await run_stream(stream, Broken(), trial.status, trial.clock)


async def raw_server(answer: bytes, *, close: bool) -> tuple[asyncio.Server, str]:
    """A server that is no websocket server: it says ``answer`` to whatever comes."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(answer)
        await writer.drain()
        if not close:
            await reader.read()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    return server, f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/"


@pytest.mark.parametrize(
    ("answer", "reason", "pauses"),
    [
        (b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", "answered HTTP 403", [300, 300]),
        (b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n", "answered HTTP 401", [300, 300]),
        (b"HTTP/1.1 429 Slow\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n", "answered HTTP 429", [7, 7]),
        (b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n", "answered HTTP 503", [1, 2]),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>", "answered HTTP 200", [1, 2]),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "did not receive a valid HTTP response", [1, 2]),
        (b"", "did not receive a valid HTTP response", [1, 2]),
    ],
)
async def test_handshakes_that_fail(answer: bytes, reason: str, pauses: list[float]) -> None:
    """Each has its name, and its wait."""
    server, url = await raw_server(answer, close=True)
    async with server:
        trial = Trial(url)
        async with running(trial.run):
            await until(lambda: len(trial.clock.sleeps) >= 2)
        assert trial.clock.sleeps[:2] == pauses
        assert (trial.status.state, trial.status.reason) == (Health.DOWN, reason)


async def test_nobody_there() -> None:
    """A port where nothing listens."""
    server, url = await raw_server(b"", close=True)
    server.close()
    await server.wait_closed()
    trial = Trial(url)
    async with running(trial.run):
        await until(lambda: len(trial.clock.sleeps) >= 2)
        assert (trial.status.state, trial.status.reason) == (Health.DOWN, "connection refused")
        assert trial.status.next_try is None or trial.status.next_try >= trial.clock.time


async def test_tls_where_there_is_none() -> None:
    """A secure address of a plain server."""
    server, url = await raw_server(b"HTTP/1.1 400 Bad Request\r\n\r\n", close=True)
    async with server:
        trial = Trial(url.replace("ws://", "wss://"))
        async with running(trial.run):
            await until(lambda: len(trial.clock.sleeps) >= 2)
            assert "TLS failed" in str(trial.status.reason)


async def test_reading_on_a_clock_loses_nothing_and_leaves_at_once() -> None:
    """Twenty thousand frames at two milliseconds a read, in order, and a clean end while reading rests."""

    async def flood(connection: ServerConnection) -> None:
        for price in range(1, 20_001):
            await connection.send(str(price))
        await connection.wait_closed()

    async with StreamServer(flood).serving() as server:
        trial = Trial(server.url, coalesce=0.002)
        async with running(trial.run):
            await until(lambda: len(trial.sink.all) == 20_000)
        assert trial.prices == [str(price) for price in range(1, 20_001)]


async def test_a_clock_reader_sees_the_end_of_a_connection() -> None:
    """The closing frame waits for the next read, not for a time-out."""
    async with StreamServer(then_closes("1"), says("2")).serving() as server:
        trial = Trial(server.url, coalesce=0.005)
        async with running(trial.run):
            await until(lambda: trial.prices == ["1", "2"])
        assert trial.status.errors == 1


async def test_frames_are_handled_where_they_are_read() -> None:
    """The library's own hook is still there: no frame took the way through its queue."""
    seen: list[bytes] = []

    def see(frame: bytes) -> bool:
        seen.append(frame)
        return True

    def factory(*args: Any, **kwargs: Any) -> DirectConnection:
        return DirectConnection(*args, handle=see, **kwargs)

    async with StreamServer(then_closes("1", "2")).serving() as server:
        async with connect(server.url, create_connection=factory) as connection:  # type: ignore[arg-type]
            await connection.send("go")
            await connection.wait_closed()
        assert seen == [b"1", b"2"]


async def test_other_tasks_get_their_turn_under_a_flood() -> None:
    """A key press must not wait for the venue to pause."""

    async def flood(connection: ServerConnection) -> None:
        frame = json.dumps(1)
        while True:
            for _ in range(100):
                await connection.send(frame)
            await asyncio.sleep(0)

    async with StreamServer(flood).serving() as server:
        trial = Trial(server.url)
        async with running(trial.run):
            await until(lambda: len(trial.sink.all) > 1000)
            turns = []
            for _ in range(50):
                before = len(trial.sink.all)
                await asyncio.sleep(0)
                turns.append(len(trial.sink.all) - before)
            assert max(turns) < 1 << 17, "a read of the socket is 256 KB, and a frame three bytes"


async def chatters(connection: ServerConnection) -> None:
    """Controls without end, and not a price."""
    while True:
        await connection.send("hello")
        await asyncio.sleep(0.01)


async def test_heartbeats_over_a_lost_subscription() -> None:
    """Subscribed anew without a word against the venue; said to be down where that brings nothing either."""

    async def one_then_chatter(connection: ServerConnection) -> None:
        await connection.send("1")
        await chatters(connection)

    async with StreamServer(one_then_chatter, one_then_chatter, chatters).serving() as server:
        trial = Trial(server.url, barren=0.1)
        async with running(trial.run):
            await until(lambda: trial.prices == ["1", "1"])
            assert (trial.status.state, trial.status.errors, trial.status.reconnects) == (Health.LIVE, 0, 1)
            await until(lambda: trial.status.errors >= 1)
            assert (trial.status.state, trial.status.reason) == (Health.DOWN, "no quote for 0.1 s")
        assert max(trial.clock.sleeps) <= 4.0


async def test_what_is_answered_and_said_unasked() -> None:
    """A reply to a frame without a quote, one to a frame in fragments, and a beat of our own."""
    heard: list[str] = []

    async def talks(connection: ServerConnection) -> None:
        await connection.send("hello")
        heard.append(str(await connection.recv()))
        await connection.send(["hel", "lo"])
        heard.extend([str(await connection.recv()), str(await connection.recv())])
        await connection.send("1")
        await connection.wait_closed()

    def reply(frame: bytes) -> Sequence[str]:
        return [f"and {frame.decode()}"]

    async with StreamServer(talks).serving() as server:
        trial = Trial(server.url, reply=reply, beat="here", beat_every=0.1)
        async with running(trial.run):
            await until(lambda: trial.prices == ["1"])
    assert heard == ["and hello", "and hello", "here"]


async def test_a_reply_that_is_a_refusal_ends_the_connection() -> None:
    """A venue may take a key and then not like it."""

    def reply(frame: bytes) -> Sequence[str]:
        raise FeedError("plain", "not you", fatal=True)

    async with StreamServer(says("hello")).serving() as server:
        trial = Trial(server.url, held=True, reply=reply)
        async with running(trial.run):
            await until(lambda: trial.clock.sleeps == [PATIENCE])
            assert trial.status.reason == "not you"
