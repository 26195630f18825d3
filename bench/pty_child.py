"""A program in a pseudo-terminal of its own, with a reader that takes what it writes, or stops taking it."""

import fcntl
import json
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bench.measure import MEASURED_CORE, OTHER_CORE, pin

SYNC_QUERY, SYNC_ANSWER = b"\x1b[?2026$p", b"\x1b[?2026;2$y"
"""Can the terminal show a frame at once? It can, as today's do; it costs 16 bytes a frame."""

REPORT_FD = "TICKWALL_BENCH_REPORT"
"""Environment: where a child writes its marks and its result, one JSON value a line."""


@dataclass(frozen=True, slots=True)
class Finished:
    """What a child did between its ``mark("start")`` and its result."""

    result: dict[str, Any]
    written: int
    """Bytes it sent to the terminal."""


def mark(value: object) -> None:
    """In a child: tell the parent something."""
    os.write(int(os.environ[REPORT_FD]), json.dumps(value).encode() + b"\n")


def run(arguments: Sequence[str], size: tuple[int, int], deaf: tuple[float, float] | None = None) -> Finished:
    """Run ``python -m`` with these arguments on a terminal of ``size`` (columns, lines) until it reports.

    ``deaf`` (from, for; seconds after the start mark) is when the terminal stops reading. The child runs on
    one core, the reader on another.
    """
    report_in, report_out = os.pipe()
    child, terminal = pty.fork()
    if child == 0:
        pin(MEASURED_CORE)
        os.set_inheritable(report_out, True)
        os.environ.update(
            {
                REPORT_FD: str(report_out),
                "TERM": "xterm-256color",
                "COLORTERM": "truecolor",
                "LC_ALL": "C.UTF-8",
            }
        )
        os.environ.pop("NO_COLOR", None)
        time.sleep(0.1)  # until the parent has set the size
        os.execv(sys.executable, [sys.executable, "-m", *arguments])
    pin(OTHER_CORE)
    os.close(report_out)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
    try:
        return _listen(terminal, report_in, deaf)
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(terminal)
        os.close(report_in)


def _listen(terminal: int, report: int, deaf: tuple[float, float] | None) -> Finished:
    written, at_start, started, lines = 0, 0, float("inf"), b""
    while True:
        since = time.monotonic() - started
        reading = deaf is None or not deaf[0] <= since < deaf[0] + deaf[1]
        ready, _, _ = select.select([report, terminal] if reading else [report], [], [], 0.05)
        if terminal in ready:
            try:
                output = os.read(terminal, 1 << 16)
            except OSError as error:  # Linux says EIO when the child has gone
                raise RuntimeError("the program ended before it reported") from error
            written += len(output)
            if SYNC_QUERY in output:
                os.write(terminal, SYNC_ANSWER)
        if report in ready:
            lines += os.read(report, 1 << 16)
            *complete, lines = lines.split(b"\n")
            for line in complete:
                value = json.loads(line)
                if value == "start":
                    started, at_start = time.monotonic(), written
                else:
                    return Finished(value, written - at_start)
