"""TLS that fails and is mended: a certificate that nobody trusts, and then one that is trusted.

Which authorities are trusted is OpenSSL's business, and ``SSL_CERT_FILE`` names them to it as to any program.
"""

import asyncio
import os
import ssl
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import tomlkit
from aiohttp import web
from websockets.asyncio.server import ServerConnection, serve

from feeds.failure import PATIENCE
from feeds.tape import FeedEvent, TapeReader
from market.clock import SECOND
from market.freshness import Health
from market.quote import Quote
from tests.loopback.feeding import PageServer, VenueClock, running, until
from tests.loopback.peers import HONG_KONG, KEY_VARIABLE, POLLS, STREAMS, StreamPeer
from tests.loopback.test_faults import FIRST, Watch, shows
from tests.paths import ROOT


@dataclass(frozen=True)
class Certificate:
    """One that speaks for this machine and was signed by itself; the files of it and of its key."""

    file: Path
    key: Path

    def context(self) -> ssl.SSLContext:
        """What a server shows."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.file, self.key)
        return context


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> tuple[Certificate, Certificate]:
    """A bad one and a good one: what differs is whether it is trusted."""
    return _signed(tmp_path_factory.mktemp("bad")), _signed(tmp_path_factory.mktemp("good"))


def _signed(folder: Path) -> Certificate:
    made = Certificate(folder / "certificate.pem", folder / "key.pem")
    command = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=loopback"
    )
    extensions = ("subjectAltName=IP:127.0.0.1", "keyUsage=critical,digitalSignature,keyCertSign")
    more = [part for extension in extensions for part in ("-addext", extension)]
    files = ["-out", str(made.file), "-keyout", str(made.key)]
    try:
        subprocess.run([*command.split(), *more, *files], check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("openssl is not installed")
    return made


def shown(bad: Certificate, good: Certificate) -> tuple[ssl.SSLContext, asyncio.Event]:
    """A server's context that shows the bad one, and the good one once the event is set."""
    context, chosen, is_mended = bad.context(), good.context(), asyncio.Event()

    def choose(connection: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> None:
        if is_mended.is_set():
            connection.context = chosen

    context.sni_callback = choose  # called for every connection, with a name or without
    return context, is_mended


@pytest.mark.parametrize("peer", STREAMS, ids=lambda peer: peer.name)
async def test_a_socket_comes_back_when_its_certificate_is_mended(
    peer: StreamPeer, certificates: tuple[Certificate, Certificate], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Minutes later, since no second try at once could mend it; then at once."""
    bad, good = certificates
    monkeypatch.setenv(KEY_VARIABLE, "key-of-a-test")
    monkeypatch.setenv("SSL_CERT_FILE", str(good.file))
    context, is_mended = shown(bad, good)

    async def venue(connection: ServerConnection) -> None:
        await peer.opens(connection)
        await connection.send(peer.frame(FIRST, peer.now - SECOND).decode())
        await connection.wait_closed()

    async with serve(venue, "127.0.0.1", 0, ssl=context, close_timeout=0.2) as server:
        watch = Watch(peer.symbol, peer.now, stop=2)
        port = next(iter(server.sockets)).getsockname()[1]
        feed = peer.feed(f"wss://127.0.0.1:{port}/", watch.clock)
        async with running(feed.run(watch)):
            await until(lambda: watch.is_stopped)
            assert feed.status.state is Health.DOWN
            assert "certificate refused" in (feed.status.reason or "")
            assert watch.clock.sleeps == [PATIENCE] * 2
            is_mended.set()
            watch.clock.go.set()
            await until(lambda: shows(watch, FIRST))
            assert (feed.status.state, feed.status.reason) == (Health.LIVE, None)


def turned(tape: Path, state: Health) -> set[str]:
    """The feeds that have come to a state, by the tape."""
    entries = TapeReader().feed(tape.read_bytes()) if tape.exists() else []
    return {entry.source for entry in entries if isinstance(entry, FeedEvent) and entry.state is state}


async def test_a_process_whose_venues_mend_their_certificates(
    tmp_path: Path, certificates: tuple[Certificate, Certificate]
) -> None:
    """A page and a socket: each says on the tape what was wrong, and goes on without a restart."""
    bad, good = certificates
    context, is_mended = shown(bad, good)
    clock, tape = VenueClock(HONG_KONG), tmp_path / "tape"
    tencent, desk = POLLS[0], STREAMS[-1]

    async def page(_request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(body=tencent.page(FIRST, clock.now - SECOND))

    async def stream(connection: ServerConnection) -> None:
        await connection.send(desk.frame(FIRST, clock.now - SECOND).decode())
        await connection.wait_closed()

    async with (
        clock.serving(),
        PageServer(page, tls=context).serving() as pages,
        serve(stream, "127.0.0.1", 0, ssl=context, close_timeout=0.2) as server,
    ):
        stream_port = next(iter(server.sockets)).getsockname()[1]
        assert desk.section is not None
        config = tmp_path / "config.toml"
        settings = {
            "headlines": [],
            "watchlists": {"tech": ["9888.HK"]},
            "simulation": {"clock_url": clock.url},
            "feeds": {
                "tencent": {"quote_url": pages.url},
                "yahoo": {"enabled": False},
                "desk": desk.section | {"stream_url": f"wss://127.0.0.1:{stream_port}/"},
            },
        }
        config.write_text(tomlkit.dumps(settings), encoding="utf-8")
        home = dict.fromkeys(("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"), str(tmp_path))
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tui", "record", str(tape), "--config", str(config),
            cwd=ROOT, env=dict(os.environ) | home | {"SSL_CERT_FILE": str(good.file)},
        )  # fmt: skip
        try:
            await until(lambda: turned(tape, Health.DOWN) == {"tencent", "desk"})
            is_mended.set()
            await clock.forward(PATIENCE)
            await until(lambda: turned(tape, Health.LIVE) == {"tencent", "desk"})
        finally:
            process.terminate()
            assert await process.wait() == 0
    entries = TapeReader().feed(tape.read_bytes())
    reasons = [entry.reason for entry in entries if isinstance(entry, FeedEvent) and entry.reason]
    assert len(reasons) == 2
    assert all("certificate refused" in reason for reason in reasons)
    assert {entry.source for entry in entries if isinstance(entry, Quote)} == {"tencent", "desk"}
