"""One rule in a form. What is wrong with it is said beside the field, in the words of the configuration."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.events import DescendantFocus
from textual.widgets import Input

from market.errors import TickwallError
from monitor.config import ConfigError
from monitor.rule_file import RuleFile
from monitor.rule_form import MEANING, choices_of, default_of, keys_of, shared_out, text_of, values_of
from tui.form import Field, Words
from tui.keys import Place, bindings
from tui.screens.view import View

NARROW = 72
"""Cells below which what is wrong stands in the last line alone."""


class RuleScreen(View):
    """State to read: ``fields``, by key."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Place.RULE)]
    PLACES = (Place.RULE,)
    DEFAULT_CSS = """
    RuleScreen > Vertical { height: 1fr; overflow-y: auto; scrollbar-size: 0 0; }
    """

    def __init__(
        self,
        open_file: Callable[[], RuleFile],
        values: Mapping[str, Any],
        place: int | None,
        saved: Callable[[str, RuleFile], None],
    ) -> None:
        """``values`` are those of the rule at a place of the file, or of a new one; ``saved`` is called with
        its id once it is written."""
        super().__init__()
        self._open_file = open_file
        self._values = values
        self._place = place
        self._saved = saved
        self.fields = {
            key: Field(
                key, text_of(values.get(key)), hint=hint, default=default_of(key), choices=choices_of(key)
            )
            for key, hint in MEANING.items()
        }
        self._head = Words(f"Rule {values['id']}" if place is not None else "A new rule")
        self._foot = Words()
        self._refusal = ""
        """Why nothing was written, where no field is to blame; until another field is gone to."""

    def compose(self) -> ComposeResult:
        """The fields, and below them what the one that is typed into means."""
        yield self._head
        with Vertical():
            yield from self.fields.values()
        yield self._foot

    def on_mount(self) -> None:
        """Show the fields that the kind has."""
        super().on_mount()
        for field in self.fields.values():
            field.wear(self.wall_app.look())
        self._suit()
        self.fields["threshold" if self._place is None else "id"].enter()

    def on_resize(self) -> None:
        """Problems beside the fields, where there is room."""
        for field in self.fields.values():
            field.set_class(self.size.width < NARROW, "-narrow")

    @property
    def shown(self) -> list[Field]:
        """The fields of the kind that is typed in, from the top."""
        return [self.fields[key] for key in keys_of(self.fields["kind"].text)]

    @on(Input.Changed)
    def _suit(self) -> None:
        shown = self.shown
        for field in self.fields.values():
            field.display = field in shown

    @on(DescendantFocus)
    def _explain(self) -> None:
        field = next((field for field in self.shown if field.has_keys), None)
        if field is None:
            return
        words = " | ".join(field.choices) or field.hint
        keys = "Left, Right choose  Enter write  Esc back" if field.choices else "Enter write  Esc back"
        problem = field.problem or self._refusal
        self._foot.say(problem or f"{field.key}: {words} ({keys})", wrong=bool(problem))

    def action_move(self, step: int) -> None:
        """To the field below, or above."""
        self._refusal = ""
        shown = self.shown
        place = next((place for place, field in enumerate(shown) if field.has_keys), 0)
        shown[(place + step) % len(shown)].enter()

    async def action_save(self) -> None:
        """Write it; where something is wrong nothing is written, and it is said."""
        texts = {key: field.text for key, field in self.fields.items()}
        values = values_of(texts, self._values)
        try:
            file, problems = await asyncio.to_thread(self._write, values)
        except TickwallError as error:
            problems = {"": str(error)}
        if not problems:
            self.dismiss()
            self._saved(values["id"], file)
            return
        self._refusal = problems.get("", "")
        for key, field in self.fields.items():
            field.blame(problems.get(key, ""))
        self._foot.say(next(iter(problems.values())), wrong=True)
        if (first := next((field for field in self.shown if field.problem), None)) is not None:
            first.enter()

    def _write(self, values: Mapping[str, Any]) -> tuple[RuleFile, dict[str, str]]:
        """The file with the rule in it, and what is wrong with that by key: nothing once it is saved."""
        file = self._open_file()
        if self._place is not None and file.rules[self._place : self._place + 1] != [dict(self._values)]:
            raise TickwallError("the file was changed meanwhile: open the rules anew")
        place = file.put(values, self._place)
        try:
            file.save()
        except ConfigError as error:
            name, keys = values.get("id", ""), keys_of(values.get("kind", ""))
            return file, shared_out(error.problems, place, name, keys)
        return file, {}
