"""Picture: what a terminal shows and what it should show, and the bytes that lead from one to the other.

Textual sends each changed line from its widget's left edge, every piece with its full style and a reset:
82 kB/s for 100 tiles over ssh. Here unchanged cells are skipped and the style is carried on, which
brought that to 10 (curses: 7).
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from rich.cells import cell_len
from rich.color import ColorSystem
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.strip import Strip

from tui.pen import Pen, Pens

Update = ChopsUpdate | LayoutUpdate

_SINGLE_RANGES = ((0x20, 0x7E), (0x2500, 0x25FC), (0x2800, 0x28FF))  # ASCII, boxes and blocks, braille
_SINGLE = frozenset(chr(point) for first, last in _SINGLE_RANGES for point in range(first, last + 1))
"""Characters that are one cell wide and join nothing: a text of these may be cut anywhere."""

_JOINERS = frozenset("\u200d\ufe0f")


class Shown(NamedTuple):
    """A piece of a line as the terminal has it."""

    strip: Strip
    widths: list[int]
    """Cells of each segment: most segments of the next strip are as wide, so they need no measuring."""


class Row:
    """One line of the screen, cut where widgets meet; ``None`` is a piece that is not known."""

    __slots__ = ("shown", "starts", "wanted")

    def __init__(self) -> None:
        self.starts: list[int] = []
        self.wanted: list[Strip | None] = []
        self.shown: list[Shown | None] = []

    def recut(self, starts: list[int], width: int) -> None:
        """Cut the row at other places, keeping what is known."""
        self.wanted = _recut(self.wanted, starts, width)
        before = [None if piece is None else piece.strip for piece in self.shown]
        after = _recut(before, starts, width)
        # A wide character that a cut goes through is blank in the pieces, but whole on the terminal.
        self.shown = [None] * len(starts)
        if _text(before) == _text(after):
            self.shown = [None if strip is None else Shown(strip, _widths(strip)) for strip in after]
        self.starts = starts


def _recut(strips: Sequence[Strip | None], starts: list[int], width: int) -> list[Strip | None]:
    known = [strip for strip in strips if strip is not None]
    line = Strip.join(known)
    if not known or len(known) < len(strips) or line.cell_length != width:
        return [None] * len(starts)
    return list(line.divide([*starts[1:], width]))


def _text(strips: Iterable[Strip | None]) -> str:
    return "".join(strip.text for strip in strips if strip is not None)


def _widths(strip: Strip) -> list[int]:
    return [segment.cell_length for segment in strip]


class Picture:
    """The screen of one terminal."""

    def __init__(self, colours: ColorSystem | None) -> None:
        self._pens = Pens(colours)
        self._width = 0
        self._rows: list[Row] = []
        self._dirty: set[int] = set()
        self._out: list[str] = []
        self._pen = self._pens.plain
        self._y = self._x = -1

    def forget(self) -> None:
        """Know nothing of what the terminal shows: all that is wanted will be drawn again."""
        for row in self._rows:
            row.shown = [None] * len(row.wanted)
        self._dirty.update(range(len(self._rows)))

    def take(self, update: Update) -> None:
        """Note what the screen should show from now on."""
        if isinstance(update, LayoutUpdate):
            self._resize(*update.region.size)
            self._take_layout(update)
        elif update.spans:
            # After a resize a part may come before the whole, which Textual leaves out within a batch.
            self._resize(update.chop_ends[0][-1], len(update.chops))
            self._take_chops(update)

    def _resize(self, width: int, height: int) -> None:
        if (width, height) != (self._width, len(self._rows)):
            self._width = width
            self._rows = [Row() for _ in range(height)]
            self._dirty.clear()

    def _take_layout(self, update: LayoutUpdate) -> None:
        for row, line in zip(self._rows, update.strips, strict=False):
            strips = list(line)
            starts = [0]
            for strip in strips[:-1]:
                starts.append(starts[-1] + strip.cell_length)
            if starts != row.starts:
                row.recut(starts, self._width)
            row.wanted = list(strips)
        self._dirty.update(range(len(self._rows)))

    def _take_chops(self, update: ChopsUpdate) -> None:
        for y, left, right in update.spans:
            row, line = self._rows[y], update.chops[y]
            starts = list(line)
            if starts != row.starts:
                row.recut(starts, self._width)
            # Beyond the span Textual has not looked at every widget, so a piece there may be hidden in truth.
            for index, (end, (start, strip)) in enumerate(
                zip(update.chop_ends[y], line.items(), strict=False)
            ):
                if strip is not None and start < right and end > left:
                    row.wanted[index] = strip
            self._dirty.add(y)

    def draw(self) -> str:
        """The sequences that make the terminal show what is wanted; empty when it does already.

        They expect the terminal's style to be reset, and leave it so.
        """
        self._y = self._x = -1
        for y in sorted(self._dirty):
            row = self._rows[y]
            for index, wanted in enumerate(row.wanted):
                shown = row.shown[index]
                if wanted is not None and (shown is None or wanted is not shown.strip):
                    row.shown[index] = self._draw_strip(y, row.starts[index], shown, wanted)
        self._dirty.clear()
        if self._pen is not self._pens.plain:
            self._out.append("\x1b[0m")
            self._pen = self._pens.plain
        drawn = "".join(self._out)
        self._out.clear()
        return drawn

    def _draw_strip(self, y: int, x: int, shown: Shown | None, wanted: Strip) -> Shown:
        if shown is not None:
            if len(shown.strip) == len(wanted) and self._draw_segments(y, x, shown, wanted):
                return Shown(wanted, shown.widths)
            self._draw_cells(y, x, _cells(shown.strip, self._pens), _cells(wanted, self._pens))
            return Shown(wanted, _widths(wanted))
        widths = _widths(wanted)
        for (text, style, _), width in zip(wanted, widths, strict=True):
            self._put(y, x, width, text, self._pens.of(style))
            x += width
        return Shown(wanted, widths)

    def _draw_segments(self, y: int, x: int, shown: Shown, wanted: Strip) -> bool:
        """The fast way, segment against segment; whether they lie under one another to the end.

        What was drawn by then is right in any case.
        """
        pen_of = self._pens.of
        for before, after, width in zip(shown.strip, wanted, shown.widths, strict=True):
            if before is not after:
                old, old_style, _ = before
                text, style, _ = after
                simple = text.isascii() or _SINGLE.issuperset(text)
                if (len(text) if simple else cell_len(text)) != width:
                    return False
                pen = pen_of(style)
                if style is not old_style and pen_of(old_style) is not pen:
                    self._put(y, x, width, text, pen)
                elif old != text:
                    if simple and (old.isascii() or _SINGLE.issuperset(old)):
                        start, end = _changed(old, text)
                        self._put(y, x + start, end - start, text[start:end], pen)
                    else:
                        self._put(y, x, width, text, pen)
            x += width
        return True

    def _draw_cells(
        self, y: int, x: int, shown: list[tuple[str, Pen]], wanted: list[tuple[str, Pen]]
    ) -> None:
        """The sure way, cell against cell."""
        for place, (text, pen) in enumerate(wanted):
            # A wide character's second cell is an empty text: it is drawn with the first, never by itself.
            if text and (place >= len(shown) or shown[place] != (text, pen)):
                self._put(y, x + place, cell_len(text), text, pen)

    def _put(self, y: int, x: int, width: int, text: str, pen: Pen) -> None:
        if x != self._x or y != self._y:
            # Columns are named, never counted on from where the cursor should be: a terminal that takes
            # another width for a character is wrong by that character alone.
            self._out.append(f"\x1b[{x + 1}G" if y == self._y else f"\x1b[{y + 1};{x + 1}H")
            self._y = y
        if pen is not self._pen:
            self._out.append(self._pen.to(pen))
            self._pen = pen
        self._out.append(f"{pen.link}{text}\x1b]8;;\x1b\\" if pen.link else text)
        self._x = x + width


def _changed(old: str, new: str) -> tuple[int, int]:
    """Where two different texts of one length begin to differ, and where they have ceased to."""
    end = len(new)
    start = 0
    while old[start] == new[start]:
        start += 1
    while old[end - 1] == new[end - 1]:
        end -= 1
    return start, end


def _cells(strip: Strip, pens: Pens) -> list[tuple[str, Pen]]:
    """One entry per cell; a wide character's second is empty, a joining one belongs to the cell before."""
    cells: list[tuple[str, Pen]] = []
    for text, style, _ in strip:
        pen = pens.of(style)
        # Joined emoji are as wide together as one of them: such a text stays in one piece.
        for piece in [text] if _JOINERS.intersection(text) else text:
            width = cell_len(piece)
            if width or not cells:
                cells += [(piece, pen), *[("", pen)] * (width - 1)]
            else:
                owner = max(place for place, (base, _) in enumerate(cells) if base)
                cells[owner] = (cells[owner][0] + piece, cells[owner][1])
    return cells
