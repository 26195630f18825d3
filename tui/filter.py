"""The filter: one line to type in, at the bottom, in the status line's place."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input


class Filter(Input):
    """Closed it is not there; open it has every printable key. Enter keeps what was typed, Esc drops it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close('')", show=False),
        Binding("up", "screen.move_tiles(0, -1)", show=False),
        Binding("down", "screen.move_tiles(0, 1)", show=False),
    ]

    class Closed(Message):
        """Typing is over; ``text`` is the filter that holds."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(
            placeholder="filter by code or name in any language; Enter keeps, Esc drops",
            compact=True,
            select_on_focus=False,
            id=id,
        )
        self.display = False

    @property
    def is_open(self) -> bool:
        """Whether somebody is typing."""
        return bool(self.display)

    def open(self, text: str) -> None:
        """Go on from a text."""
        self.display = True
        self.value = text
        self.cursor_position = len(text)
        self.focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter: the filter stays."""
        event.stop()
        self.action_close(self.value)

    def on_blur(self) -> None:
        """Gone elsewhere: the filter stays."""
        if self.is_open:
            self.action_close(self.value)

    def action_close(self, text: str) -> None:
        """Typing is over."""
        self.display = False
        self.post_message(self.Closed(text))
