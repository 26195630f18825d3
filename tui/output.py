"""Output: what leaves for the terminal, in few bytes, and never so that anything waits for it.

Two of Textual's habits are replaced. It sends every changed line anew (see ``tui.picture``). And when a
terminal stops reading (Ctrl-S, a dead link) it makes the event loop wait: 2.9 s of a 4 s stall, in which no
feed, rule or alert moves. Both cures touch its private code, so ``install`` does nothing under any
version but the one that the tests hold against a terminal emulator.
"""

from typing import Any

import textual
from rich.console import COLOR_SYSTEMS, RenderableType
from rich.control import Control
from textual.app import App
from textual.drivers.linux_driver import LinuxDriver
from textual.screen import Screen

from tui.picture import Picture, Update
from tui.terminal import PatientDriver

VERSION = "8.2.8"
"""The Textual whose private code this was written for."""

_SYNC_START, _SYNC_END = "\x1b[?2026h", "\x1b[?2026l"


class Output:
    """The way from an app's rendered updates to its terminal.

    While earlier output is still on its way, updates change only the picture of what should be shown;
    the difference is drawn when the terminal has caught up. A slow link thus gets fewer frames, each the
    newest.
    """

    def __init__(self, app: App[Any]) -> None:
        self._app = app
        self._stock = app._display
        colours = None if app.no_color else COLOR_SYSTEMS[app.console.color_system or "truecolor"]
        self._picture = Picture(colours)

    def repaint(self) -> None:
        """Draw the whole screen again: something else wrote on the terminal."""
        self.forget()
        self._flush()

    def forget(self) -> None:
        """Take nothing for shown when the next update comes: the terminal was resized."""
        self._picture.forget()

    def display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        """Stands in for ``App._display``, which Textual calls with each rendered update."""
        app = self._app
        driver = app._driver
        if not (isinstance(renderable, Update) and isinstance(driver, PatientDriver)):
            if renderable is not None:
                self._picture.forget()
            self._stock(screen, renderable)
        elif app._running and not app._closed and not app._batch_count:
            driver.on_start = self.repaint
            self._picture.take(renderable)
            self._flush()
            app.post_display_hook()

    def _flush(self) -> None:
        app = self._app
        driver = app._driver
        if not isinstance(driver, PatientDriver) or app._closed or not app.screen_stack:
            return
        if driver.pending:
            driver.on_idle = self._flush
            # Asked twice: it may have become idle just before it could see whom to call.
            if driver.pending:
                return
        driver.on_idle = None
        drawn = self._picture.draw()
        if drawn:
            cursor = Control.move_to(*app.screen.outer_size.clamp_offset(app.cursor_position))
            drawn = f"{drawn}{cursor.segment.text}"
            driver.write(f"{_SYNC_START}{drawn}{_SYNC_END}" if app._sync_available else drawn)


def aside(app: App[Any], text: str) -> None:
    """Write what is no part of the picture, a bell or a notice, whole and between two frames."""
    driver = app._driver
    if isinstance(driver, PatientDriver):
        driver.aside(text)
    elif driver is not None and not app.is_headless:
        driver.write(text)


def install(app: App[Any]) -> Output | None:
    """Make an app that has not started yet write its screen this way.

    ``None``, and nothing changed, under another version of Textual or another driver than Linux's.
    """
    if textual.__version__ != VERSION or app.driver_class is not LinuxDriver:
        return None
    output = Output(app)
    app.driver_class = PatientDriver
    app._display = output.display  # type: ignore[method-assign]
    return output
