"""The store: every alert that was ever detected, in one SQLite file that two processes may share."""

import logging
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from market.clock import parse_rfc3339
from market.errors import TickwallError

log = logging.getLogger(__name__)

_SCHEMA = """
CREATE TABLE IF NOT EXISTS alert (
    number INTEGER PRIMARY KEY,
    dedup_key TEXT NOT NULL UNIQUE,
    line TEXT NOT NULL,
    told INTEGER NOT NULL DEFAULT 0,
    acknowledged INTEGER NOT NULL DEFAULT 0
) STRICT;
-- A file of another shape is refused here, not when the first alert comes.
SELECT number, dedup_key, line, told, acknowledged FROM alert LIMIT 0;
"""


class StoreError(TickwallError):
    """A store that cannot be used; the message names the file and what to do."""


@dataclass(frozen=True, slots=True)
class Stored:
    """One alert as it was committed: its JSON line, whether standard output has had it, and a person.

    ``number`` is below zero for one that could not be committed.
    """

    number: int
    line: str
    told: bool = False
    acknowledged: bool = False


class Store:
    """Alerts by ``dedup_key``; detection is once for all processes that share the file.

    ``path`` ``None`` keeps everything in memory, for tapes and the demo.
    """

    def __init__(self, path: Path | None = None) -> None:
        try:
            if path is not None:
                path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            # One process writes from one thread; commits are explicit transactions.
            self._db = sqlite3.connect(path or ":memory:", isolation_level=None, timeout=5.0)
            # In WAL mode a process that is killed loses nothing it committed, and readers never wait;
            # only a power cut may take the last commits back.
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._db.executescript(_SCHEMA)
        except (sqlite3.Error, OSError) as error:
            raise StoreError(
                f"{path}: cannot be used as a store: {error} (move it aside to start anew)"
            ) from None
        self._seen = self._newest()
        self._mine: set[int] = set()
        self._uncommitted = 0

    def close(self) -> None:
        """Give the file back."""
        self._db.close()

    def record(self, dedup_key: str, line: str) -> Stored | None:
        """Commit a detection; ``None`` when any process has made it before.

        What cannot be committed, on a full disk, is an alert all the same: better told twice than never.
        """
        cursor = self._write("INSERT OR IGNORE INTO alert (dedup_key, line) VALUES (?, ?)", dedup_key, line)
        if cursor is None:
            self._uncommitted -= 1
            return Stored(self._uncommitted, line)
        if not cursor.rowcount or cursor.lastrowid is None:
            return None
        self._mine.add(cursor.lastrowid)
        return Stored(cursor.lastrowid, line)

    def mark_told(self, number: int) -> None:
        """Standard output has had it; a crash before this makes the line come once more."""
        self._write("UPDATE alert SET told = 1 WHERE number = ?", number)

    def acknowledge(self, number: int) -> None:
        """A person has seen to it; other processes, and later ones, need not show it as new."""
        self._write("UPDATE alert SET acknowledged = 1 WHERE number = ?", number)

    def untold(self) -> Iterator[Stored]:
        """What was committed before this one was opened and may never have been printed, oldest first."""
        return self._select("told = 0 AND number <= ?", (self._seen,))

    def from_others(self) -> Iterator[Stored]:
        """What another process on this store has detected since the last call."""
        found = list(self._select("number > ?", (self._seen,)))
        if found:
            self._seen = found[-1].number
        others = [stored for stored in found if stored.number not in self._mine]
        self._mine.clear()
        return iter(others)

    def events(self) -> Iterator[tuple[str, int]]:
        """Every ``dedup_key`` on record, and the venue's stamp (ns UTC) of the quote that raised it."""
        query = "SELECT dedup_key, json_extract(line, '$.exchange_ts') FROM alert ORDER BY number"
        return ((key, parse_rfc3339(stamp)) for key, stamp in self._db.execute(query))

    def recent(self, most: int = 200) -> list[Stored]:
        """The newest alerts, oldest first."""
        return list(self._select("1 ORDER BY number DESC LIMIT ?", (most,)))[::-1]

    def _write(self, statement: str, *values: str | int) -> sqlite3.Cursor | None:
        try:
            return self._db.execute(statement, values)
        except sqlite3.Error as error:
            log.error("the store cannot be written: %s", error)
            return None

    def _newest(self) -> int:
        row = self._db.execute("SELECT coalesce(max(number), 0) FROM alert").fetchone()
        return int(row[0])

    def _select(self, where: str, parameters: tuple[int, ...]) -> Iterator[Stored]:
        order = "" if "ORDER BY" in where else " ORDER BY number"
        columns = "number, line, told, acknowledged"
        rows = self._db.execute(f"SELECT {columns} FROM alert WHERE {where}{order}", parameters).fetchall()
        return (Stored(number, line, bool(told), bool(seen)) for number, line, told, seen in rows)
