"""How long until the first frame, the first real price, and an answer to ``--version``; and the memory taken.

``python -m bench.startup``. Times run from exec to the bytes on a pseudo-terminal. The reference for the
wall is an application of Textual alone; for ``--version`` and ``--help`` it is ``python -c "import click"``;
for headless memory a process that imports asyncio, websockets, aiohttp and msgspec and waits, and for the
wall's memory Textual's application that imports them as well.
"""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil

from bench.measure import Ratio, interleaved, report

REPEATS = 9
BARE_APP = """
from textual.app import App
from textual.widgets import Static
class Bare(App):
    def compose(self):
        yield Static("PAINTED")
Bare().run()
"""
BARE_PROCESS = """
import asyncio, aiohttp, msgspec, websockets.asyncio.client
print("UP", flush=True)
asyncio.run(asyncio.sleep(60))
"""
NETWORKED_APP = "import aiohttp, msgspec, websockets.asyncio.client" + BARE_APP
DEMO = ["-m", "tui", "demo", "--speed", "1", "--start", "09:45"]
PRICE = re.compile(rb"[+-]\d+\.\d\d%")
_ROOT = Path(__file__).resolve().parent.parent
_TIMEOUT = 20.0


class Program:
    """Python with some arguments, on a terminal of 120x40."""

    def __init__(self, arguments: Sequence[str]) -> None:
        self.began = time.perf_counter()
        self.pid, self._terminal = pty.fork()
        if self.pid == 0:
            os.chdir(_ROOT)
            os.environ.update(
                TERM="xterm-256color", COLORTERM="truecolor", LC_ALL="C.UTF-8", COLUMNS="", LINES=""
            )
            os.execv(sys.executable, [sys.executable, *arguments])
        fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        self._seen = b""

    def until(self, mark: re.Pattern[bytes]) -> float:
        """Seconds from exec until the terminal has shown the mark."""
        deadline = time.monotonic() + _TIMEOUT
        while not mark.search(self._seen):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{mark.pattern!r} was never shown: {self._seen[-400:]!r}")
            self._seen += self.read(deadline - time.monotonic())
        return time.perf_counter() - self.began

    def read(self, seconds: float) -> bytes:
        """What it writes within that time, at once when it does; empty when it writes nothing."""
        ready, _, _ = select.select([self._terminal], [], [], max(0.0, seconds))
        return os.read(self._terminal, 65_536) if ready else b""

    def press(self, key: bytes) -> None:
        """Type a key."""
        os.write(self._terminal, key)

    def memory(self) -> float:
        """Megabytes resident."""
        return psutil.Process(self.pid).memory_info().rss / 1e6

    def end(self) -> None:
        """Kill it."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self._terminal)


def shown(arguments: Sequence[str], mark: bytes) -> Callable[[], float]:
    """One repeat: milliseconds until a program shows a mark."""

    def once() -> float:
        program = Program(arguments)
        try:
            return program.until(re.compile(mark)) * 1000
        finally:
            program.end()

    return once


def ended(arguments: Sequence[str]) -> Callable[[], float]:
    """One repeat: milliseconds until a program has ended."""

    def once() -> float:
        began = time.perf_counter()
        subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL, cwd=_ROOT)
        return (time.perf_counter() - began) * 1000

    return once


def resident(arguments: Sequence[str], mark: bytes) -> float:
    """Megabytes of a program two seconds after it has shown a mark."""
    program = Program(arguments)
    try:
        program.until(re.compile(mark))
        time.sleep(2)
        return program.memory()
    finally:
        program.end()


def main() -> list[Ratio]:
    """Run the benchmark."""
    bare = ["-c", BARE_APP]
    frame, price, reference = interleaved(
        [shown(DEMO, b"9888"), shown(DEMO, PRICE.pattern), shown(bare, b"PAINTED")],
        REPEATS,
    )
    version, help_, click = interleaved(
        [ended(["-m", "tui", "--version"]), ended(["-m", "tui", "--help"]), ended(["-c", "import click"])],
        REPEATS,
    )
    return [
        Ratio("first frame of the demo", frame, reference, "ms", 1.5, at_least=False),
        Ratio("first real price, venue's start included", price, reference, "ms", 3, at_least=False),
        Ratio("`--version`", version, click, "ms", 1.5, at_least=False),
        Ratio("`--help`", help_, click, "ms", 1.5, at_least=False),
        Ratio(
            "memory of the demo's wall",
            resident(DEMO, PRICE.pattern),
            resident(["-c", NETWORKED_APP], b"PAINTED"),
            "MB",
            1.5,
            at_least=False,
        ),
        Ratio(
            "memory of `headless`",
            _headless(),
            resident(["-c", BARE_PROCESS], b"UP"),
            "MB",
            1.5,
            at_least=False,
        ),
    ]


def _headless() -> float:
    """Resident megabytes of ``headless`` on the simulated venue's feeds."""
    return resident(
        ["-m", "tui", "demo", "--headless", "--speed", "1", "--start", "09:45"], rb'"type":"alert"'
    )


if __name__ == "__main__":
    report(main())
