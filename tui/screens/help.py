"""The help: every key, by where it works; first those of the screen that it was asked for on."""

from collections.abc import Iterator, Sequence
from typing import ClassVar

from rich.segment import Segment
from textual.app import ComposeResult
from textual.binding import BindingType

from tui.keys import KEYS, Place, bindings
from tui.screens.view import View
from widgets.formatting import fit
from widgets.lines import Line
from widgets.reader import Reader


class HelpPage(Reader):
    """The keys as lines."""

    HEADING = "Keys"

    def __init__(self, first: Sequence[Place]) -> None:
        super().__init__()
        self._places = list(dict.fromkeys((*first, Place.ANYWHERE, *Place)))

    def page(self, width: int) -> Sequence[Line]:
        """Every key under the heading of its place."""
        return list(self._lines(width))

    def _lines(self, width: int) -> Iterator[Line]:
        style = self.look.palette
        for place in self._places:
            yield [Segment(f" {place}", style.strong)]
            for key in (key for key in KEYS if key.place is place):
                what = fit(key.what, width - 21, self.look.glyphs.ellipsis)
                yield [Segment(f"   {key.shown:16} ", style.strong), Segment(what, style.text)]
            yield []


class HelpScreen(View):
    """One page of keys."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Place.SHEET)]
    PLACES = (Place.SHEET,)

    def __init__(self, first: Sequence[Place]) -> None:
        """``first`` are the places whose keys are wanted first."""
        super().__init__()
        self._page = HelpPage(first)

    def compose(self) -> ComposeResult:
        """The page."""
        yield self._page
