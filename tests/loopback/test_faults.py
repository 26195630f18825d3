"""The fault matrix: every adapter against everything that goes wrong with a venue, over real sockets.

Of each: the last value stays, and ages; the state is named; the feed finds its own way back, at a bounded
rate; and nothing is left of it afterwards, which ``running`` sees to.
"""

import asyncio
import socket
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import pytest
from aiohttp import web
from websockets.asyncio.server import ServerConnection

from feeds.base import Feed
from feeds.failure import PATIENCE
from market.clock import SECOND
from market.errors import ParseError
from market.freshness import Health
from market.quote import Quote
from market.state import MarketState, Verdict
from tests.loopback.feeding import PageServer, RushedClock, Script, StreamServer, running, until
from tests.loopback.peers import KEY_VARIABLE, POLLS, STREAMS, PollPeer, StreamPeer

FIRST, SECOND_PRICE = "124.50", "124.75"


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key, and no proxy."""
    monkeypatch.setenv(KEY_VARIABLE, "key-of-a-test")
    for kind in ("http", "https", "ws", "wss", "all", "no"):
        for name in (f"{kind}_proxy", f"{kind}_proxy".upper()):
            monkeypatch.delenv(name, raising=False)


class Watch:
    """A market state that a feed fills, on a clock that stops at its ``stop``-th sleep until it is told."""

    def __init__(self, symbol: str, now: int, stop: int = 0) -> None:
        self.clock = RushedClock(on_sleep=self._slept)
        self.turn: Callable[[int], None] = lambda _sleeps: None
        """Told how many sleeps have begun, as each begins."""
        self.clock.time = now
        self.stop = stop
        self.symbol = symbol
        self.state = MarketState([symbol])
        self.verdicts: Counter[Verdict] = Counter()
        self.rejected_all = 0

    def _slept(self) -> None:
        self.turn(len(self.clock.sleeps))
        if len(self.clock.sleeps) == self.stop:
            self.clock.go.clear()

    @property
    def last(self) -> Quote | None:
        """The value that the screen would show."""
        return self.state.entries[self.symbol].quote

    @property
    def is_stopped(self) -> bool:
        """Whether the clock stands still."""
        return not self.clock.go.is_set()

    def quotes(self, quotes: Sequence[Quote]) -> None:
        """Apply."""
        self.verdicts.update(self.state.apply(quote) for quote in quotes)

    def rejected(self, error: ParseError) -> None:
        """Count."""
        assert error.reason
        self.rejected_all += 1


def shows(watch: Watch, price: str) -> bool:
    """Whether the last value is this one."""
    return watch.last is not None and watch.last.last == Decimal(price)


@asynccontextmanager
async def stopped(feed: Feed, watch: Watch, reason: str, state: Health) -> AsyncIterator[None]:
    """The feed runs until it has failed; then the old value is there, its age is true, the state is named."""
    async with running(feed.run(watch)):
        await until(lambda: watch.is_stopped)
        assert shows(watch, FIRST)
        assert watch.last is not None
        assert watch.clock.now() - watch.last.ts_event > 0
        assert (feed.status.state, reason in (feed.status.reason or "")) == (state, True), feed.status.reason
        assert feed.status.next_try == watch.clock.now() + int(watch.clock.sleeps[-1] * SECOND)
        yield
        watch.clock.go.set()
        await until(lambda: shows(watch, SECOND_PRICE))
        await until(lambda: feed.status.state is Health.LIVE)
        assert feed.status.reason is None


# -- sockets


def says(peer: StreamPeer, price: str, second: int, then: Script | None = None) -> Script:
    """A venue that opens as it should, tells one price, and then does something else, or nothing."""

    async def script(connection: ServerConnection) -> None:
        await peer.opens(connection)
        await connection.send(peer.frame(price, peer.now - 10 * SECOND + second * SECOND).decode())
        if then is not None:
            await then(connection)
        await connection.wait_closed()

    return script


async def closes(connection: ServerConnection) -> None:
    """Politely."""
    await connection.close()


async def is_silent(_connection: ServerConnection) -> None:
    """Though it answers pings."""


async def is_half_open(connection: ServerConnection) -> None:
    """It has forgotten the connection: for long enough it reads nothing and answers nothing."""
    connection.transport.pause_reading()
    await asyncio.sleep(0.15)
    connection.transport.resume_reading()


async def drips(connection: ServerConnection) -> None:
    """A frame that never comes to its end."""
    connection.transport.write(b"\x81\x7e\x01\x00")
    while not connection.transport.is_closing():
        connection.transport.write(b" ")
        await asyncio.sleep(0.01)


async def oversizes(connection: ServerConnection) -> None:
    """A frame of more than a megabyte."""
    await connection.send(" " * (1 << 20) + "{}")


async def breaks_off(connection: ServerConnection) -> None:
    """In the middle of a frame."""
    connection.transport.write(b'\x81\x7e\x01\x00{"type"')
    connection.transport.close()


async def leaves_the_protocol(connection: ServerConnection) -> None:
    """A web server's words in place of a frame."""
    connection.transport.write(b"HTTP/1.1 500 Internal Server Error\r\n\r\n" * 9)


