"""Drawing: a course of prices as lines of cells, with levels across it and prices at its right."""

from collections.abc import Container, Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import groupby

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from market.freshness import Quality
from widgets.canvas import Canvas, Dot, Masks, line
from widgets.face import Look
from widgets.formatting import price
from widgets.lines import Line
from widgets.plot import Course, Level, Scale, decimals, traced
from widgets.tile import Tile

_ROWS_A_STEP = 4
"""Rows between two round prices on the axis."""


class Drawing:
    """One picture of a course: what is on its scale, and how that is written."""

    def __init__(self, look: Look, tile: Tile, course: Course, levels: Sequence[Level]) -> None:
        """The tile must have a quote: the course ends on its price."""
        quote, palette = tile.quote, look.palette
        assert quote is not None
        self._look = look
        self._quote = quote
        self._course = course
        stale = tile.quality is Quality.STALE
        self._side = palette.muted if stale else palette.direction(quote.change)
        self._strong = palette.muted if stale else palette.direction(quote.change, strong=True)
        seen = [at for _, at in course.points]
        seen.append(float(quote.last))
        if not course.days:
            seen += [float(known) for known in (quote.high, quote.low) if known is not None]
        self._ends = (max(seen), min(seen))
        # Of years, yesterday's close is the line's own last point but one.
        self._levels = [level for level in levels if not (course.days and level.daily)]
        self._scale = Scale(self._ends[1], self._ends[0], self._levels)

    @property
    def margin(self) -> int:
        """Cells for the prices at the right."""
        texts = [self._price(end) for end in (self._scale.low, self._scale.high)]
        known = [price(self._quote.last), *(self._exact(level.price) for level in self._levels)]
        return 2 + max(map(len, (*texts, *known)))

    def _price(self, value: float | Decimal) -> str:
        """A price of the axis, with the decimals of the live one, or as many as tell it from the next."""
        return f"{value:,.{max(decimals(self._quote.last), self._scale.places)}f}"

    def _exact(self, value: Decimal) -> str:
        """A price as it was written, with no fewer decimals than the live one has."""
        return f"{value:,.{max(decimals(value), decimals(self._quote.last))}f}"

    def lines(self, columns: int, rows: int) -> list[Line]:
        """The plot."""
        glyphs, muted = self._look.glyphs, self._look.palette.muted
        canvas = Canvas(columns, rows, braille=glyphs.braille)
        masks, live = self._drawn(canvas)
        row = {level: self._row(float(level.price), canvas) for level in self._levels}
        drawn = [level for level in self._levels if self._scale.holds(level.price)]
        labels = self._axis(drawn, row, live[1], canvas)
        dotted = {row[level] for level in drawn}
        written = self._names(drawn, row, masks, canvas)
        signs = [[glyphs.previous_close if y in dotted else " "] * columns for y in range(rows)]
        for (x, y), sign in written.items():
            signs[y][x] = sign
        traced_at: list[set[int]] = [set() for _ in range(rows)]
        for (x, y), mask in masks.items():
            signs[y][x] = canvas.sign(mask)
            traced_at[y].add(x)
        lines: list[Line] = []
        for y in range(rows):
            text, style = labels.get(y, ("", muted))
            pieces = [
                Segment("".join(signs[y][x] for x in places), self._side if on else muted)
                for on, places in groupby(range(columns), key=traced_at[y].__contains__)
            ]
            lines.append([*pieces, Segment(f" {text:>{self.margin - 2}} ", style)])
        lines[live[1]] = self._marked(lines[live[1]], live[0])
        return lines

    def _marked(self, line: Line, x: int) -> Line:
        """The row of the live price, with a mark on its cell."""
        before, _, after = Segment.divide(line, [x, x + 1, sum(piece.cell_length for piece in line)])
        return [*before, Segment(self._look.glyphs.marker, self._strong), *after]

    def _row(self, value: float, canvas: Canvas) -> int:
        """The row of cells that a price is in."""
        return self._scale.row(value, canvas.height) // canvas.high

    def _drawn(self, canvas: Canvas) -> tuple[Masks, Dot]:
        """The cells of the line, and the one of the live price.

        What is over was traced before; only the way from there to the live price is new.
        """
        course, scale = self._course, self._scale
        last = float(self._quote.last)
        masks = traced(
            course, scale.low, scale.high, canvas.columns, canvas.rows, braille=canvas.braille
        ).copy()
        at, before = course.points[-1] if course.points else (1.0, last)
        start = (round(at * (canvas.width - 1)), scale.row(before, canvas.height))
        end = (canvas.width - 1 if course.days else start[0], scale.row(last, canvas.height))
        canvas.add(line(start, end), masks)
        return masks, (end[0] // canvas.wide, end[1] // canvas.high)

    def _axis(
        self, drawn: Sequence[Level], row: Mapping[Level, int], live: int, canvas: Canvas
    ) -> dict[int, tuple[str, Style]]:
        """What stands at the right of each row: the live price before levels, levels before the line's own
        highest and lowest, and these before round prices."""
        palette = self._look.palette
        labels = {live: (price(self._quote.last), self._strong)}
        for level in drawn:
            labels.setdefault(row[level], (self._exact(level.price), palette.text))
        steps: list[float | Decimal] = [*self._ends, *self._scale.steps(canvas.rows // _ROWS_A_STEP)]
        for value in steps:
            y = self._row(float(value), canvas)
            if not {y - 1, y, y + 1} & labels.keys():
                labels[y] = (self._price(value), palette.muted)
        return labels

    def _names(
        self, drawn: Sequence[Level], row: Mapping[Level, int], masks: Masks, canvas: Canvas
    ) -> dict[Dot, str]:
        """Where the names of levels are written: the first place by their line that the course leaves free.

        One that is out of reach is named on the topmost or lowest row that has room, with its price.
        """
        glyphs, rows = self._look.glyphs, range(canvas.rows)
        written: dict[Dot, str] = {}
        for level in drawn:
            near = [y for y in (row[level], row[level] - 1, row[level] + 1) if y in rows]
            _write(level.names, near, masks, written, canvas.columns)
        for level in self._levels:
            if level not in drawn:
                above = float(level.price) > self._scale.high
                sign = glyphs.up if above else glyphs.down
                texts = [f"{sign} {name} {self._exact(level.price)}" for name in level.names]
                # Best where no other level's line runs.
                clear = sorted(rows if above else rows[::-1], key=[row[other] for other in drawn].count)
                any(_write(texts, (y,), masks, written, canvas.columns) for y in clear)
        return written


def _write(
    texts: Iterable[str],
    order: Sequence[int],
    cells: Container[Dot],
    written: dict[Dot, str],
    columns: int,
) -> bool:
    """Write the first of some texts that finds room where nothing else is, on the first such row, if any."""
    for text in texts:
        needed = cell_len(text) + 2
        for y in order:
            free = 0
            for x in range(1, columns):
                free = 0 if (x, y) in cells or (x, y) in written else free + 1
                if free == needed:
                    _put(f" {text} ", x + 1 - needed, y, written)
                    return True
    return False


def _put(text: str, x: int, y: int, written: dict[Dot, str]) -> None:
    """An ideograph takes two cells: the second one is written as nothing."""
    for sign in text:
        written[x, y] = sign
        for behind in range(1, cell_len(sign)):
            written[x + behind, y] = ""
        x += cell_len(sign)
