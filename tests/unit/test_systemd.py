"""systemd's notification socket, as the service manager holds it."""

import os
import socket
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from monitor.systemd import Manager
from tests.limit import LIMIT


@pytest.fixture(params=["a file", "abstract"])
def ear(request: pytest.FixtureRequest) -> Iterator[tuple[socket.socket, str]]:
    """A socket that hears, and the address of it in NOTIFY_SOCKET."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard, tempfile.TemporaryDirectory() as folder:
        heard.settimeout(LIMIT)
        name = f"tickwall-{uuid4()}"
        if request.param == "abstract":
            heard.bind(f"\0{name}")
            yield heard, f"@{name}"
        else:
            heard.bind(f"{folder}/notify")
            yield heard, f"{folder}/notify"


def test_each_message_is_one_datagram(ear: tuple[socket.socket, str]) -> None:
    """With the fields of the protocol."""
    heard, address = ear
    manager = Manager({"NOTIFY_SOCKET": address})
    manager.ready("2 rules")
    manager.status("calm")
    manager.alive()
    manager.stopping()
    said = [heard.recv(4096).decode() for _ in range(4)]
    assert said == ["READY=1\nSTATUS=2 rules", "STATUS=calm", "WATCHDOG=1", "STOPPING=1"]
    before = time.monotonic_ns() // 1000
    manager.reloading()
    first, second = heard.recv(4096).decode().splitlines()
    assert first == "RELOADING=1"
    assert before <= int(second.removeprefix("MONOTONIC_USEC=")) <= time.monotonic_ns() // 1000


def test_without_a_manager_nothing_is_said() -> None:
    """Nor asked for."""
    manager = Manager({"WATCHDOG_USEC": "1000000"})
    manager.ready("")
    assert manager.patience == 0


@pytest.mark.parametrize(
    ("environ", "patience"),
    [
        ({"WATCHDOG_USEC": "30000000"}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, 0.0),  # meant for another process
        ({"WATCHDOG_USEC": "soon"}, 0.0),
        ({}, 0.0),
    ],
)
def test_the_watchdogs_patience(environ: dict[str, str], patience: float) -> None:
    """In seconds."""
    assert Manager({"NOTIFY_SOCKET": "/nonexistent", **environ}).patience == patience


def test_a_manager_that_is_gone_or_deaf_holds_nothing_up(tmp_path: Path) -> None:
    """A log line at the most."""
    Manager({"NOTIFY_SOCKET": str(tmp_path / "none")}).alive()
    name = f"tickwall-{uuid4()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as deaf:
        deaf.bind(f"\0{name}")
        manager = Manager({"NOTIFY_SOCKET": f"@{name}"})
        for _ in range(1000):  # more than its queue holds
            manager.alive()