@dataclass(frozen=True)
class SocketFault:
    """What the venue does after its first price, and what is said of it."""

    does: Script
    reason: str
    state: Health = Health.DOWN
    idle: str = "5s"


SOCKET_FAULTS = {
    "accept then close": SocketFault(closes, "closed by the venue"),
    "silence": SocketFault(is_silent, "silent for", Health.STALE, "60ms"),
    "half-open": SocketFault(is_half_open, "silent for", Health.STALE, "60ms"),
    "slow drip": SocketFault(drips, "silent for", Health.STALE, "60ms"),
    "oversize frame": SocketFault(oversizes, "frame larger than"),
    "cut frame": SocketFault(breaks_off, "connection lost"),
    "no frames": SocketFault(leaves_the_protocol, "broke the protocol"),
}

streams = pytest.mark.parametrize("peer", STREAMS, ids=lambda peer: peer.name)


@streams
@pytest.mark.parametrize("fault", SOCKET_FAULTS)
async def test_a_socket_that_fails(peer: StreamPeer, fault: str) -> None:
    """One that had brought a quote is tried again within a second."""
    case = SOCKET_FAULTS[fault]
    server = StreamServer(says(peer, FIRST, 1, case.does), says(peer, SECOND_PRICE, 2), greets=True)
    async with server.serving():
        watch = Watch(peer.symbol, peer.now, stop=1)
        feed = peer.feed(server.url, watch.clock, case.idle)
        async with stopped(feed, watch, case.reason, case.state):
            assert watch.clock.sleeps[0] <= 1.0
        assert (server.connects, feed.status.reconnects, feed.status.errors) == (2, 1, 1)


@streams
@pytest.mark.parametrize("status", [401, 403, 429, 456, 500, 503, 200])
async def test_a_handshake_that_is_refused(peer: StreamPeer, status: int) -> None:
    """A web page in place of a handshake, too. Minutes for what another try cannot mend."""
    server = StreamServer(
        says(peer, FIRST, 1, closes), says(peer, SECOND_PRICE, 2), greets=True, refusals=[0, status]
    )
    async with server.serving():
        watch = Watch(peer.symbol, peer.now, stop=2)
        feed = peer.feed(server.url, watch.clock)
        async with stopped(feed, watch, f"answered HTTP {status}", Health.DOWN):
            if status in (401, 403, 429, 456):
                assert watch.clock.sleeps[1] == PATIENCE
            else:
                assert watch.clock.sleeps[1] <= 2.0
        assert len(server.paths) == 3


@streams
async def test_a_socket_that_always_closes_is_met_at_a_bounded_rate(peer: StreamPeer) -> None:
    """Twelve connections, each after a wait of its own, which takes minutes."""
    async with StreamServer(closes, greets=True).serving() as server:
        watch = Watch(peer.symbol, peer.now)
        feed = peer.feed(server.url, watch.clock)
        async with running(feed.run(watch)):
            await until(lambda: len(watch.clock.sleeps) >= 12)
            assert server.connects <= len(watch.clock.sleeps) + 1
        assert sum(watch.clock.sleeps[:12]) > 8
        assert (feed.status.state, watch.last) == (Health.DOWN, None)


