"""What ``tickwall headless`` says of itself, to real sockets: systemd, a monitor, a dead man's switch."""

import asyncio
import json
import os
import select
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from datetime import UTC, datetime
from email.utils import format_datetime
from fcntl import F_SETPIPE_SZ, fcntl
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import pytest
from aiohttp import web
from websockets.asyncio.server import ServerConnection

from bench.quiet import Silent
from feeds.base import QuoteSink
from feeds.clock import SystemClock
from market.errors import TickwallError
from market.rulebook import RuleBook
from monitor.assembly import Run
from monitor.config import load
from monitor.engine import Engine
from monitor.headless import Choices, Daemon
from monitor.jsonlines import JsonLines
from monitor.news import editor
from monitor.pulse import hold_switch
from monitor.store import Store
from tests.limit import LIMIT
from tests.loopback.feeding import PageServer, StreamServer, answers, until
from tests.loopback.test_commands import environ, lines, quote_line, start, tape, tickwall
from tests.paths import ROOT
from tests.unit.desk import ByHand

__all__ = ["environ"]


def ticker(price: str) -> str:
    """Coinbase's, of this moment."""
    stamp = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    return json.dumps({
        "type": "ticker", "sequence": 1, "product_id": "BTC-USD", "price": price, "open_24h": "100.00",
        "volume_24h": "1", "low_24h": "98.11", "high_24h": "120.40", "time": stamp, "trade_id": 1,
        "last_size": "1", "side": "buy", "volume_30d": "1", "best_bid": "1", "best_ask": "1",
    })  # fmt: skip


class Market:
    """A venue that never closes, and sends a price when it is told to."""

    def __init__(self) -> None:
        self.is_there = True
        """Whether it keeps the connections that come."""
        self._prices: asyncio.Queue[str] = asyncio.Queue()
        self._server = StreamServer(self._play)

    async def _play(self, connection: ServerConnection) -> None:
        gone = asyncio.create_task(connection.wait_closed())
        while self.is_there and not gone.done():
            price = asyncio.create_task(self._prices.get())
            await asyncio.wait({price, gone}, return_when=asyncio.FIRST_COMPLETED)
            if price.done():
                await connection.send(ticker(price.result()))
            price.cancel()
        gone.cancel()

    def trade(self, price: str) -> None:
        """Send it."""
        self._prices.put_nowait(price)

    @asynccontextmanager
    async def open(self, folder: Path, headless: str = "") -> AsyncIterator[str]:
        """A configuration that watches it alone; ``headless`` is what else it says, of that section first."""
        (folder / "history").mkdir()
        async with self._server.serving() as server:
            path = folder / "config.toml"
            path.write_text(
                '[watchlists]\ntech = ["BTC-USD"]\n[feeds.tencent]\nenabled = false\n[feeds.yahoo]\n'
                f'enabled = false\n[feeds.coinbase]\nenabled = true\nstream_url = "{server.url}"\n'
                f'idle_timeout = "600s"\n[history]\ndir = "{folder}/history"\n'
                '[[headlines]]\nname = "none"\nurl = "http://127.0.0.1:1/"\nenabled = false\n'
                f"[headless]\n{headless}\n",
                encoding="utf-8",
            )
            yield str(path)


class Systemd:
    """The service manager's end of the notification socket."""

    def __init__(self) -> None:
        name = f"tickwall-{uuid4()}"
        self.environ = {"NOTIFY_SOCKET": f"@{name}"}
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.bind(f"\0{name}")

    async def hear(self) -> dict[str, str]:
        """The next message."""
        text = (await asyncio.get_running_loop().sock_recv(self._socket, 65_536)).decode()
        return dict(line.split("=", 1) for line in text.splitlines())

    async def until(self, key: str) -> dict[str, str]:
        """The next message that has a key."""
        async with asyncio.timeout(LIMIT):
            while key not in (message := await self.hear()):
                pass
        return message

    def __enter__(self) -> "Systemd":
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()


