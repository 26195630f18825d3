"""The store: one detection for all processes, and what was committed is told."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from market.clock import SECOND, parse_rfc3339
from monitor.database import LOG_SIZE, SCHEMA, StoreError, checkpoint
from monitor.lock import LockedError, exclusive
from monitor.store import Event, Snooze, Store
from tests.limit import LIMIT
from tests.paths import ROOT

TS = parse_rfc3339("2025-09-17T02:00:00.180Z")


def test_an_event_is_detected_once(tmp_path: Path) -> None:
    """Also by a second process, and after a restart."""
    path = tmp_path / "alerts.db"
    first, second = Store(path), Store(path)
    line = '{"exchange_ts":"2025-09-17T02:00:00.120Z"}'
    assert first.record(Event("k", line, TS)) is not None
    assert first.record(Event("k", line, TS)) is None
    assert second.record(Event("k", "{}", TS)) is None
    first.close()
    second.close()
    again = Store(path)
    assert again.record(Event("k", "{}", TS)) is None
    again.close()


def test_of_several_processes_one_detects(tmp_path: Path) -> None:
    """However they race: each event is new to exactly one, and none is lost."""
    program = (
        "import sys, pathlib; from monitor.store import Event, Store\n"
        "store = Store(pathlib.Path(sys.argv[1]))\n"
        "events = (Event(str(n), '{}', 0, ('desk',)) for n in range(150))\n"
        "print(sum(store.record(event, {'rule': event.dedup_key}) is not None for event in events))\n"
    )
    path = tmp_path / "alerts.db"
    racers = [
        subprocess.Popen([sys.executable, "-c", program, str(path)], cwd=ROOT, stdout=subprocess.PIPE)
        for _ in range(3)
    ]
    counts = [int(racer.communicate(timeout=LIMIT)[0]) for racer in racers]
    assert sum(counts) == 150
    store = Store(path)
    assert len(store.journal()) == 150
    assert store.outbox.open() == {"desk": 150}
    store.close()


def test_what_was_not_marked_told_comes_again(tmp_path: Path) -> None:
    """A crash between the commit and the line loses nothing."""
    store = Store(tmp_path / "alerts.db")
    told = store.record(Event("told", "{}", TS))
    store.record(Event("untold", '{"n":2}', TS))
    assert told is not None
    store.mark_told(told.number)
    store.close()
    store = Store(tmp_path / "alerts.db")
    assert [stored.line for stored in store.untold()] == ['{"n":2}']
    store.close()


def test_what_another_finds_during_the_start_comes_once(tmp_path: Path) -> None:
    """Not as a repeat and then as news."""
    daemon, wall = Store(tmp_path / "alerts.db"), Store(tmp_path / "alerts.db")
    wall.record(Event("w", "w", TS))
    assert list(daemon.untold()) == []
    assert [stored.line for stored in daemon.from_others()] == ["w"]
    wall.close()
    daemon.close()


def test_a_store_that_fails_withholds_no_alert(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A full disk is said once, and the alert told; when there is room again it is committed, and sent.

    It is as old then as it is; and standard output, which may lie on that disk, may not have had it.
    """
    now, heard = [TS], list[str]()
    store = Store(tmp_path / "alerts.db", lambda: now[0])
    store.troubled = heard.append
    [pages] = store.db.execute("PRAGMA page_count").fetchone()
    store.db.execute(f"PRAGMA max_page_count = {pages}")
    told = [store.record(Event(str(number), "x" * 9000, TS, ("desk",))) for number in range(2)]
    assert [stored and stored.number for stored in told] == [-1, -2]
    store.mark_told(-1)
    now[0] += 3600 * SECOND
    store.catch_up({"rule": "x" * 9000})
    assert list(store.from_others()) == []
    assert caplog.text.count("database or disk is full") == 1
    assert heard == [store.trouble] == ["database or disk is full"]
    assert "told before it could be committed: 1" in caplog.text
    store.db.execute("PRAGMA max_page_count = 4294967294")
    store.catch_up({"rule": "as it stands"})
    assert store.trouble == ""
    assert [stored.line[:1] for stored in store.untold()] == ["x"], "at once, and after the next round"
    assert list(store.from_others()) == [], "this process has told it"
    assert [stored.told for stored in store.recent()] == [True, False]
    assert len(list(store.untold())) == 1
    assert store.states() == {"rule": "as it stands"}
    assert store.outbox.oldest() == {"desk": TS}
    assert store.outbox.open() == {"desk": 2}
    assert store.record(Event("0", "{}", TS)) is None
    store.close()


