"""Logging: to standard error, one harmless line a record, with journal priorities under systemd."""

import logging
import os
import sys

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


def to_stderr(*, debug: bool) -> None:
    """Send the program's log to standard error; warnings and worse, or everything under ``--debug``."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Formatter(journal="JOURNAL_STREAM" in os.environ))
    logging.basicConfig(level=logging.DEBUG if debug else logging.WARNING, handlers=[handler], force=True)
    if not debug:
        return
    # Frame-by-frame logs of the libraries would print tokens in addresses.
    for library in ("websockets", "aiohttp", "asyncio"):
        logging.getLogger(library).setLevel(logging.INFO)
