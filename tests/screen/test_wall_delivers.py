"""The wall as a sender of alerts: what it detects is sent, and is no news to another process on the store."""

import json
import subprocess
import sys
from pathlib import Path

from tests.limit import LIMIT
from tests.loopback.day_tape import write_day
from tests.paths import ROOT
from tests.screen.terminal import Program

CONFIG = """\
schema = 1
[watchlists]
tech = ["@hstech"]
[[rule]]
id = "move"
kind = "pct_prev_close"
threshold = "15"
[[sink]]
id = "file"
kind = "exec"
command = ["/bin/sh", "-c", "cat >> {kept}"]
"""


def test_a_corrupt_store_is_said_on_the_screen(tmp_path: Path) -> None:
    state, tape = tmp_path / "s.db", write_day(tmp_path / "day.tape", stride=40)
    state.write_text("garbage " * 100)
    environ = {"HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path / "state")}
    with Program(["tui", "replay", str(tape), "--state", str(state)], (100, 30), environ) as program:
        program.until(lambda terminal: "was corrupt" in terminal.text)
        program.type("q")
        assert program.exit_code() == 0
    assert [*tmp_path.glob("s.db.corrupt-*")]


def test_the_wall_sends_what_it_detects(tmp_path: Path) -> None:
    kept, config, state = tmp_path / "kept", tmp_path / "c.toml", tmp_path / "s.db"
    config.write_text(CONFIG.format(kept=kept), encoding="utf-8")
    tape = write_day(tmp_path / "day.tape", stride=40)
    common = [str(tape), "--state", str(state), "--config", str(config)]
    environ = {"HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path / "state")}
    with Program(["tui", "replay", *common, "--speed", "max"], (100, 30), environ) as program:
        program.until(lambda terminal: "Baidu 9888.HK +1" in terminal.text)
        program.until(lambda terminal: kept.exists() and kept.read_text().endswith("}\n"))
        program.type("q")
        assert program.exit_code() == 0
    sent = [json.loads(line) for line in kept.read_text("utf-8").splitlines()]
    assert [alert["symbol"] for alert in sent] == ["9888.HK"]
    again = subprocess.run(
        [sys.executable, "-m", "tui", "replay", *common, "--headless", "--speed", "max"],
        cwd=ROOT, env=environ | {"PATH": "/usr/bin:/bin"},
        capture_output=True, text=True, timeout=LIMIT, check=True,
    )  # fmt: skip
    lines = [json.loads(line) for line in again.stdout.splitlines()]
    assert [line for line in lines if line["type"] == "delivery"] == []
    # Standard output had not had it yet: that is a sink of its own.
    [told] = [line for line in lines if line["type"] == "alert"]
    assert (told["event_id"], told["repeat"]) == (sent[0]["event_id"], True)
