"""The alert desk: what was told on the screen, how it rings, and what a person does about it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tui.alerts import AlertBook, Told, told
from tui.herald import Herald

if TYPE_CHECKING:
    from tui.app import WallApp
    from tui.bridge import Bridge


class AlertDesk:
    """State to read: ``book``, the alerts that the screen holds."""

    def __init__(self, app: "WallApp") -> None:
        self.book = AlertBook()
        self._app = app
        self._herald = Herald(self._announce, app.set_timer)

    def open(self, bridge: "Bridge") -> None:
        """Show the newest that the store of an engine holds."""
        for stored in bridge.engine.store.recent():
            alert = told(stored.number, stored.line)
            # Nobody is asked to see to another day's alerts: they are there to be read.
            seen = stored.acknowledged or not bridge.is_today(alert.ts)
            self.book.add(alert._replace(acknowledged=seen))

    def tell(self, number: int, line: str) -> None:
        """An alert, as the store holds it: shown at once, even while the picture is paused."""
        alert = told(number, line)
        if self.book.add(alert):
            self._app.show_alerts()
            self._herald.add(alert)

    def _announce(self, alerts: Sequence[Told]) -> None:
        """Ring, and say what came: one toast, however many they are."""
        app = self._app
        display = app.display_settings
        if not app.status.muted and (display is None or display.bell):
            app.bell()
        # Without the fact, which follows a colon: one line hides one line of tiles.
        newest = alerts[-1].message.partition(": ")[0]
        app.toast(newest if len(alerts) == 1 else f"{len(alerts)} alerts, newest {newest}")

    def acknowledge(self, numbers: Sequence[int]) -> None:
        """A person has seen to these, by the store's numbers."""
        app = self._app
        self.book.acknowledge(*numbers)
        if app.monitor is not None:
            for number in numbers:
                app.monitor.engine.store.acknowledge(number)
        app.clear_notifications()
        app.show_alerts()
        app.say(f"acknowledged {len(numbers)}" if numbers else "nothing to acknowledge")
