"""Desktop notices and bells as a terminal receives them: from the real program, and through a real tmux."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.screen.terminal import Program, Terminal

QUOTE = (
    '{"t":"quote","symbol":"9888.HK","ts_event":"2025-09-17T02:14:07.120Z","source":"demo",'
    '"ts_recv":"2025-09-17T02:14:07.180Z","last":"124.60","prev_close":"113.20"}\n'
)
NOTICE = b"\x1b]777;notify;Tickwall;REPLAY Baidu 9888.HK +10.07% at HK$124.60, through +10%\x1b\\"


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """Folders of its own, and nothing that tells of the terminal that the tests run on."""
    told = ("TMUX", "TMUX_PANE", "STY", "KITTY_WINDOW_ID", "LC_TERMINAL", "TERM_PROGRAM", "KONSOLE_VERSION")
    folders = {f"XDG_{kind}_HOME": str(tmp_path / kind.lower()) for kind in ("STATE", "CONFIG", "CACHE")}
    return dict.fromkeys(told, "") | folders | {"TERM": "xterm-256color", "SSH_TTY": "/dev/pts/0"}


@pytest.fixture
def replay(tmp_path: Path) -> list[str]:
    """A tape that raises one alert."""
    tape = tmp_path / "day.jsonl"
    tape.write_text(QUOTE, encoding="utf-8")
    return ["tui", "replay", str(tape)]


def heard(program: Program, *parts: bytes) -> Callable[[Terminal], bool]:
    """Whether all of these were written."""
    return lambda _: all(part in program.written for part in parts)


def test_the_bytes_of_a_notice_arrive_whole(environ: dict[str, str], replay: list[str]) -> None:
    with Program(replay, (120, 40), environ | {"TERM_PROGRAM": "WezTerm"}) as program:
        program.until(heard(program, NOTICE, b"\a"))
        program.type("q")
        assert program.exit_code() == 0


def test_an_unknown_terminal_hears_the_bell_alone(environ: dict[str, str], replay: list[str]) -> None:
    with Program(replay, (120, 40), environ) as program:
        program.until(heard(program, b"\a"))
        program.type("q")
        assert program.exit_code() == 0
    assert not [code for code in (b"\x1b]9;", b"\x1b]777;", b"\x1b]99;") if code in program.written]


@pytest.fixture
def socket(tmp_path: Path) -> Iterator[str]:
    """A tmux server of the test's own."""
    if shutil.which("tmux") is None:
        pytest.skip("no tmux here")
    path = str(tmp_path / "tmux")
    yield path
    subprocess.run(["tmux", "-S", path, "kill-server"], check=False, capture_output=True)


@pytest.mark.parametrize("passes", ["on", "off"])
def test_tmux_hands_a_notice_on_where_it_may(
    passes: str, environ: dict[str, str], replay: list[str], socket: str, tmp_path: Path
) -> None:
    config = tmp_path / "tmux.conf"
    config.write_text(f"set -g allow-passthrough {passes}\nset -g default-terminal screen-256color\n")
    command = f"{sys.executable} -m {' '.join(replay)}"
    tmux = ["tests.screen.become", "tmux", "-S", socket, "-f", str(config), "new-session", command]
    # Of the terminals with notices it is rxvt's description that every ncurses has.
    with Program(tmux, (120, 40), environ | {"TERM": "rxvt-unicode-256color"}) as program:
        program.until(heard(program, b"\a"))
        if passes == "on":
            program.until(heard(program, NOTICE))
        program.type("q")
        assert program.exit_code() == 0
    assert (NOTICE in program.written) is (passes == "on")
    assert b"tmux;" not in program.written
