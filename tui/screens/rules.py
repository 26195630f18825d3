"""The rules that watch a name: to be read, changed, added and removed."""

import asyncio
from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.message import Message

from market.errors import TickwallError
from market.text import clean
from monitor.rule_form import default_of, keys_of
from tui.form import Words
from tui.keys import Place, bindings
from tui.screens.view import View
from widgets.formatting import code, fit
from widgets.lines import Line
from widgets.pane import Pane

if TYPE_CHECKING:
    from monitor.rule_file import RuleFile


class RuleRow(NamedTuple):
    """One rule, and where it stands in the file."""

    place: int
    values: Mapping[str, Any]


class RulePane(Pane[RuleRow]):
    """The rules, a line each; Enter posts ``Opened``."""

    HINT = "Enter change  n new  d remove  Esc back"
    heading = ""
    empty = "no rule watches this name: n writes one"

    class Opened(Message):
        """A rule was chosen."""

        def __init__(self, row: RuleRow) -> None:
            super().__init__()
            self.row = row

    def key(self, row: RuleRow) -> Hashable:
        """The rule's own name."""
        return str(row.values.get("id"))

    def open(self, row: RuleRow) -> None:
        """Tell who listens."""
        self.post_message(self.Opened(row))

    def draw_row(self, row: RuleRow, width: int, selected: bool) -> Line:
        """`` big-mover     pct_prev_close  both  5, 10, 15  @hstech``, in columns."""
        style, more, values = self.look.palette, self.look.glyphs.ellipsis, row.values
        name = fit(_said(values, "id"), min(20, width // 3), more)
        kind, direction = fit(_said(values, "kind"), 14), fit(_direction(values), 4)
        what = "  ".join((kind, direction, fit(_steps(values), 14, more), _said(values, "symbols") or "*"))
        return [
            Segment(f" {name}  ", style.strong),
            Segment(fit(what, width - cell_len(name) - 3, more), style.selected if selected else style.text),
        ]


def _said(values: Mapping[str, Any], key: str) -> str:
    """What stands under a key, for a person."""
    value = values.get(key, "")
    return clean(" ".join(map(str, value)) if isinstance(value, list) else str(value))


def _direction(values: Mapping[str, Any]) -> str:
    """What is written or, of a kind that has one, the one that holds."""
    default = default_of("direction") if "direction" in keys_of(str(values.get("kind"))) else ""
    return _said(values, "direction") or default


def _steps(values: Mapping[str, Any]) -> str:
    """``5, 10, 15``: what it waits for; of a rule without steps nothing."""
    steps = [values.get("threshold"), *values.get("steps", ())]
    return ", ".join(clean(str(step)) for step in steps if step is not None)


class RulesScreen(View):
    """State to read: ``symbol``."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Place.RULES)]
    PLACES = (Place.RULES,)
    AUTO_FOCUS = "RulePane"
    DEFAULT_CSS = """
    RulesScreen > RulePane { height: 1fr; }
    """

    def __init__(self, symbol: str) -> None:
        super().__init__()
        self._symbol = symbol
        self._pane = RulePane()
        self._foot = Words()
        self._ids: set[str] = set()
        """Those that are taken, also by rules that watch other names."""

    @property
    def symbol(self) -> str:
        """The name whose rules these are."""
        return self._symbol

    def compose(self) -> ComposeResult:
        """The list, and a line for what there is to say."""
        self._pane.heading = f"Rules that watch {code(self._symbol)}"
        yield self._pane
        yield self._foot

    def on_mount(self) -> None:
        """Read the file."""
        super().on_mount()
        self.run_worker(self._read(), exit_on_error=False)

    def _open_file(self) -> "RuleFile":
        from monitor.rule_file import RuleFile

        config, bridge = self.wall_app.config, self.wall_app.bridge
        assert config is not None and bridge is not None  # there is no way here before
        return RuleFile(config.path, config.settings, bridge.today)

    async def _read(self, done: str = "") -> None:
        from monitor.rule_file import touching

        config, bridge = self.wall_app.config, self.wall_app.bridge
        assert config is not None and bridge is not None
        try:
            file = await asyncio.to_thread(self._open_file)
            places = touching(file.rules, self._symbol, config.settings, bridge.today)
        except TickwallError as error:
            self._foot.say(str(error), wrong=True)
            return
        self._ids = {str(rule.get("id")) for rule in file.rules}
        self._pane.set_rows([RuleRow(place, file.rules[place]) for place in places])
        if done:
            self._foot.say(done)
            return
        held = "the file has no rule of its own: these are the default ones; " if file.are_default else ""
        self._foot.say(f"{held}{config.path}")

    @on(RulePane.Opened)
    def _open(self, event: RulePane.Opened) -> None:
        self._edit(event.row.values, event.row.place)

    def action_new(self) -> None:
        """Write one for this name alone."""
        stem = code(self._symbol).lower()
        name = next(name for number in range(1, 10_000) if (name := f"{stem}-{number}") not in self._ids)
        self._edit({"id": name, "kind": "pct_prev_close", "symbols": [self._symbol]}, None)

    def _edit(self, values: Mapping[str, Any], place: int | None) -> None:
        from tui.screens.rule import RuleScreen

        self.app.push_screen(RuleScreen(self._open_file, values, place, self._saved))

    def _saved(self, name: str, file: "RuleFile") -> None:
        self._tell(f"rule {name!r} is written to", file)

    async def action_remove(self) -> None:
        """Take the chosen one away, if it is meant."""
        row = self._pane.current
        if row is None:
            return
        name = str(row.values.get("id"))

        async def answer(text: str) -> None:
            if text.strip().lower() in ("y", "yes"):
                file = await asyncio.to_thread(self._take_away, row)
                self._tell(f"rule {name!r} is removed from", file)

        symbols = " ".join(row.values.get("symbols", ("*",)))
        await self.ask(f"Remove rule {name}, which watches {symbols}? y, or Esc", answer)

    def _take_away(self, row: RuleRow) -> "RuleFile":
        file = self._open_file()
        if file.rules[row.place : row.place + 1] != [dict(row.values)]:
            raise TickwallError("the file was changed meanwhile: open the rules anew")
        file.remove(row.place)
        file.save()
        return file

    def _tell(self, done: str, file: "RuleFile") -> None:
        more = "the default rules now stand in the file; " if file.wrote_defaults else ""
        self.wall_app.show_anew()  # which finds the file saved, and reloads it
        self.run_worker(self._read(f"{more}{done} {file.path}"), exit_on_error=False)
