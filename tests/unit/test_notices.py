"""Desktop notices: which terminal understands which, and that no text can break out of one."""

import base64
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.text import clean
from tui.notices import LONGEST, Notice, sequence, through_tmux, understood, written

SHAPES = {
    Notice.OSC9: r"\x1b\]9;Tickwall: [^\x00-\x1f\x7f-\x9f;]+\x1b\\",
    Notice.OSC777: r"\x1b\]777;notify;Tickwall;[^\x00-\x1f\x7f-\x9f;]+\x1b\\",
    Notice.OSC99: (
        r"\x1b\]99;i=tickwall:d=0;Tickwall\x1b\\\x1b\]99;i=tickwall:p=body:e=1;[A-Za-z0-9+/=]+\x1b\\"
    ),
}


@given(text=st.text(st.characters()), notice=st.sampled_from(sorted(SHAPES)))
def test_no_text_breaks_out_of_a_notice(text: str, notice: Notice) -> None:
    told = sequence(notice, text)
    assert re.fullmatch(SHAPES[notice], told) or (told == "" and clean(text) == "")
    assert len(clean(text, LONGEST)) <= LONGEST
    wrapped = through_tmux(told)
    # tmux takes two escapes for one, and ends at the first that stands alone: at none before the last.
    inner = wrapped[len("\x1bPtmux;") : -len("\x1b\\")]
    assert inner.replace("\x1b\x1b", "\x1b") == told
    assert "\x1b" not in inner.replace("\x1b\x1b", "")


@given(text=st.text(alphabet="\x1b\x9d\x07\\];09Px\x90\x9c\n\u202e漢"))
def test_nor_does_one_made_for_it(text: str) -> None:
    for notice, shape in SHAPES.items():
        told = sequence(notice, text)
        assert told == "" or re.fullmatch(shape, told)


def test_a_notice_carries_its_text() -> None:
    assert "Tickwall;Baidu +10 %, through 10" in sequence(Notice.OSC777, "Baidu +10 %; through 10")
    coded = re.findall(r"e=1;([^\x1b]+)", sequence(Notice.OSC99, "百度 [up]"))
    assert base64.b64decode(coded[0]).decode() == "百度 [up]"
    assert sequence(Notice.BELL, "Baidu") == ""


@pytest.mark.parametrize(
    ("environ", "notice"),
    [
        ({"TERM": "xterm-256color"}, Notice.BELL),
        ({"TERM": "alacritty"}, Notice.BELL),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "Apple_Terminal"}, Notice.BELL),
        ({"TERM": "xterm-kitty"}, Notice.OSC99),
        ({"TERM": "xterm-256color", "KITTY_WINDOW_ID": "1"}, Notice.OSC99),
        ({"TERM": "foot-extra"}, Notice.OSC99),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "vscode"}, Notice.OSC99),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app"}, Notice.OSC9),
        ({"TERM": "xterm-256color", "LC_TERMINAL": "iTerm2"}, Notice.OSC9),
        ({"TERM": "xterm-ghostty"}, Notice.OSC9),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm"}, Notice.OSC777),
        ({"TERM": "xterm-256color", "KONSOLE_VERSION": "240801"}, Notice.OSC777),
        ({"TERM": "rxvt-unicode-256color"}, Notice.OSC777),
        ({}, Notice.BELL),
    ],
)
def test_a_terminal_is_known_by_its_environment(environ: dict[str, str], notice: Notice) -> None:
    assert understood(environ) is notice


async def test_a_setting_holds_over_what_is_known() -> None:
    kitty = {"TERM": "xterm-kitty"}
    assert (await written("auto", "x", kitty)).startswith("\x1b]99;")
    assert (await written("osc9", "x", kitty)).startswith("\x1b]9;")
    assert [await written(setting, "x", kitty) for setting in ("off", "bell")] == ["", ""]
    assert await written("auto", "x", {"TERM": "xterm-256color"}) == ""
    assert await written("osc9", "x", {"TERM": "screen", "STY": "1.pts"}) == "", "GNU screen"


async def test_a_tmux_that_cannot_be_asked_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    inside = {"TMUX": "/nowhere,1,0", "TMUX_PANE": "%0", "TERM": "tmux-256color"}
    monkeypatch.setenv("TMUX", inside["TMUX"])
    assert await written("osc9", "x", inside) == ""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert await written("osc9", "x", inside) == ""
    slow = tmp_path / "tmux"
    slow.write_text("#!/bin/sh\nexec /bin/sleep 60\n")
    slow.chmod(0o755)
    monkeypatch.setattr("tui.notices.ASKING_S", 0.05)
    assert await written("osc9", "x", inside) == ""