def test_each_process_hears_what_the_other_found(tmp_path: Path) -> None:
    """And not its own, whatever the order."""
    wall, daemon = Store(tmp_path / "alerts.db"), Store(tmp_path / "alerts.db")
    wall.record(Event("w1", "w1", TS))
    daemon.record(Event("d1", "d1", TS))
    wall.record(Event("w2", "w2", TS))
    assert [stored.line for stored in wall.from_others()] == ["d1"]
    assert [stored.line for stored in daemon.from_others()] == ["w1", "w2"]
    assert list(wall.from_others()) == []
    daemon.record(Event("d2", "d2", TS))
    assert [stored.line for stored in wall.from_others()] == ["d2"]
    wall.close()
    daemon.close()


def test_the_newest_come_last(tmp_path: Path) -> None:
    """As a pane shows them."""
    store = Store()
    for number in range(5):
        store.record(Event(str(number), str(number), TS))
    assert [stored.line for stored in store.recent(3)] == ["2", "3", "4"]
    store.close()


def test_what_a_person_has_seen_to_stays_seen_to(tmp_path: Path) -> None:
    """Over a restart."""
    store = Store(tmp_path / "alerts.db")
    stored = store.record(Event("k", "{}", TS))
    assert stored is not None and not stored.acknowledged
    store.acknowledge(stored.number)
    store.close()
    store = Store(tmp_path / "alerts.db")
    assert [alert.acknowledged for alert in store.recent()] == [True]
    store.close()


def test_a_snooze_tells_nobody_and_ends(tmp_path: Path) -> None:
    """The alert is recorded all the same, and says that it is muted."""
    store = Store()
    store.snooze("9888.HK", TS + 1, "kit", TS - 5)
    assert store.snoozes(TS) == [Snooze("9888.HK", TS + 1, "kit", TS - 5)]

    def muted(key: str, symbol: str, ts: int = TS) -> bool | None:
        stored = store.record(Event(key, f'{{"symbol":"{symbol}"}}', ts, ("desk",)))
        assert stored is not None
        assert stored.muted is ('"muted":true' in stored.line)
        return stored.muted

    assert muted("a", "9888.HK")
    assert not muted("b", "0700.HK")
    assert not muted("c", "9888.HK", TS + 1)
    store.snooze("*", TS + 1, "", TS)
    assert muted("d", "0700.HK")
    store.unsnooze("*")
    assert not muted("e", "0700.HK")
    rows = store.db.execute("SELECT dedup_key FROM outbox JOIN alert ON alert = number ORDER BY 1")
    assert [key for (key,) in rows] == ["b", "c", "e"]
    store.close()


def test_states_are_kept_with_or_without_a_new_event(tmp_path: Path) -> None:
    """Also with an event that another process was first to record."""
    store = Store(tmp_path / "alerts.db")
    store.record(Event("k", "{}", TS), {"r/1": "fired"})
    store.record(Event("k", "{}", TS), {"r/2": "fired"})
    store.save({"r/1": "armed"})
    store.close()
    store = Store(tmp_path / "alerts.db")
    assert store.states() == {"r/1": "armed", "r/2": "fired"}
    store.close()


def test_built_in_sinks_need_no_row() -> None:
    """The processes that have them tell them."""
    store = Store()
    store.record(Event("k", "{}", TS, ("tui", "desk", "stdout", "phone")))
    assert [sink for (sink,) in store.db.execute("SELECT sink FROM outbox")] == ["desk", "phone"]
    store.close()


def test_a_star_is_every_sink_there_is() -> None:
    """Each once."""
    store = Store()
    store.sinks = ("desk", "phone")
    store.record(Event("k", "{}", TS, ("*", "phone")))
    assert {sink for (sink,) in store.db.execute("SELECT sink FROM outbox")} == {"desk", "phone"}
    store.close()


def test_the_journal_is_searched_in_what_a_line_says() -> None:
    """In either case, the newest first."""
    store = Store()
    for number, text in enumerate(("Baidu up 100%", "Tencent", "baidu down")):
        store.record(Event(str(number), text, TS))
    assert [stored.line for stored in store.journal("BAIDU")] == ["baidu down", "Baidu up 100%"]
    assert [stored.line for stored in store.journal("0%")] == ["Baidu up 100%"]
    assert [stored.line for stored in store.journal(limit=1)] == ["baidu down"]
    store.close()


