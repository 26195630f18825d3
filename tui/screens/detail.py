"""A name's detail: its quote in full, the day's chart, what history says, and its headlines."""

from collections.abc import Set
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType

from market.headline import Headline
from tui.keys import Place, bindings
from tui.screens.view import View
from widgets.chart import DayChart
from widgets.headlines import HeadlinePane
from widgets.name_sheet import FactList, NameSheet

if TYPE_CHECKING:
    from tui.bridge import Bridge


class DetailScreen(View):
    """State to read: ``symbol``."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Place.DETAIL)]
    AUTO_FOCUS = "HeadlinePane"

    def __init__(self, symbol: str) -> None:
        super().__init__()
        self._symbol = symbol
        self._newest: Headline | None = None

    @property
    def symbol(self) -> str:
        """The name that is shown."""
        return self._symbol

    def compose(self) -> ComposeResult:
        """From the top."""
        yield NameSheet()
        yield DayChart()
        yield FactList()
        yield HeadlinePane()

    def pull(self, bridge: "Bridge", dirty: Set[str], *, whole: bool) -> None:
        """Show the name anew when it changed; the rest once a second."""
        if not whole and self._symbol not in dirty:
            return
        sheet = bridge.sheet(self._symbol)
        self.query_one(NameSheet).show(sheet)
        self.query_one(FactList).show(sheet)
        self.query_one(DayChart).show(sheet.tile)
        if whole:
            self.query_one(HeadlinePane).show(bridge.headlines(self._symbol), bridge.today)
            self.fit()

    def on_resize(self) -> None:
        """Share the new room out."""
        self.fit()

    def fit(self) -> None:
        """The sheet takes what it needs; chart, facts and headlines share the rest."""
        width, height = self.app.size
        sheet, facts = self.query_one(NameSheet), self.query_one(FactList)
        rest = height - sheet.height_for(width)
        wanted = 1 + max(1, len(facts.facts))
        chart = rest // 2 if rest >= 12 else 0
        told = min(wanted, max(2, (rest - chart) // 2))
        for part, lines in (
            (sheet, min(height, sheet.height_for(width))),
            (self.query_one(DayChart), chart),
            (facts, told),
            (self.query_one(HeadlinePane), max(1, rest - chart - told)),
        ):
            part.display = lines > 0
            part.styles.height = max(1, lines)

    def action_neighbour(self, step: int) -> None:
        """The name beside it, in the order of the tiles."""
        order = self.wall_app.main.wall.order
        if order:
            place = order.index(self._symbol) if self._symbol in order else -step
            self._symbol = order[(place + step) % len(order)]
            self.wall_app.main.wall.move_to(self._symbol)
            self.wall_app.show_anew()

    @on(HeadlinePane.Opened)
    def _open_headline(self, event: HeadlinePane.Opened) -> None:
        self.wall_app.open_headline(event.headline)
