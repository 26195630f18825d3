"""The store: every alert that was ever detected, in one SQLite file that several processes may share."""

import asyncio
import json
import logging
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from monitor.database import StoreError, Transaction, checkpoint, connect
from monitor.outbox import Outbox
from monitor.settings import BUILT_IN_SINKS

log = logging.getLogger(__name__)

KEPT = 400 * 86_400 * 1_000_000_000
"""How long an alert's text is kept, nanoseconds. Its ``dedup_key``, 50 bytes, is kept for ever."""


_KEEP = "INSERT INTO rule_state VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET state = excluded.state"
_SNOOZED = "SELECT symbol FROM snooze WHERE until > ?"

STORM = 1000
"""Alerts in ten seconds from which on the disk has enough to do."""

UNCOMMITTED = 1000
"""How many alerts wait in memory for a store that cannot be written; the oldest give way."""


class Event(NamedTuple):
    """What is to be recorded: an alert's JSON line, and whom to tell of it.

    ``ts`` is when it was detected, nanoseconds UTC; ``sinks`` are ids of the configuration, of which the
    built-in ones are told by their own process and need no row in the outbox; ``*`` is every other.
    """

    dedup_key: str
    line: str
    ts: int
    sinks: tuple[str, ...] = ()


class Stored(NamedTuple):
    """One alert as it was committed: its JSON line, whether standard output has had it, and a person.

    ``number`` is below zero for one that could not be committed. ``muted`` is one whose name was snoozed.
    """

    number: int
    line: str
    told: bool = False
    acknowledged: bool = False
    muted: bool = False


@dataclass(frozen=True, slots=True)
class Snooze:
    """A name (``*``: every one) whose alerts ring no bell and go to no sink until then, nanoseconds UTC."""

    symbol: str
    until: int
    by: str
    ts: int


@dataclass(slots=True)
class _Kept:
    """An alert that could not be committed, and when that was, nanoseconds UTC by the machine's clock."""

    event: Event
    since: int
    told: bool = False


@lru_cache(maxsize=256)
def _addressed(sinks: tuple[str, ...], every: tuple[str, ...]) -> tuple[str, ...]:
    """Whom the outbox is to tell, each once; ``every`` is whom ``*`` stands for."""
    named = (*sinks, *every) if "*" in sinks else sinks
    return tuple(sink for sink in dict.fromkeys(named) if sink not in ("*", *BUILT_IN_SINKS))