@streams
async def test_garbage_costs_the_connection_nothing(peer: StreamPeer) -> None:
    """Each bad frame is counted; the price before stays, and the next one comes over the same socket."""

    async def rubbish(connection: ServerConnection) -> None:
        for frame in (b"\x00\xff\xfe", "<html>", "{", '{"type":', "\u202e", "[" * 5000):
            await connection.send(frame)
        await until(lambda: watch.rejected_all == 6)
        assert shows(watch, FIRST)
        await connection.send(peer.frame(SECOND_PRICE, peer.now - 8 * SECOND).decode())

    async with StreamServer(says(peer, FIRST, 1, rubbish), greets=True).serving() as server:
        watch = Watch(peer.symbol, peer.now)
        feed = peer.feed(server.url, watch.clock)
        async with running(feed.run(watch)):
            await until(lambda: shows(watch, SECOND_PRICE))
            assert (feed.status.state, feed.status.rejected, feed.status.errors) == (Health.LIVE, 6, 0)
        assert server.connects == 1


@streams
async def test_quotes_that_come_twice_out_of_order_and_from_the_future(peer: StreamPeer) -> None:
    """The newest stays on the screen; what was dropped is counted by what it was."""

    async def unruly(connection: ServerConnection) -> None:
        start = peer.now - 10 * SECOND
        for price, second in ((FIRST, 1), ("124.60", 4), ("124.40", 2), ("125.00", 3600), (SECOND_PRICE, 6)):
            await connection.send(peer.frame(price, start + second * SECOND).decode())

    async with StreamServer(says(peer, FIRST, 1, unruly), greets=True).serving() as server:
        watch = Watch(peer.symbol, peer.now)
        feed = peer.feed(server.url, watch.clock)
        async with running(feed.run(watch)):
            await until(lambda: feed.status.quotes == 6)
            assert shows(watch, SECOND_PRICE)
            assert feed.status.state is Health.LIVE
        assert [watch.verdicts[v] for v in (Verdict.DUPLICATE, Verdict.OLDER, Verdict.FUTURE)] == [1, 1, 1]


# -- pages


