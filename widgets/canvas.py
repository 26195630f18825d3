"""Canvas: dots that become cells of text, eight to a cell in braille and three in plain ASCII."""

from collections.abc import Iterable

Dot = tuple[int, int]
"""Column and row, from the top left."""

Masks = dict[Dot, int]
"""Which dots of each cell are set: a bit each."""

_BRAILLE = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
"""What each dot of a braille cell adds to it: two columns of four."""

_ASCII = (" ", "'", "-", "!", ".", ":", "i", "|")
"""A cell of three dots, one above the other: the uppermost counts 1, the next 2, the last 4."""


class Canvas:
    """A field of cells, and of the dots in them: ``wide`` and ``high`` are those of one cell."""

    def __init__(self, columns: int, rows: int, *, braille: bool) -> None:
        self.columns, self.rows, self.braille = columns, rows, braille
        self.wide, self.high = (2, 4) if braille else (1, 3)
        self.width, self.height = columns * self.wide, rows * self.high

    def add(self, dots: Iterable[Dot], masks: Masks) -> None:
        """Set dots."""
        for x, y in dots:
            cell = (x // self.wide, y // self.high)
            bit = _BRAILLE[x % 2][y % 4] if self.braille else 1 << y % 3
            masks[cell] = masks.get(cell, 0) | bit

    def sign(self, mask: int) -> str:
        """The text of one cell."""
        return chr(0x2800 + mask) if self.braille else _ASCII[mask]


def line(start: Dot, end: Dot) -> Iterable[Dot]:
    """The dots from one to another, both included."""
    (x, y), (to_x, to_y) = start, end
    steps = max(abs(to_x - x), abs(to_y - y), 1)
    for step in range(steps + 1):
        yield x + (to_x - x) * step // steps, y + (to_y - y) * step // steps
