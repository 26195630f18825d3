"""Pane: a list under a heading, newest first, with a cursor."""

from collections.abc import Hashable, Sequence
from typing import ClassVar, Generic, TypeVar

from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType

from widgets.formatting import fit
from widgets.heading import heading
from widgets.lines import WALKING, Line, Lines

Row = TypeVar("Row")


class Pane(Lines, Generic[Row], can_focus=True):
    """The list; its kinds say how a row is drawn (``draw_row``), what tells rows apart (``key``) and what
    Enter does (``open``).

    State to read: ``rows``, ``current`` (the row under the cursor, or ``None``), ``heading``. The cursor
    stays on its row when others arrive above it: what Space sees to is what was read. Without the keys it
    stays on the newest where it stood there, and so it does once what arrived has pushed its row out of view:
    a list that somebody left on its newest goes on to show them.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*WALKING, Binding("enter", "open", "Open")]

    HINT: ClassVar[str] = ""
    """Which keys do something here, where the list has the whole screen."""

    def __init__(self, *, name: str | None = None, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self.rows: Sequence[Row] = ()
        self._cursor = 0
        self._top = 0

    @property
    def heading(self) -> str:
        """The line on top; empty for none."""
        return ""

    @property
    def empty(self) -> str:
        """What stands in the place of rows."""
        return "nothing yet"

    def key(self, row: Row) -> Hashable:
        """What tells a row from the others, whatever else of it changes."""
        raise NotImplementedError

    def draw_row(self, row: Row, width: int, selected: bool) -> Line:
        """A row in so many cells."""
        raise NotImplementedError

    def foot_height(self, height: int) -> int:
        """How many of the widget's lines are kept below the rows; none, unless a kind has use for them."""
        return 0

    def foot(self, row: Row, width: int) -> Sequence[Line]:
        """What those lines say of the row under the cursor."""
        return ()

    def open(self, row: Row) -> None:
        """What Enter, or a second click, does to a row."""

    @property
    def current(self) -> Row | None:
        """The row under the cursor."""
        return self.rows[self._cursor] if self._cursor < len(self.rows) else None

    def set_rows(self, rows: Sequence[Row]) -> None:
        """Show these rows, in this order."""
        held = self.current
        self.rows = rows
        if held is not None and (self._cursor > 0 or self.has_focus):
            place = self.find(held)
            if place is not None:
                self._follow(place)
        self._cursor = max(0, min(self._cursor, len(rows) - 1))
        self._reveal()
        self.redraw()

    def _follow(self, place: int) -> None:
        """The row under the cursor stands there now."""
        if self._top > 0:
            self._top += place - self._cursor
        elif place >= self._visible():
            place = 0
        self._cursor = place

    def find(self, row: Row) -> int | None:
        """Where a row stands that was there before; ``None`` when it is gone."""
        keys = [self.key(row) for row in self.rows]
        return keys.index(self.key(row)) if self.key(row) in keys else None

    def draw(self, width: int, height: int) -> Sequence[Line]:
        """The heading and the rows in view."""
        style = self.look.palette
        lines: list[Line] = []
        if self.heading:
            count = f"{self._cursor + 1}/{len(self.rows)}" if self.rows else ""
            head = heading(self.heading, width, self.look.glyphs, count=count, hint=self.HINT)
            lines.append([Segment(head, style.strong if self.has_focus else style.muted)])
        if not self.rows:
            lines.append([Segment(fit(f"  {self.empty}", width), style.muted)])
        places = range(self._top, min(self._top + self._visible(), len(self.rows)))
        cursor = self._cursor if self.has_focus else -1
        lines += [self.draw_row(self.rows[place], width, place == cursor) for place in places]
        if self.current is not None and (foot := self.foot_height(height)):
            lines += [[] for _ in range(height - foot - len(lines))]
            lines += self.foot(self.current, width)
        return lines

    def _visible(self) -> int:
        height = self.size.height
        return max(1, height - bool(self.heading) - self.foot_height(height))

    def _reveal(self) -> None:
        visible = self._visible()
        self._top = max(0, min(self._top, self._cursor, len(self.rows) - visible))
        self._top = max(self._top, self._cursor - visible + 1)

    def _move_to(self, place: int) -> None:
        self._cursor = max(0, min(place, len(self.rows) - 1))
        self._reveal()
        self.redraw()

    def action_move(self, rows: int) -> None:
        """Move the cursor by rows."""
        self._move_to(self._cursor + rows)

    def action_page(self, pages: int) -> None:
        """Move the cursor by as many rows as are in view."""
        self._move_to(self._cursor + pages * self._visible())

    def action_end(self, side: int) -> None:
        """Move the cursor to the first (-1) or last (1) row."""
        self._move_to(self._cursor + side * len(self.rows))

    def action_open(self) -> None:
        """Open the row under the cursor."""
        if self.current is not None:
            self.open(self.current)

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the row under the mouse; a second click opens it."""
        place = self._top + event.y - bool(self.heading)
        if 0 <= place < len(self.rows) and event.y >= bool(self.heading):
            self._move_to(place)
            if event.chain == 2:
                self.action_open()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """One row down."""
        event.stop()
        event.prevent_default()
        self.action_move(1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """One row up."""
        event.stop()
        event.prevent_default()
        self.action_move(-1)

    def on_focus(self) -> None:
        """Show the cursor."""
        self.redraw()

    def on_blur(self) -> None:
        """Hide the cursor."""
        self.redraw()

    def on_resize(self) -> None:
        """Keep the cursor in view, before the lines are drawn anew."""
        self._reveal()
