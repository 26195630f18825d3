"""``tickwall check`` as a monitor runs it: its first line, its exit code, on real servers of every mood."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import pytest
from aiohttp import web
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from market.clock import SECOND, parse_rfc3339
from tests.limit import LIMIT
from tests.loopback.feeding import Page, PageServer, answers
from tests.loopback.test_commands import environ, start, tickwall, venue_config
from tests.unit import test_sina as sina
from tests.unit.test_tencent import page, row

__all__ = ["environ", "venue_config"]

TEN = parse_rfc3339("2025-09-17T02:14:00Z")
"""A quarter past ten in Hong Kong, a minute short."""

PATIENT = ("--timeout", "1000")
"""An answer that is not there at once is waited for longer than a test is."""


class Hours:
    """A clock such as a simulated venue announces, running from an instant on."""

    def __init__(self, start: int) -> None:
        self._start = start - time.monotonic_ns()
        self.url = ""

    def now(self) -> int:
        """Nanoseconds UTC."""
        return self._start + time.monotonic_ns()

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[Self]:
        """Announce it on a free port."""
        async with serve(self._tell, "127.0.0.1", 0, compression=None, close_timeout=0.2) as server:
            self.url = f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}/clock"
            yield self

    async def _tell(self, connection: ServerConnection) -> None:
        with suppress(ConnectionClosed):
            while True:
                await connection.send(json.dumps({"now": self.now(), "speed": "1", "state": "playing"}))
                await asyncio.sleep(0.05)


@asynccontextmanager
async def desk(folder: Path, *pages: Page, at: int = TEN) -> AsyncIterator[tuple[str, PageServer, Hours]]:
    """A configuration of Tencent's page as told, on a clock that begins at an instant."""
    async with Hours(at).serving() as hours, PageServer(*pages).serving() as server:
        path = folder / "check.toml"
        path.write_text(
            f'[simulation]\nclock_url = "{hours.url}"\n[feeds.tencent]\nquote_url = "{server.url}"\n'
            'interval = "100ms"\n[feeds.yahoo]\nenabled = false\n',
            encoding="utf-8",
        )
        yield str(path), server, hours


def stamped(hour: str, price: str = "113.000", **more: str) -> bytes:
    """Baidu at a price, made at an hour of that day."""
    return page(row(f3=price, f30=f"2025/09/17 {hour}", **more))