class Store:
    """Alerts by ``dedup_key``; detection is once for all processes that share the file.

    ``path`` ``None`` keeps everything in memory, for tapes and the demo. ``notice`` says that a corrupt file
    was put aside, and is empty otherwise.
    """

    def __init__(self, path: Path | None = None, now: Callable[[], int] = time.time_ns) -> None:
        self.path = path
        self._open()
        self.sinks: tuple[str, ...] = ()
        """The configured sinks, whom ``*`` stands for."""
        self.posted: Callable[[], object] = lambda: None
        """Called when a committed event has sinks to be told."""
        self.trouble = ""
        """Why it cannot be used at this time; empty when all is well. Until it can, no sink is told."""
        self.troubled: Callable[[str], object] = lambda reason: None
        """Called with a new trouble."""
        self._now = now  # the machine's clock: neither a receiver nor a disk lives on a tape's time
        self._mine: set[int] = set()
        self._lowest = self._recorded = 0
        self._uncommitted: dict[int, _Kept] = {}
        self._version = 0
        self._prune()
        self._seen = self._newest()

    def _open(self) -> None:
        self.db, self.notice = connect(self.path)
        self.outbox = Outbox(self.db)
        self._file = self._present()
        self._searched = -1

    def _present(self) -> tuple[int, int] | None:
        """Which file it is that bears the store's name."""
        if self.path is None:
            return None
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino

    async def keep_short(self) -> None:
        """Every ten seconds, until cancelled: see that the log does not grow for ever."""
        before = self._recorded
        while self.path is not None:
            await asyncio.to_thread(checkpoint, self.path, storm=self._recorded - before > STORM)
            before = self._recorded
            await asyncio.sleep(10)

    def close(self) -> None:
        """Give the file back."""
        self.db.close()

    # -- what the engine writes

    def record(self, event: Event, states: Mapping[str, str] = {}) -> Stored | None:
        """Commit a detection, its rules' states and a row for each sink; ``None`` when it was made before.

        ``states`` are kept all the same. What cannot be committed, on a full disk, is an alert all the same:
        better told twice than never. ``catch_up`` commits it.
        """
        sinks, now = _addressed(event.sinks, self.sinks), self._now()
        try:
            with Transaction(self.db):
                self._keep(states)
                stored = self._insert(event, sinks, now)
        except sqlite3.Error as error:
            self.complain(error)
            log.error("told before it could be committed: %s", event.dedup_key)
            self._lowest -= 1
            self._uncommitted[self._lowest] = _Kept(event, now)
            if len(self._uncommitted) > UNCOMMITTED:
                del self._uncommitted[next(iter(self._uncommitted))]
            return Stored(self._lowest, event.line)
        if sinks:
            self.posted()
        return stored

    def catch_up(self, states: Mapping[str, str]) -> None:
        """After a trouble, if it is over: commit the alerts that could not be, and all rules' ``states``.

        The age of an alert counts from its detection: to a sink that has a limit it may be too old by now.
        """
        try:
            with Transaction(self.db):
                self._keep(states)
                for kept in self._uncommitted.values():
                    stored = self._insert(kept.event, _addressed(kept.event.sinks, self.sinks), kept.since)
                    if stored is not None and kept.told:
                        self.mark_told(stored.number)
        except sqlite3.Error as error:
            self.complain(error)
            return
        log.warning("the store can be used again: %d alerts were committed late", len(self._uncommitted))
        self._uncommitted.clear()
        self.trouble = ""
        self.posted()

    def _insert(self, event: Event, sinks: tuple[str, ...], now: int) -> Stored | None:
        muted = self._is_muted(event)
        line = event.line[:-1] + ',"muted":true}' if muted else event.line
        cursor = self.db.execute(
            "INSERT OR IGNORE INTO alert (dedup_key, line, muted, recorded_at) VALUES (?, ?, ?, ?)",
            (event.dedup_key, line, muted, now),
        )
        number = cursor.lastrowid
        if not cursor.rowcount or number is None:
            return None
        self._mine.add(number)
        self._recorded += 1
        if sinks and not muted:
            self.db.executemany(
                "INSERT INTO outbox (alert, sink, since, next_try) VALUES (?, ?, ?, ?)",
                [(number, sink, now, now) for sink in sinks],
            )
        return Stored(number, line, muted=muted)

    def _is_muted(self, event: Event) -> bool:
        snoozed = self.db.execute(_SNOOZED, (event.ts,)).fetchall()
        return bool(snoozed) and (("*",) in snoozed or (json.loads(event.line).get("symbol"),) in snoozed)

    def save(self, states: Mapping[str, str]) -> None:
        """Commit rules' states that changed without an alert, such as one that is armed again."""
        try:
            with Transaction(self.db):
                self._keep(states)
        except sqlite3.Error as error:
            self.complain(error)

    def resolve(self, dedup_key: str, line: str) -> None:
        """What an alert was about is over: whoever was sent the alert is sent this line, once."""
        try:
            with Transaction(self.db):
                done = self.db.execute(
                    "UPDATE alert SET resolved = ? WHERE dedup_key = ? AND resolved = '' RETURNING number",
                    (line, dedup_key),
                ).fetchall()
                for (number,) in done:
                    self.db.execute(
                        "INSERT INTO outbox (alert, sink, since, next_try, resolves)"
                        " SELECT alert, sink, ?1, ?1, 1 FROM outbox WHERE alert = ?2",
                        (self._now(), number),
                    )
        except sqlite3.Error as error:
            self.complain(error)
        self.posted()

    def _keep(self, states: Mapping[str, str]) -> None:
        self.db.executemany(_KEEP, states.items())

    def states(self) -> dict[str, str]:
        """Every rule's state, by its key: where a restart goes on."""
        return dict(self.db.execute("SELECT key, state FROM rule_state"))

    # -- what was told, and to whom

    def mark_told(self, number: int) -> None:
        """Standard output has had it; a crash before this makes the line come once more."""
        if (kept := self._uncommitted.get(number)) is not None:
            kept.told = True
        self._write("UPDATE alert SET told = 1 WHERE number = ?", number)

    def untold(self) -> Iterator[Stored]:
        """What was committed and may never have been printed, oldest first.

        Not what another process has found just now: ``from_others`` gives that.
        """
        rows = self._select("told = 0 ORDER BY number")
        return (row for row in rows if row.number <= self._seen or row.number in self._mine)

    def from_others(self) -> Iterator[Stored]:
        """What another process on this store has detected since the last call."""
        if (present := self._present()) != self._file:
            self._file = present
            self._follow()
        version = self._data_version()
        if version == self._searched:  # all that is new is this one's: in a storm a thousand rows
            self._seen = max(self._mine, default=self._seen)
            self._mine.clear()
            return iter(())
        self._searched = version
        found = list(self._select("number > ? ORDER BY number", self._seen))
        if found:
            self._seen = found[-1].number
        others = [stored for stored in found if stored.number not in self._mine]
        self._mine.clear()
        return iter(others)

    def _follow(self) -> None:
        """Another process has put the file aside, or somebody removed it: go on where others now write."""
        log.error("%s was replaced or removed; the file of that name is used from now on", self.path)
        known: set[str] = set()
        with suppress(sqlite3.Error):
            known.update(key for (key,) in self.db.execute("SELECT dedup_key FROM alert"))
        before = self.db
        try:
            self._open()
        except StoreError as error:
            log.error("%s", error)
            return
        before.close()
        self._seen = 0
        rows = self.db.execute("SELECT number, dedup_key FROM alert")
        self._mine = {number for number, key in rows if key in known}

    def changed_elsewhere(self) -> bool:
        """Whether another process has written since the last call; costs no look at any table."""
        before, self._version = self._version, self._data_version()
        return self._version != before

    def _data_version(self) -> int:
        """Another number than before means that another process has written."""
        try:
            return int(self.db.execute("PRAGMA data_version").fetchone()[0])
        except sqlite3.Error as error:
            self.complain(error)
            return self._searched

    # -- what a person sees and does

    def recent(self, most: int = 200) -> list[Stored]:
        """The newest alerts, oldest first."""
        return self.journal(limit=most)[::-1]

    def journal(self, text: str = "", limit: int = 500) -> list[Stored]:
        """The newest alerts whose line holds a text, in either case; newest first."""
        where = "line <> '' AND instr(lower(line), lower(?)) ORDER BY number DESC LIMIT ?"
        return list(self._select(where, text, limit))

    def acknowledge(self, number: int, by: str = "") -> None:
        """A person has seen to it; other processes, and later ones, need not show it as new."""
        self._write(
            "UPDATE alert SET acknowledged = 1, acknowledged_by = ?, acknowledged_at = ?"
            " WHERE number = ? AND NOT acknowledged",
            by,
            self._now(),
            number,
        )

    def snooze(self, symbol: str, until: int, by: str, ts: int) -> None:
        """Tell nobody of a name (``*``: any name) until then, though everything is still detected."""
        statement = "INSERT OR REPLACE INTO snooze (symbol, until, by, ts) VALUES (?, ?, ?, ?)"
        self._write(statement, symbol, until, by, ts)

    def unsnooze(self, symbol: str) -> None:
        """Tell of it again."""
        self._write("DELETE FROM snooze WHERE symbol = ?", symbol)

    def snoozes(self, now: int) -> list[Snooze]:
        """Those that still hold, the first to end first."""
        query = "SELECT symbol, until, by, ts FROM snooze WHERE until > ? ORDER BY until, symbol"
        try:
            return [Snooze(*row) for row in self.db.execute(query, (now,))]
        except sqlite3.Error as error:
            self.complain(error)
            return []

    # -- the table

    def _write(self, statement: str, *values: str | int) -> None:
        try:
            self.db.execute(statement, values)
        except sqlite3.Error as error:
            self.complain(error)

    def complain(self, error: sqlite3.Error) -> None:
        """Say what is wrong, once for each kind of trouble: a full disk is so many times a second."""
        if str(error) != self.trouble:
            self.trouble = str(error)
            log.error("the store cannot be used: %s", error)
            self.troubled(self.trouble)

    def _newest(self) -> int:
        row = self.db.execute("SELECT coalesce(max(number), 0) FROM alert").fetchone()
        return int(row[0])

    def _select(self, where: str, *parameters: str | int) -> Iterator[Stored]:
        columns = "number, line, told, acknowledged, muted"
        try:
            rows = self.db.execute(f"SELECT {columns} FROM alert WHERE {where}", parameters).fetchall()
        except sqlite3.Error as error:
            self.complain(error)
            return iter(())
        return (
            Stored(number, line, bool(told), bool(seen), bool(muted))
            for number, line, told, seen, muted in rows
        )

    def _prune(self) -> None:
        """Bound the file: of what is old only the name is kept, which must never come again."""
        before = self._now() - KEPT
        self._write("DELETE FROM outbox WHERE state NOT IN ('pending', 'leased') AND since < ?", before)
        self._write("UPDATE alert SET line = '' WHERE line <> '' AND recorded_at < ?", before)
