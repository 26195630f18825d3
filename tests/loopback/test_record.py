"""Recording the simulated venue, and playing the tape: the same alerts come out."""

import asyncio
import gzip
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import time
from pathlib import Path
from typing import Any

from feeds.tape import FeedEvent, TapeReader, read_tape
from feeds.venue.config import END, config_toml
from feeds.venue.server import Venue, VenueOptions
from market.headline import Headline
from market.quote import Quote
from tests.limit import LIMIT
from tests.loopback.feeding import until
from tests.paths import ROOT


def environment(home: Path) -> dict[str, str]:
    names = ("XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME")
    return dict(os.environ) | {"HOME": str(home), "LC_ALL": "C.UTF-8"} | dict.fromkeys(names, str(home))


async def started(home: Path, *arguments: str) -> asyncio.subprocess.Process:
    """A command at work."""
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tui", *arguments,
        cwd=ROOT, env=environment(home), stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip


async def ran(home: Path, *arguments: str) -> tuple[int | None, str, str]:
    """Exit code, standard output and standard error of a command."""
    process = await started(home, *arguments)
    async with asyncio.timeout(LIMIT):
        out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


@asynccontextmanager
async def venue(home: Path, speed: str, start: str, more: str = "") -> AsyncIterator[str]:
    """A simulated venue; the path of the configuration that points at it."""
    process = await started(home, "simulate", "--while-stdin", "--speed", speed, "--start", start)
    assert process.stdout is not None and process.stdin is not None
    text = ""
    async with asyncio.timeout(LIMIT):
        while END not in text:
            text += (await process.stdout.readline()).decode()
    path = home / "venue.toml"
    path.write_text(text + more, encoding="utf-8")
    try:
        yield str(path)
    finally:
        process.stdin.close()
        async with asyncio.timeout(LIMIT):
            await process.communicate()


async def grown(tape: Path) -> None:
    """Return once something has been written to a tape."""
    await until(lambda: tape.exists() and tape.stat().st_size > 5000)


def sources(tape: Path, kind: type[Quote | FeedEvent]) -> set[str]:
    """Those of the entries of a kind on a tape that is still written."""
    entries = TapeReader().feed(tape.read_bytes()) if tape.exists() else []
    return {entry.source for entry in entries if isinstance(entry, kind)}


def alerts(out: str) -> list[dict[str, Any]]:
    """The alerts among headless lines, without what says where they came from."""
    lines = [json.loads(line) for line in out.splitlines()]
    return [
        {
            key: line[key]
            for key in ("dedup_key", "ts", "exchange_ts", "price", "value", "headlines", "source")
        }
        for line in lines
        if line["type"] == "alert"
    ]


async def test_a_recorded_day_gives_the_same_alerts(tmp_path: Path) -> None:
    tapes = tmp_path / "tapes"
    async with venue(tmp_path, "max", "15:20", f'\n[record]\ndir = "{tapes}"\n') as config:
        code, live, _ = await ran(tmp_path, "headless", "--config", config)
    assert code == 0
    [tape] = tapes.glob("*.gz")
    assert tape.name == "2025-09-17.jsonl.gz"
    assert {Quote, Headline, FeedEvent} == {type(entry) for entry in read_tape(str(tape))}
    code, played, _ = await ran(tmp_path, "replay", str(tape), "--headless", "--speed", "max")
    assert code == 0
    assert alerts(live)
    assert alerts(played) == alerts(live)
    ends = [json.loads(out.splitlines()[-1]) for out in (live, played)]
    assert ends[0]["refused"] == ends[1]["refused"]
    # From 15:45 on it would take 28 minutes at its own speed; what is before comes at once.
    process = await started(tmp_path, "replay", str(tape), "--headless", "--start", "15:45")
    assert process.stdout is not None
    before = [alert for alert in alerts(live) if alert["ts"] < "2025-09-17T07:45"]
    async with asyncio.timeout(LIMIT):
        seen = ""
        while len(alerts(seen)) < len(before):
            seen += (await process.stdout.readline()).decode()
    process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(LIMIT):
        await process.communicate()
    assert process.returncode == 0
    assert alerts(seen) == before


async def test_record_writes_everything_until_the_day_is_over(tmp_path: Path) -> None:
    out, path = tmp_path / "out.jsonl.gz", tmp_path / "venue.toml"
    async with Venue(VenueOptions(speed=0, start=time(16, 9))) as venue:
        path.write_text(config_toml(venue.url), encoding="utf-8")
        process = await started(tmp_path, "record", str(out), "--config", str(path))
        await until(lambda: sources(out, Quote) == sources(out, FeedEvent) == {"tencent", "yahoo"})
        venue.advance(660)
        async with asyncio.timeout(LIMIT):
            said, err = await process.communicate()
        assert (process.returncode, said) == (0, b"")
        assert b" quotes, " in err
        code, _, told = await ran(tmp_path, "record", str(out), "--config", str(path))
        assert code == 1
        assert "is there already" in told
    stamps = [entry.ts_recv for entry in read_tape(str(out))]
    assert stamps == sorted(stamps)


async def test_a_signal_leaves_a_whole_tape_and_a_crash_a_readable_one(tmp_path: Path) -> None:
    async with venue(tmp_path, "60", "15:30") as config:
        for name, number in (("term", signal.SIGTERM), ("kill", signal.SIGKILL)):
            out = tmp_path / f"{name}.gz"
            process = await started(tmp_path, "record", str(out), "--config", config)
            await grown(out)
            process.send_signal(number)
            async with asyncio.timeout(LIMIT):
                await process.communicate()
            assert process.returncode == (0 if number == signal.SIGTERM else -9)
    assert gzip.decompress((tmp_path / "term.gz").read_bytes()).endswith(b"}\n")
    said: list[str] = []
    reader = TapeReader(lambda error: said.append(error.reason))
    assert len(reader.feed((tmp_path / "kill.gz").read_bytes())) > 20
    assert reader.close() == []
    assert len(said) == 1 and "cut short" in said[0]


async def test_nobody_answers(tmp_path: Path) -> None:
    config, tape = tmp_path / "dead.toml", tmp_path / "t"
    config.write_text(
        'headlines = []\n[watchlists]\ntech = ["9888"]\n[feeds.tencent]\nquote_url = "http://127.0.0.1:1/q="\n'
        "[feeds.yahoo]\nenabled = false\n",
        encoding="utf-8",
    )
    brief = ("record", str(tmp_path / "brief"), "--config", str(config), "--duration", "0.1")
    code, _, err = await ran(tmp_path, *brief)
    assert (code, "0 quotes" in err) == (69, True)
    process = await started(tmp_path, "record", str(tape), "--config", str(config))
    await until(lambda: sources(tape, FeedEvent) == {"tencent"})
    process.terminate()
    async with asyncio.timeout(LIMIT):
        await process.communicate()
    [event] = read_tape(str(tape))
    assert isinstance(event, FeedEvent) and event.reason == "connection refused"