def test_what_is_old_is_forgotten_but_for_its_name(tmp_path: Path) -> None:
    """So that a store of many years stays small, and nothing in it can happen again."""
    store = Store(tmp_path / "alerts.db")
    store.record(Event("k", "{}", TS, ("desk",)))
    store.db.execute("UPDATE alert SET recorded_at = 1")
    store.db.execute("UPDATE outbox SET since = 1, state = 'sent'")
    store.close()
    store = Store(tmp_path / "alerts.db")
    assert store.journal() == []
    assert store.db.execute("SELECT * FROM outbox").fetchall() == []
    assert store.record(Event("k", "{}", TS)) is None
    store.close()


def test_a_corrupt_file_is_put_aside_and_what_can_be_read_is_kept(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Loudly, and nothing that was told before the damage is told again."""
    path = tmp_path / "alerts.db"
    store = Store(path)
    for number in range(200):
        store.record(Event(str(number), f'{{"n":"{number:0500}"}}', TS))
    store.close()
    whole = path.read_bytes()
    damaged = whole[:-3000] + b"x" * 3000
    path.write_bytes(damaged)
    store = Store(path)
    [aside] = tmp_path.glob("alerts.db.corrupt-*")
    assert aside.read_bytes() == damaged
    assert aside.name in store.notice and aside.name in caplog.text
    assert store.record(Event("7", "{}", TS)) is None
    store.close()
    store = Store(path)
    assert store.notice == ""
    store.close()


def test_a_process_follows_when_another_puts_the_file_aside(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Else each would detect by itself, and keep it where the other does not look."""
    path = tmp_path / "alerts.db"
    wall = Store(path)
    wall.record(Event("w", '{"n":"w"}', TS))
    wall.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with path.open("r+b") as file:
        file.write(b"x" * 100)
    daemon = Store(path)
    assert daemon.notice
    daemon.record(Event("d", '{"n":"d"}', TS, ("desk",)))
    assert [stored.line for stored in wall.from_others()] == ['{"n":"d"}']
    assert "replaced or removed" in caplog.text
    assert wall.record(Event("d", "{}", TS)) is None
    assert wall.outbox.open() == {"desk": 1}
    path.unlink()
    assert list(daemon.from_others()) == []
    assert daemon.record(Event("new", "{}", TS)) is not None
    wall.close()
    daemon.close()


def test_a_bit_that_fell_over_ends_nothing(tmp_path: Path) -> None:
    """A text that is no UTF-8 any more is read as far as it can be."""
    path = tmp_path / "alerts.db"
    store = Store(path)
    store.record(Event("k", "{}", TS), {"r/9888.HK/up": "told"})
    store.db.execute("UPDATE rule_state SET state = CAST(x'746fff64' AS TEXT)")
    store.db.execute("UPDATE alert SET line = CAST(x'7bff7d' AS TEXT)")
    store.close()
    again = Store(path)
    assert again.states() == {"r/9888.HK/up": "to\ufffdd"}
    assert [stored.line for stored in again.journal()] == ["{\ufffd}"]
    again.close()


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param((b"lease_until", b"lease\xffuntil"), id="a name"),
        pytest.param((b"CREATE TABLE alert", b"CREATE\xffTABL\xff alert"), id="a word"),
        pytest.param((b"SQLite format 3\0\x10", b"SQLite format 3\0\xff"), id="the header"),
    ],
)
def test_a_page_that_says_what_the_tables_are_may_be_damaged(
    tmp_path: Path, damage: tuple[bytes, bytes]
) -> None:
    """SQLite has other errors for that, whose words may be no text; it is a corrupt file like any other."""
    path = tmp_path / "alerts.db"
    Store(path).close()
    before, after = damage
    whole = path.read_bytes()
    assert before in whole
    path.write_bytes(whole.replace(before, after))
    with closing(Store(path)) as store:
        assert "was corrupt" in store.notice
        assert store.record(Event("k", "{}", TS, ("desk",))) is not None
    assert len([*tmp_path.glob("alerts.db.corrupt-*")]) == 1


