"""The tab line of a small screen: which panes there are, and which one is shown."""

from collections.abc import Sequence
from typing import NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.message import Message

from widgets.lines import Line, Lines


class Tab(NamedTuple):
    """One pane: what it is called inside and outside, and a mark for what waits in it."""

    pane: str
    title: str
    mark: str = ""


class TabLine(Lines):
    """Call ``show`` with the tabs and the pane that is shown; a click posts ``Chosen``."""

    class Chosen(Message):
        """A tab was clicked."""

        def __init__(self, pane: str) -> None:
            super().__init__()
            self.pane = pane

    def __init__(self, *, name: str | None = None, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self.tabs: Sequence[Tab] = ()
        self.active = ""
        self.numbered = True
        """Whether each tab is told by the number of its key."""

    def show(self, tabs: Sequence[Tab], active: str) -> None:
        """Show these tabs, where they are numbered from 1."""
        self.tabs = tabs
        self.active = active
        self.redraw()

    def _texts(self, width: int) -> list[str]:
        """What each tab says; where not all find room, the one that is shown, and the others' numbers."""
        texts = [
            f" {f'{number} ' if self.numbered else ''}{tab.title}{tab.mark} "
            for number, tab in enumerate(self.tabs, 1)
        ]
        if sum(map(cell_len, texts)) <= width:
            return texts
        count = "" if self.numbered else f"{self._place + 1}/{len(self.tabs)} "
        return [
            f"{text}{count}" if place == self._place else f" {place + 1}{tab.mark} " if self.numbered else ""
            for place, (tab, text) in enumerate(zip(self.tabs, texts, strict=True))
        ]

    @property
    def _place(self) -> int:
        """Of the pane that is shown, counted from 0."""
        return next((place for place, tab in enumerate(self.tabs) if tab.pane == self.active), 0)

    def draw(self, width: int, height: int) -> Sequence[Line]:
        """The one line."""
        style = self.look.palette
        line: Line = []
        for tab, text in zip(self.tabs, self._texts(width), strict=True):
            chosen = style.selected if tab.pane == self.active else style.muted
            line.append(Segment(text, style.alert if tab.mark and tab.pane != self.active else chosen))
        return [line]

    def on_click(self, event: events.Click) -> None:
        """Tell which tab is under the mouse."""
        x = 0
        for tab, text in zip(self.tabs, self._texts(self.size.width), strict=True):
            if x <= event.x < (x := x + cell_len(text)):
                self.post_message(self.Chosen(tab.pane))
