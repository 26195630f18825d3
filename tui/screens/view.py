"""View: a screen that shows what the engine holds, and is asked to look again on the frame clock."""

from collections.abc import Set
from typing import TYPE_CHECKING, cast

from textual.screen import Screen

from widgets.alerts import AlertRow
from widgets.face import Look
from widgets.lines import Lines

if TYPE_CHECKING:
    from tui.app import WallApp
    from tui.bridge import Bridge


class View(Screen[None]):
    """The base of the screens."""

    ESCAPE_TO_MINIMIZE = False

    @property
    def wall_app(self) -> "WallApp":
        """The application, by its own type."""
        return cast("WallApp", self.app)

    @property
    def symbol(self) -> str | None:
        """The name that this screen stands on."""
        return None

    @property
    def alert(self) -> AlertRow | None:
        """The alert that is chosen on this screen."""
        return None

    def on_mount(self) -> None:
        """Look like the others."""
        self.wear(self.wall_app.look())

    def wear(self, look: Look) -> None:
        """Show everything in this look from now on."""
        for part in self.query(Lines):
            part.look = look

    def pull(self, bridge: "Bridge", dirty: Set[str], *, whole: bool) -> None:
        """Show the newest of the names that changed; about once a second of everything (``whole``)."""

    def show_alerts(self) -> None:
        """The alerts changed; they are shown even while the picture is paused."""

    def action_leave(self) -> None:
        """Back to the screen below."""
        self.dismiss()
