"""The status line: what is chosen and what is unusual, and which keys help."""

from collections.abc import Sequence
from typing import NamedTuple

from rich.cells import cell_len
from rich.segment import Segment

from widgets.formatting import fit
from widgets.lines import Line, Lines


class Remark(NamedTuple):
    """One thing to know; an urgent one stands out."""

    text: str
    urgent: bool = False


class StatusLine(Lines):
    """Call ``show`` with the remarks, the most important first; those that find no room are left out."""

    def __init__(self, *, name: str | None = None, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self.remarks: Sequence[Remark] = ()
        self.hint = ""

    def show(self, remarks: Sequence[Remark], hint: str = "") -> None:
        """Show these remarks at the left, and a hint at the right where there is room."""
        self.remarks = remarks
        self.hint = hint
        self.redraw()

    def draw(self, width: int, height: int) -> Sequence[Line]:
        """The one line."""
        style = self.look.palette
        line: Line = []
        room = width
        for remark in self.remarks:
            text = f" {remark.text} "
            if cell_len(text) > room and line:
                break
            text = fit(text, min(cell_len(text), room), self.look.glyphs.ellipsis)
            line.append(Segment(text, style.alert if remark.urgent else style.muted))
            room -= cell_len(text)
        hint = f"{self.hint} "
        if cell_len(hint) <= room:
            line.append(Segment(" " * (room - cell_len(hint)) + hint, style.muted))
        return [line]