class Venue:
    """A venue of pages that tells prices, and does something else where ``fault`` says so."""

    def __init__(self, peer: PollPeer, fault: Callable[[web.BaseRequest], Any]) -> None:
        self._peer = peer
        self._fault = fault
        self.is_broken = False
        self.page = (FIRST, 1)

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer."""
        if self.is_broken:
            answer: web.StreamResponse = await self._fault(request)
            return answer
        price, second = self.page
        body = self._peer.page(price, self._peer.now - 10 * SECOND + second * SECOND)
        return web.Response(body=body)


async def hangs_up(request: web.BaseRequest) -> web.StreamResponse:
    """Without a word."""
    assert request.transport is not None
    request.transport.close()
    return web.Response()


async def keeps_silent(_request: web.BaseRequest) -> web.StreamResponse:
    """For longer than anyone waits."""
    await asyncio.sleep(0.15)
    return web.Response()


async def begins(request: web.BaseRequest) -> web.StreamResponse:
    """And says no more: half-open."""
    response = web.StreamResponse()
    await response.prepare(request)
    await asyncio.sleep(0.15)
    return response


async def trickles(request: web.BaseRequest) -> web.StreamResponse:
    """A blank at a time, until nobody listens."""
    response = web.StreamResponse()
    await response.prepare(request)
    with suppress(ConnectionError):
        while True:
            await response.write(b" ")
            await asyncio.sleep(0.01)
    return response


async def cuts(request: web.BaseRequest) -> web.StreamResponse:
    """A page that promises more than it sends."""
    response = web.StreamResponse(headers={"Content-Length": "1000"})
    await response.prepare(request)
    await response.write(b"v_r_hk09888=")
    assert request.transport is not None
    request.transport.close()
    return response


def gives(body: bytes = b"", status: int = 200) -> Callable[[web.BaseRequest], Any]:
    """The same answer every time."""

    async def answer(_request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(body=body, status=status)

    return answer


PAGE_FAULTS: dict[str, tuple[Callable[[web.BaseRequest], Any], str]] = {
    "accept then close": (hangs_up, "closed without an answer"),
    "silence": (keeps_silent, "timed out"),
    "half-open": (begins, "timed out"),
    "slow drip": (trickles, "timed out"),
    "garbage": (gives(b"\x00\xff{[" * 40), ""),
    "deep": (gives(b'{"rc":0,"data":' + b"[" * 100_000), ""),
    "oversize": (gives(b" " * (4 << 20) + b" "), "answer larger than"),
    "cut body": (cuts, "answer cut short"),
    "HTML": (gives(b"<html><title>Sign in</title>"), "HTML in place of quotes"),
    "nothing": (gives(b""), "empty answer"),
    **{str(s): (gives(b"no", s), f"answered HTTP {s}") for s in (401, 403, 429, 456, 500, 503)},
}
_REFUSALS = frozenset(("garbage", "deep", "HTML", "nothing", "403", "429", "456"))

polls = pytest.mark.parametrize("peer", POLLS, ids=lambda peer: peer.name)


@polls
@pytest.mark.parametrize("fault", PAGE_FAULTS)
async def test_a_page_that_fails(peer: PollPeer, fault: str) -> None:
    """A refusal is met twice as rarely; what another try cannot mend is left for minutes."""
    does, reason = PAGE_FAULTS[fault]
    venue = Venue(peer, does)
    async with PageServer(venue).serving() as server:
        watch = Watch(peer.symbol, peer.now, stop=2)
        feed = peer.feed(server.url, watch.clock)
        feed.poll = replace(feed.poll, timeout=0.06 if reason == "timed out" else 5.0)

        def turn(sleeps: int) -> None:
            venue.is_broken = sleeps == 1
            venue.page = (FIRST, 1) if sleeps < 2 else (SECOND_PRICE, 2)

        watch.turn = turn
        async with stopped(feed, watch, reason, Health.DOWN):
            interval, waited = feed.poll.interval, watch.clock.sleeps[1]
            if fault == "401":
                assert waited == PATIENCE
            else:
                assert waited == (2 * interval if fault in _REFUSALS else interval)
        assert feed.status.errors == 1


@polls
async def test_pages_that_come_twice_out_of_order_and_from_the_future(peer: PollPeer) -> None:
    """The newest stays on the screen; what was dropped is counted by what it was."""
    pages = [(FIRST, 1), (FIRST, 1), ("124.60", 4), ("124.40", 2), ("125.00", 3600), (SECOND_PRICE, 6)]

    async def venue(_request: web.BaseRequest) -> web.StreamResponse:
        price, second = pages[min(len(server.paths), len(pages)) - 1]
        return web.Response(body=peer.page(price, peer.now - 10 * SECOND + second * SECOND))

    async with PageServer(venue).serving() as server:
        watch = Watch(peer.symbol, peer.now, stop=len(pages))
        feed = peer.feed(server.url, watch.clock)
        async with running(feed.run(watch)):
            await until(lambda: watch.is_stopped)
            assert shows(watch, SECOND_PRICE)
            assert feed.status.state is Health.LIVE
        assert [watch.verdicts[v] for v in (Verdict.DUPLICATE, Verdict.OLDER, Verdict.FUTURE)] == [1, 1, 1]


@polls
async def test_a_page_that_always_fails_is_met_at_a_bounded_rate(peer: PollPeer) -> None:
    """Never faster than it is asked in health."""
    async with PageServer(hangs_up).serving() as server:
        watch = Watch(peer.symbol, peer.now)
        feed = peer.feed(server.url, watch.clock)
        async with running(feed.run(watch)):
            await until(lambda: len(watch.clock.sleeps) >= 12)
            # The HTTP client itself asks a second time where a connection closes without an answer.
            assert len(server.paths) <= 2 * len(watch.clock.sleeps) + 2
        assert min(watch.clock.sleeps) >= feed.poll.interval


# -- names, proxies, TLS: sockets and pages alike

peers = pytest.mark.parametrize("peer", [*STREAMS, *POLLS], ids=lambda peer: peer.name)


@asynccontextmanager
async def healthy(peer: StreamPeer | PollPeer) -> AsyncIterator[int]:
    """A venue in health, by its port."""
    at = peer.now - 10 * SECOND
    if isinstance(peer, StreamPeer):
        async with StreamServer(says(peer, SECOND_PRICE, 0), greets=True).serving() as server:
            yield int(server.url.rstrip("/").rpartition(":")[2])
    else:
        pages = PageServer(lambda _request: _page(peer.page(SECOND_PRICE, at)))
        async with pages.serving():
            yield int(pages.url.removesuffix("/q=").rpartition(":")[2])


async def _page(body: bytes) -> web.StreamResponse:
    return web.Response(body=body)


def address(peer: StreamPeer | PollPeer, place: str, *, tls: bool = False) -> str:
    """The venue's address at a host and port."""
    scheme = "ws" if isinstance(peer, StreamPeer) else "http"
    return f"{scheme}{'s' if tls else ''}://{place}/"


