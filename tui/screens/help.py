"""The help: every key, by where it works."""

from collections.abc import Iterator, Sequence
from itertools import groupby
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

    def page(self, width: int) -> Sequence[Line]:
        """Every key under the heading of its place."""
        return list(self._lines(width))

    def _lines(self, width: int) -> Iterator[Line]:
        style = self.look.palette
        for place, keys in groupby(KEYS, key=lambda key: key.place):
            yield [Segment(f" {place}", style.strong)]
            for key in keys:
                what = fit(key.what, width - 21, self.look.glyphs.ellipsis)
                yield [Segment(f"   {key.shown:16} ", style.strong), Segment(what, style.text)]
            yield []


class HelpScreen(View):
    """One page of keys."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Place.SHEET)]

    def compose(self) -> ComposeResult:
        """The page."""
        yield HelpPage()
