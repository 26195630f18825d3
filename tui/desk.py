"""The alert desk: what was told on the screen, how it rings, and what a person does about it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from market.freshness import Quality
from tui.alerts import AlertBook, Told, told
from tui.herald import Herald
from tui.notices import written

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
        """Ring, and say what came: one toast and one notice, however many they are."""
        app = self._app
        # Without the fact, which follows a colon: one line hides one line of tiles.
        newest = alerts[-1].message.partition(": ")[0]
        text = newest if len(alerts) == 1 else f"{len(alerts)} alerts, newest {newest}"
        app.toast(text)
        display = app.display_settings
        if app.status.muted or display is None:
            return
        if display.bell:
            app.bell()
        # A notice leaves the screen that says whose prices these are: it says so itself.
        quality = alerts[-1].quality
        mark = "" if quality == Quality.LIVE else f"{quality.upper()} "
        app.run_worker(self._notify(display.notices, f"{mark}{text}"), exit_on_error=False)

    async def _notify(self, setting: str, text: str) -> None:
        notice = await written(setting, text)
        if notice:
            self._app.aside(notice)

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
