"""Notices: an alert on the desktop of whoever sits at the terminal, by what that terminal understands.

They are escape sequences, and so reach the trader's own machine through ssh, where a desktop's own message
bus would speak to the far end. A terminal that does not know a sequence ignores it.
"""

import asyncio
import base64
import os
from collections.abc import Mapping
from enum import StrEnum

from market.text import clean

LONGEST = 200
"""Characters of a notice at most: desktops show one or two lines."""

ASKING_S = 2.0
"""How long tmux may take to answer, seconds."""

TITLE = "Tickwall"


class Notice(StrEnum):
    """How a terminal is asked to show a notice; the value is that of ``[display] notices``."""

    BELL = "bell"
    """Not at all: the bell that rings for every alert is all there is."""
    OSC9 = "osc9"
    OSC777 = "osc777"
    OSC99 = "osc99"


_BY_PROGRAM = {
    "iterm": Notice.OSC9,
    "warp": Notice.OSC9,
    "ghostty": Notice.OSC9,
    "zed": Notice.OSC9,
    "wezterm": Notice.OSC777,
    "konsole": Notice.OSC777,
    "contour": Notice.OSC777,
    "kitty": Notice.OSC99,
    "foot": Notice.OSC99,
    "vscode": Notice.OSC99,
}
"""By how the terminal's own name begins: TERM_PROGRAM, which ssh does not pass on, or what tmux was told."""

_BY_TERM = {
    "xterm-kitty": Notice.OSC99,
    "foot": Notice.OSC99,
    "xterm-ghostty": Notice.OSC9,
    "wezterm": Notice.OSC777,
    "contour": Notice.OSC777,
    "rxvt": Notice.OSC777,
}
"""By how TERM begins, which ssh does pass on."""


def understood(environ: Mapping[str, str]) -> Notice:
    """What the terminal that an environment tells of understands; the bell where that is not known."""
    if environ.get("KITTY_WINDOW_ID"):
        return Notice.OSC99
    if environ.get("LC_TERMINAL") == "iTerm2":  # ssh passes what begins with LC_
        return Notice.OSC9
    if environ.get("KONSOLE_VERSION"):
        return Notice.OSC777
    program, term = environ.get("TERM_PROGRAM", "").lower(), environ.get("TERM", "")
    for name, known in ((program, _BY_PROGRAM), (term, _BY_TERM)):
        for start, notice in known.items():
            if name.startswith(start):
                return notice
    return Notice.BELL


def sequence(notice: Notice, text: str) -> str:
    """What to write for a text of strangers: nothing in it can end the sequence or begin another."""
    # A semicolon parts the fields of OSC 777, and OSC 9 with a number before one is another command.
    words = clean(text, LONGEST).replace(";", ",")
    if not words or notice is Notice.BELL:
        return ""
    if notice is Notice.OSC9:
        return f"\x1b]9;{TITLE}: {words}\x1b\\"
    if notice is Notice.OSC777:
        return f"\x1b]777;notify;{TITLE};{words}\x1b\\"
    # With one id the next notice takes the place of this one, as the toast on the wall does.
    body = base64.b64encode(words.encode("utf-8", "replace")).decode()
    return f"\x1b]99;i=tickwall:d=0;{TITLE}\x1b\\\x1b]99;i=tickwall:p=body:e=1;{body}\x1b\\"


def through_tmux(written: str) -> str:
    """The same for the terminal around tmux, which hands it on where ``allow-passthrough`` is set."""
    return "\x1bPtmux;" + written.replace("\x1b", "\x1b\x1b") + "\x1b\\" if written else ""


async def written(setting: str, text: str, environ: Mapping[str, str] = os.environ) -> str:
    """What to write to show a text by a ``[display] notices`` value; nothing where there is no way."""
    if setting in ("off", "bell"):
        return ""
    inside = bool(environ.get("TMUX"))
    around = await _around_tmux(environ.get("TMUX_PANE", "")) if inside else environ
    # GNU screen passes nothing on that it does not know, and tmux not always.
    if around is None or (environ.get("STY") and not inside):
        return ""
    notice = understood(around) if setting == "auto" else Notice(setting)
    told = sequence(notice, text)
    return through_tmux(told) if inside else told


async def _around_tmux(pane: str) -> Mapping[str, str] | None:
    """What tells of the terminal that tmux is shown on now; ``None`` where nothing gets through to it.

    It is asked each time: a session outlives the terminal that it was begun on. From 3.3 on it passes
    notices on only where ``allow-passthrough`` is set; an older one always does, and has no such option.
    """
    question = "#{allow-passthrough},#{client_termname},#{client_termtype}"
    try:
        process = await asyncio.create_subprocess_exec(
            "tmux", "display-message", "-p", "-t", pane, question,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
    except OSError:
        return None
    try:
        async with asyncio.timeout(ASKING_S):
            answer, _ = await process.communicate()
    except TimeoutError:
        return None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    allowed, _, names = answer.decode("utf-8", "replace").strip().partition(",")
    if process.returncode or allowed in ("0", "off"):
        return None
    term, _, program = names.partition(",")
    return {"TERM": term, "TERM_PROGRAM": program}
