"""The chart of a name: one session, or months to years of closes that end on the live price."""

from collections.abc import Iterable, Sequence

from rich.cells import cell_len
from rich.segment import Segment

from market.closes import Closes
from widgets.drawing import Drawing
from widgets.formatting import fit
from widgets.lines import Line, Lines
from widgets.plot import Level, Span, Stamp, daily, dates, hours, intraday, position
from widgets.tile import Tile

HINT = "c longer  ? help  Esc back"
"""Which keys do something on the page of a name, whose first heading this is."""

_LEAST_COLUMNS, _LEAST_ROWS = 10, 2


class Chart(Lines):
    """Call ``show`` with the tile, the levels to draw in, and the closes once they are there; ``span`` may
    be set at any time.

    The line is drawn in braille, or three steps to a cell in ASCII; it ends on the live price. Levels are
    dotted, with their names on them; one out of reach is named at the edge. Prices stand at the right,
    times below.
    """

    def __init__(self, *, name: str | None = None, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self.tile: Tile | None = None
        self.closes: Closes | None = None
        self.levels: Sequence[Level] = ()
        self._span = Span.INTRADAY
        self._why = ""

    @property
    def span(self) -> Span:
        """How far back it reaches."""
        return self._span

    @span.setter
    def span(self, span: Span) -> None:
        self._span = span
        self.redraw()

    def show(
        self, tile: Tile, levels: Sequence[Level] = (), closes: Closes | None = None, why: str = ""
    ) -> None:
        """Draw this tile; ``why`` is said where there are no closes to draw."""
        self.tile, self.levels, self.closes, self._why = tile, levels, closes, why
        self.redraw()

    def draw(self, width: int, height: int) -> Sequence[Line]:
        """A heading with the spans, the plot with prices at its right, and the times below."""
        tile, style = self.tile, self.look.palette
        lines = [self._heading(width)]
        if tile is None or tile.quote is None or tile.session is None:
            return [*lines, [Segment(f"  {self.word('no price')}", style.muted)]]
        if self._span is Span.INTRADAY:
            course = intraday(tile, tile.session)
        elif self.closes is None:
            return [*lines, [Segment(fit(f"  {self._why}", width, self.look.glyphs.ellipsis), style.muted)]]
        else:
            course = daily(self.closes, self._span)
        drawing = Drawing(self.look, tile, course, self.levels)
        rows, columns = height - 2, width - drawing.margin
        if columns < _LEAST_COLUMNS or rows < _LEAST_ROWS:
            return [*lines, [Segment(f"  {self.word('too small')}", style.muted)]]
        stamps = dates(course, columns) if course.days else hours(tile.session, columns)
        return [*lines, *drawing.lines(columns, rows), [Segment(_times(stamps, columns), style.muted)]]

    def _heading(self, width: int) -> Line:
        """``─ day ─ 3m ─ 1y ─ 5y ─ all ────── c longer  ? help  Esc back ─``, its span marked."""
        style, rail = self.look.palette, self.look.glyphs.rail
        heading: Line = []
        room = width
        for span in Span:
            text = f" {self.word(span)} "
            heading += [
                Segment(rail, style.muted),
                Segment(text, style.selected if span is self._span else style.muted),
            ]
            room -= cell_len(text) + 1
        hint = f" {HINT} {rail}"
        hint = hint if cell_len(hint) < room else ""
        return [*heading, Segment(f"{rail * max(0, room - cell_len(hint))}{hint}", style.muted)]


def _times(stamps: Iterable[Stamp], columns: int) -> str:
    """The times, each below its place."""
    line = ""
    for stamp in stamps:
        place = position(stamp, columns)
        if not line or place > len(line):
            line = line.ljust(place) + stamp.text
    return line
