"""The alert desk: what was told on the screen, how it rings, and what a person does about it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from market.freshness import Quality
from market.instrument import instrument
from market.session import calendar
from market.snooze import snoozed_until
from monitor.person import person
from tui.alerts import EVERY_NAME, AlertBook, told
from tui.herald import Herald
from tui.notices import written
from widgets.alerts import AlertRow
from widgets.formatting import code
from widgets.stamp import stamp

if TYPE_CHECKING:
    from monitor.store import Snooze, Store
    from tui.app import WallApp
    from tui.bridge import Bridge


class AlertDesk:
    """State to read: ``book``, the alerts that the screen holds."""

    def __init__(self, app: "WallApp") -> None:
        self.book = AlertBook()
        self._snoozes: Sequence[Snooze] = ()
        self._app = app
        self._drawing = False
        self._herald = Herald(self._announce, app.set_timer)

    @property
    def _store(self) -> "Store | None":
        return self._app.monitor.engine.store if self._app.monitor is not None else None

    def open(self, bridge: "Bridge") -> None:
        """Show the newest that the store of an engine holds."""
        for stored in bridge.engine.store.recent():
            alert = told(stored.number, stored.line, acknowledged=stored.acknowledged)
            # Nobody is asked to see to another day's alerts: they are there to be read.
            old = not bridge.is_today(alert.ts)
            self.book.add(alert._replace(acknowledged=True) if old else alert)
        if notice := bridge.engine.store.notice:
            self._app.status.warning = "the store was corrupt and was put aside (see the log)"
            self._app.toast(notice, title="The store of alerts", grave=True)

    def look(self, bridge: "Bridge") -> None:
        """About once a second: what others on the same store have seen to or snoozed, and what has ended."""
        store = bridge.engine.store
        snoozes = store.snoozes(bridge.engine.clock.now())
        changed = snoozes != self._snoozes
        self._snoozes = snoozes
        self.book.muted = {snooze.symbol: self._words(snooze) for snooze in snoozes}
        if store.changed_elsewhere():
            changed |= self.book.acknowledge(*(row.number for row in store.recent() if row.acknowledged))
        if changed:
            self._app.show_alerts()

    def _words(self, snooze: "Snooze") -> str:
        by = f" by {snooze.by}" if snooze.by else ""
        return f"snoozed until {self._time(snooze)}{by}"

    def _time(self, snooze: "Snooze") -> str:
        bridge = self._app.bridge
        assert bridge is not None  # nothing is snoozed before
        day = stamp(snooze.until, bridge.exchange.zone, bridge.today)
        hour = stamp(snooze.until, bridge.exchange.zone, None)
        return hour if bridge.is_today(snooze.until) else f"{day} {hour}"

    @property
    def remarks(self) -> list[str]:
        """What the status line says of alerts: how many wait, and what is snoozed until when."""
        words, waiting, snoozes = self._app.words, len(self.book.waiting), self._snoozes
        said = [words["to acknowledge"].format(waiting)] if waiting else []
        if len(snoozes) > 1:
            said.append(words["names snoozed"].format(len(snoozes)))
        elif snoozes:
            symbol = snoozes[0].symbol
            name = words["every name"] if symbol == EVERY_NAME else code(symbol)
            said.append(words["snoozed"].format(name, self._time(snoozes[0])))
        return said

    # -- what comes

    def tell(self, number: int, line: str) -> None:
        """An alert, as the store holds it: shown at once, even while the picture is paused."""
        alert = told(number, line)
        if self.book.add(alert):
            self._show_soon()
            if alert.waits:
                self._herald.add(alert)

    def _show_soon(self) -> None:
        """Once for all that come together: a list costs a millisecond, and a backlog has thousands."""
        if not self._drawing:
            self._drawing = True
            self._app.call_next(self._show)

    def _show(self) -> None:
        self._drawing = False
        self._app.show_alerts()

    def _announce(self, alerts: Sequence[AlertRow]) -> None:
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

    # -- what a person does

    def acknowledge(self, numbers: Sequence[int]) -> None:
        """A person has seen to these, by the store's numbers."""
        app, store = self._app, self._store
        self.book.acknowledge(*numbers)
        if store is not None:
            for number in numbers:
                store.acknowledge(number, person())
        app.clear_notifications()
        app.show_alerts()
        names = {row.symbol for row in self.book if row.number in numbers}
        count = "1 alert" if len(numbers) == 1 else f"{len(numbers)} alerts"
        whose = f"{count} on {_name(names.pop())}" if len(names) == 1 and all(names) else count
        app.say(f"{whose} acknowledged" if numbers else "nothing to acknowledge")

    def snooze(self, symbol: str, text: str) -> None:
        """Be silent about a name until a time (see ``market.snooze``), or, for no text, no longer.

        ``SnoozeError`` for a text that is no time.
        """
        app, bridge, store = self._app, self._app.bridge, self._store
        if bridge is None or store is None:
            return
        if text.strip():
            now = bridge.engine.clock.now()
            mic = bridge.exchange.mic if symbol == EVERY_NAME else instrument(symbol).mic
            until = snoozed_until(text, now, calendar(mic))
            store.snooze(symbol, until, person(), now)
        else:
            store.unsnooze(symbol)
        self.look(bridge)
        muted = self.book.muted
        if symbol in muted:
            # The status line of the wall says who is snoozed; of several it says how many they are.
            seen = app.screen is app.main and len(muted) == 1
            app.say("" if seen else f"{_name(symbol)} {muted[symbol]}")
        else:
            still = muted.get(EVERY_NAME)
            app.say(f"every name is {still}" if still else f"{_name(symbol)}: alerts ring again")


def _name(symbol: str) -> str:
    return "every name" if symbol == EVERY_NAME else code(symbol)
