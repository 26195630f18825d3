"""From a key press to the screen, while 50,000 quotes a second arrive: does the wall stay at hand?

``python -m bench.keys`` presses ``s`` on the wall, whose footer then names another order, and waits for
that name on the pseudo-terminal: with the simulated flood through a real socket and the Coinbase adapter,
and on the same application without a feed. It also counts the frames that the wall painted.
"""

import asyncio
import multiprocessing
import os
import struct
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from functools import partial
from multiprocessing.connection import Connection

import pyte
from websockets.asyncio.server import ServerConnection, serve

from bench.ingest import PAIRS
from bench.measure import MEASURED_CORE, OTHER_CORE, Ratio, pin, report
from bench.startup import Program
from monitor.assembly import COALESCE, Run, opened
from monitor.config import Config, load
from monitor.listener import Listener
from monitor.store import Store
from tui.app import WallApp

RATE = 50_000
FPS = 10
TICK = 0.005
PRESSES = 60
ORDERS = ("by %", "by |%|", "by name", "by code", "by volume", "in list order")
"""What the status line says after each press, as in ``tui.screens.main``."""

TEMPLATE = (
    '{{"type":"ticker","sequence":1,"product_id":"{pair}","price":"{price:.2f}","open_24h":"100.25",'
    '"volume_24h":"3120.88710000","low_24h":"98.11","high_24h":"103.40","time":"{stamp}","trade_id":{number}}}'
)


def flood(ready: Connection) -> None:
    """The sender's process: a steady 50,000 tickers a second to whoever subscribes."""
    pin(OTHER_CORE)

    async def send(connection: ServerConnection) -> None:
        await connection.recv()
        loop = asyncio.get_running_loop()
        number, due = 0, loop.time()
        while True:
            now = time.time()
            second = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now))
            frames = []
            for step in range(int(RATE * TICK)):
                number += 1
                stamp = f"{second}.{min(999_999, int(now % 1 * 1e6) + step):06d}Z"
                body = TEMPLATE.format(
                    pair=PAIRS[number % len(PAIRS)],
                    price=100 + number * 7919 % 300 / 100,
                    stamp=stamp,
                    number=number,
                ).encode()
                # Framed by hand: the library's 10 µs a frame would take the sender's whole core.
                frames.append(b"\x81\x7e" + struct.pack("!H", len(body)) + body)
            connection.transport.write(b"".join(frames))
            due += TICK
            await asyncio.sleep(max(0.0, due - loop.time()))

    async def main() -> None:
        async with serve(send, "127.0.0.1", 0, compression=None) as server:
            ready.send(server.sockets[0].getsockname()[1])
            await asyncio.get_running_loop().create_future()

    asyncio.run(main())


def child(url: str) -> None:
    """The wall on a hundred pairs, fed from an address, or by nothing (``none``)."""
    pin(MEASURED_CORE)
    feeds: dict[str, dict[str, object]] = {"tencent": {"enabled": False}, "yahoo": {"enabled": False}}
    if url != "none":
        feeds["coinbase"] = {"enabled": True, "stream_url": url}
    flags = {"watchlist": "pairs", "watchlists": {"pairs": PAIRS}, "headlines": [], "feeds": feeds}
    config = load(os.devnull, flags=flags)
    WallApp(partial(opening, config), config=config).run()


@asynccontextmanager
async def opening(config: Config, listener: Listener) -> AsyncIterator[Run]:
    """The run that the wall opens, with alerts in memory."""
    with closing(Store()) as store:
        async with opened(config, store, listener, coalesce=COALESCE) as run:
            yield run


class Reader:
    """The program's terminal, emulated: its writer sends only the cells that changed."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._screen = pyte.Screen(120, 40)
        self._stream = pyte.ByteStream(self._screen)

    def until(self, text: str, seconds: float = 20.0) -> float:
        """Seconds until the last line holds the text."""
        began = time.perf_counter()
        while text not in self._screen.display[-1]:
            left = began + seconds - time.perf_counter()
            if left < 0:
                raise TimeoutError(f"{text!r} was never shown: {self._screen.display[-1]!r}")
            self._stream.feed(self._program.read(left))
        return time.perf_counter() - began

    def settle(self, seconds: float) -> int:
        """Read on for a while; how many frames came, parted by a silence of a fifth of one's time."""
        frames, last = 0, 0.0
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            written = self._program.read(left)
            now = time.perf_counter()
            if written and now - last > 0.2 / FPS:
                frames += 1
            last = now
            self._stream.feed(written)
        return frames


def watched(url: str) -> tuple[list[float], float]:
    """Milliseconds from each press to the new order's name, ascending; and the frames a second before."""
    program = Program(["-m", "bench.keys", url])
    reader = Reader(program)
    try:
        reader.until(ORDERS[-1])
        reader.settle(3.0)
        frames = reader.settle(5.0) / 5.0
        found = []
        for press in range(PRESSES):
            program.press(b"s")
            found.append(reader.until(ORDERS[press % len(ORDERS)]) * 1000)
            reader.settle(0.137)  # not in step with the frames
        return sorted(found), frames
    finally:
        program.end()


def main() -> list[Ratio]:
    """Run the benchmark."""
    ours, theirs = multiprocessing.Pipe()
    sender = multiprocessing.get_context("spawn").Process(target=flood, args=(theirs,), daemon=True)
    sender.start()
    try:
        fed, frames = watched(f"ws://127.0.0.1:{ours.recv()}")
    finally:
        sender.terminate()
        sender.join()
    unfed, _ = watched("none")
    high = int(PRESSES * 0.95)
    print(
        f"median {fed[PRESSES // 2]:.1f} ms under {RATE:,} quotes/s, {unfed[PRESSES // 2]:.1f} ms without any"
    )
    allowed = unfed[high] + 30
    name = "p95 from key to screen, fed, to 30 ms more than unfed"
    return [
        Ratio(name, fed[high], allowed, "ms", 1, at_least=False),
        Ratio("frames painted while fed, to those planned", frames, FPS, "fps", 0.95, at_least=True),
    ]


if __name__ == "__main__":
    if len(sys.argv) > 1:
        child(sys.argv[1])
    else:
        report(main())
