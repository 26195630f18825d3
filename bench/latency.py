"""How long a tick takes from the socket to its alert's line on standard output, the commit included.

``python -m bench.latency``. A websocket server sends a thousand tickers a second, of a hundred names. Either
each of them crosses a threshold, or one in twenty does: then 20 ms pass between two lines, in which the
caches of a machine that is shared forget what the last one needed. Ours is ``tickwall headless``: transport,
state, rules, the commit to a store on disk in the journal mode that ships, the line. The reference is a bare
websockets and msgspec loop that decodes every ticker to the same exact values and writes those of the same
ones as a line. Both are children of the process that sends, and time runs from before the send to when the
line was read from the pipe.
"""

import asyncio
import re
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory

from websockets.asyncio.server import ServerConnection, serve

from bench.ingest import PAIRS
from bench.measure import MEASURED_CORE, OTHER_CORE, Ratio, pin, report

RATE = 1000
SECONDS = 12
WARM_UP = 2 * RATE
"""Ticks before the first that counts."""
REPEATS = 3
ROOT = Path(__file__).resolve().parent.parent

CONFIG = """\
watchlist = "pairs"
[watchlists]
pairs = [{pairs}]
[feeds.tencent]
enabled = false
[feeds.yahoo]
enabled = false
[feeds.coinbase]
enabled = true
stream_url = "{url}"
[history]
dir = "{folder}"
[[headlines]]
name = "none"
url = "http://127.0.0.1:1/"
enabled = false
[[rule]]
id = "cross"
kind = "pct_prev_close"
direction = "both"
threshold = "5"
frequency = "every_cross"
"""

ECHO = """
import asyncio, sys
from datetime import datetime
from decimal import Decimal
import msgspec
from websockets.asyncio.client import connect
class Ticker(msgspec.Struct, gc=False):
    product_id: str
    price: Decimal
    open_24h: Decimal
    high_24h: Decimal
    low_24h: Decimal
    volume_24h: Decimal
    time: datetime
async def main():
    decode = msgspec.json.Decoder(Ticker).decode
    encode = msgspec.json.Encoder(decimal_format="string").encode
    async with connect(sys.argv[1], compression=None) as socket:
        await socket.send("go")
        async for frame in socket:
            ticker = decode(frame)
            if abs(ticker.price - 100) >= 5:
                sys.stdout.write(encode(ticker).decode() + "\\n")
                sys.stdout.flush()
asyncio.run(main())
"""

_PRICE = re.compile(rb'"price":"((?:106|94)\.\d{6})"')


def crosses(index: int, every: int) -> bool:
    """Whether a ticker crosses a threshold, as one in ``every`` does."""
    return every == 1 or (index % (every // 2) == 0 and index // len(PAIRS) % 2 == 1)


def ticker(index: int, every: int) -> tuple[str, str]:
    """A ticker of this moment and its price, which none has twice: past 105 or below 95, or near 100."""
    side = 106 if index // len(PAIRS) % 2 else 94
    price = f"{side if crosses(index, every) else 100}.{index:06d}"
    now = time.time()
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now % 1 * 1e6):06d}Z"
    return price, (
        f'{{"type":"ticker","sequence":{index},"product_id":"{PAIRS[index % len(PAIRS)]}","price":"{price}",'
        f'"open_24h":"100","volume_24h":"3120.8871","low_24h":"98.11","high_24h":"107","volume_30d":"91204.1",'
        f'"best_bid":"101.20","best_ask":"101.21","side":"buy","time":"{stamp}","trade_id":{index},'
        f'"last_size":"0.02"}}'
    )


class Lines(threading.Thread):
    """Reads a child's lines as they come; by price, when each was there."""

    def __init__(self, child: subprocess.Popen[bytes]) -> None:
        super().__init__(daemon=True)
        self._child = child
        self.seen: dict[str, float] = {}

    def run(self) -> None:
        """Read to the end."""
        assert self._child.stdout is not None
        for line in self._child.stdout:
            now = time.perf_counter()
            if match := _PRICE.search(line):
                self.seen[match[1].decode()] = now


async def run(child_of: "Child", every: int) -> list[float]:
    """Microseconds from send to line, for each ticker that had one: one in ``every``."""
    sent: dict[str, float] = {}
    over = asyncio.Event()

    async def play(connection: ServerConnection) -> None:
        await connection.recv()
        await asyncio.sleep(1)
        began = time.perf_counter()
        for index in range(RATE * SECONDS):
            wait = began + index / RATE - time.perf_counter()
            if wait > 0:
                await asyncio.sleep(wait)
            price, frame = ticker(index, every)
            if index >= WARM_UP and crosses(index, every):
                sent[price] = time.perf_counter()
            await connection.send(frame)
        await asyncio.sleep(1)
        over.set()
        await connection.wait_closed()

    async with serve(play, "127.0.0.1", 0, compression=None) as server:
        url = f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"
        with TemporaryDirectory(dir=ROOT) as folder:  # on a disk, which /tmp may not be
            child = child_of(url, Path(folder))
            lines = Lines(child)
            lines.start()
            try:
                await asyncio.wait_for(over.wait(), SECONDS + 30)
            finally:
                child.terminate()
                await asyncio.to_thread(child.wait)
                lines.join()
    assert sent.keys() <= lines.seen.keys(), "a line is missing"
    return [(lines.seen[price] - at) * 1e6 for price, at in sent.items()]


class Child:
    """How one of the two is started, on its own core."""

    def __init__(self, arguments: Sequence[str], *, is_ours: bool) -> None:
        self._arguments = arguments
        self._is_ours = is_ours

    def __call__(self, url: str, folder: Path) -> subprocess.Popen[bytes]:
        """Start it."""
        more = [url]
        if self._is_ours:
            config = folder / "config.toml"
            pairs = ", ".join(f'"{pair}"' for pair in PAIRS)
            config.write_text(CONFIG.format(pairs=pairs, url=url, folder=folder), encoding="utf-8")
            more = ["--config", str(config), "--state", str(folder / "alerts.db")]
        return subprocess.Popen(
            [sys.executable, *self._arguments, *more],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            preexec_fn=lambda: pin(MEASURED_CORE),
        )


def main() -> list[Ratio]:
    """Run the benchmark."""
    pin(OTHER_CORE)
    ours = Child(["-m", "tui", "headless"], is_ours=True)
    echo = Child(["-c", ECHO], is_ours=False)
    rows = []
    for every, load in ((1, "each a line"), (20, "one in twenty a line")):
        samples: dict[Child, list[list[float]]] = {ours: [], echo: []}
        for _ in range(REPEATS):
            for child in (ours, echo):
                samples[child].append(asyncio.run(run(child, every)))
        for name, percent in (("half", 50), ("99 %", 99)):
            figures = [
                median(quantiles(taken, n=100, method="inclusive")[percent - 1] for taken in samples[child])
                for child in (ours, echo)
            ]
            what = f"tick to line at {RATE:,} ticks/s, {load}, {name} of them within"
            rows.append(Ratio(what, figures[0], figures[1], "µs", 3, at_least=False))
    return rows


if __name__ == "__main__":
    report(main())
    print(
        "\nThe commit is SQLite's WAL with synchronous NORMAL: kill -9 loses nothing. What one costs that a"
        " power cut cannot take back either is in `commit`.\n\nWith one line in 20 ms the machine has to"
        " fetch from memory what a line needs: from quote to line it took 80 µs at once after another one,"
        " and 360 after 20 ms, whether they were slept or spun away."
    )
