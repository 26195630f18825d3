"""The application: one engine under the screens. Pictures are pulled by frames, alerts are pushed."""

import asyncio
import logging
import signal
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.app import App, SystemCommand
from textual.binding import BindingType
from textual.events import Event, Key, Paste
from textual.screen import Screen
from textual.widgets import Input

from market.headline import Headline
from market.text import clean
from tui import output
from tui.desk import AlertDesk
from tui.frames import Frames
from tui.keys import Place, bindings, commands
from tui.lists import built_in, configured
from tui.screens.main import MainScreen
from tui.screens.view import View
from tui.status import Status
from tui.theme import THEME, look
from tui.vigil import Opening, Vigil
from widgets.face import Look
from widgets.formatting import code
from widgets.words import words

if TYPE_CHECKING:
    from monitor.assembly import Run
    from monitor.config import Config
    from monitor.settings import DisplaySettings
    from tui.alerts import AlertBook
    from tui.bridge import Bridge

log = logging.getLogger(__name__)

LONGEST_PASTE = 1000
"""Characters of a pasted text at most: a path, or a line of words."""

TOAST_S = 6.0
TOAST_LINES = 16
"""Lines of screen below which nothing is said over the tiles."""


class WallApp(App[None]):
    """The screens over one engine.

    State to read: ``monitor`` and ``bridge`` (the run, and how it is read, once it is there), ``alerts``,
    ``status``.
    """

    TITLE = "Tickwall"
    CSS_PATH = Path(__file__).with_name("app.tcss")
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Place.ANYWHERE)]
    ENABLE_COMMAND_PALETTE = True

    def __init__(
        self,
        opening: Opening,
        *,
        config: "Config | None" = None,
        reload: "Callable[[], Config] | None" = None,
        debug: bool = False,
    ) -> None:
        """``config`` is what holds until the run brings its own, ``None`` for the defaults; ``reload`` reads
        it anew when its file was saved; ``debug`` shows a traceback when the screen itself breaks."""
        super().__init__()
        self.monitor: Run | None = None
        self.bridge: Bridge | None = None
        self.desk = AlertDesk(self)
        self.vigil = Vigil(self, opening, reload)
        self.status = Status()
        self.config = config
        """What holds; ``None`` for the defaults, until the run brings its own."""
        self._tracebacks = debug
        self._output = output.install(self)
        self._frames = Frames(self)
        today = datetime.now(UTC).date()
        self.main = MainScreen(configured(config.settings, today) if config else built_in(today))
        """The screen below all others."""
        self.register_theme(THEME)
        self.theme = THEME.name
        self.animation_level = "none"  # each step of an animation is a frame that a slow link must carry

    # -- starting and leaving

    def get_default_screen(self) -> Screen[None]:
        """The wall itself: it is there in the first frame."""
        return self.main

    def on_mount(self) -> None:
        """Start the engine once the first frame is out: what it imports would hold that up."""
        self._wear()
        for number in (signal.SIGTERM, signal.SIGHUP):
            # Only the main thread may; elsewhere (tests) there is nobody to send a signal.
            with suppress(ValueError, RuntimeError):
                asyncio.get_running_loop().add_signal_handler(number, self.exit)
        self.call_after_refresh(self.vigil.start)

    def adopt(self, run: "Run") -> None:
        """Show a run that is about to start."""
        from tui.bridge import Bridge

        self.monitor = run
        self.config = run.config
        self.bridge = Bridge(run.engine)
        self.desk.open(self.bridge)
        self.settle()

    def settle(self) -> None:
        """Take over what the configuration says of the screen."""
        assert self.config is not None and self.bridge is not None
        from monitor.news import Marks

        settings = self.config.settings
        self.bridge.names = settings.display.names
        self.bridge.marks = Marks(self.monitor.shelf, settings.news) if self.monitor is not None else None
        self.main.show_watchlists(configured(settings, self.bridge.today))
        self._wear()
        self.show_alerts()
        self.show_anew()
        self._frames.start(self._fps)

    @property
    def display_settings(self) -> "DisplaySettings | None":
        """What the configuration says of the screen, once there is one."""
        return self.config.settings.display if self.config is not None else None

    @property
    def _fps(self) -> int:
        display = self.display_settings
        if display is None:
            return 10
        return 1 if display.low_bandwidth else display.fps

    @property
    def words(self) -> Mapping[str, str]:
        """The fixed words of the screen, in the language of names."""
        return words(self.display_settings.names if self.display_settings is not None else "en")

    def look(self) -> Look:
        """How everything is drawn."""
        return look(self.display_settings, plain=self.no_color)

    def _wear(self) -> None:
        self.main.wall.fps = self._fps
        new = self.look()
        self.set_class(new.glyphs.rail.isascii(), "-ascii")
        for screen in self.views:
            screen.wear(new)

    async def on_unmount(self) -> None:
        """Leave nothing behind."""
        await self.vigil.leave()

    def _fatal_error(self) -> None:
        """A defect of the screen ends it with one line, where Textual prints pages; the log has the rest."""
        log.critical("the screen broke", exc_info=self._exception)
        if self._tracebacks:
            super()._fatal_error()
        else:
            self.panic(Text(f"tickwall: internal error: {self._exception!r} (--debug shows where)"))

    # -- what the screens ask

    @property
    def alerts(self) -> "AlertBook":
        """Those that the screen holds."""
        return self.desk.book

    @property
    def today(self) -> date | None:
        """The exchange's date, once the engine tells it."""
        return self.bridge.today if self.bridge is not None else None

    @property
    def views(self) -> list[View]:
        """The screens that show market values, the lowest first."""
        return [screen for screen in self.screen_stack if isinstance(screen, View)]

    def look_again(self) -> None:
        """Look at everything at the next frame: something happened in the market."""
        self._frames.look_again()

    def show_anew(self) -> None:
        """Fill the screens at the next frame, even while paused: somebody wants to see something else."""
        self._frames.show_anew()

    def look_around(self) -> None:
        """About once a second: what changes without a quote, and on no screen."""
        if self.bridge is not None:
            self.desk.look(self.bridge)
        self.vigil.check_file()

    def say(self, text: str, *, urgent: bool = False) -> None:
        """Answer a key, for a few seconds."""
        self.status.say(text, urgent=urgent)
        self.main.show_status()
        # The other screens have no such line.
        if text and self.screen_stack and self.screen is not self.main and self.size.height >= TOAST_LINES:
            self.toast(text)

    def aside(self, text: str) -> None:
        """Write a bell or a notice to the terminal, beside the picture."""
        output.aside(self, text)

    def bell(self) -> None:
        """Ring, without waiting for a terminal that is behind."""
        self.aside("\a")

    def toast(self, text: str, *, title: str = "", grave: bool = False) -> None:
        """Say something over everything for a few seconds, in the place of what was said before.

        On the smallest screens a toast would hide all the rest: there it stands in the status line.
        """
        if self.size.height < TOAST_LINES:
            self.say(text, urgent=True)
            return
        self.clear_notifications()
        self.notify(
            text, title=title, severity="error" if grave else "warning", timeout=TOAST_S, markup=False
        )

    def show_alerts(self) -> None:
        """The alerts changed."""
        for view in self.views:
            view.show_alerts()
        self.look_again()  # the marks on the tiles

    # -- keys

    async def on_event(self, event: Event) -> None:
        """Let keys act in the order they were pressed, also where a slow link delivers several at once.

        Textual hands a key to the widget that has the focus, and looks for its binding when it comes back:
        of a ``/baidu`` in one piece ``baidu`` would act on the tiles, and what is typed behind an arrow would
        land in the field above. Here what is typed is written, and a key that is bound acts, before the next
        one is looked at.
        """
        if isinstance(event, Key | Paste) and not event.is_forwarded:
            if not self.screen_stack:  # on the way out
                return
            line = self.focused
            if isinstance(line, Input) and (text := _typed(event)):
                line.replace(text, *line.selection)
                return
            if isinstance(event, Key):
                for priority in (True, False):
                    if await self._check_bindings(event.key, priority=priority):
                        return
        await super().on_event(event)

    def action_mute(self) -> None:
        """Bell and notices off or on."""
        self.status.muted = not self.status.muted
        self.say("" if self.status.muted else "bell on")

    def action_pause(self) -> None:
        """The picture stands still, or goes on with all that happened since."""
        self.status.toggle_pause()
        self.look_again()
        self.main.show_status()

    def action_help(self) -> None:
        """Every key, first those of the screen that is shown."""
        from tui.screens.help import HelpScreen

        self.show(HelpScreen(self.views[-1].PLACES))

    def action_pane(self, pane: str) -> None:
        """Go to a pane of the main screen, from whatever lies above it."""
        while self.screen is not self.main:
            self.pop_screen()
        self.main.action_pane(pane)

    def action_feeds(self) -> None:
        """The feeds in full."""
        from tui.screens.feeds import FeedsScreen

        self.show(FeedsScreen())

    def action_journal(self) -> None:
        """Every alert that the store holds."""
        from tui.screens.journal import JournalScreen

        self.show(JournalScreen())

    def open_name(self, symbol: str) -> None:
        """A name's detail; its tile is the one that is chosen when a person comes back."""
        from tui.screens.detail import DetailScreen

        if self.monitor is not None and symbol not in self.monitor.engine.state.entries:
            self.say(f"{code(symbol)} is no longer watched", urgent=True)
            return
        self.main.wall.move_to(symbol)
        self.show(DetailScreen(symbol))

    def open_headline(self, headline: Headline) -> None:
        """A headline: in the browser, where there is one to open, else its address to copy."""
        from tui.screens.headline import HeadlineScreen

        if self.monitor is not None:
            self.monitor.shelf.mark_read(headline)
            self.main.headlines.redraw()
        self.show(HeadlineScreen(headline))

    def show(self, screen: Screen[None]) -> None:
        """Go to a screen, unless its kind is the one that is shown."""
        if type(self.screen) is type(screen):
            return
        self.push_screen(screen)
        self.show_anew()

    def action_repaint(self) -> None:
        """Draw everything anew: something else wrote on the terminal."""
        if self._output is not None:
            self._output.repaint()
        self.refresh()

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The palette: every key that does something, by name."""
        for key in commands():
            place = self.main if key.place is Place.MAIN else self
            if place is self or screen is self.main:
                run = partial(self.run_action, key.action, place)
                yield SystemCommand(f"{key.what[:1].upper()}{key.what[1:]}", f"key {key.shown}", run)


def _typed(event: Key | Paste) -> str:
    """What an event writes in a line: of a pasted text its first line, without what cannot be seen."""
    if isinstance(event, Key):
        return event.character or "" if event.is_printable else ""
    return clean(event.text.strip().partition("\n")[0], LONGEST_PASTE)
