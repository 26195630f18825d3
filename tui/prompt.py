"""The prompt: a question and a line to answer it in, over the bottom of whatever screen is shown."""

from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar

from rich.segment import Segment
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input

from market.errors import TickwallError
from market.text import clean
from widgets.face import Look
from widgets.formatting import fit
from widgets.lines import Line, Lines

Answer = Callable[[str], Awaitable[None]]
"""What is done with the answer; a ``TickwallError`` is shown, and the question stays."""


class Question(Lines):
    """What is asked, or what is wrong with the answer."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text
        self.wrong = False

    def draw(self, width: int, height: int) -> Sequence[Line]:
        """One line."""
        style = self.look.palette.alert if self.wrong else self.look.palette.strong
        return [[Segment(fit(f" {clean(self.text)}", width, self.look.glyphs.ellipsis), style)]]


class AnswerLine(Input):
    """Enter answers, Esc goes back without an answer."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", show=False)]

    def __init__(self, text: str, prompt: "Prompt") -> None:
        super().__init__(text, compact=True, select_on_focus=False)
        self._prompt = prompt

    async def action_submit(self) -> None:
        """Answer."""
        await self._prompt.answer(self.value)

    def action_leave(self) -> None:
        """Leave the question."""
        self._prompt.leave()

    def on_blur(self) -> None:
        """Gone elsewhere: the question is left as well."""
        self._prompt.leave()


class Prompt(Vertical):
    """Shown by ``ask``; gone when it is answered or left."""

    DEFAULT_CSS = """
    Prompt { dock: bottom; layer: prompt; height: 2; }
    Prompt > * { height: 1; }
    """

    def __init__(self, question: str, answer: Answer, text: str = "") -> None:
        super().__init__()
        self._question = Question(question)
        self._line = AnswerLine(text, self)
        self._answer = answer
        self._before: Widget | None = None

    def compose(self) -> ComposeResult:
        """The question over the line."""
        yield self._question
        yield self._line

    async def ask(self, screen: Screen[None], look: Look) -> None:
        """Ask on a screen; every printable key is the answer's from now on."""
        self._before = screen.focused
        await screen.mount(self)
        self._question.look = look
        screen.set_focus(self._line)

    async def answer(self, text: str) -> None:
        """Do what was asked for; say what is wrong where it cannot be done."""
        try:
            await self._answer(text)
        except TickwallError as error:
            self._question.text, self._question.wrong = str(error), True
            self._question.redraw()
        else:
            self.leave()

    def leave(self) -> None:
        """Be gone, and give the keys back."""
        if self.display:
            self.display = False
            if self.screen.focused in (self._line, None):
                self.screen.set_focus(self._before)
            self.remove()  # not awaited: the line itself asks for it, and would wait for its own end
