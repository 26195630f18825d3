"""Outlet: standard output, whose reader is waited for, but not past the end of the process."""

import os
import select
import signal
import sys
import time

LAST = 1.0
"""Seconds that a reader has for a line once the process is to end."""


class Outlet:
    """Text goes out at once; while the reader takes nothing everything else waits, so that none is lost."""

    def __init__(self) -> None:
        self._file = sys.stdout.fileno()
        self._rest = b""
        self._began: float | None = None

    def write(self, text: str) -> None:
        """Write a line. ``OSError`` where it cannot be; what was begun is then ended before the next one.

        ``BrokenPipeError`` when nobody reads, or at the end of the process nobody does any more.
        """
        self._began = time.monotonic()
        try:
            self._push()
            self._rest = text.encode()
            self._push()
        finally:
            self._began = None

    def _push(self) -> None:
        while self._rest:
            try:
                self._rest = self._rest[os.write(self._file, self._rest) :]
            except BlockingIOError:  # whoever started us has made it so
                select.select((), (self._file,), ())

    def hurry(self) -> None:
        """The process is to end: leave a reader that stands still, which nothing but a signal lets us do."""
        signal.signal(signal.SIGALRM, self._look)
        signal.setitimer(signal.ITIMER_REAL, LAST / 4, LAST / 4)

    def _look(self, *_: object) -> None:
        if self._began is not None and time.monotonic() - self._began > LAST:
            raise BrokenPipeError
