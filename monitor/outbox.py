"""Outbox: one row for each alert and sink, from its detection until it was sent, refused or too old."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

_COLUMNS = "id, alert, sink, attempts, failures, ambiguous, resolves"
_OPEN = "state IN ('pending', 'leased')"
# That something is over must not arrive before that it began.
_IN_ORDER = f"""NOT (resolves AND EXISTS (SELECT 1 FROM outbox AS first WHERE first.alert = outbox.alert
    AND first.sink = outbox.sink AND NOT first.resolves AND first.{_OPEN}))"""
_DUE = f"{_OPEN} AND next_try <= :now AND lease_until <= :now AND {_IN_ORDER}"


class State(StrEnum):
    """Of a row; the last three are final."""

    PENDING = "pending"
    LEASED = "leased"
    SENT = "sent"
    FAILED = "failed"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Letter:
    """One alert for one sink, or the word that it ``resolves``, which is the alert's line with other fields.

    ``attempt`` counts from 1, and ``ambiguous`` those that may have arrived.
    """

    id: int
    alert: int
    sink: str
    attempt: int
    failures: int
    ambiguous: int
    resolves: int
    line: str = ""
    recorded_at: int = 0
    """When it was committed, nanoseconds UTC by the machine's clock."""

    @property
    def event_id(self) -> str:
        """The alert's own."""
        return str(json.loads(self.line).get("event_id", "")) if self.line else ""


@dataclass(frozen=True, slots=True)
class Dead:
    """A row that will not be tried again unless somebody asks for it."""

    alert: int
    sink: str
    state: State
    attempts: int
    reason: str
    line: str


class Outbox:
    """The rows of a store; every instant is nanoseconds UTC.

    Several processes may work on them: a lease is what keeps two from sending the same, and one that has run
    out, since its process died, lets another try.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def due(self, now: int) -> dict[str, int]:
        """How many letters each sink could be sent at this moment."""
        query = f"SELECT sink, count(*) FROM outbox WHERE {_DUE} GROUP BY sink"
        return dict(self._db.execute(query, {"now": now}))

    def next_due(self, now: int) -> int | None:
        """When the next of those will be that wait for another attempt, or for a lease to run out."""
        ready = "max(next_try, lease_until)"
        query = f"SELECT min({ready}) FROM outbox WHERE {_OPEN} AND {ready} > ?"
        due: int | None = self._db.execute(query, (now,)).fetchone()[0]
        return due

    def lease(self, sink: str, most: int, now: int, until: int) -> list[Letter]:
        """Take the oldest letters that are due; nobody else will send them before ``until``."""
        rows = self._db.execute(
            f"UPDATE outbox SET state = 'leased', lease_until = :until, attempts = attempts + 1,"
            # A lease that ran out is an attempt of which nobody knows how it ended.
            f" ambiguous = ambiguous + (state = 'leased')"
            f" WHERE id IN (SELECT id FROM outbox WHERE sink = :sink AND {_DUE} ORDER BY id LIMIT :most)"
            f" RETURNING {_COLUMNS}",
            {"sink": sink, "now": now, "until": until, "most": most},
        ).fetchall()
        return [self._letter(row) for row in sorted(rows)]

    def settle(
        self,
        letters: Sequence[Letter],
        state: State,
        reason: str = "",
        *,
        ambiguous: bool = False,
        next_try: int = 0,
        held_until: int = 0,
    ) -> None:
        """How an attempt ended; of a letter whose lease another has meanwhile taken over, that one tells.

        Before ``held_until`` no process tries again, whatever its hurry: the receiver has asked for that.
        """
        # An attempt that was broken off counts as no failure: only those make the next wait longer.
        failure = state is State.PENDING and next_try > 0
        self._db.executemany(
            "UPDATE outbox SET state = ?, reason = ?, ambiguous = ambiguous + ?, failures = failures + ?,"
            " next_try = ?, lease_until = ? WHERE id = ? AND attempts = ? AND state = 'leased'",
            [
                (state, reason, ambiguous, failure, next_try, held_until, letter.id, letter.attempt)
                for letter in letters
            ],
        )

    def expire(self, ages: Mapping[str, int], default: int, now: int) -> list[Letter]:
        """Give up what is older than its sink's age (``default`` for sinks that are not among them)."""
        query = f"SELECT DISTINCT sink FROM outbox WHERE {_OPEN}"
        expired: list[Letter] = []
        for (sink,) in self._db.execute(query).fetchall():
            rows = self._db.execute(
                "UPDATE outbox SET state = 'expired', lease_until = 0,"
                " reason = 'too old' || iif(reason = '', '', ', last ' || reason)"
                f" WHERE sink = :sink AND {_OPEN} AND (state = 'pending' OR lease_until <= :now)"
                " AND since < :oldest"
                f" RETURNING {_COLUMNS}",
                {"sink": sink, "now": now, "oldest": now - ages.get(sink, default)},
            ).fetchall()
            expired += [self._letter(row) for row in sorted(rows)]
        return expired

    def hasten(self, now: int) -> None:
        """Let everything be tried at once that waits for another attempt."""
        self._db.execute(
            "UPDATE outbox SET next_try = ? WHERE state = 'pending' AND next_try > ?", (now, now)
        )

    def open(self) -> dict[str, int]:
        """How many letters of each sink have not come to their end."""
        query = f"SELECT sink, count(*) FROM outbox WHERE {_OPEN} GROUP BY sink"
        return dict(self._db.execute(query))

    def oldest(self) -> dict[str, int]:
        """Since when the oldest of those has waited."""
        query = f"SELECT sink, min(since) FROM outbox WHERE {_OPEN} GROUP BY sink"
        return dict(self._db.execute(query))

    def of(self, alert: int) -> dict[str, State]:
        """How one alert stands with each of its sinks."""
        query = "SELECT sink, state FROM outbox WHERE alert = ? AND NOT resolves ORDER BY id"
        rows = self._db.execute(query, (alert,))
        return {sink: State(state) for sink, state in rows}

    def dead(self, since: int = 0) -> list[Dead]:
        """What was refused or grew too old, of that which was to be sent ``since``; the newest first."""
        rows = self._db.execute(
            "SELECT alert, sink, state, attempts, reason, line FROM outbox JOIN alert ON alert = number"
            " WHERE state IN ('failed', 'expired') AND since >= ? ORDER BY outbox.id DESC",
            (since,),
        )
        return [Dead(number, sink, State(state), *rest) for number, sink, state, *rest in rows]

    def revive(self, now: int, alert: int | None = None) -> int:
        """Send dead letters once more, all or those of one alert; how many. Their age begins anew."""
        cursor = self._db.execute(
            "UPDATE outbox SET state = 'pending', since = ?1, next_try = ?1, lease_until = 0, failures = 0,"
            " reason = ''"
            " WHERE state IN ('failed', 'expired') AND (?2 IS NULL OR alert = ?2)",
            (now, alert),
        )
        return cursor.rowcount

    def _letter(self, row: tuple[int, int, str, int, int, int, int]) -> Letter:
        letter = Letter(*row)
        query = (
            "SELECT iif(:resolves, json_patch(line, resolved), line), iif(:resolves, since, recorded_at)"
            " FROM alert JOIN outbox ON alert = number WHERE id = :id"
        )
        line, recorded_at = self._db.execute(query, {"resolves": letter.resolves, "id": letter.id}).fetchone()
        return replace(letter, line=line, recorded_at=recorded_at)
