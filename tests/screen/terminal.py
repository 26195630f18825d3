"""A terminal for tests: pyte, read as text and as looks; and a program that runs on one."""

import codecs
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import IO, Self

import pyte
from rich.cells import cell_len

from tests.limit import LIMIT
from tests.paths import ROOT

Cell = tuple[str, str, str, bool, bool, bool, bool, bool]
Cells = list[list[Cell]]


class _Screen(pyte.Screen):
    """As terminals do, and pyte does not: half of a wide character that is written over leaves a blank."""

    def draw(self, data: str) -> None:
        for character in data:
            line, x = self.buffer[self.cursor.y], self.cursor.x
            for place in (x, x + cell_len(character)):
                if 0 < place < self.columns and line[place].data == "":
                    line[place - 1] = line[place - 1]._replace(data=" ")
                    line[place] = line[place]._replace(data=" ")
            super().draw(character)


class Terminal:
    """An emulated terminal that Textual's own output and ours can be compared on."""

    def __init__(self, width: int, height: int) -> None:
        self.screen = _Screen(width, height)
        self.screen.reset_mode(pyte.modes.DECAWM)  # as Textual sets it
        self._stream = pyte.Stream(self.screen)

    def feed(self, text: str) -> None:
        """Take what a program writes."""
        self._stream.feed(text)

    @property
    def text(self) -> str:
        """What is read on the screen, line by line."""
        return "\n".join(line.rstrip() for line in self.screen.display)

    def cells(self) -> Cells:
        """Every cell with its look."""
        return [[self._cell(y, x) for x in range(self.screen.columns)] for y in range(self.screen.lines)]

    def _cell(self, y: int, x: int) -> Cell:
        cell = self.screen.buffer[y][x]
        return (
            cell.data,
            cell.fg,
            cell.bg,
            cell.bold,
            cell.italics,
            cell.underscore,
            cell.reverse,
            cell.strikethrough,
        )


def differing(one: Cells, other: Cells) -> list[tuple[int, int]]:
    """Line and column of every cell that is another on two screens of a size.

    To be asserted in place of the screens, which pytest compares for hours where ``CI`` is set.
    """
    return [
        (y, x)
        for y, (line, its) in enumerate(zip(one, other, strict=True))
        for x, (cell, mate) in enumerate(zip(line, its, strict=True))
        if cell != mate
    ]


_ATTACH = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""
"""Makes the terminal the process's own, so that it hears of a resize, and becomes the program.

Not ``pty.fork``: a process with threads is warned of it from Python 3.12 on.
"""


_SYNC_QUERY, _SYNC_ANSWER = b"\x1b[?2026$p", b"\x1b[?2026;2$y"
_SYNC_START, _SYNC_END = b"\x1b[?2026h", b"\x1b[?2026l"


class Program:
    """``python -m`` something on a pseudo-terminal, read by a ``Terminal`` while somebody waits.

    The terminal has synchronised output (mode 2026), so that nobody looks at half a frame: Linux hands a
    frame over in pieces of 4 KB at most.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        size: tuple[int, int] = (120, 40),
        environ: Mapping[str, str] | None = None,
        errors: IO[bytes] | None = None,
    ) -> None:
        """``errors`` is where standard error goes, in place of the terminal."""
        self.terminal = Terminal(*size)
        self.written = b""
        """All that it wrote."""
        self._answered = False
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._fd, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        self._process = subprocess.Popen(
            [sys.executable, "-c", _ATTACH, "-m", *arguments],
            stdin=slave,
            stdout=slave,
            stderr=errors or slave,
            cwd=ROOT,
            env={**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "LC_ALL": "C.UTF-8"}
            | dict(environ or {}),
            start_new_session=True,
        )
        os.close(slave)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._fd)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def type(self, keys: str) -> None:
        """Press keys; a lone surrogate is a byte that is not UTF-8."""
        os.write(self._fd, keys.encode(errors="surrogateescape"))

    def suspend(self) -> None:
        """As ^Z would; returns when it has stopped."""
        self._process.send_signal(signal.SIGTSTP)
        os.waitpid(self._process.pid, os.WUNTRACED)

    def resume(self) -> None:
        """As ``fg`` would."""
        self._process.send_signal(signal.SIGCONT)

    def resize(self, width: int, height: int) -> None:
        """As a window would; what is on the screen is drawn anew by the program."""
        self.terminal = Terminal(width, height)
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))

    def hang_up(self) -> None:
        """As a lost connection would: the terminal is gone."""
        os.close(self._fd)
        self._fd = os.open(os.devnull, os.O_RDONLY)

    def signal(self, number: signal.Signals) -> None:
        """Send the program a signal."""
        self._process.send_signal(number)

    def exit_code(self) -> int:
        """What it ends with; it is read until then. ``AssertionError`` when it goes on."""
        end = time.monotonic() + LIMIT
        while self._process.poll() is None and time.monotonic() < end:
            self._read(0.05)
        while self._read(0):  # what it wrote last
            pass
        assert self._process.returncode is not None, f"still there:\n{self.terminal.text}"
        return self._process.returncode

    def _read(self, timeout: float) -> bool:
        """Take what it has written, waiting for so long; whether there was anything."""
        if not select.select([self._fd], [], [], timeout)[0]:
            return False
        try:
            output = os.read(self._fd, 1 << 16)
        except OSError:  # Linux says EIO when the program has ended
            return False
        self.written += output
        if not self._answered and _SYNC_QUERY in self.written:
            self._answered = True
            os.write(self._fd, _SYNC_ANSWER)
        self.terminal.feed(self._decoder.decode(output))
        return bool(output)

    @property
    def _within_frame(self) -> bool:
        return self.written.rfind(_SYNC_START) > self.written.rfind(_SYNC_END)

    def until(self, holds: Callable[[Terminal], bool]) -> Terminal:
        """Read what it writes until the screen is as wished; ``AssertionError`` with the screen if never."""
        end = time.monotonic() + LIMIT
        while self._within_frame or not holds(self.terminal):
            if not self._read(max(0.0, end - time.monotonic())):
                raise AssertionError(f"not within {LIMIT:g} s; the screen was:\n{self.terminal.text}")
        return self.terminal
