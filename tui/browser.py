"""Opening an address in the person's browser, where that browser is on the same desk as the screen."""

import asyncio
import os
import sys
from collections.abc import Mapping


def has_browser(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether a browser can be expected to open before this person's eyes.

    Not at the far end of ssh, unless ``$BROWSER`` names one that knows the way back.
    """
    if environ.get("BROWSER"):
        return True
    if environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"):
        return False
    return bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY") or sys.platform == "darwin")


async def browse(link: str) -> bool:
    """Ask the browser to open an address; whether one took it.

    In a process of its own without our terminal: what a browser prints, or a text browser draws,
    must not land on the wall.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "webbrowser", "-t", link,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    return await process.wait() == 0
