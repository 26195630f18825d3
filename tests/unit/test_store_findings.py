"""What doctor says of the store and the sinks."""

import json
from pathlib import Path

from market.clock import SECOND
from monitor.config import load
from monitor.outbox import State
from monitor.store import Event, Store
from monitor.store_findings import alerts_kept, sinks


def said(path: Path) -> list[tuple[str, str, str]]:
    """Its findings."""
    return [(found.status, found.what, found.text) for found in alerts_kept(path)]


def test_a_store_is_looked_at_and_left_alone(tmp_path: Path) -> None:
    """One that is not there is not made, one that is corrupt not moved."""
    path = tmp_path / "alerts.db"
    assert said(path) == [("ok", "alerts", f"{path}: none yet")]
    path.write_text("garbage " * 100)
    assert said(path) == [("fail", "alerts", f"{path}: file is not a database")]
    assert [file.name for file in tmp_path.iterdir()] == ["alerts.db"]


def test_what_waits_and_what_failed_is_said(tmp_path: Path) -> None:
    """With what to do about it."""
    path = tmp_path / "alerts.db"
    store = Store(path)
    for number in range(2):
        store.record(Event(str(number), json.dumps({"event_id": str(number)}), 0, ("desk",)))
    store.outbox.settle(store.outbox.lease("desk", 1, 1 << 62, 0), State.FAILED, "no")
    store.db.execute("UPDATE outbox SET since = since - ? WHERE state = 'pending'", (90 * SECOND,))
    *first, (status, what, text) = said(path)
    assert first == [
        ("ok", "alerts", f"{path}: 2 kept"),
        ("warn", "alerts", "1 of the last day could not be sent"),
    ]
    assert (status, what) == ("warn", "sink desk") and text.startswith("the oldest has waited for 1:3")
    store.close()


def test_a_sink_that_cannot_be_made_is_a_fault(tmp_path: Path) -> None:
    """And one that can be is named."""
    config = tmp_path / "c.toml"
    sink = '[[sink]]\nid = "desk"\nkind = "webhook"\nurl = "http://127.0.0.1:9/"\n'
    config.write_text(sink)
    assert [(found.status, found.what) for found in sinks(load(config, environ={}))] == [("ok", "sink desk")]
    config.write_text(sink + 'secret_file = "/nonexistent"\n')
    [found] = sinks(load(config, environ={}))
    assert (found.status, "secret_file" in found.text) == ("fail", True)
