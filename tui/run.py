"""The commands that open the wall: on the configured feeds, on a simulated day, on a tape."""

import asyncio
import gc
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from tui.tty import demand_terminal

if TYPE_CHECKING:
    from datetime import time

    from monitor.assembly import Run
    from monitor.config import Config
    from monitor.demo import Simulation
    from monitor.listener import Listener
    from tui.app import WallApp
    from tui.ear import Ear


def wall(config_path: str | None, *, debug: bool, state: str | None = None) -> int:
    """The wall on the configured feeds; the exit code once it is left.

    ``state`` is where alerts are kept, if not in the usual store, or in memory for a tape and a simulation.
    ``TerminalError`` without a terminal, ``ConfigError`` for a bad configuration, before anything is drawn.
    """
    _prepare()
    from monitor.config import load

    reload = partial(load, config_path)
    config = reload()
    from tui.app import WallApp

    opening = partial(_fed, lambda: config, debug, state)
    return _show(WallApp(opening, config=config, reload=reload, debug=debug))


def demo(simulation: "Simulation", config_path: str | None, *, debug: bool, state: str | None = None) -> int:
    """The wall on a simulated day. The venue starts first, and comes up while the first frame is drawn."""
    _prepare()
    from monitor.demo import venue

    with venue(simulation, quiet=True) as process:
        from tui.app import WallApp

        # A file that was named is followed, and its rules may be edited, as on any other wall.
        reload = partial(process.config, config_path) if config_path else None
        opening = partial(_fed, partial(process.config, config_path), debug, state)
        return _show(WallApp(opening, reload=reload, debug=debug))


def replay(
    tape: str,
    speed: float,
    config_path: str | None,
    *,
    start: "time | None",
    strict: bool,
    debug: bool,
    state: str | None = None,
) -> int:
    """The wall on a recorded tape; 65 for one that cannot be read, or under ``strict`` has a bad line."""
    _prepare()
    from monitor.config import load

    reload = partial(load, config_path)
    config = reload()
    from tui.app import WallApp

    opening = partial(_taped, config, tape, speed, start, strict, debug, state)
    return _show(WallApp(opening, config=config, reload=reload, debug=debug))


def _prepare() -> None:
    demand_terminal()
    # Importing makes no garbage, and looking for it takes 7 % of the time to the first frame.
    gc.disable()


def _show(app: "WallApp") -> int:
    app.run()
    return app.return_code or 0


@asynccontextmanager
async def _fed(
    configured: Callable[[], "Config"], debug: bool, state: str | None, listener: "Listener"
) -> AsyncIterator["Run"]:
    await _import_engine(debug)
    from monitor.assembly import COALESCE, opened
    from monitor.config import state_dir
    from monitor.store import Store

    # A simulated venue starts while the engine is imported; its answer is waited for beside the event loop.
    config = await asyncio.to_thread(configured)
    # Its day leaves the alerts of real ones alone.
    usual = None if config.is_simulated else state_dir() / "alerts.db"
    with closing(Store(Path(state) if state else usual)) as store:
        async with opened(config, store, listener, coalesce=COALESCE) as run:
            yield run


@asynccontextmanager
async def _taped(
    config: "Config",
    tape: str,
    speed: float,
    start: "time | None",
    strict: bool,
    debug: bool,
    state: str | None,
    ear: "Ear",
) -> AsyncIterator["Run"]:
    await _import_engine(debug)
    from monitor.assembly import taped
    from monitor.store import Store

    with closing(Store(Path(state) if state else None)) as store:
        on_error = None if strict else ear.bad_line
        async with taped(config, store, ear, tape, speed=speed, start=start, on_error=on_error) as run:
            # Before the first quote, so that alerts tell the same facts at any speed.
            await run.prime()
            yield run


async def _import_engine(debug: bool) -> None:
    """Import what the engine needs in a thread, while the screen answers keys; send the log to its file."""
    await asyncio.to_thread(import_module, "monitor.assembly")
    from monitor.config import state_dir
    from monitor.logs import to_file

    to_file(state_dir() / "tickwall.log", debug=debug)
