"""The store's file: opened, brought up to this program's schema, put aside when it is corrupt."""

import fcntl
import logging
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from market.errors import TickwallError
from market.text import clean

log = logging.getLogger(__name__)

SCHEMA = 3
"""What this program reads and writes; kept in the file as ``PRAGMA user_version``."""

BUSY = 5.0
"""Seconds to wait for another process's transaction; one takes well under a millisecond."""

LOG_SIZE = 4_000_000
"""Bytes of the log from which it is moved into the file: some three hundred alerts."""
_LONG = 64
"""At so many times that, 256 MB, a storm of alerts is no excuse any more."""

# The first releases wrote their table without a version: it is what schema 1 looks like.
_FIRST = ("number", "dedup_key", "line", "told", "acknowledged")

_ERRORS = (sqlite3.DatabaseError, UnicodeDecodeError)
"""What SQLite raises; the second where its words quote a damaged page."""

_DAMAGE = (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_FORMAT, sqlite3.SQLITE_NOTADB)
"""Its codes for a file that is not as it was written; the others speak of the disk, or of who may write."""

_STEPS = {
    1: """
        CREATE TABLE alert (
            number INTEGER PRIMARY KEY,
            dedup_key TEXT NOT NULL UNIQUE,
            line TEXT NOT NULL,
            told INTEGER NOT NULL DEFAULT 0,
            acknowledged INTEGER NOT NULL DEFAULT 0
        ) STRICT;
    """,
    2: """
        ALTER TABLE alert ADD COLUMN recorded_at INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE alert ADD COLUMN resolved TEXT NOT NULL DEFAULT '';
        ALTER TABLE alert ADD COLUMN muted INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE alert ADD COLUMN acknowledged_by TEXT NOT NULL DEFAULT '';
        ALTER TABLE alert ADD COLUMN acknowledged_at INTEGER NOT NULL DEFAULT 0;
        UPDATE alert SET recorded_at = 1000000000 * CAST(strftime('%s') AS INTEGER);
        CREATE INDEX alert_age ON alert (recorded_at) WHERE line <> '';
        CREATE TABLE rule_state (key TEXT PRIMARY KEY, state TEXT NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TABLE snooze (
            symbol TEXT PRIMARY KEY,
            until INTEGER NOT NULL,
            by TEXT NOT NULL,
            ts INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE outbox (
            id INTEGER PRIMARY KEY,
            alert INTEGER NOT NULL REFERENCES alert (number),
            sink TEXT NOT NULL,
            state TEXT NOT NULL DEFAULT 'pending'
                CHECK (state IN ('pending', 'leased', 'sent', 'failed', 'expired')),
            attempts INTEGER NOT NULL DEFAULT 0,
            failures INTEGER NOT NULL DEFAULT 0,
            ambiguous INTEGER NOT NULL DEFAULT 0,
            since INTEGER NOT NULL,
            next_try INTEGER NOT NULL,
            lease_until INTEGER NOT NULL DEFAULT 0,
            reason TEXT NOT NULL DEFAULT '',
            resolves INTEGER NOT NULL DEFAULT 0,
            UNIQUE (alert, sink, resolves)
        ) STRICT;
        CREATE INDEX outbox_open ON outbox (next_try) WHERE state IN ('pending', 'leased');
    """,
    # One page less to write for every alert; what is old is looked for once, when the store is opened.
    3: "DROP INDEX alert_age",
}


class StoreError(TickwallError):
    """A store that cannot be used; the message names the file and what to do."""


def connect(path: Path | None) -> tuple[sqlite3.Connection, str]:
    """A connection to the store at a path (``None``: in memory), and a notice, empty when all is well.

    A corrupt file is renamed and a new one begun, with what could be read of the old one: that is told in
    the notice. ``StoreError`` for one that is sound and not ours, or of a newer program.
    """
    if path is None:
        return _opened(path), ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Of two processes that find a corrupt file at once, the second must not put the new one aside.
        with _alone(path.parent):
            try:
                return _opened(path), ""
            except _ERRORS as error:
                if getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) not in _DAMAGE:
                    raise
                return _anew(path, clean(str(error)))
    except (sqlite3.Error, OSError) as error:
        raise StoreError(
            f"{path}: cannot be used as a store: {error} (see who may write it; --state PATH names another)"
        ) from None


def checkpoint(path: Path, *, storm: bool = False) -> None:
    """Move a long log into its file, from a thread of its own; whoever commits meanwhile does not wait.

    The log begins anew with the next commit that finds it moved as a whole. In a ``storm`` none does, and
    the disk, which has a lot to do then, is better left alone until the storm is over or the log very long:
    commits wait for that once, until the rest is moved.
    """
    with suppress(OSError, sqlite3.Error):
        size = path.with_name(f"{path.name}-wal").stat().st_size
        if size > (_LONG if storm else 1) * LOG_SIZE:
            with closing(sqlite3.connect(path, isolation_level=None)) as db:
                db.execute("PRAGMA wal_checkpoint(PASSIVE)")
                if size > _LONG * LOG_SIZE:
                    db.execute("PRAGMA wal_checkpoint(RESTART)")


