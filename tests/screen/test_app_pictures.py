"""Pictures of the wall, for its layout alone: what is on it is asserted elsewhere."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from textual.pilot import Pilot

from market.clock import MINUTE
from market.freshness import Health, Quality
from market.instrument import members
from market.quote import Quote
from tests.screen.stage import NOW, Stage, text, until
from tui.screens.detail import DetailScreen
from widgets.headlines import HeadlinePane
from widgets.wall import Wall


async def fill(stage: Stage, pilot: Pilot[None]) -> None:
    """A morning: every name has risen or fallen by its place in the list, evenly."""
    await until(lambda: stage.feed.sink is not None, pilot)
    assert stage.feed.sink is not None
    stage.feed.status.state = Health.LIVE
    symbols = [*members("hstech", date(2025, 9, 17)), "HSTECH", "HSI"]
    for minute in range(45):
        ts = NOW - (44 - minute) * MINUTE
        stage.clock.set(ts)
        stage.feed.sink.quotes([made(symbol, place, minute, ts) for place, symbol in enumerate(symbols)])
    stage.headline("Baidu signs an artificial intelligence contract")
    stage.headline("騰訊四年來首度發債", minutes=30)
    main = stage.app.main
    await until(lambda: len(main.headlines.rows) == 2 and "live" in text(main.feeds), pilot)
    await until(lambda: "10:14:00" in text(main.strip) and not is_flashing(main.wall), pilot)


def is_flashing(wall: Wall) -> bool:
    """Whether a price in view still stands out because it just changed."""
    flashes = (wall.look.palette.flash_up, wall.look.palette.flash_down)
    lines = map(wall.render_line, range(wall.size.height))
    return any(segment.style in flashes for line in lines for segment in line)


def made(symbol: str, place: int, minute: int, ts: int) -> Quote:
    """One quote of that morning."""
    base = Decimal(100 + 17 * place)
    last = base * (1 + Decimal((place % 7 - 3) * minute) / 4000)
    low, high = min(base, last), max(base, last)
    cent = Decimal("0.01")
    return Quote(
        symbol, last.quantize(cent), ts, ts, "hand", base, base, high.quantize(cent), low.quantize(cent),
        1000 * place * minute,
    )  # fmt: skip


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
def test_the_wall(size: tuple[int, int], snap_compare: Callable[..., bool]) -> None:
    stage = Stage(quality=Quality.SIMULATED)

    async def before(pilot: Pilot[None]) -> None:
        await fill(stage, pilot)

    assert snap_compare(stage.app, terminal_size=size, run_before=before)


def test_a_name(snap_compare: Callable[..., bool]) -> None:
    stage = Stage()

    async def before(pilot: Pilot[None]) -> None:
        await fill(stage, pilot)
        await pilot.press("enter")
        await until(lambda: isinstance(stage.app.screen, DetailScreen), pilot)
        page = stage.app.screen.query_one(HeadlinePane)
        await until(lambda: len(page.rows) == 2, pilot)

    assert snap_compare(stage.app, terminal_size=(100, 30), run_before=before)
