"""Frames: when the screens are filled. They pull what changed at a steady rate, however fast it changes."""

import logging
import time
from typing import TYPE_CHECKING

from textual.timer import Timer

from tui.terminal import PatientDriver

if TYPE_CHECKING:
    from tui.app import WallApp
    from tui.bridge import Bridge

log = logging.getLogger(__name__)

LOOK_S = 1.0
"""Seconds between two looks at what changes without a quote: ages, the clock, feeds, the file."""

SILENCE_S = 10.0
"""Seconds without any quote after which the wall says so, and what each feed says."""


class Frames:
    """The frame clock of one application; it stands still until ``start``."""

    def __init__(self, app: "WallApp") -> None:
        self._app = app
        self._timer: Timer | None = None
        self._next_look = 0.0
        self._anew = False
        self._began = time.monotonic()

    def start(self, fps: int) -> None:
        """Draw so many frames a second from now on."""
        if self._timer is not None:
            self._timer.stop()
        self._timer = self._app.set_interval(1 / fps, self._frame)

    def look_again(self) -> None:
        """Look at everything at the next frame: something happened in the market."""
        self._next_look = 0.0

    def show_anew(self) -> None:
        """Fill the screens at the next frame, even while paused: somebody wants to see something else."""
        self._anew = True
        self.look_again()

    def _frame(self) -> None:
        """One frame; none for a terminal that is behind: it gets the newest when it has caught up."""
        app = self._app
        if isinstance(app._driver, PatientDriver) and app._driver.pending:
            return
        try:
            self._pull()
        except Exception:
            # A value that cannot be drawn must not end the watch over all the others.
            log.exception("the screen cannot be drawn")
            app.say("a part of the screen cannot be drawn (see the log)", urgent=True)

    def _pull(self) -> None:
        """Hand what changed to the screens; about once a second, look at everything."""
        app, now = self._app, time.monotonic()
        bridge = app.bridge
        if bridge is None or not app.views:
            return
        whole = now >= self._next_look
        if whole:
            self._next_look = now + LOOK_S
            app.look_around()
            self._check_silence(bridge, now)
        if app.status.paused and not self._anew:
            if whole:
                app.main.show_status()
            return
        self._anew = False
        dirty = bridge.engine.state.drain()
        for view in app.views:
            view.pull(bridge, dirty, whole=whole)

    def _check_silence(self, bridge: "Bridge", now: float) -> None:
        """Without any quote a wall of hyphens must not look like a quiet market."""
        app = self._app
        waited = app.status.ended is not None or now - self._began > SILENCE_S
        lines: list[str] = []
        if waited and not bridge.engine.state.applied:
            lines.append("No quote so far. Without a network, `tickwall demo` shows a simulated day.")
            lines += [
                f"{feed.name}: {feed.health}{f', {feed.reason}' if feed.reason else ''}"
                for feed in bridge.feeds()
            ]
        app.main.show_notice(lines)
