"""The wall: every watched instrument as a tile, in one widget that draws its own lines.

One widget per tile was measured at a full core for 300 tiles changing ten times a second, against a few
percent of one for a single widget that hands out cached strips.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.filter import LineFilter
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from widgets.arrangement import Arrangement, arrange
from widgets.face import Look
from widgets.formatting import fit
from widgets.gallery import Gallery
from widgets.order import Sort
from widgets.palette import palette
from widgets.tile import Tile

FLASH_S = 0.4
"""How long a changed price stays highlighted, seconds: seen at a glance, over before the next poll."""

RESORT_S = 5.0
"""How often a sorted wall may change its order by itself, seconds: a tile must not jump while it is read."""

MANY = 48
"""Changed lines beyond which the wall is repainted as one region: marking a region costs Textual 5 µs,
while an unchanged line of a region costs the screen writer nothing."""

NARROW = 24
"""Tiles below this width (cells) may hold a number too long for them, so their lines are measured and cut."""


class Wall(ScrollView, can_focus=True):
    """The tiles, with a cursor.

    The owner calls ``show`` with the symbols of a watchlist, then ``update`` once a frame with the tiles
    that changed; ``flash`` and re-sorting count those frames (``fps`` a second), so that nothing here
    reads a clock. ``look`` may be set at any time; its form and width are chosen here.

    State to read: ``order`` (symbols as they stand), ``cursor`` (symbol or ``None``), ``sort``, ``filter``,
    ``arrangement``, ``window`` (first and last visible tile and how many there are).
    """

    DEFAULT_CSS = """
    Wall { overflow-x: hidden; overflow-y: auto; scrollbar-size: 0 0; }
    """

    ALLOW_SELECT = False  # text selection would cut every line at its segments, to style them

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "move(-1, 0)", "Left", show=False),
        Binding("right,l", "move(1, 0)", "Right", show=False),
        Binding("up,k", "move(0, -1)", "Up", show=False),
        Binding("down,j", "move(0, 1)", "Down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("home", "end(-1)", "First", show=False),
        Binding("end", "end(1)", "Last", show=False),
        Binding("enter", "open", "Detail"),
    ]

    @dataclass
    class Moved(Message):
        """The cursor stands on another instrument (``None``: on none)."""

        symbol: str | None

    @dataclass
    class Opened(Message):
        """An instrument was chosen, by Enter or a second click."""

        symbol: str

    def __init__(
        self,
        *,
        fps: float = 10,
        name: str | None = None,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self.fps = fps
        """How often a second the owner means to call ``update``."""
        self.cursor: str | None = None
        self.arrangement = arrange(80, 24, 0)
        self._gallery = Gallery()
        self._strips: dict[int, Strip] = {}
        self._look = self._drawn = Look(palette())

    # What the owner says

    def show(self, symbols: Sequence[str]) -> None:
        """Show these instruments (canonical symbols), in this order while unsorted.

        Those that were shown before keep their state.
        """
        self._gallery.show(symbols)
        self._reorder()

    def update(self, tiles: Mapping[str, Tile]) -> None:
        """One frame: take in the tiles that changed, by symbol, and repaint what of them is in view.

        Symbols that are not shown are ignored. Call it every frame, with an empty mapping when nothing
        changed: flashes end, and a sorted wall re-sorts, by counting calls.
        """
        flash = 0 if self._look.lean else max(1, round(FLASH_S * self.fps))
        touched = self._gallery.take(tiles, flash)
        if self._gallery.is_due(RESORT_S * self.fps):
            self._reorder()
        self._repaint(touched)

    @property
    def look(self) -> Look:
        """Palette, glyphs and leanness; its form and width are the wall's own choice."""
        return self._look

    @look.setter
    def look(self, look: Look) -> None:
        self._look = look
        self._arrange()

    @property
    def order(self) -> Sequence[str]:
        """The symbols as they stand."""
        return self._gallery.order

    @property
    def sort(self) -> Sort:
        """The order of the tiles; setting it sorts at once, then every few seconds."""
        return self._gallery.sort

    @sort.setter
    def sort(self, sort: Sort) -> None:
        self._gallery.sort = sort
        self._reorder()

    @property
    def filter(self) -> str:
        """Show only names whose symbol or name, in any language, holds this text; empty shows all."""
        return self._gallery.filter

    @filter.setter
    def filter(self, text: str) -> None:
        self._gallery.filter = text
        self._reorder()
        self.scroll_to(y=0, animate=False)
        if self.cursor is None and self.order:
            self.move_to(self.order[0])

    @property
    def window(self) -> tuple[int, int, int]:
        """First and last tile in view, counted from 1, and how many there are: "13-24 of 30"."""
        height, columns = self.arrangement.height, self.arrangement.columns
        first = self.scroll_offset.y // height * columns + 1
        last = -(-(self.scroll_offset.y + self.size.height) // height) * columns
        return min(first, len(self.order)), min(last, len(self.order)), len(self.order)

    # Order and place

    def _reorder(self) -> None:
        """Filter and sort anew; the cursor stays on its instrument, or goes where that is not shown."""
        if not self._gallery.hang():
            return
        if self.cursor not in self._gallery.places:
            self.move_to(None)
        self._arrange()

    def _arrange(self) -> None:
        """Choose the arrangement for the room and the number of tiles, and repaint everything."""
        width, height = self.outer_size
        tiles = len(self.order)
        found = arrange(width, height, tiles)
        if self._overflows(found):
            found = arrange(width - 1, height, tiles)
        self.arrangement = found
        look = replace(self._look, form=found.form, width=max(found.width, 1))
        if look != self._drawn:
            self._drawn = look
            for face in self._gallery.faces.values():
                face.stale = True
        self._strips.clear()
        self.virtual_size = Size(width, found.rows(tiles) * found.height)
        self.refresh()

    def _overflows(self, arrangement: Arrangement) -> bool:
        return arrangement.rows(len(self.order)) * arrangement.height > self.outer_size.height

    # Painting

    def _repaint(self, symbols: Iterable[str]) -> None:
        """Draw those of the tiles that are in view, and mark the lines of them that changed."""
        _, columns, width, height = self.arrangement
        top = self.scroll_offset.y
        first, last = top // height, (top + self.size.height - 1) // height
        places, faces = self._gallery.places, self._gallery.faces
        spans: list[tuple[int, int]] = []
        for symbol in symbols:
            row, column = divmod(places.get(symbol, -1), columns)
            if first <= row <= last:
                lines = faces[symbol].draw(self._drawn)
                spans += [(column * width, row * height + line) for line in lines]
        for _, y in spans:
            self._strips.pop(y, None)
        if len(spans) > MANY:
            self.refresh(self.size.region)
        elif spans:
            self.refresh(*(Region(x, y - top, width, 1) for x, y in spans))

    def render_lines(self, crop: Region) -> list[Strip]:
        """The strips of a part of the widget, by its own lines.

        Textual's cache of styled lines is passed by: the wall has neither border nor padding, keeps its own,
        and its palette has done what the colour filters would do to every segment of every line.
        """
        strips = [self.render_line(y) for y in crop.line_range]
        if crop.column_span == (0, self.outer_size.width):
            return strips
        return [strip.crop(*crop.column_span) for strip in strips]

    def render_line(self, y: int) -> Strip:
        """One line of the screen, ``y`` cells below the widget's top."""
        strip = self._strips.get(y + self.scroll_offset.y)
        if strip is None:
            strip = self._strips[y + self.scroll_offset.y] = self._draw_line(y)
        return strip

    def _draw_line(self, y: int) -> Strip:
        look, total = self._drawn, self.outer_size.width
        _, columns, width, height = self.arrangement
        row, line = divmod(y + self.scroll_offset.y, height)
        segments: list[Segment] = []
        tiles = self.order[row * columns : (row + 1) * columns]
        for symbol in tiles:
            face = self._gallery.faces[symbol]
            if face.stale:
                face.draw(look)
            segments += face.lines[line]
        used = len(tiles) * width
        if not self.order and y == 0:
            text = fit(f" {self._nothing()}", total, look.glyphs.ellipsis)
            return Strip([Segment(text, look.palette.muted)], total)
        bar = 1 if self._overflows(self.arrangement) else 0
        segments.append(Segment(" " * (total - used - bar), look.palette.text))
        if bar:
            segments.append(Segment(self._thumb(y), look.palette.muted))
        if width >= NARROW:
            return Strip(segments, total)
        return Strip(segments).adjust_cell_length(total, look.palette.text)

    def _nothing(self) -> str:
        return f"no name matches {self.filter!r}" if self.filter else "nothing is watched"

    def _thumb(self, y: int) -> str:
        """What the scroll bar shows in one line."""
        height, whole = self.outer_size.height, self.virtual_size.height
        start = self.scroll_offset.y * height // whole
        end = max(start + 1, -(-(self.scroll_offset.y + height) * height // whole))
        return self._drawn.glyphs.thumb if start <= y < end else " "

    def get_line_filters(self) -> Sequence[LineFilter]:
        """None: see ``render_lines``."""
        return ()

    # Events

    def on_resize(self) -> None:
        """Arrange for the new room, and keep the cursor in view."""
        self._arrange()
        self._reveal()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Every line of the screen shows another line of the wall."""
        self._strips.clear()
        super().watch_scroll_y(old_value, new_value)

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the tile under the mouse; a second click opens it."""
        _, columns, width, height = self.arrangement
        column, row = event.x // width, (event.y + self.scroll_offset.y) // height
        place = row * columns + column
        if column < columns and place < len(self.order):
            self.move_to(self.order[place])
            if event.chain == 2:
                self.action_open()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """One row of tiles down; Textual's own way would go on by lines."""
        event.stop()
        event.prevent_default()
        self._scroll_rows(1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """One row of tiles up; Textual's own way would go on by lines."""
        event.stop()
        event.prevent_default()
        self._scroll_rows(-1)

    def _scroll_rows(self, rows: int) -> None:
        height = self.arrangement.height
        self.scroll_to(y=(self.scroll_offset.y // height + rows) * height, animate=False)

    # Cursor

    def move_to(self, symbol: str | None) -> None:
        """Put the cursor on an instrument and bring it into view; one that is not shown is ignored."""
        if symbol == self.cursor or (symbol is not None and symbol not in self._gallery.places):
            return
        touched = [name for name in (self.cursor, symbol) if name is not None and name in self._gallery.faces]
        self.cursor = symbol
        for name in touched:
            self._gallery.faces[name].selected = name == symbol
            self._gallery.faces[name].stale = True
        self._repaint(touched)
        self._reveal()
        self.post_message(self.Moved(symbol))

    def _reveal(self) -> None:
        """Scroll no further than needed to have the whole of the cursor's tile in view."""
        place = self._gallery.places.get(self.cursor or "")
        if place is None:
            return
        height = self.arrangement.height
        top = place // self.arrangement.columns * height
        if top < self.scroll_offset.y:
            self.scroll_to(y=top, animate=False)
        elif top + height > self.scroll_offset.y + self.size.height:
            # A whole row at the top, even where the last one is cut: rows never drift by single lines.
            rows = max(1, self.size.height // height)
            self.scroll_to(y=top - (rows - 1) * height, animate=False)

    def _move_by(self, tiles: int) -> None:
        """Move the cursor within the order; without one, put it on the first tile in view."""
        if not self.order:
            return
        place = self.window[0] - 1
        if self.cursor is not None:
            place = min(max(self._gallery.places[self.cursor] + tiles, 0), len(self.order) - 1)
        self.move_to(self.order[place])

    def action_move(self, columns: int, rows: int) -> None:
        """Move the cursor by tiles; past the side of a row it goes on in the next."""
        place = self._gallery.places.get(self.cursor or "", 0) + rows * self.arrangement.columns
        # Up from the top row, or down from the last, stays: it does not run to the row's other end.
        if 0 <= place < len(self.order) or self.cursor is None:
            self._move_by(columns + rows * self.arrangement.columns)

    def action_page(self, pages: int) -> None:
        """Move the cursor by as many rows as are in view."""
        rows = max(1, self.size.height // self.arrangement.height)
        self._move_by(pages * rows * self.arrangement.columns)

    def action_end(self, side: int) -> None:
        """Move the cursor to the first (-1) or last (1) tile."""
        if self.order:
            self.move_to(self.order[0 if side < 0 else -1])

    def action_open(self) -> None:
        """Ask for the detail of the instrument under the cursor."""
        if self.cursor is not None:
            self.post_message(self.Opened(self.cursor))
