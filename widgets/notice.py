"""The notice: a few lines over the tiles about what is wrong with the whole picture."""

from collections.abc import Sequence

from rich.segment import Segment

from market.text import clean
from widgets.formatting import fit
from widgets.lines import Line, Lines


class Notice(Lines):
    """Call ``show`` with the lines; the first is the heading. Its owner gives it as many lines of screen."""

    def __init__(self, *, name: str | None = None, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self.lines: Sequence[str] = ()

    def show(self, lines: Sequence[str]) -> None:
        """Show these lines; none clears it."""
        self.lines = lines
        self.redraw()

    def draw(self, width: int, height: int) -> Sequence[Line]:
        """Each line, cut to the width."""
        style, more = self.look.palette, self.look.glyphs.ellipsis
        return [
            [Segment(fit(f" {clean(line)}", width, more), style.text if place else style.alert)]
            for place, line in enumerate(self.lines)
        ]
