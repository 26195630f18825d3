"""Deliveries of a whole process: what a tape sends and when not, a stop in the middle, a restart."""

import asyncio
import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from tests.limit import LIMIT
from tests.loopback.day_tape import write_day
from tests.loopback.receiver import Receiver, Request, receiving
from tests.loopback.test_commands import start, tickwall

RULES = """\
schema = 1
[watchlists]
tech = ["@hstech"]
[[rule]]
id = "move"
kind = "pct_prev_close"
threshold = "5"
steps = ["10", "15"]
"""


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """A home of its own."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("TICKWALL_")}
    places = ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "HOME")
    return kept | {place: str(tmp_path / place) for place in places}


@pytest.fixture
def day(tmp_path: Path) -> tuple[str, ...]:
    """The arguments that play the simulated day."""
    return "headless", "--tape", str(write_day(tmp_path / "day.tape")), "--config", str(tmp_path / "c.toml")


def configure(tmp_path: Path, url: str, more: str = "") -> None:
    """One webhook, and no word of it in any rule."""
    sink = f'[[sink]]\nid = "desk"\nkind = "webhook"\nurl = "{url}/T0KEN"\n'
    (tmp_path / "c.toml").write_text(f"{RULES}{sink}{more}", encoding="utf-8")


def lines(text: str, kind: str) -> list[dict[str, Any]]:
    """Those of a type."""
    return [line for line in map(json.loads, text.splitlines()) if line["type"] == kind]


def ids(receiver: Receiver) -> list[str]:
    """What arrived, in order."""
    return [request.document["id"] for request in receiver.requests]


async def test_a_tape_with_a_store_delivers_once(
    tmp_path: Path, environ: dict[str, str], day: tuple[str, ...]
) -> None:
    """Every alert, in order, to a sink that no rule names; a second run has nothing new to tell."""
    async with receiving() as receiver:
        configure(tmp_path, receiver.url)
        state = ("--state", str(tmp_path / "s.db"))
        code, out, _ = await tickwall(environ, *day, *state)
        assert code == 0
        told = [alert["event_id"] for alert in lines(out, "alert")]
        assert len(told) > 10 and ids(receiver) == told
        assert [(line["event_id"], line["state"]) for line in lines(out, "delivery")] == [
            (event_id, "sent") for event_id in told
        ]
        assert receiver.requests[0].document["data"]["quality"] == "replay"
        code, out, _ = await tickwall(environ, *day, *state)
        assert (code, lines(out, "alert"), lines(out, "delivery")) == (0, [], [])
        assert len(receiver.requests) == len(told)


async def test_a_tape_without_a_store_pages_nobody(
    tmp_path: Path, environ: dict[str, str], day: tuple[str, ...]
) -> None:
    """It is played to be looked at."""
    async with receiving() as receiver:
        configure(tmp_path, receiver.url)
        code, out, _ = await tickwall(environ, *day)
        assert code == 0 and lines(out, "alert")
        assert (lines(out, "delivery"), receiver.requests) == ([], [])


async def never(request: Request) -> web.StreamResponse:
    """No answer."""
    await asyncio.Event().wait()
    return web.Response()


async def test_a_stop_leaves_the_rest_to_the_next(
    tmp_path: Path, environ: dict[str, str], day: tuple[str, ...]
) -> None:
    """Though the receiver never answers it ends; the next run sends what was recorded."""
    state = ("--state", str(tmp_path / "s.db"))
    async with receiving() as silent:
        silent.behave = never
        configure(tmp_path, silent.url, 'timeout = "500ms"\n')
        process = await start(environ, *day, *state)
        assert process.stdout is not None
        first = b""
        async with asyncio.timeout(LIMIT):
            while b'"type":"delivery"' not in first:  # the first of them ran out of its time
                first = await process.stdout.readline()
        os.kill(process.pid, signal.SIGTERM)
        async with asyncio.timeout(LIMIT):
            rest, err = await process.communicate()
        assert process.returncode == 0
        assert b"T0KEN" not in rest + err
        assert json.loads(first)["reason"] == "timed out"
    async with receiving() as receiver:
        configure(tmp_path, receiver.url)
        code, out, _ = await tickwall(environ, *day, *state)
        assert code == 0
        done = lines(out, "delivery")
        assert {line["state"] for line in done} == {"sent"}
        assert {line["event_id"] for line in done} == set(ids(receiver))
        assert len(done) > 10
        repeats = [request.document["data"].get("repeat") for request in receiver.requests]
        assert True in repeats, "those that were under way may have arrived"


async def test_a_sink_that_cannot_be_is_a_bad_configuration(
    tmp_path: Path, environ: dict[str, str], day: tuple[str, ...]
) -> None:
    """Said at the start, not when the first alert is lost."""
    configure(tmp_path, "http://127.0.0.1:9", 'secret_file = "/nonexistent/secret"\n')
    code, out, err = await tickwall(environ, *day, "--state", str(tmp_path / "s.db"))
    assert (code, out) == (78, "")
    assert "sink 'desk': secret_file: /nonexistent/secret: No such file or directory" in err
