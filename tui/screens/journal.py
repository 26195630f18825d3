"""The journal: every alert that the store holds, searched as one types, written to a file on demand."""

import asyncio
from collections.abc import Sequence, Set
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, overload

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType

from tui.alerts import told
from tui.filter import Filter
from tui.keys import Place, bindings
from tui.screens.view import View
from widgets.alerts import AlertPane, AlertRow

if TYPE_CHECKING:
    from monitor.store import Stored
    from tui.bridge import Bridge

SHOWN = 5_000
"""Alerts found at most: the newest. Older ones are found by another word, and all are exported."""

SEARCH_S = 0.1
"""Seconds after a key before it is searched for: who types on does not wait for what is half typed."""

EVERY_ALERT = 2**31
"""As many as there may be."""


class Found(Sequence[AlertRow]):
    """Stored alerts as rows, each read when it is looked at: of thousands a screen shows sixty."""

    def __init__(self, stored: Sequence["Stored"] = ()) -> None:
        self.numbers = [alert.number for alert in stored]
        self._stored = stored

    def __len__(self) -> int:
        return len(self._stored)

    @overload
    def __getitem__(self, place: int) -> AlertRow: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[AlertRow]: ...

    def __getitem__(self, place: int | slice) -> AlertRow | Sequence[AlertRow]:
        if isinstance(place, slice):
            return Found(self._stored[place])
        stored = self._stored[place]
        return _row(stored.number, stored.line, stored.acknowledged)


@lru_cache(maxsize=512)
def _row(number: int, line: str, acknowledged: bool) -> AlertRow:
    return told(number, line, acknowledged=acknowledged)


class JournalPane(AlertPane):
    """Alerts as they were found."""

    empty = "no alert is found"
    heading = ""
    HINT = "Enter open  / search  e export  Esc back"

    def show_found(self, found: Found, text: str) -> None:
        """Show what a search for a text has found; nothing else than its number tells a row from others."""
        newest = "newest " if len(found) == SHOWN else ""
        self.heading = f"Journal: {newest}{_alerts(len(found))}{f' with {text!r}' if text else ''}"
        self.set_rows(found)

    def find(self, row: AlertRow) -> int | None:
        """Without reading any."""
        assert isinstance(self.rows, Found)
        return self.rows.numbers.index(row.number) if row.number in self.rows.numbers else None


class JournalScreen(View):
    """State to read: ``text``, what is searched for."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Place.JOURNAL)]
    PLACES = (Place.JOURNAL,)
    AUTO_FOCUS = "JournalPane"
    DEFAULT_CSS = """
    JournalScreen > JournalPane { height: 1fr; }
    JournalScreen > Filter { height: 1; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        self._newest: int | None = None
        self._pane = JournalPane()
        self._line = Filter(self._line_closed, "search in all that was told; Enter keeps, Esc drops")

    def compose(self) -> ComposeResult:
        """The list, and below it the line that is searched in."""
        yield self._pane
        yield self._line

    @property
    def symbol(self) -> str | None:
        """The name of the alert under the cursor."""
        return self.alert.symbol if self.alert else None

    @property
    def alert(self) -> AlertRow | None:
        """The one under the cursor."""
        return self._pane.current

    def pull(self, bridge: "Bridge", dirty: Set[str], *, whole: bool) -> None:
        """About once a second: what has come, and how old all of it is."""
        if whole:
            self._pane.zone, self._pane.today = bridge.exchange.zone, bridge.today
            self._pane.now = bridge.engine.clock.now()
            self._pane.redraw()

    def on_mount(self) -> None:
        """Show the newest."""
        super().on_mount()
        self._search()

    def show_alerts(self) -> None:
        """One came, or was acknowledged."""
        self._search()

    @on(Filter.Changed)
    def _typed(self, event: Filter.Changed) -> None:
        if self._line.is_open:
            self.text = event.value
            self.set_timer(SEARCH_S, lambda: self._search_for(event.value))

    def _search_for(self, text: str) -> None:
        if text == self.text:  # nothing was typed since
            self._search()

    def _search(self) -> None:
        self._pane.show_found(Found(self._stored(SHOWN)), self.text)

    def _stored(self, most: int) -> list["Stored"]:
        run = self.wall_app.monitor
        return run.engine.store.journal(self.text.strip(), most) if run is not None else []

    def _line_closed(self, text: str) -> None:
        self.text = text
        self.set_focus(self._pane)
        self._search()

    def action_search(self) -> None:
        """Type what to search for."""
        self._line.open(self.text)

    def action_move_tiles(self, _columns: int, rows: int) -> None:
        """Move on the list while the search has the keys."""
        self._pane.action_move(rows)

    def action_back(self) -> None:
        """Drop the search; else leave."""
        if self.text:
            self._line_closed("")
        else:
            self.action_leave()

    async def action_export(self) -> None:
        """Write all that the search finds to a file that is not there yet."""
        stored = self._stored(EVERY_ALERT)
        question = f"Write {_alerts(len(stored))} to (.csv or .json)"
        await self.ask(question, lambda name: self._export(name, stored), "alerts.csv")

    async def _export(self, name: str, stored: Sequence["Stored"]) -> None:
        self.wall_app.toast(await asyncio.to_thread(_written, name, stored))

    @on(JournalPane.Opened)
    def _open(self, event: JournalPane.Opened) -> None:
        if event.alert.symbol:
            self.wall_app.open_name(event.alert.symbol)


def _written(name: str, stored: Sequence["Stored"]) -> str:
    """What to say of the file that now is there."""
    from monitor.journal import export

    path = Path(name.strip()).expanduser()
    return f"{_alerts(export(path, stored))} written to {path.absolute()}"


def _alerts(count: int) -> str:
    return "1 alert" if count == 1 else f"{count:,} alerts"
