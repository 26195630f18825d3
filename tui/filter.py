"""The filter: one line at the bottom, in which each letter narrows what is shown above."""

from collections.abc import Callable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widgets import Input


class Filter(Input):
    """Closed it is not there; open it has every printable key. Enter keeps what was typed, Esc drops it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close('')", show=False),
        Binding("up", "screen.move_tiles(0, -1)", show=False),
        Binding("down", "screen.move_tiles(0, 1)", show=False),
    ]

    def __init__(self, closed: Callable[[str], None], placeholder: str, *, id: str | None = None) -> None:
        """``closed`` is called at once with the text that holds when typing is over."""
        super().__init__(placeholder=placeholder, compact=True, select_on_focus=False, id=id)
        self.display = False
        self._done = closed

    @property
    def is_open(self) -> bool:
        """Whether somebody is typing."""
        return bool(self.display)

    def open(self, text: str) -> None:
        """Go on from a text."""
        self.display = True
        self.value = text
        self.cursor_position = len(text)
        self.screen.set_focus(self)  # now: the next key may be here already

    async def action_submit(self) -> None:
        """Enter: the filter stays."""
        self.action_close(self.value)

    def on_blur(self) -> None:
        """Gone elsewhere: the filter stays."""
        if self.is_open:
            self.action_close(self.value)

    def action_close(self, text: str) -> None:
        """Typing is over; ``text`` is the filter that holds."""
        self.display = False
        self._done(text)
