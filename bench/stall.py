"""A terminal that stops reading for four seconds: how long does the engine stand still?

``python -m bench.stall`` runs the wall on a pseudo-terminal whose reader goes deaf, beside a task on the
same event loop that stands for the engine and notes the longest time it was kept waiting; with Textual's
own output and with ours. The reference is the length of the stall.
"""

import asyncio
import sys
import time

from bench.measure import Ratio, report
from bench.pty_child import mark, run
from bench.wall import FPS, Drawing, frames
from tui.output import install

STALL_S = 4.0
BEFORE_S = 1.0
AFTER_S = 1.0
BEAT_S = 0.005
SIZE = (240, 40)


async def beat() -> float:
    """The longest time this task was late, in seconds."""
    worst = 0.0
    end = time.monotonic() + BEFORE_S + STALL_S + AFTER_S
    while (now := time.monotonic()) < end:
        await asyncio.sleep(BEAT_S)
        worst = max(worst, time.monotonic() - now - BEAT_S)
    return worst


class Stalled(Drawing):
    """The wall beside an engine's task."""

    async def on_ready(self) -> None:
        """Begin when the first frame is on the screen."""
        self.run_worker(self._measure())

    async def _measure(self) -> None:
        mark("start")
        mark({"worst": await beat()})


def child(kind: str) -> None:
    """One program under measurement."""
    made = frames(100, 100)
    needed = int((BEFORE_S + STALL_S + AFTER_S + 5) * FPS)
    app = Stalled(made * (needed // len(made) + 1), lambda _: None)
    if kind == "ours":
        assert install(app) is not None
    asyncio.run(app.run_async())


def main() -> list[Ratio]:
    """The engine's longest pause against the stall."""
    done = [run(["bench.stall", kind], SIZE, deaf=(BEFORE_S, STALL_S)) for kind in ("ours", "stock")]
    ours, stock = (finished.result["worst"] for finished in done)
    name = f"engine's worst pause in a stall (with Textual's own output {stock:.2f} s)"
    return [Ratio(name, ours, STALL_S, "s", 0.03, at_least=False)]


if __name__ == "__main__":
    if sys.argv[1:]:
        child(sys.argv[1])
    else:
        report(main())
