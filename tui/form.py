"""A form: one line for each key, a text or one of a few words, and what is wrong with it beside it."""

from collections.abc import Sequence

from rich.segment import Segment
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.geometry import Size
from textual.widgets import Input

from market.text import clean
from widgets.face import Look
from widgets.formatting import fit
from widgets.lines import Line, Lines
from widgets.wrapping import wrapped


class Words(Lines):
    """A text in as many lines as it needs, in the style of what is wrong or of what is not.

    Where it is given fewer lines, the last one is cut. ``chosen`` may be set at any time.
    """

    DEFAULT_CSS = """
    Words { height: auto; max-height: 20%; width: 100%; }
    """

    def __init__(self, text: str = "", *, classes: str | None = None) -> None:
        super().__init__(classes=classes)
        self.text = text
        self.wrong = False
        self.chosen = False
        """Whether it stands out."""

    def say(self, text: str, *, wrong: bool = False) -> None:
        """Say this from now on."""
        self.text, self.wrong = text, wrong
        self.refresh(layout=True)  # it may need another number of lines
        self.redraw()

    def choose(self, chosen: bool) -> None:
        """Stand out from now on, or no longer."""
        self.chosen = chosen
        self.redraw()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """The lines that the text needs."""
        return len(self._wrapped(width))

    def _wrapped(self, width: int) -> list[str]:
        return wrapped(clean(self.text), max(1, width - 1))

    def draw(self, width: int, height: int) -> Sequence[Line]:
        """The text; what finds no line is cut from its end."""
        palette, lines = self.look.palette, self._wrapped(width)
        lines[height - 1 :] = [" ".join(lines[height - 1 :])]
        style = palette.strong if self.chosen else palette.muted
        if self.wrong and self.text:
            style = palette.alert
        more = self.look.glyphs.ellipsis
        return [[Segment(fit(f" {line}" if line else "", width, more), style)] for line in lines]


class FieldLine(Input):
    """What is typed. Left and right go through the words that may stand there, where they are few."""

    def __init__(self, text: str, placeholder: str, choices: Sequence[str]) -> None:
        super().__init__(text, placeholder, compact=True, select_on_focus=False)
        self._choices = choices

    async def action_submit(self) -> None:
        """Enter is for the whole form."""
        await self.screen.run_action("save")

    def action_cursor_left(self, select: bool = False) -> None:
        """The word before, or one to the left."""
        if self._choices:
            self._turn(-1)
        else:
            super().action_cursor_left(select)

    def action_cursor_right(self, select: bool = False) -> None:
        """The next word, or one to the right."""
        if self._choices:
            self._turn(1)
        else:
            super().action_cursor_right(select)

    def _turn(self, step: int) -> None:
        place = (
            self._choices.index(self.value)
            if self.value in self._choices
            else (0 if not self.value else -step)
        )
        self.value = self._choices[(place + step) % len(self._choices)]
        self.cursor_position = len(self.value)


class Field(Horizontal):
    """State to read: ``key``, ``text`` (what is typed), ``problem``."""

    DEFAULT_CSS = """
    Field { height: 1; }
    Field > Words { height: 1; max-height: 1; }
    Field > .label { width: 16; }
    Field > FieldLine { width: 1fr; max-width: 44; }
    Field > .said { width: 1fr; }
    Field.-narrow > .said { display: none; }
    """

    def __init__(self, key: str, text: str, *, hint: str, default: str, choices: Sequence[str] = ()) -> None:
        """``hint`` is what the key means, ``default`` what holds where nothing is typed."""
        super().__init__()
        self.key = key
        self.hint = hint
        self.choices = choices
        self.problem = ""
        self._label = Words(key, classes="label")
        self._line = FieldLine(text, default, choices)
        self._said = Words(classes="said")

    def compose(self) -> ComposeResult:
        """Its name, the line, and what is wrong."""
        yield self._label
        yield self._line
        yield self._said

    def on_descendant_focus(self) -> None:
        """Its name stands out while it is typed into."""
        self._label.choose(True)

    def on_descendant_blur(self) -> None:
        """Its name steps back."""
        self._label.choose(False)

    @property
    def text(self) -> str:
        """What is typed."""
        return self._line.value

    @property
    def has_keys(self) -> bool:
        """Whether it is the one that is typed into."""
        return self.screen.focused is self._line  # ``has_focus`` lags behind keys that are typed ahead

    def enter(self) -> None:
        """Type here from now on."""
        self.screen.set_focus(self._line)

    def wear(self, look: Look) -> None:
        """Show it in this look."""
        self._label.look = self._said.look = look

    def blame(self, problem: str) -> None:
        """Say what is wrong with it; nothing where nothing is."""
        self.problem = problem
        self._label.say(f"{self.key} !" if problem else self.key, wrong=bool(problem))
        self._said.say(problem, wrong=True)
