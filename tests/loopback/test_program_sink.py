"""The sink that runs a program: what it is given, and what is left of it."""

import asyncio
import json
import sys
from pathlib import Path

import pytest

from feeds.finnhub import FinnhubSettings
from monitor.sinks import build
from monitor.sinks.base import Outcome
from monitor.sinks.secrets import keys_of
from tests.limit import LIMIT
from tests.loopback.sinking import alert, desk, line, send


def script(tmp_path: Path, body: str) -> tuple[str, ...]:
    """A Python program of its own."""
    path = tmp_path / "script.py"
    path.write_text(body, encoding="utf-8")
    return sys.executable, str(path)


async def test_a_program_gets_the_alert_on_its_standard_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As JSON; and none of the secrets that feeds and other sinks have in the environment."""
    for name in ("TICKWALL_SINK_PHONE_TOKEN", "NOTIFY_SOCKET", "FINNHUB_API_KEY", "DESK_KEY", "DESK_TABLE"):
        monkeypatch.setenv(name, "s3cret")
    hidden = keys_of([FinnhubSettings(), FinnhubSettings(token_env="DESK_KEY")])
    kept = tmp_path / "kept"
    body = "import os, sys, pathlib\nkept = pathlib.Path(sys.argv[1])\n"
    body += "kept.write_text(sys.stdin.read() + ' '.join(sorted(os.environ)))\n"
    command = (*script(tmp_path, body), str(kept))
    assert await build(desk("exec", command=command), hidden).send(alert()) == Outcome(sent=True)
    text, _, names = kept.read_text("utf-8").partition("\n")
    assert json.loads(text) == json.loads(line()) | {"attempt": 1, "delayed_s": 0}
    assert {"PATH", "DESK_TABLE"} <= set(names.split())
    assert not any(word in names for word in ("TICKWALL", "NOTIFY", "KEY"))


@pytest.mark.parametrize(("code", "permanent"), [(1, False), (75, False), (64, True), (127, True)])
async def test_what_an_exit_code_means(
    tmp_path: Path, code: int, permanent: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """What the program wrote is in the log, harmless and clipped."""
    body = f"print('\\x1b[2J' + 'x' * 100_000)\nraise SystemExit({code})\n"
    outcome = await send(desk("exec", command=script(tmp_path, body)))
    assert (outcome.reason, outcome.permanent) == (f"exit code {code}", permanent)
    [record] = caplog.records
    assert len(record.getMessage()) < 2100 and "\x1b" not in record.getMessage()


async def test_a_program_that_hangs_is_killed_with_its_children(tmp_path: Path) -> None:
    """Its whole process group: a shell's child would go on for ever."""
    command = ("/bin/sh", "-c", f"sleep 3600 & echo $! > {tmp_path}/pid; wait")
    outcome = await send(desk("exec", command=command, timeout="2s"))
    assert outcome == Outcome(False, "killed after 2 s", ambiguous=True)
    child = int((tmp_path / "pid").read_text())
    async with asyncio.timeout(LIMIT):
        while is_running(child):  # noqa: ASYNC110 - nothing tells of another's child
            await asyncio.sleep(0.01)


def is_running(pid: int) -> bool:
    """Whether a process is there, and no zombie that nobody has buried."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def test_a_program_that_leaves_a_child_behind_is_done(tmp_path: Path) -> None:
    """Though the child holds its output open."""
    body = "import subprocess\nsubprocess.Popen(['sleep', '3600'])\n"
    assert await send(desk("exec", command=script(tmp_path, body))) == Outcome(sent=True)


async def test_a_program_that_is_not_there_is_a_refusal(tmp_path: Path) -> None:
    """Trying again would find it no more."""
    outcome = await send(desk("exec", command=(str(tmp_path / "none"),)))
    assert outcome.permanent and outcome.reason == "cannot be run: No such file or directory"
