"""The wall against curses: CPU and terminal bytes for the same cells, on a real pseudo-terminal.

``python -m bench.wall`` draws seeded tiles ten times a second, once with the wall and Textual, once with a
curses program that draws the very same pieces of text in the same 256-colour styles and leaves
finding the changed cells to curses. Both get their tiles ready made, so that what is compared is drawing.
"""

import asyncio
import curses
import gc
import locale
import random
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from statistics import median

from rich.color import ColorSystem
from rich.style import Style
from textual.app import App, ComposeResult

from bench.measure import Ratio, report
from bench.pty_child import Finished, mark, run
from market.clock import MINUTE, parse_rfc3339
from market.quote import Quote
from market.session import calendar
from tui.output import install
from widgets.arrangement import arrange
from widgets.face import Face, Look
from widgets.palette import palette
from widgets.tile import Tile
from widgets.wall import FLASH_S, Wall

FPS = 10
WARM_UP = 10
FRAMES = 60
REPEATS = 3
CASES = {
    "300 tiles, all changing": (300, 300, (288, 100)),
    "100 tiles, a tenth changing": (100, 10, (240, 40)),
}
"""Tiles, how many of them change in a frame, and the screen that shows them all (columns, lines)."""

Frames = list[dict[str, Tile]]


def frames(tiles: int, changing: int) -> Frames:
    """The first frame sets every tile; each later one moves some of them by a few ticks."""
    chance = random.Random(20250917)
    now = parse_rfc3339("2025-09-17T06:30:00Z")
    session = calendar("XHKG").session_at(now)
    assert session is not None
    minutes = [session.open + minute * MINUTE for minute in (*range(150), *range(210, 300))]
    current: dict[str, Tile] = {}
    for number in range(tiles):
        symbol = f"{number + 1:04d}.HK"
        base = chance.choice((520, 2480, 11320, 64500))
        path = [base]
        for _ in minutes:
            path.append(path[-1] + chance.randint(-(base // 300), base // 300))
        prices = [Decimal(price).scaleb(-2) for price in path]
        quote = Quote(
            symbol,
            prices[-1],
            now,
            now,
            "tencent",
            prices[0],
            prices[0],
            max(prices),
            min(prices),
            10**6 * number,
        )
        history = list(zip(minutes, prices, strict=False))
        current[symbol] = Tile(symbol, f"Company {number}", quote, history, session, age="now")
    made = [dict(current)]
    for frame in range(1, WARM_UP + FRAMES):
        moved = {}
        for symbol in chance.sample(sorted(current), changing):
            held = current[symbol].quote
            assert held is not None and held.high is not None and held.low is not None
            last = held.last + Decimal(chance.choice((-3, -2, -1, 1, 2, 3))).scaleb(-2)
            moved[symbol] = current[symbol]._replace(
                quote=held._replace(
                    last=last,
                    ts_event=now + frame * 10**8,
                    high=max(held.high, last),
                    low=min(held.low, last),
                    volume=int(held.volume or 0) + chance.randint(1, 300) * 100,
                )
            )
        current |= moved
        made.append(moved)
    return made


class Drawing(App[None]):
    """The wall, alone on the screen; ``on_frame`` is told the number of the frame to come."""

    CSS = "Screen { background: #0d1117; }"

    def __init__(self, made: Frames, on_frame: Callable[[int], None]) -> None:
        super().__init__()
        self._made = made
        self._on_frame = on_frame
        self._number = 0
        self.wall = Wall(fps=FPS)

    def compose(self) -> ComposeResult:
        """The wall."""
        yield self.wall

    def on_mount(self) -> None:
        """Begin."""
        self.wall.show(list(self._made[0]))
        self.set_interval(1 / FPS, self._frame)

    def _frame(self) -> None:
        self._on_frame(self._number)
        if self._number < len(self._made):
            self.wall.update(self._made[self._number])
        self._number += 1


class Meter:
    """The CPU time from the end of the warm-up to the end of the frames."""

    def __init__(self) -> None:
        self._spent = 0.0

    def on_frame(self, number: int) -> None:
        """Before each frame, and once after the last."""
        if number == WARM_UP:
            # As the app does once it stands: else the collector walks all of Textual time and again.
            gc.collect()
            gc.freeze()
            mark("start")
            self._spent = time.process_time()
        elif number == WARM_UP + FRAMES:
            mark({"cpu": time.process_time() - self._spent})


class Cursed:
    """The same tiles by curses: what a careful programmer would write."""

    def __init__(self, screen: "curses.window", made: Frames) -> None:
        self._screen = screen
        self._made = made
        height, width = screen.getmaxyx()
        self._plan = arrange(width, height, len(made[0]))
        self._look = Look(palette(), width=self._plan.width, form=self._plan.form)
        self._faces = {symbol: Face(tile) for symbol, tile in made[0].items()}
        self._places = {
            symbol: (
                place // self._plan.columns * self._plan.height,
                place % self._plan.columns * self._plan.width,
            )
            for place, symbol in enumerate(made[0])
        }
        self._attributes: dict[Style | None, int] = {}
        self._flashes: dict[str, int] = {}

    def attribute(self, style: Style | None) -> int:
        """The curses attribute of a style, its colours those of the 256 that are nearest."""
        known = self._attributes.get(style)
        if known is None:
            assert style is not None and style.color is not None and style.bgcolor is not None
            ink, paper = (
                colour.downgrade(ColorSystem.EIGHT_BIT).number for colour in (style.color, style.bgcolor)
            )
            assert ink is not None and paper is not None
            pair = len(self._attributes) + 1
            curses.init_pair(pair, ink, paper)
            known = curses.color_pair(pair)
            known |= (curses.A_BOLD if style.bold else 0) | (curses.A_REVERSE if style.reverse else 0)
            self._attributes[style] = known
        return known

    def draw(self) -> None:
        """All frames, at the same pace."""
        meter = Meter()
        due = time.monotonic()
        for number, moved in enumerate(self._made):
            meter.on_frame(number)
            touched = set(moved)
            for symbol, tile in moved.items():
                if self._faces[symbol].take(tile):
                    self._faces[symbol].flash = True
                    self._flashes[symbol] = number + round(FLASH_S * FPS)
            for symbol in [symbol for symbol, end in self._flashes.items() if end <= number]:
                del self._flashes[symbol]
                self._faces[symbol].flash = False
                touched.add(symbol)
            for symbol in touched:
                self._draw_tile(symbol)
            self._screen.refresh()
            due += 1 / FPS
            time.sleep(max(0.0, due - time.monotonic()))
        meter.on_frame(len(self._made))

    def _draw_tile(self, symbol: str) -> None:
        face = self._faces[symbol]
        y, left = self._places[symbol]
        for line in face.draw(self._look):
            x = left
            for text, style, _ in face.lines[line]:
                # The last cell of the screen cannot be written without scrolling; insstr would do, and cost.
                self._screen.addnstr(y + line, x, text, self._room(y + line, x), self.attribute(style))
                x += len(text)

    def _room(self, y: int, x: int) -> int:
        height, width = self._screen.getmaxyx()
        return width - x - (1 if y == height - 1 else 0)


def draw_with_curses(screen: "curses.window", made: Frames) -> None:
    """Draw the frames on an initialised screen."""
    curses.curs_set(0)
    curses.start_color()
    Cursed(screen, made).draw()


def child(kind: str, tiles: int, changing: int) -> None:
    """One program under measurement."""
    made = frames(tiles, changing)
    if kind == "curses":
        locale.setlocale(locale.LC_ALL, "")
        curses.wrapper(draw_with_curses, made)
    else:
        app = Drawing(made, Meter().on_frame)
        if kind == "wall":
            assert install(app) is not None
        asyncio.run(app.run_async())


def compare(name: str) -> list[Ratio]:
    """The rows of one case."""
    tiles, changing, size = CASES[name]
    done: dict[str, list[Finished]] = {"wall": [], "curses": []}
    for _ in range(REPEATS):
        for kind, finished in done.items():
            finished.append(run(["bench.wall", kind, str(tiles), str(changing)], size))

    def row(what: str, figure: Callable[[Finished], float], unit: str, goal: float) -> Ratio:
        ours, reference = (median(map(figure, finished)) for finished in done.values())
        return Ratio(f"wall, {what}, {name}", ours, reference, unit, goal, at_least=False)

    rows = [row("terminal bytes a frame", lambda finished: finished.written / FRAMES, "B", 3)]
    if changing == tiles:
        rows.insert(0, row("CPU", lambda finished: finished.result["cpu"] * 100 * FPS / FRAMES, "%", 2))
    return rows


def main() -> list[Ratio]:
    """CPU and bytes of the wall against curses."""
    return [row for name in CASES for row in compare(name)]


if __name__ == "__main__":
    if sys.argv[1:]:
        child(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
    else:
        report(main())
