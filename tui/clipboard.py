"""The clipboard of the machine that a person sits at, by way of the terminal (OSC 52): over ssh as well."""

import base64
import os
from collections.abc import Mapping

from tui.notices import through_tmux


def copying(text: str, environ: Mapping[str, str] = os.environ) -> str:
    """What to write to the terminal to put a text on its clipboard; whether it obeys, it does not say.

    tmux takes it itself under ``set-clipboard on``, and hands it on under ``allow-passthrough``: it is told
    both ways. GNU screen only hands on.
    """
    told = f"\x1b]52;c;{base64.b64encode(text.encode()).decode()}\a"
    if environ.get("TMUX"):
        return told + through_tmux(told)
    return f"\x1bP{told}\x1b\\" if environ.get("STY") else told
