"""Lines: the base of the small widgets, drawn whole and repainted only where a line came out differently."""

from collections.abc import Sequence

from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.filter import LineFilter
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from widgets.face import Look
from widgets.palette import palette
from widgets.words import words

Line = list[Segment]

WALKING: list[BindingType] = [
    Binding("up,k", "move(-1)", "Up", show=False),
    Binding("down,j", "move(1)", "Down", show=False),
    Binding("pageup", "page(-1)", "Page up", show=False),
    Binding("pagedown", "page(1)", "Page down", show=False),
    Binding("home", "end(-1)", "First", show=False),
    Binding("end", "end(1)", "Last", show=False),
]
"""The keys of whatever is walked by lines."""


class Lines(Widget):
    """A widget that draws ``draw(width, height)`` and shows the lines it returns, padded or cut to its width.

    Call ``redraw`` when what it shows has changed; ``look`` may be set at any time.
    """

    ALLOW_SELECT = False

    def __init__(self, *, name: str | None = None, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self._look = Look(palette())
        self._drawn: list[Line] = []
        self._strips: list[Strip] = []

    @property
    def look(self) -> Look:
        """Palette and glyphs."""
        return self._look

    @look.setter
    def look(self, look: Look) -> None:
        self._look = look
        self._drawn = []
        self.redraw()

    def word(self, key: str) -> str:
        """A fixed word (``widgets.words``) in the language of the look."""
        return words(self._look.language)[key]

    def draw(self, width: int, height: int) -> Sequence[Line]:
        """The lines for a room of that many cells; at most ``height`` of them."""
        raise NotImplementedError

    def redraw(self) -> None:
        """Draw again, and repaint the lines that differ."""
        width, height = self.size
        if not width or not height:
            return
        lines = [*self.draw(width, height)][:height]
        lines += [[] for _ in range(height - len(lines))]
        fits = len(self._drawn) == height and len(self._strips) == height
        stale = [y for y in range(height) if not fits or lines[y] != self._drawn[y]]
        if not fits:
            self._strips = [Strip.blank(width)] * height
        for y in stale:
            segments = [segment for segment in lines[y] if segment.text]
            self._strips[y] = Strip(segments).adjust_cell_length(width, self._look.palette.text)
        self._drawn = lines
        if stale:
            self.refresh(*(Region(0, y, width, 1) for y in stale))

    def render_line(self, y: int) -> Strip:
        """One line of the widget."""
        return self._strips[y] if y < len(self._strips) else Strip.blank(self.size.width)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """None: the palette has done what the colour filters would do."""
        return ()

    def on_resize(self) -> None:
        """Draw for the new room."""
        self._drawn = []
        self.redraw()
