"""A terminal for tests: pyte, read as text and as looks."""

import pyte
from rich.cells import cell_len

Cell = tuple[str, str, str, bool, bool, bool, bool, bool]


class _Screen(pyte.Screen):
    """As terminals do, and pyte does not: half of a wide character that is written over leaves a blank."""

    def draw(self, data: str) -> None:
        for character in data:
            line, x = self.buffer[self.cursor.y], self.cursor.x
            for place in (x, x + cell_len(character)):
                if 0 < place < self.columns and line[place].data == "":
                    line[place - 1] = line[place - 1]._replace(data=" ")
                    line[place] = line[place]._replace(data=" ")
            super().draw(character)


class Terminal:
    """An emulated terminal that Textual's own output and ours can be compared on."""

    def __init__(self, width: int, height: int) -> None:
        self.screen = _Screen(width, height)
        self.screen.reset_mode(pyte.modes.DECAWM)  # as Textual sets it
        self._stream = pyte.Stream(self.screen)

    def feed(self, text: str) -> None:
        """Take what a program writes."""
        self._stream.feed(text)

    @property
    def text(self) -> list[str]:
        """The lines, right-stripped."""
        return [line.rstrip() for line in self.screen.display]

    def cells(self) -> list[list[Cell]]:
        """Every cell with its look."""
        return [[self._cell(y, x) for x in range(self.screen.columns)] for y in range(self.screen.lines)]

    def _cell(self, y: int, x: int) -> Cell:
        cell = self.screen.buffer[y][x]
        return (
            cell.data,
            cell.fg,
            cell.bg,
            cell.bold,
            cell.italics,
            cell.underscore,
            cell.reverse,
            cell.strikethrough,
        )
