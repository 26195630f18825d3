"""Quotes a second through the whole pipeline: socket, decode, state, rules.

The reference is a bare websockets and msgspec loop that builds the same exact values (decimal prices,
an instant in nanoseconds) and drops them. One quote a frame is Coinbase's ticker through its adapter;
ten a frame is a JSON array through the same transport, engine and rules.
"""

import asyncio
import json
import multiprocessing
import time
from collections.abc import Callable, Coroutine
from datetime import datetime
from decimal import Decimal
from multiprocessing.connection import Connection

import msgspec
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve

from bench.measure import MEASURED_CORE, OTHER_CORE, Ratio, interleaved, pin, report
from bench.quiet import Recorded, Silent
from feeds.base import FeedStatus
from feeds.clock import SystemClock
from feeds.coinbase import Message, parse_frame, ticker_quote
from feeds.stream import Stream, run_stream
from market.quote import Quote
from market.rule import Rule
from market.rulebook import RuleBook
from monitor.engine import Engine
from monitor.store import Store

QUOTES = 200_000
REPEATS = 3
OVER = b"[]"
PAIRS = [f"{chr(65 + i // 26)}{chr(65 + i % 26)}C-USD" for i in range(100)]


class Wire(msgspec.Struct, gc=False):
    """The fields of a ticker that a quote needs, decoded by msgspec alone."""

    product_id: str
    price: Decimal
    open_24h: Decimal
    high_24h: Decimal
    low_24h: Decimal
    volume_24h: Decimal
    time: datetime


def ticker(index: int) -> dict[str, object]:
    """One ticker of one of a hundred pairs, its stamp a microsecond after the last."""
    cents = 10_000 + (index * 7919) % 300
    now = time.time() + index * 1e-6
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now % 1 * 1e6):06d}Z"
    return {
        "type": "ticker",
        "sequence": index,
        "product_id": PAIRS[index % len(PAIRS)],
        "price": f"{cents / 100:.2f}",
        "open_24h": "100.25",
        "volume_24h": "3120.88710000",
        "low_24h": "98.11",
        "high_24h": "103.40",
        "volume_30d": "91204.11",
        "best_bid": "101.20",
        "best_ask": "101.21",
        "side": "buy",
        "time": stamp,
        "trade_id": index,
        "last_size": "0.02",
    }


def _serve(a_frame: int, ready: Connection) -> None:
    """The sender's process: floods each client with the same frames, then closes."""
    pin(OTHER_CORE)

    async def flood(connection: ServerConnection) -> None:
        await connection.recv()
        tickers = [ticker(index) for index in range(QUOTES)]
        if a_frame == 1:
            frames = [json.dumps(row).encode() for row in tickers]
        else:
            frames = [json.dumps(tickers[i : i + a_frame]).encode() for i in range(0, QUOTES, a_frame)]
        await connection.send(b'{"type":"heartbeat"}' if a_frame == 1 else b"[]", text=True)
        for index, frame in enumerate(frames):
            await connection.send(frame, text=True)
            if index % 200 == 0:
                await asyncio.sleep(0)
        await connection.send(OVER, text=True)
        await connection.close()

    async def main() -> None:
        async with serve(flood, "127.0.0.1", 0, compression=None) as server:
            ready.send(server.sockets[0].getsockname()[1])
            await asyncio.get_running_loop().create_future()

    asyncio.run(main())


async def bare(url: str, a_frame: int) -> float:
    """Receive and decode, and nothing else; quotes a CPU-second."""
    decode = msgspec.json.Decoder(list[Wire] if a_frame > 1 else Wire).decode
    async with connect(url, compression=None, max_queue=(4096, 1024)) as socket:
        await socket.send("go")
        await socket.recv()
        began = time.process_time()
        while (frame := await socket.recv(decode=False)) != OVER:
            decode(frame)
    return QUOTES / (time.process_time() - began)


async def pipeline(url: str, a_frame: int) -> float:
    """The same frames through transport, adapter, last-value cache and rules; quotes a CPU-second."""
    status = FeedStatus()
    engine = Engine(
        clock=SystemClock(),
        symbols=PAIRS,
        rules=RuleBook(
            [Rule("r", "pct_prev_close", tuple(PAIRS), "both", (Decimal(5), Decimal(10)), Decimal(4))]
        ),
        store=Store(),
        listener=Silent(),
    )
    feed = Recorded("coinbase", status)
    parse = parse_frame if a_frame == 1 else parse_array
    stream = Stream(venue="coinbase", url=url, subscribe=["go"], parse=parse)
    task = asyncio.create_task(run_stream(stream, engine.add_source(feed), status, SystemClock()))
    while not status.frames:  # noqa: ASYNC110 - an event in the path would be measured
        await asyncio.sleep(0.002)
    began = time.process_time()
    state = engine.state
    while state.applied + sum(state.refused.values()) < QUOTES:  # noqa: ASYNC110
        await asyncio.sleep(0.005)
    took = time.process_time() - began
    task.cancel()
    assert state.applied > 0.99 * QUOTES, state.refused
    return QUOTES / took


_decode_array = msgspec.json.Decoder(list[Message]).decode


def parse_array(frame: bytes, ts_recv: int) -> list[Quote]:
    """A frame of many tickers: what a vendor that batches would send."""
    return [ticker_quote(message, ts_recv) for message in _decode_array(frame)]


def measured(run: Callable[[str, int], Coroutine[None, None, float]], a_frame: int) -> Callable[[], float]:
    """One repeat of a run against a sender of its own."""

    def once() -> float:
        ours, theirs = multiprocessing.Pipe()
        sender = multiprocessing.get_context("spawn").Process(
            target=_serve, args=(a_frame, theirs), daemon=True
        )
        sender.start()
        try:
            return asyncio.run(asyncio.wait_for(run(f"ws://127.0.0.1:{ours.recv()}", a_frame), 60))
        finally:
            sender.terminate()
            sender.join()

    return once


def main() -> list[Ratio]:
    """Run the benchmark."""
    pin(MEASURED_CORE)
    rows = []
    for a_frame, goal in ((1, 0.85), (10, 0.6)):
        ours, reference = interleaved([measured(pipeline, a_frame), measured(bare, a_frame)], REPEATS)
        name = f"ingest, {a_frame} quote{'s' if a_frame > 1 else ''} a frame"
        rows.append(Ratio(name, ours, reference, "quotes/CPU-s", goal, at_least=True))
    return rows


if __name__ == "__main__":
    report(main())
