"""Outlet: standard output, whose reader is waited for, but not for ever, nor past the end of the process."""

import errno
import math
import os
import select
import sys
import time

PATIENCE = 1.0
"""Seconds that a reader has for a line in a live run, in which nothing else goes on meanwhile."""

_LOOK = 0.25
"""Seconds between two looks at whether the process is to end, while a reader is waited for."""

# Of what a pipe is ready to take, this much never blocks.
_PIECE = select.PIPE_BUF


class Outlet:
    """Lines go out at once, or wait for their reader; ``patience`` is for how many seconds."""

    def __init__(self, patience: float = math.inf) -> None:
        self._file = sys.stdout.fileno()
        self._is_terminal = sys.stdout.isatty()
        self._ready = select.poll()
        self._ready.register(self._file, select.POLLOUT)
        self._patience = patience
        self._is_stuck = False
        self._is_over = False
        self._rest = b""

    def write(self, text: str) -> None:
        """Write a line; ``OSError`` where it cannot be: what was begun of it is ended before the next one.

        ``BrokenPipeError`` when nobody reads, or at the end of the process takes it in time.
        """
        self._push()
        self._rest = line = text.encode()
        try:
            self._push()
        except OSError:
            if self._rest is line:  # not begun
                self._rest = b""
            raise

    def end(self) -> None:
        """The process is to end: leave a reader that stands still."""
        self._is_over = True
        self._patience = PATIENCE

    def _push(self) -> None:
        while self._rest:
            if not self._ready.poll(0):
                self._wait()
            try:
                self._rest = self._rest[os.write(self._file, self._rest[:_PIECE]) :]
            except OSError as error:
                if error.errno == errno.EIO and self._is_terminal:
                    raise BrokenPipeError from error  # it was closed
                raise

    def _wait(self) -> None:
        """Return when the reader has room; it is not waited for again before it has shown that it reads."""
        began = time.monotonic()
        while not self._ready.poll(0 if self._is_stuck else _LOOK * 1000):
            if self._is_stuck or time.monotonic() - began > self._patience:
                self._is_stuck = True
                if self._is_over:
                    raise BrokenPipeError
                raise BlockingIOError(errno.EAGAIN, "its reader takes nothing")
        self._is_stuck = False