@asynccontextmanager
async def headless(environ: dict[str, str], config: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A live process, ended by SIGTERM, with nothing on its way."""
    process = await start(environ, "headless", "--config", config)
    try:
        yield process
    finally:
        # Not terminate(), which first looks whether it has ended, and so takes the exit code from asyncio.
        with suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGTERM)
        async with asyncio.timeout(LIMIT):
            await process.communicate()
    assert process.returncode == 0


async def line_of(process: asyncio.subprocess.Process, kind: str, event: str | None = None) -> dict[str, Any]:
    """The next line of a type, and of an event where one is named."""
    assert process.stdout is not None
    async with asyncio.timeout(LIMIT):
        while True:
            line: dict[str, Any] = json.loads(await process.stdout.readline())
            if line["type"] == kind and event in (None, line.get("event")):
                return line


async def test_systemd_hears_of_every_turn(environ: dict[str, str], tmp_path: Path) -> None:
    """Ready, reloading with its instant and ready again, signs of life, stopping."""
    with Systemd() as systemd:
        market = Market()
        environ |= systemd.environ | {"WATCHDOG_USEC": "2000000"}
        async with market.open(tmp_path) as config, headless(environ, config) as process:
            first = await systemd.hear()
            assert (first["READY"], first["STATUS"]) == ("1", "rules: 2; alerts: 0; coinbase connecting")
            await systemd.until("WATCHDOG")
            process.send_signal(signal.SIGHUP)
            assert int((await systemd.until("RELOADING"))["MONOTONIC_USEC"]) > 0
            assert (await systemd.until("READY"))["STATUS"].endswith("connecting")
            Path(config).write_text("nonsense = 1\n", encoding="utf-8")
            process.send_signal(signal.SIGHUP)
            await systemd.until("RELOADING")
            assert (await systemd.until("READY"))["STATUS"].endswith("; the last reload was refused")
            process.terminate()
            await systemd.until("STOPPING")


async def test_a_loop_that_hangs_gives_no_sign_of_life(environ: dict[str, str], tmp_path: Path) -> None:
    """Somebody who holds the store blocks it, as little else does from outside; let go, it lives on."""
    with Systemd() as systemd:
        environ |= systemd.environ | {"WATCHDOG_USEC": "1000000"}
        market = Market()
        async with market.open(tmp_path) as config, headless(environ, config):
            await systemd.until("WATCHDOG")
            with closing(sqlite3.connect(tmp_path / "XDG_STATE_HOME/tickwall/alerts.db")) as holder:
                holder.execute("BEGIN IMMEDIATE")
                market.trade("107.00")
                with pytest.raises(TimeoutError):  # and not only the second of patience
                    while True:
                        async with asyncio.timeout(2):
                            await systemd.until("WATCHDOG")
            await systemd.until("WATCHDOG")


@contextmanager
def narrow_pipe() -> Iterator[tuple[int, int]]:
    """A pipe that one line fills: its end to read, which is left open, and its end to write."""
    here, there = os.pipe()
    fcntl(there, F_SETPIPE_SZ, 4096)
    try:
        yield here, there
    finally:
        os.close(there)


async def test_a_reader_that_stands_still_holds_nothing_up(environ: dict[str, str], tmp_path: Path) -> None:
    """The evaluator goes on, and sinks are told; when it reads again, it gets the alert that it missed."""
    with Systemd() as systemd:
        environ |= systemd.environ | {"WATCHDOG_USEC": "4000000"}
        market, output = Market(), b""
        async with PageServer(answers()).serving() as server:
            sink = f'heartbeat = "100ms"\n[[sink]]\nid = "desk"\nkind = "webhook"\nurl = "{server.url}"\n'
            async with market.open(tmp_path, sink) as config:
                with narrow_pipe() as (here, there):
                    process = await start(environ, "headless", "--config", config, stdout=there)
                assert process.stderr is not None
                async with asyncio.timeout(LIMIT):
                    while b"its reader takes nothing" not in await process.stderr.readline():
                        pass
                market.trade("107.00")
                await until(lambda: bool(server.paths))
                await systemd.until("WATCHDOG")
                with os.fdopen(here, "rb", buffering=0) as reader:
                    async with asyncio.timeout(LIMIT):
                        while b'"repeat":true' not in output:
                            output += await asyncio.to_thread(reader.read, 65_536)
                    process.terminate()
                    output += await asyncio.to_thread(reader.readall)
                await process.communicate()
    assert process.returncode == 0
    [alert] = lines(output.decode(), "alert")
    assert (alert["threshold"], alert["repeat"]) == ("5", True)


async def test_a_terminal_that_is_closed_ends_it(environ: dict[str, str], tmp_path: Path) -> None:
    """As a reader that leaves does: nobody would find a process that went on."""
    here, there = os.openpty()
    async with Market().open(tmp_path, 'heartbeat = "100ms"') as config:
        process = await start(environ, "headless", "--config", config, stdout=there)
        os.close(there)
        await asyncio.to_thread(os.read, here, 1)
        os.close(here)
        async with asyncio.timeout(LIMIT):
            await process.communicate()
    assert process.returncode == 0


async def test_a_tape_waits_for_its_reader_but_not_past_the_end(
    environ: dict[str, str], tmp_path: Path
) -> None:
    """Nothing of it is lost; a signal ends it all the same."""
    path = tape(tmp_path / "t.jsonl", [quote_line("01:30:00", "119")])
    with narrow_pipe() as (here, there):
        process = await start(environ, "headless", "--tape", path, stdout=there)
    with os.fdopen(here, "rb") as reader:
        await asyncio.to_thread(select.select, (reader,), (), ())  # the first line fills it
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(2):
                await process.wait()
        process.terminate()
        async with asyncio.timeout(LIMIT):
            await process.communicate()
    assert process.returncode == 0


async def get(listens: str, page: str) -> tuple[int, str]:
    """Status and text."""
    async with aiohttp.ClientSession() as client, client.get(f"http://{listens}{page}") as response:
        return response.status, await response.text()


async def test_its_own_pages(environ: dict[str, str], tmp_path: Path) -> None:
    """Alive at once, ready with the first fresh quote, not ready after a reload that was refused."""
    market = Market()
    async with (
        market.open(tmp_path, 'listen = "127.0.0.1:0"') as config,
        headless(environ, config) as process,
    ):
        listens = (await line_of(process, "session", "started"))["listens"]
        assert listens.startswith("127.0.0.1:")
        await line_of(process, "session", "phase")
        status, text = await get(listens, "/healthz")
        assert (status, json.loads(text)["alive"]) == (200, True)
        status, text = await get(listens, "/readyz")
        assert (status, json.loads(text)) == (
            503,
            {
                "ready": False,
                "config": "ok",
                "store": "ok",
                "market": "open",
                "feeds": {"coinbase": "connecting"},
            },
        )
        market.trade("107.00")
        await line_of(process, "alert")
        assert (await line_of(process, "feed"))["state"] == "live"
        assert (await get(listens, "/readyz"))[0] == 200
        status, text = await get(listens, "/metrics")
        assert status == 200
        told = {line.rpartition(" ")[0]: line.rpartition(" ")[2] for line in text.splitlines()}
        assert told["tickwall_alerts_total"] == "1.0"
        assert told['tickwall_quotes_total{result="valid",source="coinbase"}'] == "1.0"
        assert told['tickwall_feed_state{source="coinbase",state="live"}'] == "1.0"
        assert told['tickwall_session_phase{mic="24/7",phase="always"}'] == "1.0"
        assert 0 <= float(told['tickwall_quote_age_seconds{source="coinbase",symbol="BTC-USD"}']) < 60
        assert told["tickwall_unprimed"] == "0.0"
        assert float(told["process_resident_memory_bytes"]) > 0
        good = Path(config).read_text("utf-8")
        Path(config).write_text("nonsense = 1\n", encoding="utf-8")
        process.send_signal(signal.SIGHUP)
        assert (await line_of(process, "reload"))["ok"] is False
        status, text = await get(listens, "/readyz")
        assert (status, "nonsense" in json.loads(text)["config"]) == (503, True)
        assert "tickwall_reload_success 0.0" in (await get(listens, "/metrics"))[1]
        Path(config).write_text(good, encoding="utf-8")
        process.send_signal(signal.SIGHUP)
        assert (await line_of(process, "reload"))["ok"] is True
        assert (await get(listens, "/readyz"))[0] == 200
        assert (await get(listens, "/other"))[0] == 404


async def test_an_address_that_is_taken_is_told(environ: dict[str, str], tmp_path: Path) -> None:
    """In one message, before anything is printed."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = f'listen = "127.0.0.1:{taken.getsockname()[1]}"'
        async with Market().open(tmp_path, listen) as config:
            code, out, err = await tickwall(environ, "headless", "--config", config)
    assert (code, out) == (1, "")
    assert "[headless] listen: 127.0.0.1 port" in err


async def test_without_the_library_metrics_say_so(environ: dict[str, str], tmp_path: Path) -> None:
    """The other pages are there all the same."""
    (tmp_path / "shadow").mkdir()
    (tmp_path / "shadow" / "prometheus_client.py").write_text("raise ImportError\n", encoding="utf-8")
    environ |= {"PYTHONPATH": str(tmp_path / "shadow")}
    async with (
        Market().open(tmp_path, 'listen = "127.0.0.1:0"') as config,
        headless(environ, config) as process,
    ):
        listens = (await line_of(process, "session", "started"))["listens"]
        status, text = await get(listens, "/metrics")
        assert (status, "pip install 'tickwall[metrics]'" in text) == (501, True)
        await line_of(process, "session", "phase")
        assert (await get(listens, "/healthz"))[0] == 200


async def test_sigusr2_tells_how_everything_stands(environ: dict[str, str], tmp_path: Path) -> None:
    """In one line."""
    async with Market().open(tmp_path) as config, headless(environ, config) as process:
        await line_of(process, "session", "phase")
        process.send_signal(signal.SIGUSR2)
        told = await line_of(process, "session", "state")
    assert (told["ready"], told["market"], told["phases"]) == (False, "open", {"24/7": "always"})
    assert (told["rules"], told["outbox"], told["alerts"], told["quotes"]) == (2, {}, 0, 0)


async def test_a_dead_mans_switch_is_held_by_progress_alone(caplog: pytest.LogCaptureFixture) -> None:
    """Calls stop with the engine; one that fails is told without the address."""
    store = Store()
    engine = Engine(
        clock=SystemClock(), symbols=["BTC-USD"], rules=RuleBook(), store=store, listener=Silent()
    )
    async with PageServer(answers(), answers(status=500)).serving() as server:
        switch = asyncio.create_task(hold_switch(engine, f"{server.url}secret", 0.05))
        for calls in (1, 2, 3):
            engine.round(calls)
            await until(lambda calls=calls: len(server.paths) >= calls)  # type: ignore[misc]
        before = len(server.paths)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await until(lambda: len(server.paths) > before)
        switch.cancel()
        await asyncio.gather(switch, return_exceptions=True)
    store.close()
    assert [record.getMessage() for record in caplog.records] == ["dead man's switch: answered HTTP 500"] * 2
    assert "secret" not in caplog.text


async def test_the_switch_of_a_live_process(environ: dict[str, str], tmp_path: Path) -> None:
    """Its address comes from a file."""
    async with PageServer(answers()).serving() as server:
        (tmp_path / "url").write_text(f"{server.url}token\n", encoding="utf-8")
        async with (
            Market().open(tmp_path, f'deadman_url_file = "{tmp_path}/url"') as config,
            headless(environ, config),
        ):
            await until(lambda: bool(server.paths))
        assert server.paths[0] == "/q=token"


class Broken(ByHand):
    """A feed with a fault of ours in it."""

    async def run(self, sink: QuoteSink) -> None:
        """Break."""
        raise RuntimeError


async def test_a_live_run_whose_feeds_all_broke_has_failed(tmp_path: Path) -> None:
    """So that whoever started it starts it again: an end with 0 would be a daemon that is silently gone."""
    store = Store()
    lines = JsonLines(str, store)
    engine = Engine(clock=SystemClock(), symbols=["BTC-USD"], rules=RuleBook(), store=store, listener=lines)
    broken = Broken("desk")
    engine.add_feed(broken, engine.add_source(broken))
    config = load(environ={"XDG_CONFIG_HOME": str(tmp_path)})
    run = Run(engine, config, editor(config.settings.news, engine.state.entries))
    with pytest.raises(TickwallError, match="every feed broke: internal error: RuntimeError"):
        await Daemon(Choices(), config, lines, store).drive(run, asyncio.Event(), None)
    store.close()


async def test_a_switch_without_an_address_is_a_bad_configuration(
    environ: dict[str, str], tmp_path: Path
) -> None:
    """Told without the secret that it holds."""
    (tmp_path / "url").write_text("ftp://desk/hidden", encoding="utf-8")
    async with Market().open(tmp_path, f'deadman_url_file = "{tmp_path}/url"') as config:
        code, out, err = await tickwall(environ, "headless", "--config", config)
    assert (code, out) == (78, "")
    assert "headless.deadman_url_file: ftp://*** is not an http or https address" in err
    assert "hidden" not in err


def session(out: str, mic: str) -> list[dict[str, Any]]:
    """The lines that open and close an exchange's day."""
    return [
        line for line in lines(out, "session") if line["event"] in ("armed", "summary") and line["mic"] == mic
    ]


async def test_a_session_is_armed_and_summed_up_on_a_tapes_own_clock(
    environ: dict[str, str], tmp_path: Path
) -> None:
    """At the open, and two minutes after the close is final; a day that is cut short says so."""
    calm = {"symbol": "0700.HK", "prev_close": None}
    path = tape(
        tmp_path / "t.jsonl",
        [
            quote_line("01:20:00", "113.20"), quote_line("01:29:59", "600", **calm),
            quote_line("01:30:01", "119.00"), quote_line("01:40:00", "119.10"),
            quote_line("08:15:00", "119.10"),
        ],
    )  # fmt: skip
    _, out, _ = await tickwall(environ, "headless", "--tape", path)
    armed, summary = session(out, "XHKG")
    assert (armed["ts"], armed["session_date"]) == ("2025-09-17T01:30:00.000Z", "2025-09-17")
    assert (armed["rules"], armed["symbols"], armed["unprimed"]) == (2, 33, 32)
    assert summary["ts"] == "2025-09-17T08:12:00.000Z"
    assert (summary["final"], summary["alerts"], summary["quotes"]) == (True, 1, 2)
    assert summary["silences"] == {"desk": 3}  # twice in the morning, and from 13:00 on
    [armed, summary] = session(out, "24/7")
    assert (armed["unprimed"], summary["final"]) == (1, False)


async def test_sigterm_tells_the_day_so_far(environ: dict[str, str], tmp_path: Path) -> None:
    """The last lines of a live process."""
    market = Market()
    async with market.open(tmp_path) as config:
        process = await start(environ, "headless", "--config", config)
        await line_of(process, "session", "phase")
        market.trade("107.00")
        await line_of(process, "alert")
        armed = await line_of(process, "session", "armed")
        assert (armed["feeds"], armed["unprimed"]) == (["coinbase"], 0)
        process.terminate()
        summary = await line_of(process, "session", "summary")
        stopped = await line_of(process, "session", "stopped")
        await process.communicate()
    assert (summary["final"], summary["alerts"], stopped["reason"], process.returncode) == (
        False, 0, "signal", 0,
    )  # fmt: skip


async def test_a_second_process_on_the_store_is_told_to_try_later(
    environ: dict[str, str], tmp_path: Path
) -> None:
    """75, at once."""
    async with Market().open(tmp_path) as config, headless(environ, config) as process:
        await line_of(process, "session", "started")
        code, out, err = await tickwall(environ, "headless", "--config", config)
    assert (code, out) == (75, "")
    assert "another headless tickwall runs on this store" in err


async def test_the_journal_gets_priorities_and_no_times(environ: dict[str, str], tmp_path: Path) -> None:
    """Where standard error is the journal: whoever runs below a service may have it elsewhere."""
    path = tape(tmp_path / "t.jsonl", ["{", quote_line("01:30:00", "119")])
    (tmp_path / "bad.toml").write_text("nonsense = 1\n", encoding="utf-8")
    journal = tmp_path / "journal"
    journal.touch()
    environ["JOURNAL_STREAM"] = f"{journal.stat().st_dev}:{journal.stat().st_ino}"
    _, _, elsewhere = await tickwall(environ, "headless", "--tape", path)
    with journal.open("w") as taken:
        for more in ((), ("--config", str(tmp_path / "bad.toml"))):
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tui", "headless", "--tape", path, *more,
                cwd=ROOT, env=environ, stdout=subprocess.DEVNULL, stderr=taken,
            )  # fmt: skip
            await process.wait()
    assert "<" not in elsewhere
    said = journal.read_text("utf-8").splitlines()
    assert said[0].startswith("<4>monitor.jsonlines: ")
    assert said[-1].startswith("<3>tickwall: ")


