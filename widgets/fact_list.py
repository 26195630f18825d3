"""What history says of a name's price, in sentences, and what is wrong with that history."""

from collections.abc import Sequence

from widgets.lines import Line
from widgets.panel import Panel


class FactList(Panel):
    """Call ``show``. A sentence each, the rarest first; what is wrong with the history stands below them."""

    TITLE = "facts"

    def __init__(self, *, name: str | None = None, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self.facts: Sequence[str] = ()
        self.notes: Sequence[str] = ()
        self._why = ""

    def show(self, facts: Sequence[str], why: str = "", notes: Sequence[str] = ()) -> None:
        """Show a name's facts, or why there are none; ``notes`` are doubts about its history."""
        self.facts, self._why, self.notes = facts, why, notes
        self.redraw()

    def body(self, width: int) -> Sequence[Line]:
        """The sentences, the first of them strong: it is what an alert would say."""
        style, glyphs = self.look.palette, self.look.glyphs
        lines: list[Line] = []
        if not self.facts:
            lines += self.paragraph(" ", self._why, style.muted, width)
        for place, fact in enumerate(self.facts):
            lines += self.paragraph(" ", fact, style.text if place else style.strong, width)
        for note in self.notes:
            lines += self.paragraph(glyphs.alert, note, style.muted, width)
        return lines
