"""Canvas: dots that become cells of text, eight to a cell in braille and three in plain ASCII."""

from collections.abc import Iterable, Mapping

Dot = tuple[int, int]
"""Column and row, from the top left."""

_BRAILLE = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
"""What each dot of a braille cell adds to it: two columns of four."""

_ASCII = (" ", "'", "-", "!", ".", ":", "i", "|")
"""A cell of three dots, one above the other: the uppermost counts 1, the next 2, the last 4."""


class Canvas:
    """How dots become text; ``wide`` and ``high`` are the dots of one cell."""

    def __init__(self, *, braille: bool) -> None:
        self.wide, self.high = (2, 4) if braille else (1, 3)
        self._braille = braille

    def cells(self, dots: Iterable[Dot]) -> Mapping[Dot, str]:
        """The sign of every cell that has a dot."""
        masks: dict[Dot, int] = {}
        for x, y in dots:
            cell = (x // self.wide, y // self.high)
            bit = _BRAILLE[x % 2][y % 4] if self._braille else 1 << y % 3
            masks[cell] = masks.get(cell, 0) | bit
        if self._braille:
            return {cell: chr(0x2800 + mask) for cell, mask in masks.items()}
        return {cell: _ASCII[mask] for cell, mask in masks.items()}


def line(start: Dot, end: Dot) -> Iterable[Dot]:
    """The dots from one to another, both included."""
    (x, y), (to_x, to_y) = start, end
    steps = max(abs(to_x - x), abs(to_y - y), 1)
    for step in range(steps + 1):
        yield x + (to_x - x) * step // steps, y + (to_y - y) * step // steps