async def returns(feed: Feed, watch: Watch, *reasons: str) -> None:
    """The feed fails with one of these reasons, at a wait of its own, and then finds its way."""
    async with running(feed.run(watch)):
        await until(lambda: watch.is_stopped)
        assert feed.status.state is Health.DOWN
        assert any(reason in (feed.status.reason or "") for reason in reasons), feed.status.reason
        assert watch.clock.sleeps[-1] >= 0
        watch.clock.go.set()
        await until(lambda: shows(watch, SECOND_PRICE))
        assert (feed.status.state, feed.status.errors) == (Health.LIVE, 1)


@peers
async def test_a_name_that_is_not_found(peer: StreamPeer | PollPeer, monkeypatch: pytest.MonkeyPatch) -> None:
    """And then is."""
    resolve = socket.getaddrinfo
    watch = Watch(peer.symbol, peer.now, stop=1)

    def lookup(host: Any, *args: Any, **kwargs: Any) -> Any:
        if host == "venue.invalid":
            if not watch.clock.sleeps:
                raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
            host = "127.0.0.1"
        return resolve(host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    async with healthy(peer) as port:
        feed = peer.feed(address(peer, f"venue.invalid:{port}"), watch.clock)
        await returns(feed, watch, "host not found")


@peers
async def test_a_proxy_that_wants_a_password(
    peer: StreamPeer | PollPeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until somebody gives it one."""
    watch = Watch(peer.symbol, peer.now, stop=1)

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        if not watch.clock.sleeps:
            writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            writer.close()
            return
        there, back = await asyncio.open_connection("127.0.0.1", port)
        if head.startswith(b"CONNECT"):
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        else:
            method, _, rest = head.partition(b" http://venue.invalid")
            back.write(method + b" " + rest)
        await asyncio.gather(_pipe(reader, back), _pipe(there, writer))

    async with healthy(peer) as port, await asyncio.start_server(proxy, "127.0.0.1", 0) as server:
        place = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        for name in ("http_proxy", "https_proxy", "ws_proxy"):
            monkeypatch.setenv(name, place)
        feed = peer.feed(address(peer, "venue.invalid"), watch.clock)
        await returns(feed, watch, "407", "proxy")


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while piece := await reader.read(65_536):
            writer.write(piece)
    writer.close()


@peers
async def test_tls_that_fails(peer: StreamPeer | PollPeer) -> None:
    """A plain server behind a secure address."""

    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(plain, "127.0.0.1", 0) as server:
        watch = Watch(peer.symbol, peer.now, stop=2)
        place = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        feed = peer.feed(address(peer, place, tls=True), watch.clock)
        async with running(feed.run(watch)):
            await until(lambda: watch.is_stopped)
            assert feed.status.state is Health.DOWN
            assert "TLS failed" in (feed.status.reason or ""), feed.status.reason
            assert feed.status.errors == 2
