"""View: a screen that shows what the engine holds, and is asked to look again on the frame clock."""

from collections.abc import Sequence, Set
from typing import TYPE_CHECKING, ClassVar, cast

from textual.screen import Screen

from tui.alerts import EVERY_NAME
from tui.keys import Place
from tui.prompt import Answer, Prompt
from widgets.alerts import AlertRow
from widgets.face import Look
from widgets.formatting import code
from widgets.lines import Lines

if TYPE_CHECKING:
    from tui.app import WallApp
    from tui.bridge import Bridge


class View(Screen[None]):
    """The base of the screens."""

    ESCAPE_TO_MINIMIZE = False

    PLACES: ClassVar[Sequence[Place]] = ()
    """Whose keys the help shows first."""

    @property
    def wall_app(self) -> "WallApp":
        """The application, by its own type."""
        return cast("WallApp", self.app)

    @property
    def symbol(self) -> str | None:
        """The name that this screen stands on."""
        return None

    @property
    def alert(self) -> AlertRow | None:
        """The alert that is chosen on this screen."""
        return None

    def on_mount(self) -> None:
        """Look like the others."""
        self.wear(self.wall_app.look())

    def wear(self, look: Look) -> None:
        """Show everything in this look from now on."""
        for part in self.query(Lines):
            part.look = look

    def pull(self, bridge: "Bridge", dirty: Set[str], *, whole: bool) -> None:
        """Show the newest of the names that changed; about once a second of everything (``whole``)."""

    def show_alerts(self) -> None:
        """The alerts changed; they are shown even while the picture is paused."""

    # -- what a person does about alerts, wherever a name is chosen

    def action_acknowledge(self) -> None:
        """See to the alert that is chosen; else to those of the name that is; else to the newest."""
        desk, chosen = self.wall_app.desk, self.alert
        desk.acknowledge(desk.book.chosen(chosen.number if chosen else None, self.symbol))

    def action_acknowledge_all(self) -> None:
        """See to every alert."""
        desk = self.wall_app.desk
        desk.acknowledge([alert.number for alert in desk.book.waiting])

    def action_rules(self) -> None:
        """The rules of the name that is chosen, to be changed in the configuration file."""
        app = self.wall_app
        if app.vigil.reload is None:
            app.say(
                "no configuration file to write rules to: tickwall demo --config F names one", urgent=True
            )
        elif app.bridge is None or not self.symbol:
            app.say("no name is chosen", urgent=True)
        else:
            from tui.screens.rules import RulesScreen

            app.show(RulesScreen(self.symbol))

    async def action_snooze(self) -> None:
        """Be silent about the name that is chosen."""
        symbol = self.alert.symbol if self.alert else self.symbol
        if symbol:
            await self._ask_for_snooze(symbol, code(symbol))
        else:
            self.wall_app.say("no name is chosen", urgent=True)

    async def action_snooze_all(self) -> None:
        """Be silent about every name."""
        await self._ask_for_snooze(EVERY_NAME, "every name")

    async def _ask_for_snooze(self, symbol: str, name: str) -> None:
        async def answer(text: str) -> None:
            self.wall_app.desk.snooze(symbol, text)

        question = f"Snooze {name} until: 15m, 1h, close, 14:30 (empty: ring again)"
        await self.ask(question, answer, "close")

    async def ask(self, question: str, answer: Answer, text: str = "") -> None:
        """Ask a person something, over the bottom; ``text`` is the answer that is most likely."""
        self.app.clear_notifications()
        await Prompt(question, answer, text).ask(self, self.wall_app.look())

    def action_leave(self) -> None:
        """Back to the screen below."""
        self.dismiss()
