"""What ``tickwall doctor`` says of the store and the sinks, without sending anything."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from market.clock import SECOND
from market.freshness import age_text
from monitor.config import Config, ConfigError
from monitor.database import SCHEMA
from monitor.finding import Finding
from monitor.outbox import Outbox

DAY = 86_400 * SECOND
WAITS = 60
"""Seconds that an alert may wait for its sink before that is worth a word."""


def alerts_kept(path: Path) -> Iterator[Finding]:
    """The store, looked at without being opened as one: what is corrupt stays where it is."""
    what = "alerts"
    if not path.exists():
        yield Finding("ok", what, f"{path}: none yet")
        return
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
            [problem] = db.execute("PRAGMA quick_check(1)").fetchone()
            if problem != "ok":
                raise sqlite3.DatabaseError(problem)
            [count] = db.execute("SELECT count(*) FROM alert").fetchone()
            [version] = db.execute("PRAGMA user_version").fetchone()
            outbox, now = Outbox(db), time.time_ns()
            # One of an older release has no outbox before its next start.
            dead = len(outbox.dead(now - DAY)) if version == SCHEMA else 0
            oldest = outbox.oldest() if version == SCHEMA else {}
    except sqlite3.Error as error:
        mend = "the next start puts a corrupt file aside, and keeps what can be read"
        yield Finding("fail", what, f"{path}: {error}", mend)
        return
    yield Finding("ok", what, f"{path}: {count} kept")
    if dead:
        text = f"{dead} of the last day could not be sent"
        yield Finding("warn", what, text, "tickwall alerts failed shows them, retry sends them")
    for sink, since in oldest.items():
        if (waited := (now - since) / SECOND) > WAITS:
            text = f"the oldest has waited for {age_text(waited)}"
            yield Finding("warn", f"sink {sink}", text, "tickwall notify --test tells why")


def sinks(config: Config) -> Iterator[Finding]:
    """Each sink that can be made of its settings; one that cannot is a fault."""
    from monitor.delivery import routes

    try:
        for name in routes(config):
            yield Finding("ok", f"sink {name}", "configured (tickwall notify --test tries it)")
    except ConfigError as error:
        for problem in error.problems:
            yield Finding("fail", "sinks", problem)
