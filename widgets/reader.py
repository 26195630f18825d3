"""Reader: a page of lines that is longer than the screen, scrolled with the keys."""

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import BindingType

from widgets.heading import heading
from widgets.lines import WALKING, Line, Lines


class Reader(Lines, can_focus=True):
    """A heading, and below it what ``page`` says, from ``top`` on."""

    BINDINGS: ClassVar[list[BindingType]] = [*WALKING]

    HEADING: ClassVar[str] = ""
    HINT: ClassVar[str] = "Esc back"
    """Which keys do something here."""

    def __init__(self, *, name: str | None = None, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self.top = 0
        self._length = 0

    def page(self, width: int) -> Sequence[Line]:
        """All lines, for a width in cells."""
        raise NotImplementedError

    def draw(self, width: int, height: int) -> Sequence[Line]:
        """What of the page is in view; the heading says how much there is besides."""
        page = self.page(width)
        self._length = len(page)
        self.top = max(0, min(self.top, len(page) - height + 1))
        last = min(self.top + height - 1, len(page))
        seen = f"{self.top + 1}-{last}/{len(page)}" if last - self.top < len(page) else ""
        head = heading(self.HEADING, width, self.look.glyphs, count=seen, hint=self.HINT)
        return [[Segment(head, self.look.palette.strong)], *page[self.top : last]]

    def _go(self, top: int) -> None:
        self.top = max(0, top)
        self.redraw()

    def action_move(self, lines: int) -> None:
        """Scroll by lines."""
        self._go(self.top + lines)

    def action_page(self, pages: int) -> None:
        """Scroll by what is in view."""
        self._go(self.top + pages * max(1, self.size.height - 2))

    def action_end(self, side: int) -> None:
        """Scroll to the first line (-1) or the last (1)."""
        self._go(self._length if side > 0 else 0)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """A few lines down."""
        event.stop()
        self.action_move(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """A few lines up."""
        event.stop()
        self.action_move(-3)
