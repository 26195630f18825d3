"""Panel: a heading and what stands under it, as high as it needs to be."""

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style

from widgets.heading import heading
from widgets.lines import Line, Lines
from widgets.wrapping import wrapped


class Panel(Lines):
    """The base of a name's panels: its kinds give ``body``."""

    TITLE: ClassVar[str]
    """Its word in ``widgets.words``."""

    @property
    def title(self) -> str:
        """What stands in the heading."""
        return self.word(self.TITLE)

    def body(self, width: int) -> Sequence[Line]:
        """The lines below the heading."""
        raise NotImplementedError

    def height_for(self, width: int) -> int:
        """The lines it takes at a width, its heading among them."""
        return 1 + len(self.body(width))

    @staticmethod
    def paragraph(mark: str, text: str, style: Style, width: int) -> list[Line]:
        """A text in as many lines as it needs, with a sign before the first of them; the others hang."""
        lines = wrapped(text, max(1, width - 5))
        return [[Segment(f"{'   ' if place else mark} {line}", style)] for place, line in enumerate(lines)]

    def draw(self, width: int, height: int) -> Sequence[Line]:
        """The heading, and as much as fits."""
        head = heading(self.title, width, self.look.glyphs)
        return [[Segment(head, self.look.palette.muted)], *self.body(width)][:height]
