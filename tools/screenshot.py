"""Exports ``docs/wall.svg``: the application's own picture of the wall on the simulated day, mid-afternoon.

``python -m tools.screenshot``
"""

import asyncio
import os
import tomllib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import time
from pathlib import Path

from feeds.venue.config import config_toml
from feeds.venue.hours import at
from feeds.venue.server import Venue, VenueOptions
from monitor.assembly import Run, opened
from monitor.config import load
from monitor.listener import Listener
from monitor.store import Store
from tui.app import WallApp

TARGET = Path(__file__).resolve().parent.parent / "docs" / "wall.svg"
SIZE = (120, 40)
UNTIL = at(14, 20)
PATIENCE = 120.0


async def main() -> None:
    """Play the day up to the moment, and take the picture."""
    async with Venue(VenueOptions(speed=None, start=time(9, 28))) as venue:
        config = load(os.devnull, flags=tomllib.loads(config_toml(venue.url)))

        @asynccontextmanager
        async def opening(listener: Listener) -> AsyncIterator[Run]:
            with closing(Store()) as store:
                async with opened(config, store, listener) as run:
                    await run.prime()
                    yield run

        app = WallApp(opening, config=config)
        async with asyncio.timeout(PATIENCE), app.run_test(size=SIZE) as pilot:
            while venue.floor.now < UNTIL:
                await pilot.pause(0.01)
            venue.floor.speed = 10  # so that rates and lags are those of a market, not of a race
            await pilot.pause(8)
            app.clear_notifications()
            await pilot.pause(1)
            TARGET.write_text(app.export_screenshot(title="Tickwall"), encoding="utf-8")


if __name__ == "__main__":
    asyncio.run(main())
