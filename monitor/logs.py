"""Logging: one harmless line a record, to standard error (journal priorities under systemd) or a file."""

import logging
import os
import select
import sys
from io import TextIOWrapper
from pathlib import Path
from typing import TextIO

from market.text import clean

_PRIORITY = {logging.DEBUG: 7, logging.INFO: 6, logging.WARNING: 4, logging.ERROR: 3, logging.CRITICAL: 2}


class _Formatter(logging.Formatter):
    """Strangers' text comes into messages; none of its control characters leave in a log line."""

    def __init__(self, *, journal: bool) -> None:
        super().__init__(
            "%(name)s: %(message)s" if journal else "%(asctime)s %(levelname)s %(name)s: %(message)s"
        )
        self._journal = journal

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        lines = [clean(line, limit=2000) for line in text.splitlines()]
        if self._journal:
            return "\n".join(f"<{_PRIORITY.get(record.levelno, 6)}>{line}" for line in lines)
        return "\n".join(lines)


class _Handler(logging.StreamHandler[TextIO]):
    """A reader of standard error that stands still loses records, and holds nothing else up."""

    def emit(self, record: logging.LogRecord) -> None:
        if self._is_read():
            super().emit(record)

    def _is_read(self) -> bool:
        try:
            return bool(select.select((), (self.stream,), (), 0)[1])
        except (OSError, ValueError):  # closed, or none of the system's: nothing stands still there
            return True


def to_stderr(*, debug: bool) -> None:
    """Send the program's log to standard error; warnings and worse, or everything under ``--debug``."""
    handler = _Handler(sys.stderr)
    handler.setFormatter(_Formatter(journal=_is_journal()))
    _use(handler, debug=debug)


def last_word(text: str) -> None:
    """Tell on standard error why the program ends: to the journal as an error, which it is looked for as."""
    mark = f"<{_PRIORITY[logging.ERROR]}>" if _is_journal() else ""
    sys.stderr.write("".join(f"{mark}{line}\n" for line in f"tickwall: {text}".splitlines()))


def _is_journal() -> bool:
    """Whether standard error is the journal itself, and not what a child of a service made of it."""
    try:
        found = os.fstat(sys.stderr.fileno())
    except (OSError, ValueError):  # closed, or none of the system's
        return False
    return os.environ.get("JOURNAL_STREAM") == f"{found.st_dev}:{found.st_ino}"


def to_file(path: Path, *, debug: bool) -> None:
    """Send it to a file of at most a megabyte, and the one before it: a screen has its standard error taken.

    The file comes to be with its first record; where it cannot, records are lost, and nothing else.
    """
    from logging.handlers import RotatingFileHandler

    class Handler(RotatingFileHandler):
        def _open(self) -> TextIOWrapper:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            return super()._open()

        def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's own name
            """Not on the screen, which is where logging would write it."""

    handler = Handler(path, maxBytes=1_000_000, backupCount=1, encoding="utf-8", delay=True)
    handler.setFormatter(_Formatter(journal=False))
    _use(handler, debug=debug)


def _use(handler: logging.Handler, *, debug: bool) -> None:
    logging.basicConfig(level=logging.DEBUG if debug else logging.WARNING, handlers=[handler], force=True)
    if not debug:
        return
    # Frame-by-frame logs of the libraries would print tokens in addresses.
    for library in ("websockets", "aiohttp", "asyncio"):
        logging.getLogger(library).setLevel(logging.INFO)
