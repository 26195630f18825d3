"""Arrangement: how many tiles stand side by side, and how much each shows, in the room there is."""

from enum import StrEnum
from typing import NamedTuple


class Form(StrEnum):
    """How much a tile shows: four lines, two, or one."""

    FULL = "full"
    COMPACT = "compact"
    LINE = "line"


HEIGHT = {Form.FULL: 4, Form.COMPACT: 2, Form.LINE: 1}

NARROWEST = {Form.FULL: 23, Form.COMPACT: 23, Form.LINE: 36}
"""Below this many cells a form loses fields; five full tiles stand in 119 cells beside a scrollbar."""

WIDEST = 32
"""Beyond this a tile is mostly gaps: another column is better."""

ROWS = 6
"""A form that cannot show every tile must at least show this many rows of them."""


class Arrangement(NamedTuple):
    """``columns`` tiles side by side, each ``width`` cells by ``height`` lines."""

    form: Form
    columns: int
    width: int
    height: int

    def rows(self, tiles: int) -> int:
        """How many rows so many tiles take."""
        return -(-tiles // self.columns)


def arrange(width: int, height: int, tiles: int) -> Arrangement:
    """The arrangement for a screen area in cells.

    The form is the fullest one that shows every tile; where none does, the fullest that shows six rows; and
    on a very small screen, single lines. 30 full tiles fit 120x24, 30 compact ones 80x20. Tiles stand as wide
    as they can without losing a row that would have been visible.
    """
    # Single lines show no sparkline: never chosen merely to have every tile in view.
    for candidate in (Form.FULL, Form.COMPACT):
        found = _columns(candidate, width, height, tiles)
        if found.rows(tiles) * found.height <= height:
            return found
    for candidate in (Form.FULL, Form.COMPACT):
        if height >= ROWS * HEIGHT[candidate] and width >= NARROWEST[candidate]:
            return _columns(candidate, width, height, tiles)
    return _columns(Form.LINE, width, height, tiles)


def _columns(form: Form, width: int, height: int, tiles: int) -> Arrangement:
    most = max(1, width // NARROWEST[form])
    fewest = most if form is Form.LINE else min(max(1, -(-width // WIDEST)), most)
    lines = HEIGHT[form]
    columns = next((n for n in range(fewest, most) if -(-tiles // n) * lines <= height), most)
    return Arrangement(form, columns, width // columns, lines)