def test_a_file_that_was_never_a_store_is_put_aside_whole(tmp_path: Path) -> None:
    """It may be one whose first page was lost; whatever it is, it is still there."""
    path = tmp_path / "alerts.db"
    path.write_text("not a database, and long enough to be read as one" * 10)
    store = Store(path)
    [aside] = tmp_path.glob("alerts.db.corrupt-*")
    assert aside.read_text().startswith("not a database")
    assert "0 alerts could be read" in store.notice
    store.close()


@pytest.mark.parametrize(
    ("table", "version"), [("alert", 0), ("bookmarks", 0), ("bookmarks", 1), ("bookmarks", SCHEMA)]
)
def test_a_store_of_another_shape_is_named(tmp_path: Path, table: str, version: int) -> None:
    """At once, and not by its first alert; it is sound, and not ours to move."""
    path = tmp_path / "alerts.db"
    with closing(sqlite3.connect(path)) as other:
        other.execute(f"CREATE TABLE {table} (number INTEGER PRIMARY KEY)")
        other.execute(f"PRAGMA user_version = {version}")
    with pytest.raises(StoreError, match="move it aside"):
        Store(path)
    assert [file.name for file in tmp_path.glob("*corrupt*")] == []
    with closing(sqlite3.connect(path)) as other:
        assert [name for (name,) in other.execute("SELECT name FROM sqlite_master")] == [table]


def test_a_store_that_may_not_be_written_is_left_where_it_is(tmp_path: Path) -> None:
    """That is no corruption."""
    (tmp_path / "alerts.db").mkdir()
    with pytest.raises(StoreError, match="unable to open database file"):
        Store(tmp_path / "alerts.db")
    assert [file.name for file in tmp_path.iterdir()] == ["alerts.db"]


def test_a_store_of_a_newer_program_is_refused(tmp_path: Path) -> None:
    """With words, and left alone."""
    path = tmp_path / "alerts.db"
    with closing(sqlite3.connect(path)) as newer:
        newer.execute(f"PRAGMA user_version = {SCHEMA + 1}")
    with pytest.raises(StoreError, match=f"newer tickwall .its schema is {SCHEMA + 1}"):
        Store(path)


def test_a_store_of_the_first_release_is_taken_over(tmp_path: Path) -> None:
    """With every alert in it."""
    path = tmp_path / "alerts.db"
    with closing(sqlite3.connect(path)) as first:
        first.execute(
            "CREATE TABLE alert (number INTEGER PRIMARY KEY, dedup_key TEXT NOT NULL UNIQUE,"
            " line TEXT NOT NULL, told INTEGER NOT NULL DEFAULT 0,"
            " acknowledged INTEGER NOT NULL DEFAULT 0) STRICT"
        )
        first.execute("INSERT INTO alert (dedup_key, line, acknowledged) VALUES ('k', '{}', 1)")
        first.commit()
    store = Store(path)
    assert store.record(Event("k", "{}", TS, ("desk",))) is None
    assert [(stored.line, stored.acknowledged) for stored in store.journal()] == [("{}", True)]
    assert store.record(Event("new", "{}", TS, ("desk",))) is not None
    store.close()


def test_one_headless_process_a_store(tmp_path: Path) -> None:
    """The second is told to try later; after the first has gone it may."""
    path = tmp_path / "state" / "alerts.db"
    with exclusive(path), pytest.raises(LockedError) as refused, exclusive(path):
        pass
    assert refused.value.exit_code == 75
    with exclusive(path):
        pass


def test_the_log_is_moved_beside_the_commits_and_begins_anew(tmp_path: Path) -> None:
    """A commit that did it would keep an alert waiting for the disk."""
    path, log = tmp_path / "alerts.db", tmp_path / "alerts.db-wal"
    with closing(Store(path)) as store:
        for number in range(LOG_SIZE // 100_000 + 1):
            store.record(Event(str(number), "x" * 100_000, TS))
        before = path.stat().st_size
        checkpoint(path, storm=True)
        assert path.stat().st_size == before, "the disk has enough to do"
        checkpoint(path)
        assert path.stat().st_size > before
        store.record(Event("afterwards", "x", TS))
        assert log.stat().st_size <= LOG_SIZE
        told = store.db.execute("SELECT count(*) FROM alert").fetchone()
    with closing(Store(path)) as again:
        assert again.db.execute("SELECT count(*) FROM alert").fetchone() == told
