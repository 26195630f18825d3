"""The day chart: one session's prices as a line, against the previous close."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from itertools import groupby, pairwise

from rich.segment import Segment

from market.clock import SECOND
from market.session import TRADING, Session, calendar
from widgets.formatting import price
from widgets.lines import Line, Lines
from widgets.tile import Tile

_BITS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
"""What each dot of a braille cell adds to it: two columns of four."""

Dots = set[tuple[int, int]]
"""Where the line goes: (column, row) of dots, from the top left."""


class Plot:
    """A session's prices laid out on so many dots."""

    def __init__(self, tile: Tile, session: Session, width: int, height: int) -> None:
        """``width`` and ``height`` in dots; the tile must have a quote."""
        quote = tile.quote
        assert quote is not None
        self.session = session
        self.width = width
        self.height = height
        self._total = session.trading_ns_between(session.open, session.close)
        path = [*tile.minutes, (quote.ts_event, quote.last)]
        extremes = [*(last for _, last in path), quote.prev_close, quote.high, quote.low]
        known = [value for value in extremes if value is not None]
        self.low, self.high = min(known), max(known)
        self.dots: Dots = set()
        points = [(self.column(ts), self.row(last)) for ts, last in path]
        for start, end in pairwise([points[0], *points]):
            self._join(start, end)

    def column(self, ts: int) -> int:
        """The column of an instant, on trading time: lunch takes no room."""
        passed = self.session.trading_ns_between(self.session.open, ts)
        return min(passed * self.width // self._total, self.width - 1)

    def row(self, value: Decimal) -> int:
        """The row of a price, the highest on top."""
        if self.high == self.low:
            return self.height // 2
        return round(float((self.high - value) / (self.high - self.low)) * (self.height - 1))

    def _join(self, start: tuple[int, int], end: tuple[int, int]) -> None:
        (x, y), (to_x, to_y) = start, end
        steps = max(abs(to_x - x), abs(to_y - y), 1)
        for step in range(steps + 1):
            self.dots.add((x + (to_x - x) * step // steps, y + (to_y - y) * step // steps))


class DayChart(Lines):
    """Call ``show`` with the tile whose day is to be drawn.

    The line is drawn in braille, or with one sign per cell in ASCII; the previous close is a dotted line.
    """

    def __init__(self, *, name: str | None = None, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self.tile: Tile | None = None

    def show(self, tile: Tile) -> None:
        """Draw this tile's day."""
        self.tile = tile
        self.redraw()

    def draw(self, width: int, height: int) -> Sequence[Line]:
        """The plot, with prices at its left and times below."""
        tile, style = self.tile, self.look.palette
        if tile is None or tile.quote is None or tile.session is None:
            return [[Segment(" no prices yet", style.muted)]]
        margin = 11
        columns, rows = width - margin, height - 1
        if columns < 10 or rows < 2:
            return [[Segment(" too small for a chart", style.muted)]]
        wide, high = (2, 4) if self.look.glyphs.braille else (1, 1)
        plot = Plot(tile, tile.session, columns * wide, rows * high)
        cells = self._cells(plot, wide, high)
        before = tile.quote.prev_close
        labels = {0: plot.high, rows - 1: plot.low}
        if before is not None:
            labels[plot.row(before) // high] = before
        lines = []
        for row in range(rows):
            label = price(labels[row])[: margin - 2] if row in labels else ""
            reference = before is not None and row == plot.row(before) // high
            lines.append(
                [Segment(f"{label:>{margin - 1}} ", style.muted), *self._row(cells, row, columns, reference)]
            )
        return [*lines, [Segment(" " * margin + _times(plot, wide), style.muted)]]

    def _cells(self, plot: Plot, wide: int, high: int) -> Mapping[tuple[int, int], str]:
        """The sign of every cell that the line goes through."""
        if not self.look.glyphs.braille:
            return dict.fromkeys(plot.dots, self.look.glyphs.acknowledged)
        bits: dict[tuple[int, int], int] = {}
        for x, y in plot.dots:
            cell = (x // wide, y // high)
            bits[cell] = bits.get(cell, 0) | _BITS[x % wide][y % high]
        return {cell: chr(0x2800 + held) for cell, held in bits.items()}

    def _row(self, cells: Mapping[tuple[int, int], str], row: int, columns: int, reference: bool) -> Line:
        assert self.tile is not None and self.tile.quote is not None
        empty = self.look.glyphs.previous_close if reference else " "
        side = self.look.palette.direction(self.tile.quote.change)
        line: Line = []
        for drawn, places in groupby(range(columns), key=lambda column: (column, row) in cells):
            text = "".join(cells.get((column, row), empty) for column in places)
            line.append(Segment(text, side if drawn else self.look.palette.muted))
        return line


def _times(plot: Plot, wide: int) -> str:
    """When trading begins, begins again and ends, each below its place."""
    session = plot.session
    begins = [
        start
        for (_, before), (start, phase) in pairwise([(0, None), *session.phases])
        if phase in TRADING and before not in TRADING
    ]
    line = ""
    zone = calendar(session.mic).zone
    for instant in [*begins, session.close]:
        text = f"{datetime.fromtimestamp(instant // SECOND, UTC).astimezone(zone):%H:%M}"
        place = min(plot.column(instant) // wide, plot.width // wide - len(text))
        if not line or place > len(line):
            line = line.ljust(place) + text
    return line
