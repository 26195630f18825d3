"""The feeds in full: how each fares, and what it counted since the start."""

from collections.abc import Sequence, Set
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual.app import ComposeResult
from textual.binding import BindingType

from market.freshness import Health
from market.text import clean
from tui.keys import Place, bindings
from tui.screens.view import View
from widgets.formatting import fit
from widgets.lines import Line
from widgets.reader import Reader

if TYPE_CHECKING:
    from tui.bridge import Bridge, FeedAccount


class FeedsPage(Reader):
    """Each feed with its figures."""

    HEADING = "Feeds"

    def __init__(self) -> None:
        super().__init__()
        self.feeds: Sequence[FeedAccount] = ()

    def page(self, width: int) -> Sequence[Line]:
        """A heading per feed, and a figure a line."""
        style, more = self.look.palette, self.look.glyphs.ellipsis
        lines: list[Line] = []
        for feed in self.feeds:
            side = style.muted if feed.health in (Health.LIVE, Health.CLOSED) else style.alert
            lines.append([Segment(f" {clean(feed.name, 20)} ", style.strong), Segment(feed.health, side)])
            for word, value in feed.figures:
                lines.append(
                    [
                        Segment(f"   {word:18} ", style.muted),
                        Segment(fit(clean(value), width - 22, more), style.text),
                    ]
                )
            lines.append([])
        return lines or [[Segment(" no feed runs", style.muted)]]


class FeedsScreen(View):
    """One page of feeds, kept up to date."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Place.SHEET)]
    PLACES = (Place.SHEET,)

    def __init__(self) -> None:
        super().__init__()
        self._page = FeedsPage()

    def compose(self) -> ComposeResult:
        """The page."""
        yield self._page

    def pull(self, bridge: "Bridge", dirty: Set[str], *, whole: bool) -> None:
        """Once a second."""
        if whole:
            self._page.feeds = bridge.accounts()
            self._page.redraw()