class Transaction:
    """All or nothing. The write lock is taken at once, so that what is read in it holds until it ends."""

    __slots__ = ("_db",)

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def __enter__(self) -> None:
        self._db.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self._db.execute("COMMIT")
                return
        except BaseException:
            self._undo()
            raise
        self._undo()

    def _undo(self) -> None:
        # After a full disk SQLite may have rolled back by itself.
        with suppress(sqlite3.Error):
            self._db.execute("ROLLBACK")


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Only one process at a time opens a store in a folder; the kernel lets go however it ends."""
    lock = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _opened(path: Path | None) -> sqlite3.Connection:
    # One process writes from one thread; commits are explicit transactions.
    db = sqlite3.connect(path or ":memory:", isolation_level=None, timeout=BUSY)
    # One bit that fell over in a text is nothing that SQLite checks, and no reason never to start again.
    db.text_factory = partial(str, encoding="utf-8", errors="replace")
    try:
        # In WAL mode a process that is killed loses nothing it committed, and readers never wait. Only a
        # power cut may take the last commits back: to survive that too, each would have to wait for the
        # disk: 6 ms instead of 0.05 (bench/commit.py), in which no quote is taken. What a power cut takes
        # back is detected again after it, if it still holds, and told under the same event_id.
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        # Moving the log into the file waits for the disk after all, 5 to 20 ms, and so is no commit's part.
        db.execute("PRAGMA wal_autocheckpoint = 0")
        db.execute(f"PRAGMA journal_size_limit = {LOG_SIZE}")
        # A damaged page would else be met by some later alert. 40 ms for ten thousand alerts, years of them.
        [problem] = db.execute("PRAGMA integrity_check(1)").fetchone()
        if problem != "ok":
            raise sqlite3.DatabaseError(problem)
        _migrate(db, path)
        if path is not None and _columns(db) != _columns(_opened(None)):
            raise sqlite3.DatabaseError("its tables are not as they were made")
    except BaseException:
        db.close()
        raise
    return db


def _migrate(db: sqlite3.Connection, path: Path | None) -> None:
    [version] = db.execute("PRAGMA user_version").fetchone()
    if version < 0:
        raise sqlite3.DatabaseError(f"its schema cannot be {version}")
    if version > SCHEMA:
        raise StoreError(
            f"{path}: written by a newer tickwall (its schema is {version}, this one knows {SCHEMA}):"
            " update this one, or give it --state PATH of its own"
        )
    [objects] = db.execute("SELECT count(*) FROM sqlite_master").fetchone()
    columns = _columns(db)
    if version == 0 and columns == [("alert", name) for name in _FIRST]:
        version = 1
    elif objects and not (version and columns):
        raise StoreError(f"{path}: cannot be used as a store: another program's (move it aside)")
    if version == SCHEMA:
        return
    with Transaction(db):
        for number in range(version + 1, SCHEMA + 1):
            for statement in _STEPS[number].split(";"):
                db.execute(statement)
        db.execute(f"PRAGMA user_version = {SCHEMA}")


def _columns(db: sqlite3.Connection) -> list[tuple[str, str]]:
    """Those of our tables, as they stand in the file."""
    return db.execute(
        "SELECT tables.name, columns.name FROM sqlite_master AS tables"
        " JOIN pragma_table_info(tables.name) AS columns"
        " WHERE tables.name IN ('alert', 'outbox', 'rule_state', 'snooze') ORDER BY 1, columns.cid"
    ).fetchall()


def _anew(path: Path, reason: str) -> tuple[sqlite3.Connection, str]:
    """A new store in place of one that cannot be read, which is kept beside it under another name."""
    aside = path.with_name(f"{path.name}.corrupt-{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}")
    for suffix in ("", "-wal", "-shm"):
        with suppress(FileNotFoundError):
            path.with_name(path.name + suffix).rename(aside.with_name(aside.name + suffix))
    db = _opened(path)
    rows = _salvage(aside)
    with Transaction(db):
        db.executemany(
            f"INSERT OR IGNORE INTO alert ({', '.join(_FIRST)}) VALUES (?, ?, ?, ?, ?)",
            rows,
        )
    notice = (
        f"{path} was corrupt ({reason}) and is kept as {aside.name}; {len(rows)} alerts could be read and are"
        " taken over, others may be told again, and what was still to be sent is lost"
    )
    log.error("%s", notice)
    return db, notice


def _salvage(path: Path) -> Sequence[tuple[int, str, str, int, int]]:
    """The alerts that can still be read, up to the first damage: none of them must be told again.

    Of a copy, for SQLite writes to what it opens.
    """
    from shutil import copyfile  # with its compressors, for what hardly ever happens
    from tempfile import TemporaryDirectory

    rows: list[tuple[int, str, str, int, int]] = []
    with TemporaryDirectory(dir=path.parent) as folder:
        for suffix in ("", "-wal"):
            with suppress(FileNotFoundError):
                copyfile(path.with_name(path.name + suffix), Path(folder) / f"copy{suffix}")
        with suppress(*_ERRORS), closing(sqlite3.connect(Path(folder) / "copy")) as db:
            rows.extend(db.execute(f"SELECT {', '.join(_FIRST)} FROM alert ORDER BY number"))
    return rows
