"""Lines on standard output that cannot be written, and come after all."""

import errno
import json
import os
from pathlib import Path
from resource import RLIMIT_FSIZE, getrlimit, setrlimit
from threading import Thread

import pytest

from market.clock import SECOND
from monitor.jsonlines import JsonLines
from monitor.lines import line
from monitor.outlet import Outlet
from monitor.store import Event, Store


class Disk:
    """Takes lines while there is room."""

    def __init__(self) -> None:
        self.is_full = False
        self.lines: list[str] = []

    def write(self, text: str) -> None:
        """Keep it, or refuse."""
        if self.is_full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self.lines.append(text)


def test_a_full_disk_holds_nothing_up_and_alerts_come_later(caplog: pytest.LogCaptureFixture) -> None:
    """It is said once; with the first line that has room again come the alerts that had none, as repeats."""
    disk, store = Disk(), Store()
    lines = JsonLines(disk.write, store)
    disk.is_full = True
    for number in (1, 2):
        event = Event(f"big/{number}", json.dumps({"v": 1, "type": "alert", "n": number}), SECOND)
        stored = store.record(event)
        assert stored is not None
        lines.alert(stored.number, stored.line)
        lines.tell(line("heartbeat", SECOND))
    list(store.from_others())  # as the engine does it each second
    disk.is_full = False
    lines.tell(line("heartbeat", 2 * SECOND))
    lines.tell(line("heartbeat", 3 * SECOND))
    store.close()
    told = [json.loads(text) for text in disk.lines]
    assert [(one["type"], one.get("n"), one.get("repeat")) for one in told] == [
        ("heartbeat", None, None), ("alert", 1, True), ("alert", 2, True), ("heartbeat", None, None),
    ]  # fmt: skip
    assert [record.getMessage() for record in caplog.records] == [
        "standard output cannot be written: No space left on device",
        "standard output can be written again",
    ]


def test_a_disk_that_holds_store_and_output_may_be_full() -> None:
    """An alert that neither had is on standard output when both have room again, whichever is first."""
    disk, store = Disk(), Store()
    lines = JsonLines(disk.write, store)
    disk.is_full = True
    [pages] = store.db.execute("PRAGMA page_count").fetchone()
    store.db.execute(f"PRAGMA max_page_count = {pages}")
    stored = store.record(Event("k", json.dumps({"v": 1, "type": "alert", "x": "x" * 9000}), SECOND))
    assert stored is not None and store.trouble
    lines.alert(stored.number, stored.line)
    disk.is_full = False
    lines.tell(line("heartbeat", SECOND))
    store.db.execute("PRAGMA max_page_count = 4294967294")
    store.catch_up({})
    lines.tell(line("heartbeat", 2 * SECOND))
    list(store.from_others())
    lines.tell(line("heartbeat", 3 * SECOND))
    store.close()
    assert [json.loads(text)["type"] for text in disk.lines] == [
        "heartbeat", "heartbeat", "alert", "heartbeat",
    ]  # fmt: skip


def test_a_line_that_was_cut_short_is_ended_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever reads the file finds whole lines, though one of them had no room."""
    soft, hard = getrlimit(RLIMIT_FSIZE)
    with (tmp_path / "out").open("w") as file:
        monkeypatch.setattr("sys.stdout", file)
        outlet = Outlet()
        setrlimit(RLIMIT_FSIZE, (4, hard))
        try:
            for text in ("first\n", "no room\n"):
                with pytest.raises(OSError, match="File too large"):
                    outlet.write(text)
        finally:
            setrlimit(RLIMIT_FSIZE, (soft, hard))
        outlet.write("next\n")
    assert (tmp_path / "out").read_text("utf-8") == "first\nnext\n"


def test_a_pipe_that_does_not_wait_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever started us may have made it so; what is read of it makes room."""
    here, there = os.pipe()
    os.set_blocking(there, False)
    with os.fdopen(here, "rb") as reader, os.fdopen(there, "w") as writer:
        monkeypatch.setattr("sys.stdout", writer)
        outlet, text = Outlet(), "x" * (1 << 17) + "\n"
        writing = Thread(target=outlet.write, args=(text,))
        writing.start()
        assert reader.readline() == text.encode()
        writing.join()