@pytest.mark.parametrize(
    ("body", "more", "code", "line"),
    [
        (stamped("10:13:30"), (), 0, "OK - Baidu 9888.HK -0.17% at HK$113.00 | '9888.HK'=0.176678%;5;10;0"),
        (stamped("10:13:30", "131.000"), (), 2, "CRITICAL - Baidu 9888.HK +15.72% at HK$131.00 | "),
        (stamped("10:13:30", "107.540"), (), 1, "WARNING - Baidu 9888.HK -5.00% at HK$107.54 | "),
        (stamped("10:13:30", "131.000"), ("--warning", "16"), 0, "OK - Baidu 9888.HK +15.72% at HK$131.00"),
        (stamped("10:10:00"), (), 3, "UNKNOWN - 9888.HK stale, its quote is "),
        (stamped("10:10:00"), ("--max-age", "1200"), 0, "OK - "),
        (page(row(f30="2025/09/16 10:13:59")), (), 3, "UNKNOWN - 9888.HK stale, its quote is 1d old"),
        (stamped("10:25:00"), (), 3, "UNKNOWN - 9888.HK tencent: its clock is "),
        (stamped("10:13:30", f4="0.000"), (), 3, "UNKNOWN - 9888.HK has no previous close"),
        (stamped("10:13:30", "0.000"), (), 3, "UNKNOWN - 9888.HK tencent: 9888.HK: no price yet"),
        (page(row(), key="r_hk00700"), (), 3, "UNKNOWN - 9888.HK tencent: a row of 9888.HK under the code"),
        (b"<html>blocked", (), 3, "UNKNOWN - 9888.HK tencent: HTML in place of quotes"),
        (stamped("10:13:30", "180.000"), ("--timeout", "4"), 3, "UNKNOWN - 9888.HK tencent: 180.00 lies far"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
async def test_a_page(
    environ: dict[str, str], tmp_path: Path, body: bytes, more: tuple[str, ...], code: int, line: str
) -> None:
    """Each mood of it: what is old, of another day, of tomorrow, half, or not there is unknown."""
    async with desk(tmp_path, answers(body)) as (config, *_):
        got, out, err = await tickwall(environ, "check", "9888", "--config", config, *PATIENT, *more)
    assert (got, err) == (code, "")
    assert out.startswith(line)
    assert len(out.splitlines()) == 1


async def test_an_outlier_that_a_second_quote_confirms_is_a_move(
    environ: dict[str, str], tmp_path: Path
) -> None:
    """It is waited for."""

    async def moving(_request: web.BaseRequest) -> web.StreamResponse:
        local = datetime.fromtimestamp(hours.now() // SECOND + 8 * 3600, UTC)
        return web.Response(body=stamped(f"{local:%H:%M:%S}", "180.000"))

    async with desk(tmp_path, moving) as (config, _, hours):
        code, out, _ = await tickwall(environ, "check", "9888", "--config", config, *PATIENT)
    assert (code, out.split(" at ")[0]) == (2, "CRITICAL - Baidu 9888.HK +59.01%")


@pytest.mark.parametrize(
    ("at", "more", "code", "said"),
    [
        ("04:30", (), 1, "WARNING - Baidu 9888.HK +5.12% at HK$119.00 | "),
        ("04:30", ("--require-open",), 1, "WARNING - "),
        ("01:15", (), 0, "(XHKG is closed until 2025-09-17T01:30:00.000Z) | '9888.HK'=5.123674%"),
        ("01:15", ("--require-open",), 3, "UNKNOWN - Baidu 9888.HK +5.12% at HK$119.00 (XHKG is closed"),
    ],
)
async def test_hours(
    environ: dict[str, str], tmp_path: Path, at: str, more: tuple[str, ...], code: int, said: str
) -> None:
    """Lunch excuses nothing; a closed market is OK unless it must be open."""
    made = "11:59:58" if at == "04:30" else "09:14:00"
    instant = parse_rfc3339(f"2025-09-17T{at}:00Z")
    async with desk(tmp_path, answers(stamped(made, "119.000")), at=instant) as (config, *_):
        got, out, _ = await tickwall(environ, "check", "9888", "--config", config, *more)
    assert got == code
    assert said in out


async def test_a_vendor_without_a_row_for_a_name_has_answered(
    environ: dict[str, str], tmp_path: Path
) -> None:
    """Nobody waits for the name that it left out."""
    async with desk(tmp_path, answers(stamped("10:13:30"))) as (config, *_):
        for command, code in ((("check", *PATIENT), 3), (("quote",), 0)):
            got, out, _ = await tickwall(environ, *command, "9888", "700", "--config", config)
            assert got == code
            assert "0700.HK" in out
            assert "tencent: no answer" in out


async def test_the_watchlist_on_the_simulated_venue(environ: dict[str, str], venue_config: str) -> None:
    """Thirty names, two feeds, one look; as one document for scripts."""
    code, out, err = await tickwall(environ, "check", "--config", venue_config)
    first, *rest = out.splitlines()
    assert (code, err, len(rest)) == (2, "", 30)
    assert first.startswith("CRITICAL - Baidu 9888.HK +12.54% at HK$127.40; warning: NIO 9866.HK +9.10%")
    assert first.count("%;5;10;0") == 30
    code, out, _ = await tickwall(environ, "check", "HSTECH", "AAPL", "--json", "--config", venue_config)
    told = json.loads(out)
    assert (code, told["status"], told["exit_code"], told["warning"]) == (0, "OK", 0, "5")
    index, apple = told["names"]
    assert (index["symbol"], index["status"], index["prev_close"]) == ("HSTECH", "OK", "6077.66")
    assert apple["text"] == "AAPL no feed serves it (XNYS is closed until 2025-09-17T13:30:00.000Z)"


async def test_nobody_there(environ: dict[str, str], tmp_path: Path) -> None:
    """A server that is silent costs the time-out, one that refuses nothing."""

    async def hang(_request: web.BaseRequest) -> web.StreamResponse:
        await asyncio.Event().wait()
        raise AssertionError

    async with desk(tmp_path, hang) as (config, *_):
        code, out, _ = await tickwall(environ, "check", "9888", "--timeout", "0.5", "--config", config)
    assert (code, out) == (3, "UNKNOWN - 9888.HK tencent: no answer | '9888.HK'=U;5;10;0\n")
    async with desk(tmp_path, answers(status=500)) as (config, *_):
        code, out, _ = await tickwall(environ, "check", "9888", "--config", config)
    assert (code, out.split(" | ")[0]) == (3, "UNKNOWN - 9888.HK tencent: answered HTTP 500")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--nonsense"], "No such option"),
        (["--warning", "five"], "'five' is not a percentage"),
        (["--warning", "-1"], "'-1' is not a percentage"),
        (["--warning", "6", "--critical", "5"], "--critical 5 lies below --warning 6"),
        (["--timeout", "0"], "'0' is not a positive number of seconds"),
        (["12x4y"], "not a symbol: '12x4y'"),
        (["--config", "/nonexistent.toml"], "/nonexistent.toml: no such file"),
    ],
)
async def test_a_mistake_is_unknown_where_a_monitor_reads(
    environ: dict[str, str], arguments: list[str], said: str
) -> None:
    """One line on standard output, and 3."""
    code, out, _ = await tickwall(environ, "check", *arguments)
    assert code == 3
    assert out.startswith("UNKNOWN - ")
    assert said in out
    assert len(out.splitlines()) == 1


async def test_a_look_that_is_cut_short_is_never_ok(environ: dict[str, str], tmp_path: Path) -> None:
    """SIGTERM, as ``timeout`` sends it."""
    asked = asyncio.Event()

    async def hang(_request: web.BaseRequest) -> web.StreamResponse:
        asked.set()
        await asyncio.Event().wait()
        raise AssertionError

    async with desk(tmp_path, hang) as (config, *_):
        process = await start(environ, "check", "9888", "--config", config)
        async with asyncio.timeout(LIMIT):
            await asked.wait()
            process.terminate()
            out, _ = await process.communicate()
    assert (process.returncode, out) == (3, b"UNKNOWN - interrupted\n")


async def test_a_feed_that_froze_is_made_up_for_by_another(environ: dict[str, str], tmp_path: Path) -> None:
    """The old quote comes first; the fresh one is waited for."""

    async def slow(_request: web.BaseRequest) -> web.StreamResponse:
        await asyncio.sleep(0.5)
        return web.Response(body=sina.page(sina.row(f18="10:13:50")))

    frozen = answers(stamped("10:03:00"))
    async with PageServer(slow).serving() as second, desk(tmp_path, frozen) as (config, *_):
        sections = Path(config).read_text("utf-8")
        more = f'[feeds.sina]\nenabled = true\nquote_url = "{second.url}"\ninterval = "100ms"\n'
        Path(config).write_text(sections + more, encoding="utf-8")
        code, out, _ = await tickwall(environ, "check", "9888", "--config", config, *PATIENT)
    assert (code, out.split(" | ")[0]) == (2, "CRITICAL - Baidu 9888.HK +10.07% at HK$124.60")
