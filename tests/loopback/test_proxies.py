"""Both transports through a proxy that the environment names; the venue's host is known to nobody else."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from feeds.coinbase import CoinbaseFeed, CoinbaseSettings
from feeds.http import is_loopback
from feeds.tencent import TencentFeed, TencentSettings
from tests.loopback.feeding import (
    Collector,
    PageServer,
    RushedClock,
    StreamServer,
    answers,
    running,
    says,
    until,
)
from tests.unit.test_coinbase import ticker
from tests.unit.test_tencent import page, row


class Proxy:
    """A proxy that tunnels to one port and answers a GET with one page; ``asked`` has the first lines."""

    def __init__(self, port: int = 0, body: bytes = b"") -> None:
        self._port = port
        self._body = body
        self.asked: list[str] = []
        self.url = ""

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["Proxy"]:
        """Serve on a free port."""
        async with await asyncio.start_server(self._serve, "127.0.0.1", 0) as server:
            self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            yield self

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        self.asked.append(head.split(b"\r\n")[0].decode())
        if head.startswith(b"CONNECT"):
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
            there, back = await asyncio.open_connection("127.0.0.1", self._port)
            await asyncio.gather(_pipe(reader, back), _pipe(there, writer))
        else:
            length = str(len(self._body)).encode()
            writer.write(
                b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: "
                + length
                + b"\r\n\r\n"
                + self._body
            )
            writer.close()


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while piece := await reader.read(65_536):
            writer.write(piece)
    writer.close()


@pytest.fixture(autouse=True)
def no_exceptions(monkeypatch: pytest.MonkeyPatch) -> None:
    """No host is excepted from the proxy, whatever this machine's environment says."""
    for name in ("no_proxy", "NO_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


async def test_pages_come_through_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A plain address is asked of the proxy whole."""
    async with Proxy(body=page(row())).serving() as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        clock, sink = RushedClock(), Collector()
        feed = TencentFeed(TencentSettings(quote_url="http://quotes.invalid/q="), ["9888.HK"], clock)
        async with running(feed.run(sink)):
            await until(lambda: len(sink.all) >= 1)
        assert proxy.asked[0] == "GET http://quotes.invalid/q=r_hk09888 HTTP/1.1"


async def test_streams_come_through_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """By a tunnel."""
    async with StreamServer(says(ticker())).serving() as server:
        port = int(server.url.rstrip("/").rpartition(":")[2])
        async with Proxy(port).serving() as proxy:
            monkeypatch.setenv("http_proxy", proxy.url)
            monkeypatch.setenv("https_proxy", proxy.url)
            sink = Collector()
            settings = CoinbaseSettings(stream_url="ws://stream.invalid/")
            feed = CoinbaseFeed(settings, ["BTC-USD"], RushedClock())
            async with running(feed.run(sink)):
                await until(lambda: len(sink.all) == 1)
            assert proxy.asked[0] == "CONNECT stream.invalid:80 HTTP/1.1"


async def test_this_machine_is_not_asked_of_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or a demo behind a company's proxy would show nothing; the proxy named here is not there."""
    for name in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    async with (
        PageServer(answers(page(row()))).serving() as pages,
        StreamServer(says(ticker())).serving() as server,
    ):
        sink = Collector()
        quotes = TencentFeed(TencentSettings(quote_url=pages.url), ["9888.HK"], RushedClock())
        async with running(quotes.run(sink)):
            await until(lambda: len(sink.all) >= 1)
        crypto = CoinbaseFeed(CoinbaseSettings(stream_url=server.url), ["BTC-USD"], RushedClock())
        async with running(crypto.run(sink)):
            await until(lambda: sink.all[-1].symbol == "BTC-USD")


@pytest.mark.parametrize(
    ("url", "ours"),
    [("http://127.0.0.1:8/", True), ("ws://localhost/", True), ("http://[::1]:8/", True),
     ("http://10.0.0.1/", False), ("wss://stream.invalid/", False), ("http://localhost.invalid/", False)],
)  # fmt: skip
def test_what_this_machine_is(url: str, ours: bool) -> None:
    """By name or by number."""
    assert is_loopback(url) is ours


async def test_a_bad_proxy_is_named_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    """A status line is read by others too; so is the address that a library puts into its error."""
    for name in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://bob:secret@proxy.invalid:3128/path")
    feed = CoinbaseFeed(CoinbaseSettings(stream_url="ws://stream.invalid/"), ["BTC-USD"], RushedClock())
    async with running(feed.run(Collector())):
        await until(lambda: feed.status.errors >= 1)
    assert str(feed.status.reason).startswith("bad proxy address: ")
    assert "secret" not in str(feed.status.reason)
