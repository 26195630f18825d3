"""Context figures of a name: typed in by a person, each with its date and source, never live."""

from collections.abc import Sequence
from datetime import datetime

from market.context import FRESH_DAYS, OLD_DAYS, Figure
from widgets.lines import Line
from widgets.panel import Panel


class ContextList(Panel):
    """Call ``show``. A figure greys with age, and says how old it is once that matters."""

    TITLE = "context"

    def __init__(self, *, name: str | None = None, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self.figures: Sequence[Figure] = ()
        self._now = 0
        self._problem = ""

    def show(self, figures: Sequence[Figure], now: int, problem: str = "") -> None:
        """Show these at an instant (nanoseconds UTC); ``problem`` is what is wrong with their file."""
        self.figures, self._now, self._problem = figures, now, problem
        self.redraw()

    def body(self, width: int) -> Sequence[Line]:
        """The figure in full; below it date and source."""
        style = self.look.palette
        lines: list[Line] = []
        if self._problem:
            lines += self.paragraph(self.look.glyphs.alert, self._problem, style.text, width)
        for figure in self.figures:
            age = figure.age(self._now)
            note = f" ({figure.note})" if figure.note else ""
            said = f"{figure.what}: {figure.value}{note}"
            lines += self.paragraph(" ", said, style.text if age < FRESH_DAYS else style.muted, width)
            stamp = (
                f"{figure.as_of:%Y-%m-%d %H:%M}" if isinstance(figure.as_of, datetime) else f"{figure.as_of}"
            )
            old = f", {self.word('days old').format(age)}" if age >= FRESH_DAYS else ""
            mark = f"{self.look.glyphs.alert}  " if age >= OLD_DAYS else "   "
            lines += self.paragraph(mark, f"{stamp}, {figure.source}{old}", style.muted, width)
        return lines
