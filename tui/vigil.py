"""The vigil: one run of the engine under the screens, from its start to its end, and the file it follows."""

import asyncio
import gc
import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from textual.worker import Worker, WorkerCancelled, WorkerFailed

from market.errors import TickwallError
from market.freshness import Quality
from tui.ear import Ear
from tui.saved import SavedFile

if TYPE_CHECKING:
    from monitor.assembly import Run
    from monitor.config import Config
    from tui.app import WallApp

log = logging.getLogger(__name__)

Opening = Callable[[Ear], AbstractAsyncContextManager["Run"]]
"""Makes the run that the wall shows, and that tells it what happens; ends what belongs to it."""


class Vigil:
    """Whatever ends the engine is a line on the screen, which stays with its last values."""

    def __init__(self, app: "WallApp", opening: Opening, reload: "Callable[[], Config] | None") -> None:
        self.reload = reload
        """Reads the configuration anew; ``None`` for a simulated day without a file of the user's own."""
        self._app = app
        self._opening = opening
        self._files: dict[Path, SavedFile] = {}
        """The configuration, and the files of closures and of names that it is read with."""
        self._engine: Worker[None] | None = None

    def start(self) -> None:
        """Start the engine."""
        if not gc.isenabled():
            # All that was made so far stays to the end: no collection needs to look at it again.
            gc.freeze()
            gc.enable()
        self._engine = self._app.run_worker(self._drive(), name="engine", exit_on_error=False)

    async def leave(self) -> None:
        """End it. Nothing is left behind: it has closed its sockets, and a venue's process is gone."""
        if self._engine is not None:
            self._engine.cancel()
            with suppress(WorkerFailed, WorkerCancelled):
                await self._engine.wait()

    async def _drive(self) -> None:
        try:
            async with self._opening(Ear(self._app)) as run:
                self._watch(run.config)
                self._app.adopt(run)
                try:
                    await run.run()
                    self._end(run)
                except Exception as error:
                    self._break(error)
                await asyncio.Event().wait()  # until the screen is left: the store stays at hand
        except Exception as error:
            self._break(error)

    def _end(self, run: "Run") -> None:
        """The tape, or the simulated day, is over; its last picture stays."""
        if run.exit_code:
            message = "; ".join(run.engine.failures.values())
            self._app.exit(return_code=run.exit_code, message=f"tickwall: {message}")
        over = {Quality.SIMULATED: "the day is over", Quality.REPLAY: "the tape has ended"}
        self._app.status.ended = over.get(run.engine.quality, "every feed has ended")
        self._app.look_again()

    def _break(self, error: Exception) -> None:
        app, error = self._app, _innermost(error)
        if app.monitor is None and isinstance(error, TickwallError):
            # Nothing was shown yet that is worth keeping: a tape that is not there, a store in use.
            app.exit(return_code=error.exit_code, message=f"tickwall: {error}")
            return
        log.error("the engine stopped", exc_info=error)
        why = error if isinstance(error, TickwallError) else f"internal error: {error!r}"
        app.status.ended = f"the engine stopped: {why}"
        app.look_again()

    def _watch(self, config: "Config") -> None:
        named = (config.settings.calendar.file, config.settings.news.aliases)
        paths = [config.path, *(Path(name).expanduser() for name in named if name)]
        self._files = {path: self._files.get(path) or SavedFile(path) for path in paths}

    def check_file(self) -> None:
        """Take the configuration anew when a file of it was saved; a bad one changes nothing, and is told."""
        app = self._app
        saved = [path for path, file in self._files.items() if file.was_saved()]
        if app.monitor is None or self.reload is None or not saved:
            return
        try:
            config = self.reload()
            app.monitor.reload(config)
        except TickwallError as error:
            log.error("reload refused: %s", error)
            app.toast(str(error), title="Not reloaded, the running configuration stays", grave=True)
            app.say("configuration not reloaded")
            return
        self._watch(config)
        app.config = config
        app.settle()
        app.say("configuration reloaded")


def _innermost(error: Exception) -> Exception:
    """The error that says most, out of whatever groups it came in."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error