async def test_a_sink_that_stalls_does_not_hold_the_end_up(environ: dict[str, str], tmp_path: Path) -> None:
    """It ends within five seconds; what waits does so in the store for the next one; every turn is told."""
    held = asyncio.Event()

    async def hang(_request: web.BaseRequest) -> web.StreamResponse:
        held.set()
        await asyncio.Event().wait()
        raise AssertionError

    market = Market()
    async with PageServer(hang).serving() as server:
        # An attempt that was waited for would take longer than the test does.
        sink = f'[[sink]]\nid = "desk"\nkind = "webhook"\nurl = "{server.url}"\ntimeout = "10m"\n'
        async with market.open(tmp_path, sink) as config:
            process = await start(environ, "headless", "--config", config)
            await line_of(process, "session", "phase")
            market.trade("107.00")
            async with asyncio.timeout(LIMIT):
                await held.wait()
            process.terminate()
            async with asyncio.timeout(LIMIT):
                out, _ = await process.communicate()
    assert process.returncode == 0
    assert lines(out.decode())[-1]["event"] == "stopped"


def rss(title: str) -> bytes:
    """A page with one headline of this moment."""
    now = format_datetime(datetime.now(UTC))
    item = f"<item><title>{title}</title><guid>{title}</guid><pubDate>{now}</pubDate></item>"
    return f'<rss version="2.0"><channel><title>desk</title>{item}</channel></rss>'.encode()


