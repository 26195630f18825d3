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
        return [*self._sentences(width), *self._doubts(width)]

    def draw(self, width: int, height: int) -> Sequence[Line]:
        """The heading, and as much as fits: the commonest facts give way, doubts about all of them do not."""
        doubts = self._doubts(width)
        heading, *told = super().draw(width, height)
        room = max(1, height - 1 - len(doubts))
        return [heading, *told[: min(room, len(self._sentences(width)))], *doubts][:height]

    def _sentences(self, width: int) -> list[Line]:
        style = self.look.palette
        if not self.facts:
            return self.paragraph(" ", self._why, style.muted, width)
        return [
            line
            for place, fact in enumerate(self.facts)
            for line in self.paragraph(" ", fact, style.text if place else style.strong, width)
        ]

    def _doubts(self, width: int) -> list[Line]:
        style, sign = self.look.palette, self.look.glyphs.alert
        return [line for note in self.notes for line in self.paragraph(sign, note, style.muted, width)]
