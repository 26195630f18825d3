"""A program for the tests of output: a wall, panes and a toast that end in a known picture.

``python -m tests.screen.drawn stock|ours FRAMES [FIFO]`` shows them, changes every tile that often, and
says so to a FIFO. The last picture is the same however many frames there were. Keys:
``x`` shows a toast, ``r`` paints the screen again, ``m`` counts up in the bottom line, which is drawn last.
"""

import asyncio
import sys
from pathlib import Path
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import BindingType

from market.freshness import Health
from tests.screen.market import tile
from tui.output import Output, install
from widgets.feed_status import FeedLine, FeedStatusBar
from widgets.headlines import HeadlinePane
from widgets.index_strip import IndexStrip
from widgets.wall import Wall

SYMBOLS = [f"{number:04d}.HK" for number in range(1, 41)]
NAMES = ("Baidu", "百度集團-SW", "嗶哩嗶哩", "JD.com")


class Drawn(App[None]):
    """A wall between a strip and panes."""

    CSS = """
    IndexStrip { height: 1; }
    HeadlinePane { height: 4; }
    FeedStatusBar { height: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        ("x", "toast", "Toast"),
        ("r", "repaint", "Repaint"),
        ("m", "mark", "Mark"),
    ]
    output: Output | None = None

    def __init__(self, frames: int, fifo: Path | None) -> None:
        super().__init__()
        self.frames = frames
        self.fifo = fifo
        self.wall = Wall()
        self.feeds = FeedStatusBar()
        self.marks = 0

    def compose(self) -> ComposeResult:
        yield IndexStrip()
        yield self.wall
        yield HeadlinePane()
        yield self.feeds

    def on_ready(self) -> None:
        self.wall.show(SYMBOLS)
        self.run_worker(self.draw())

    async def draw(self) -> None:
        """Change every tile as often as asked; then say so."""
        for frame in range(self.frames, -1, -1):
            prices = (f"{121 + (frame + place) % 13}.{place:02d}" for place in range(len(SYMBOLS)))
            self.wall.update(
                {
                    symbol: tile(symbol, price, name=NAMES[place % len(NAMES)])
                    for place, (symbol, price) in enumerate(zip(SYMBOLS, prices, strict=True))
                }
            )
            await asyncio.sleep(0.02)
        for _ in range(5):
            self.wall.update({})
        self.action_mark()
        if self.fifo is not None:
            await asyncio.to_thread(self.fifo.write_text, "done")

    def action_toast(self) -> None:
        self.notify("a toast over 百度集團 tiles", title="Toast", timeout=60)

    def action_mark(self) -> None:
        self.marks += 1
        self.feeds.show([FeedLine(f"mark-{self.marks}", Health.LIVE)])

    def action_repaint(self) -> None:
        if self.output is not None:
            self.output.repaint()


def main(kind: str, frames: str, fifo: str | None = None) -> None:
    """Run it."""
    app = Drawn(int(frames), None if fifo is None else Path(fifo))
    if kind == "ours":
        app.output = install(app)
    asyncio.run(app.run_async())


if __name__ == "__main__":
    main(*sys.argv[1:])
