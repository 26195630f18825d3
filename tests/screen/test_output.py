"""Output on a real pseudo-terminal: the same screen as Textual's own, in fewer bytes, waiting for nobody."""

import os
import re
import select
import threading
from pathlib import Path

import pytest
from textual.app import App
from textual.drivers.headless_driver import HeadlessDriver

from tests.limit import LIMIT
from tests.screen.terminal import Program, Terminal, differing
from tui import output
from tui.terminal import PatientDriver, Writer

SIZE = (100, 30)


def settled(program: Program, marks: int) -> Terminal:
    """The terminal once everything up to a mark is drawn."""
    return program.until(lambda terminal: f"mark-{marks}" in terminal.text)


def test_a_screen_comes_out_as_by_textual_in_fewer_bytes() -> None:
    pictures = []
    written = []
    for kind in ("stock", "ours"):
        with Program(["tests.screen.drawn", kind, "30"], SIZE) as program:
            settled(program, 1)
            program.type("l")
            program.until(lambda terminal: "▌" in terminal.text)
            program.type("x")
            program.until(lambda terminal: "a toast over" in terminal.text)
            program.type("m")
            pictures.append(settled(program, 2).cells())
            written.append(len(program.written))
            program.type("rm")
            pictures.append(settled(program, 3).cells())
    assert differing(pictures[0], pictures[2]) == differing(pictures[1], pictures[3]) == []
    assert differing(pictures[2][:-1], pictures[3][:-1]) == []
    assert written[1] * 2 < written[0]


def test_without_colour_no_colour_is_sent() -> None:
    with Program(["tests.screen.drawn", "ours", "0"], SIZE, {"NO_COLOR": "1"}) as program:
        settled(program, 1)
        looks = re.findall(rb"\x1b\[([0-9;]*)m", program.written)
        assert {int(code or 0) for look in looks for code in look.split(b";")} <= {0, 1, 2, 7, 22, 27}


def test_a_terminal_that_stops_reading_delays_nobody(tmp_path: Path) -> None:
    fifo = tmp_path / "done"
    os.mkfifo(fifo)
    done = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    with Program(["tests.screen.drawn", "ours", "50", str(fifo)], SIZE) as program:
        program.until(lambda terminal: "121." in terminal.text)
        # Nobody reads the terminal while 50 frames are made; its few kilobytes are full after the first.
        assert select.select([done], [], [], LIMIT)[0], "it waits for its terminal"
        os.close(done)
        stalled = settled(program, 1)
        assert len(program.written) < 200_000
    with Program(["tests.screen.drawn", "ours", "0"], SIZE) as program:
        assert differing(stalled.cells(), settled(program, 1).cells()) == []


def test_a_suspended_screen_is_painted_again() -> None:
    with Program(["tests.screen.drawn", "ours", "0"], SIZE) as program:
        before = settled(program, 1).cells()
        left = len(program.written)
        program.suspend()
        program.resume()
        program.type("m")
        assert differing(settled(program, 2).cells()[:-1], before[:-1]) == []
        assert program.written[left:].count(b"Baidu") == 10


@pytest.fixture
def pipe() -> tuple[int, int]:
    return os.pipe()


def test_a_writer_returns_at_once_and_tells_when_it_is_idle(pipe: tuple[int, int]) -> None:
    reader, end = pipe
    idle = threading.Event()
    writer = Writer(end, idle.set, lambda: None)
    writer.start()
    writer.write(b"x" * 1_000_000)
    assert writer.pending
    assert not idle.is_set()
    taken = 0
    while taken < 1_000_000:
        taken += len(os.read(reader, 1 << 16))
    assert idle.wait(LIMIT)
    writer.stop()
    assert not writer.is_alive()
    os.close(reader)
    os.close(end)


def test_a_deaf_terminal_gets_the_newest_asides_after_its_frames(pipe: tuple[int, int]) -> None:
    reader, end = pipe
    writer = Writer(end, lambda: None, lambda: None)
    writer.start()
    frame = b"x" * 200_000
    for number in range(5):
        writer.write(frame)
        writer.aside(b"<%d>" % number)
    assert writer.pending
    taken = b""
    while not taken.endswith(b"<4>"):
        taken += os.read(reader, 1 << 16)
    writer.stop()
    assert taken.count(b"x") == 5 * len(frame)
    asides = taken.replace(frame, b"")
    # The first may have found the terminal listening; of the rest the newest two are kept.
    assert asides.endswith(b"<3><4>")
    assert b"x" not in asides
    os.close(reader)
    os.close(end)


def test_a_writer_gives_up_on_leaving_a_deaf_terminal(pipe: tuple[int, int]) -> None:
    reader, end = pipe
    writer = Writer(end, lambda: None, lambda: None)
    writer.start()
    writer.write(b"x" * 1_000_000)
    writer.stop(timeout=0.05)
    assert writer.is_alive()
    os.close(reader)
    writer.join(LIMIT)
    os.close(end)


def test_a_lost_terminal_is_told_and_forgotten(pipe: tuple[int, int]) -> None:
    reader, end = pipe
    os.close(reader)
    lost = threading.Event()
    writer = Writer(end, lambda: None, lost.set)
    writer.start()
    writer.write(b"x")
    assert lost.wait(LIMIT)
    writer.write(b"y")
    assert not writer.pending
    writer.join(LIMIT)
    os.close(end)


def test_another_textual_keeps_its_own_output(monkeypatch: pytest.MonkeyPatch) -> None:
    app: App[None] = App()
    monkeypatch.setattr("textual.__version__", "8.2.9")
    assert output.install(app) is None
    assert app.driver_class is not PatientDriver
    monkeypatch.undo()
    other: App[None] = App(driver_class=HeadlessDriver)
    assert output.install(other) is None
    assert output.install(app) is not None
    assert app.driver_class is PatientDriver


async def test_an_app_without_a_screen_runs_as_ever() -> None:
    app: App[None] = App()
    assert output.install(app) is not None
    async with app.run_test() as pilot:
        await pilot.pause()