async def test_a_reload_takes_other_sources_of_headlines(environ: dict[str, str], tmp_path: Path) -> None:
    """And tells nothing twice that the old ones told."""
    async with (
        PageServer(answers(rss("First"))).serving() as one,
        PageServer(answers(rss("Second"))).serving() as two,
        Market().open(tmp_path) as config,
    ):
        path = Path(config)
        source = '[[headlines]]\nname = "{}"\nurl = "{}"\ninterval = "1s"\n'
        before = path.read_text("utf-8").replace(
            "[[headlines]]", source.format("a", one.url) + "[[headlines]]"
        )
        path.write_text(before, encoding="utf-8")
        process = await start(environ, "headless", "--headlines", "--config", config)
        told = [(await line_of(process, "headline"))["title"]]
        both = source.format("a", one.url) + source.format("b", two.url)
        path.write_text(before.replace(source.format("a", one.url), both), encoding="utf-8")
        process.send_signal(signal.SIGHUP)
        assert (await line_of(process, "reload"))["ok"] is True
        told.append((await line_of(process, "headline"))["title"])
        asked = len(one.paths)
        await until(lambda: len(one.paths) > asked + 1)
        process.terminate()
        out, _ = await process.communicate()
    told += [line["title"] for line in lines(out.decode(), "headline")]
    assert told == ["First", "Second"]
