"""The store: one detection for all processes, and what was committed is told."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from market.clock import parse_rfc3339
from monitor.lock import LockedError, exclusive
from monitor.store import Store, StoreError


def test_an_event_is_detected_once(tmp_path: Path) -> None:
    """Also by a second process, and after a restart."""
    path = tmp_path / "alerts.db"
    first, second = Store(path), Store(path)
    line = '{"exchange_ts":"2025-09-17T02:00:00.120Z"}'
    assert first.record("k", line) is not None
    assert first.record("k", line) is None
    assert second.record("k", "{}") is None
    first.close()
    second.close()
    again = Store(path)
    assert again.record("k", "{}") is None
    assert list(again.events()) == [("k", parse_rfc3339("2025-09-17T02:00:00.120Z"))]
    again.close()


def test_what_was_not_marked_told_comes_again(tmp_path: Path) -> None:
    """A crash between the commit and the line loses nothing."""
    store = Store(tmp_path / "alerts.db")
    told = store.record("told", "{}")
    store.record("untold", '{"n":2}')
    assert told is not None
    store.mark_told(told.number)
    store.close()
    store = Store(tmp_path / "alerts.db")
    assert [stored.line for stored in store.untold()] == ['{"n":2}']
    store.close()


def test_what_another_finds_during_the_start_comes_once(tmp_path: Path) -> None:
    """Not as a repeat and then as news."""
    daemon, wall = Store(tmp_path / "alerts.db"), Store(tmp_path / "alerts.db")
    wall.record("w", "w")
    assert list(daemon.untold()) == []
    assert [stored.line for stored in daemon.from_others()] == ["w"]
    wall.close()
    daemon.close()


def test_a_store_that_fails_withholds_no_alert(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A full disk is said, and the alert told; it may come again after a restart."""
    store = Store(tmp_path / "alerts.db")
    with closing(sqlite3.connect(tmp_path / "alerts.db")) as other:
        other.execute("DROP TABLE alert")
    stored = store.record("k", "line")
    assert stored is not None
    assert stored.line == "line"
    store.mark_told(stored.number)
    assert "cannot be written" in caplog.text
    store.close()


def test_each_process_hears_what_the_other_found(tmp_path: Path) -> None:
    """And not its own, whatever the order."""
    wall, daemon = Store(tmp_path / "alerts.db"), Store(tmp_path / "alerts.db")
    wall.record("w1", "w1")
    daemon.record("d1", "d1")
    wall.record("w2", "w2")
    assert [stored.line for stored in wall.from_others()] == ["d1"]
    assert [stored.line for stored in daemon.from_others()] == ["w1", "w2"]
    assert list(wall.from_others()) == []
    daemon.record("d2", "d2")
    assert [stored.line for stored in wall.from_others()] == ["d2"]
    wall.close()
    daemon.close()


def test_the_newest_come_last(tmp_path: Path) -> None:
    """As a pane shows them."""
    store = Store()
    for number in range(5):
        store.record(str(number), str(number))
    assert [stored.line for stored in store.recent(3)] == ["2", "3", "4"]
    store.close()


def test_what_a_person_has_seen_to_stays_seen_to(tmp_path: Path) -> None:
    """Over a restart."""
    store = Store(tmp_path / "alerts.db")
    stored = store.record("k", "{}")
    assert stored is not None and not stored.acknowledged
    store.acknowledge(stored.number)
    store.close()
    store = Store(tmp_path / "alerts.db")
    assert [alert.acknowledged for alert in store.recent()] == [True]
    store.close()


def test_a_file_that_is_no_store_is_named(tmp_path: Path) -> None:
    """And left as it is."""
    path = tmp_path / "alerts.db"
    path.write_text("not a database, and long enough to be read as one" * 10)
    with pytest.raises(StoreError, match=r"alerts\.db"):
        Store(path)
    assert path.read_text().startswith("not a database")


def test_a_store_of_another_shape_is_named(tmp_path: Path) -> None:
    """At once, and not by its first alert."""
    path = tmp_path / "alerts.db"
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE alert (number INTEGER PRIMARY KEY)")
    with pytest.raises(StoreError, match="move it aside"):
        Store(path)


def test_one_headless_process_a_store(tmp_path: Path) -> None:
    """The second is told to try later; after the first has gone it may."""
    path = tmp_path / "state" / "alerts.db"
    with exclusive(path), pytest.raises(LockedError) as refused, exclusive(path):
        pass
    assert refused.value.exit_code == 75
    with exclusive(path):
        pass
