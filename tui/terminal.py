"""Terminal: Textual's Linux driver, made to wait for nobody, to draw on standard output, and to bear any key.

Textual draws on standard error, which ``tickwall 2>log`` would take away.
"""

import os
import selectors
import sys
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from textual.drivers.linux_driver import LinuxDriver
from textual.events import Key

from tui.keyboard import ESC, Keyboard, KeyParser

LEAVE_S = 1.0
"""How long to wait, on leaving, for a terminal that does not read to take the rest."""

LOOK_S = 0.1
"""How often to look whether reading shall end, and whether an Esc stood alone."""

ASIDES = 2
"""Asides kept for a terminal that is behind: a bell and a notice; those of an hour would be an alarm."""


class Writer(threading.Thread):
    """Writes to the terminal from a thread of its own, so that only this thread waits for it.

    Textual's own has a queue of 30 texts and makes the event loop wait when it is full.
    """

    def __init__(self, fileno: int, idle: Callable[[], None], lost: Callable[[], None]) -> None:
        """Both callables run in this thread: ``idle`` when all is written, ``lost`` without a terminal."""
        super().__init__(name="tickwall-output", daemon=True)
        self._fileno = fileno
        self._idle = idle
        self._lost = lost
        self._more = threading.Condition()
        self._waiting: list[bytes] = []
        self._asides: deque[bytes] = deque(maxlen=ASIDES)
        self._writing = False
        self._stopped = False

    @property
    def pending(self) -> bool:
        """Whether anything asked for has yet to leave."""
        return self._writing or bool(self._waiting or self._asides)

    def write(self, content: bytes) -> None:
        """Ask for bytes to be written; returns at once."""
        with self._more:
            if not self._stopped:
                self._waiting.append(content)
                self._more.notify()

    def aside(self, content: bytes) -> None:
        """Ask for bytes that are no part of the picture; of those that wait the newest are kept."""
        with self._more:
            if not self._stopped:
                self._asides.append(content)
                self._more.notify()

    def stop(self, timeout: float = LEAVE_S) -> None:
        """Write what is waiting and end; give up on a terminal that does not take it in time (seconds)."""
        with self._more:
            self._stopped = True
            self._more.notify()
        self.join(timeout)

    def run(self) -> None:
        """The thread: until stopped, or the terminal is gone."""
        try:
            while taken := self._take():
                while taken:
                    taken = taken[os.write(self._fileno, taken) :]
                self._writing = False
                if not self.pending:
                    self._idle()
        except OSError:
            with self._more:
                self._stopped = True
                self._waiting.clear()
                self._asides.clear()
                self._writing = False
            self._lost()

    def _take(self) -> bytes:
        with self._more:
            while not (self._waiting or self._asides or self._stopped):
                self._more.wait()
            taken = b"".join((*self._waiting, *self._asides))
            self._waiting.clear()
            self._asides.clear()
            self._writing = bool(taken)
            return taken


class PatientDriver(LinuxDriver):
    """The driver on Linux and macOS, but ``write`` returns at once whatever the terminal does.

    ``on_idle`` and ``on_start`` are called on the event loop: when all output has left, and when the
    screen was entered (again, after a suspension: it is blank then).
    """

    on_idle: Callable[[], None] | None = None
    on_start: Callable[[], None] | None = None
    _writer: Writer | None = None

    @property
    def pending(self) -> bool:
        """Whether output has yet to reach the terminal."""
        return self._writer is not None and self._writer.pending

    def write(self, data: str) -> None:
        """Ask for text to be written."""
        if self._writer is not None:
            self._writer.write(data.encode(_encoding(), "replace"))

    def aside(self, data: str) -> None:
        """Ask for a bell or a notice, whole and between frames; on a deaf terminal the newest are kept."""
        if self._writer is not None:
            self._writer.aside(data.encode(_encoding(), "replace"))

    def start_application_mode(self) -> None:
        """Enter the screen."""
        stream = sys.__stdout__
        assert stream is not None  # ``demand_terminal`` has seen to it
        self._writer = Writer(stream.fileno(), self._idle, self._gone)
        self._writer.start()
        super().start_application_mode()  # type: ignore[no-untyped-call]
        if self.on_start is not None:
            self._loop.call_soon_threadsafe(self.on_start)

    def run_input_thread(self) -> None:
        """Read keys until told to end; Textual's own ends the program at a byte that is not UTF-8."""
        keyboard, parser = Keyboard(), KeyParser()
        with selectors.SelectSelector() as selector, suppress(OSError):  # which a hung up terminal raises
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                if selector.select(LOOK_S):
                    typed = os.read(self.fileno, 1 << 12)
                    if not typed:
                        break
                    if text := keyboard.take(typed):
                        for message in parser.feed(text):
                            self.process_message(message)
                elif keyboard.alone():
                    self.process_message(Key("escape", ESC))
                for message in parser.tick():
                    self.process_message(message)
            else:
                return
        self._gone()

    def close(self) -> None:
        """Write the rest, if the terminal takes it, and end the threads."""
        super().close()
        if self._writer is not None:
            self._writer.stop()

    def _idle(self) -> None:
        waiting = self.on_idle
        if waiting is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(waiting)

    def _gone(self) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._app.exit)


def _encoding() -> str:
    return (sys.__stdout__ and sys.__stdout__.encoding) or "utf-8"
