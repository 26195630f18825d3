"""The real program on a pseudo-terminal: the simulated day, keys, sizes, and every way to leave."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.paths import ROOT
from tests.screen.terminal import Program, Terminal

DEMO = ["tui", "demo", "--speed", "300", "--start", "09:29"]


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """Folders of its own, so that no test meets another's state or cache."""
    return {
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "SSH_TTY": "/dev/pts/0",  # no browser
    }


def alerted(terminal: Terminal) -> bool:
    """Whether Baidu's alert stands on the screen."""
    return "Baidu 9888.HK +6" in terminal.text


def priced(terminal: Terminal) -> bool:
    """Whether prices have come."""
    return "%" in terminal.text


def is_restored(written: bytes) -> bool:
    """Whether every mode is again as a shell has it: the cursor and line wrap on, all else off."""
    last = dict(re.findall(rb"\x1b\[\?(\d+)([hl])", written))
    return all((state == b"h") is (mode in (b"25", b"7")) for mode, state in last.items())


def children(program: Program) -> list[psutil.Process]:
    """What the program has started."""
    return psutil.Process(program.pid).children(recursive=True)


def test_a_day_is_watched_and_left(environ: dict[str, str]) -> None:
    with Program(DEMO, (120, 40), environ) as program:
        program.until(lambda terminal: "Tencent" in terminal.text)
        text = program.until(alerted).text
        assert "SIMULATED 2025-09-17" in text
        assert all(name in text for name in ("Baidu", "Horizon Robo", "HSTECH", "HSI", "tencent", "yahoo"))
        program.type("\udcff\x1b[200~\x1b[31mq\x1b[201~")  # no key, and a paste: neither ends it
        program.type("/baidu\r")
        program.until(lambda terminal: "1 name" in terminal.text and "SMIC" not in terminal.text)
        program.type("\r")
        program.until(
            lambda terminal: "BIDU-SW" in terminal.text and "previous close 113.20" in terminal.text
        )
        program.type("q")
        program.until(lambda terminal: "? help" in terminal.text)
        program.resize(80, 24)
        program.until(lambda terminal: "1 Wall  2 Headlines" in terminal.text and "Baidu" in terminal.text)
        program.type("3")
        program.until(lambda terminal: "to acknowledge" in terminal.text)
        program.resize(20, 5)
        program.until(lambda terminal: "9888" in terminal.text or "HSTECH" in terminal.text)
        program.resize(200, 60)
        program.until(lambda terminal: "SIMULATED" in terminal.text and "Alerts" in terminal.text)
        venue = children(program)
        assert venue
        program.type("q")
        assert program.exit_code() == 0
        assert is_restored(program.written)
        assert not [process for process in venue if process.is_running()]


def test_a_simulated_day_follows_and_edits_the_file_that_is_named(
    environ: dict[str, str], tmp_path: Path
) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('# mine\n[[rule]]\nid = "up"\nkind = "pct_prev_close"\nthreshold = "50" # never\n')
    with Program([*DEMO, "--config", str(file)], (80, 24), environ) as program:
        program.until(priced)
        program.type("a")
        program.until(lambda terminal: "Rules that watch 9888" in terminal.text and " 50 " in terminal.text)
        program.type("\r")
        program.until(lambda terminal: "Rule up" in terminal.text)
        program.type("\x1b[B\x1b[B\x1b[B\x1b[B\x155\r")
        program.until(lambda terminal: "rule 'up' is written to" in terminal.text)
        program.type("q")
        program.until(alerted)
        program.type("q")
        assert program.exit_code() == 0
    assert (
        file.read_text() == '# mine\n[[rule]]\nid = "up"\nkind = "pct_prev_close"\nthreshold = "5" # never\n'
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_cleanly(number: signal.Signals, environ: dict[str, str]) -> None:
    with Program(DEMO, (80, 24), environ) as program:
        program.until(priced)
        venue = children(program)
        program.signal(number)
        assert program.exit_code() == 0
        assert is_restored(program.written)
        assert not [process for process in venue if process.is_running()]


def test_a_lost_terminal_leaves_nothing_behind(environ: dict[str, str]) -> None:
    with Program(DEMO, (80, 24), environ) as program:
        program.until(priced)
        venue = children(program)
        program.hang_up()
        assert program.exit_code() == 0
        assert not [process for process in venue if process.is_running()]


def test_ascii_without_colour_on_a_plain_terminal(environ: dict[str, str]) -> None:
    plain = {"LC_ALL": "C", "NO_COLOR": "1", "TERM": "xterm", "COLORTERM": ""}
    with Program(DEMO, (80, 24), environ | plain) as program:
        program.until(priced)
        program.type("1")
        text = program.until(lambda terminal: "Baidu" in terminal.text).text
        assert text.isascii()
        program.type("q")
        assert program.exit_code() == 0


def test_standard_error_may_go_to_a_file(environ: dict[str, str], tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb") as log, Program(DEMO, (80, 24), environ, errors=log) as program:
        program.until(priced)
        program.type("q")
        assert program.exit_code() == 0
        assert is_restored(program.written)
    assert (tmp_path / "log").read_bytes() == b""
    missing = ["tui", "replay", str(tmp_path / "none")]
    with (tmp_path / "log").open("wb") as log, Program(missing, (80, 24), environ, errors=log) as program:
        assert program.exit_code() == 65
    assert "No such file" in (tmp_path / "log").read_text("utf-8")


def test_a_tape_is_played_and_its_bad_line_told(environ: dict[str, str], tmp_path: Path) -> None:
    quote = (
        '{"t":"quote","symbol":"9888.HK","ts_event":"2025-09-17T02:14:07.120Z","source":"demo",'
        '"ts_recv":"2025-09-17T02:14:07.180Z","last":"124.60","prev_close":"113.20"}'
    )
    tape = tmp_path / "day.jsonl"
    tape.write_text(f"{quote}\nnot a line\n", encoding="utf-8")
    command = ["tui", "replay", str(tape), "--speed", "max"]
    with Program(command, (120, 40), environ) as program:
        text = program.until(lambda terminal: "the tape has ended" in terminal.text).text
        assert "124.60" in text
        assert "REPLAY 2025-09-17" in text
        assert "line 2" in text
        program.type("q")
        assert program.exit_code() == 0
    with Program([*command, "--strict"], (120, 40), environ) as program:
        assert program.exit_code() == 65
        assert "line 2" in program.terminal.text
    with Program(["tui", "replay", str(tmp_path / "none")], (120, 40), environ) as program:
        assert program.exit_code() == 65
        assert "No such file" in program.terminal.text


def test_a_terminal_that_cannot_show_it_is_refused(environ: dict[str, str]) -> None:
    with Program(DEMO, (80, 24), environ | {"TERM": "dumb"}) as program:
        assert program.exit_code() == 64
        assert b"tickwall headless" in program.written
        assert b"\x1b" not in program.written
    piped = subprocess.run(
        [sys.executable, "-m", "tui", "demo"],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    assert (piped.returncode, piped.stdout) == (64, b"")
    assert b"tickwall headless" in piped.stderr
