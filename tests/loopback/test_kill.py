"""Killed at random instants, and started again: every alert arrives, none is detected twice, none invented.

``TICKWALL_KILLS`` says how often; ``make kill`` takes 200.
"""

import asyncio
import json
import os
import signal
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import closing, suppress
from pathlib import Path
from random import Random
from typing import Any

import pytest
from aiohttp import web

from tests.limit import LIMIT
from tests.loopback.day_tape import write_day
from tests.loopback.receiver import Receiver, Request, receiving
from tests.paths import ROOT

KILLS = int(os.environ.get("TICKWALL_KILLS") or "6")
WHOLE = KILLS > 50
"""Whether every tick is played, and every percent is a step; else a day that is as short as it can be."""

STRIDE = 1 if WHOLE else 40
STEPS = [*range(1, 9), 10, 12, 15, 18] if WHOLE else [4, 8]
SEED = 20250917

CONFIG = """\
schema = 1
[watchlists]
tech = ["@hstech", "HSTECH", "HSI"]
[[rule]]
id = "move"
kind = "pct_prev_close"
threshold = {first}
steps = {others}
"""

SINK = """
[[sink]]
id = "desk"
kind = "webhook"
url = "{url}"
timeout = "300ms"
max_age = "1h"
"""


@pytest.fixture
async def unfriendly() -> AsyncIterator[Receiver]:
    """Fails a third of the time, half of that after taking it; stalls, or answers too late."""
    chance = Random(SEED)

    async def behave(request: Request) -> web.StreamResponse:
        lot = chance.random()
        if lot < 1 / 6:
            return web.Response(status=503)
        await receiver.keep(request)
        if lot < 2 / 6:
            return web.Response(status=500)
        if lot < 0.40:
            await asyncio.sleep(0.35)  # answers, when nobody waits any longer
        elif lot < 0.45:
            await asyncio.sleep(3600)  # stalls, until the client has left
        return web.Response()

    async with receiving() as receiver:
        receiver.behave = behave
        yield receiver


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """A home of its own, and this source tree first."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("TICKWALL_")}
    places = ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "HOME")
    return kept | {place: str(tmp_path / place) for place in places}


async def headless(environ: Mapping[str, str], *arguments: str) -> asyncio.subprocess.Process:
    """The process; what it writes goes to pipes."""
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tui", "headless", *arguments, cwd=ROOT, env=dict(environ),
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        limit=1 << 24,
    )  # fmt: skip


async def cut_short(process: asyncio.subprocess.Process, chance: Random, length: float) -> bytes:
    """What it wrote until it was killed: at any instant of a run, or (as often) after a few lines that count.

    Without the latter the first kills would see all that happens, and the others an idle end.
    """
    count = chance.randint(1, 4) if chance.random() < 0.5 else 0
    patience = 30.0 if count else chance.uniform(0, length)
    assert process.stdout is not None and process.stderr is not None
    errors = asyncio.create_task(process.stderr.read())
    text = bytearray()
    try:
        async with asyncio.timeout(patience):
            async for line in process.stdout:
                text += line
                count -= b'"type":"alert"' in line or b'"type":"delivery"' in line
                if count == 0 and patience == 30.0:
                    break
    except TimeoutError:
        pass
    with suppress(ProcessLookupError):
        # Not process.kill(), which may bury one that has just ended before asyncio does.
        os.kill(process.pid, signal.SIGKILL)
    text += await process.stdout.read()
    await errors
    await process.wait()
    return bytes(text)


def alerts(text: bytes) -> list[dict[str, Any]]:
    """The alert lines of an output; its last line may be cut by the kill."""
    whole, _, _ = text.rpartition(b"\n")
    lines = [json.loads(line) for line in whole.splitlines()]
    return [line for line in lines if line["type"] == "alert"]


async def test_nothing_is_lost_doubled_or_invented(
    tmp_path: Path, environ: dict[str, str], unfriendly: Receiver
) -> None:
    """One tape, one store, one receiver; the uninterrupted run says what there is to tell."""
    tape = str(write_day(tmp_path / "day.tape", stride=STRIDE))
    plain, config = tmp_path / "plain.toml", tmp_path / "config.toml"
    rules = CONFIG.format(first=STEPS[0], others=STEPS[1:])
    plain.write_text(rules, encoding="utf-8")
    config.write_text(rules + SINK.format(url=unfriendly.url), encoding="utf-8")
    began = time.monotonic()
    reference = await headless(environ, "--tape", tape, "--config", str(plain))
    expected = {line["event_id"]: line["dedup_key"] for line in alerts((await reference.communicate())[0])}
    length = time.monotonic() - began
    assert len(expected) > 20

    state = tmp_path / "alerts.db"
    arguments = ("--tape", tape, "--config", str(config), "--state", str(state))
    chance = Random(SEED)
    printed: list[dict[str, Any]] = []
    killed = 0
    while killed < KILLS:
        process = await headless(environ, *arguments)
        printed += alerts(await cut_short(process, chance, length))
        assert process.returncode in (-signal.SIGKILL, 0)
        killed += process.returncode != 0
    process = await headless(environ, *arguments)
    async with asyncio.timeout(LIMIT):
        out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    printed += alerts(out)

    received = Counter(str(request.document["id"]) for request in unfriendly.requests)
    fresh = Counter(line["event_id"] for line in printed if not line.get("repeat"))
    with closing(sqlite3.connect(state)) as db:
        stored = dict(db.execute("SELECT line ->> '$.event_id', dedup_key FROM alert"))
        query = "SELECT line ->> '$.event_id', state, ambiguous, attempts FROM outbox JOIN alert"
        rows = db.execute(f"{query} ON alert = number").fetchall()
    copies, attempts = sum(received.values()), sum(row[3] for row in rows)
    sys.stdout.write(f"{killed} kills, {len(expected)} alerts, {attempts} attempts, {copies} copies\n")
    assert stored == expected, "each detected once, none lost, none invented"
    assert {line["event_id"] for line in printed} == set(expected), "standard output had each"
    assert set(fresh.values()) <= {1}, "a line that comes again says so"
    assert set(received) == set(expected), "the receiver had each, and nothing else"
    assert {row[1] for row in rows} == {"sent"}
    assert all(received[event_id] <= ambiguous + 1 for event_id, _, ambiguous, _ in rows)
