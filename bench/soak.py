"""A long day in the rain: ten million quotes through faults at random, each of them accounted for.

Two venues push over real sockets, in Coinbase's and in Binance's wire format, as fast as they are read, and
every connection ends by a fault drawn at random, with bad frames strewn in. Nothing is compared with a
reference; what is told is whether every quote that was sent is found again, and what the process held at
its first tenth and at its end. ``python -m bench.soak QUOTES SEED`` takes other numbers.
"""

import asyncio
import multiprocessing
import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from multiprocessing.connection import Connection
from pathlib import Path

import psutil
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from bench.measure import MEASURED_CORE, OTHER_CORE, pin
from bench.quiet import Silent
from feeds.binance import BinanceFeed, BinanceSettings
from feeds.coinbase import CoinbaseFeed, CoinbaseSettings
from market.rule import Rule
from market.rulebook import RuleBook
from monitor.engine import Engine
from monitor.store import Store

QUOTES = 10_000_000
SEED = 917
PAIRS = tuple(f"{chr(65 + i // 26)}{chr(65 + i % 26)}C-EUR" for i in range(100))
HURRY = 200
"""Waits before another try are this many times shorter, or they would be most of the day."""

ENDINGS = ("close", "close", "abort", "oversize", "accept and close")
"""How a connection ends; one in fifty falls silent instead."""

GARBAGE = (
    "{",
    "<html>",
    "[[[[",
    '{"data":{"e":"x"}}',
    '{"type":"ticker","product_id":"AAC-EUR","price":"NaN"}',
)


class Hurried:
    """The machine's clock, whose sleeps are short."""

    now = staticmethod(time.time_ns)

    async def sleep(self, seconds: float) -> None:
        """Return after a small part of that many seconds."""
        await asyncio.sleep(seconds / HURRY)


@dataclass
class Storm:
    """The venues' side: how much is to be sent, and what was."""

    quotes: int
    chance: random.Random
    sent: Counter[str] = field(default_factory=Counter)
    stamp: int = 0

    def refuse(self, connection: ServerConnection, request: Request) -> Response | None:
        """Some handshakes are turned down, others are followed by nothing but an end."""
        draw = self.chance.random()
        if draw < 0.05:
            self.sent["handshake 503"] += 1
            return connection.respond(503, "later\n")
        if draw < 0.08:
            self.sent["handshake 429"] += 1
            return connection.respond(429, "too often\n")
        return None

    async def flood(self, connection: ServerConnection) -> None:
        """One connection: quotes with faults among them, and an end."""
        await connection.recv()
        request = connection.request
        write = _coinbase if request is not None and request.path == "/coinbase" else _binance
        end = "silence" if self.chance.random() < 0.02 else self.chance.choice(ENDINGS)
        most = 0 if end == "accept and close" else self.chance.randrange(1000, 60_000)
        self.sent[end] += 1
        await self._quotes(connection, write, most)
        if end == "abort":
            # What lies in a socket's buffer when it is torn is lost; so it is read first, which a pong shows.
            await (await connection.ping())
            connection.transport.abort()
        elif end == "oversize":
            await connection.send("x" * (2 << 20))
            await connection.wait_closed()
        elif end == "silence":
            await connection.wait_closed()

    async def _quotes(
        self, connection: ServerConnection, write: Callable[[int, int, int], str], most: int
    ) -> None:
        chance, sent = self.chance, self.sent
        for index in range(most):
            if self.quotes <= 0:
                break
            self.stamp = max(self.stamp + 1, time.time_ns() // 1000)
            frame = write(index % len(PAIRS), self.stamp, index)
            draw = chance.random()
            if draw < 0.001:
                await connection.send(chance.choice(GARBAGE))
                sent["garbage"] += 1
            elif draw < 0.002:
                await connection.send(frame)
                sent["twice"] += 1
                self.quotes -= 1
            elif draw < 0.003:
                await connection.send(write(index % len(PAIRS), self.stamp - 5_000_000, index))
                sent["late"] += 1
                self.quotes -= 1
            elif draw < 0.0031:
                await connection.send(write(index % len(PAIRS), self.stamp + 3600_000_000, index))
                sent["from the future"] += 1
                self.quotes -= 1
            await connection.send(frame)
            sent["good"] += 1
            self.quotes -= 1
            if index % 200 == 0:
                await asyncio.sleep(0)

    @property
    def all_quotes(self) -> int:
        """How many quotes were sent."""
        return sum(self.sent[kind] for kind in ("good", "twice", "late", "from the future"))


def _coinbase(pair: int, stamp: int, index: int) -> str:
    seconds, micros = divmod(stamp, 1_000_000)
    when = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    return (
        f'{{"type":"ticker","product_id":"{PAIRS[pair]}","price":"{10_000 + index * 7919 % 300}.25",'
        f'"open_24h":"10100.25","volume_24h":"3120.5","low_24h":"9800.5","high_24h":"10400.5",'
        f'"time":"{when}.{micros:06d}Z"}}'
    )


def _binance(pair: int, stamp: int, index: int) -> str:
    name = PAIRS[pair].replace("-", "")
    return (
        f'{{"stream":"x","data":{{"e":"24hrMiniTicker","E":{stamp // 1000},"s":"{name}",'
        f'"c":"{10_000 + index * 7919 % 300}.25","o":"10100.25","h":"10400.5","l":"9800.5","v":"3120.5"}}}}'
    )


def _serve(quotes: int, seed: int, pipe: Connection) -> None:
    """The venues' process: sends until all is sent, then says what that was."""
    pin(OTHER_CORE)
    storm = Storm(quotes, random.Random(seed))

    async def main() -> None:
        async with serve(
            storm.flood, "127.0.0.1", 0, process_request=storm.refuse, compression=None, ping_interval=None
        ) as server:
            pipe.send(server.sockets[0].getsockname()[1])
            while storm.quotes > 0:  # noqa: ASYNC110
                await asyncio.sleep(0.2)
            await asyncio.sleep(1)  # the last frames are on their way
            pipe.send((storm.all_quotes, dict(storm.sent)))
            await asyncio.get_running_loop().create_future()

    asyncio.run(main())


@dataclass(frozen=True, slots=True)
class Held:
    """What the process held at an instant; memory in MB."""

    memory: float
    descriptors: int
    tasks: int

    @classmethod
    def now(cls) -> "Held":
        """At this one."""
        memory = psutil.Process().memory_info().rss / 1e6
        return cls(memory, len(list(Path("/proc/self/fd").iterdir())), len(asyncio.all_tasks()))

    def __str__(self) -> str:
        return f"{self.memory:.1f} MB, {self.descriptors} descriptors, {self.tasks} tasks"


async def soak(port: int, quotes: int, pipe: Connection) -> int:
    """Feed an engine from both venues until all is sent; print the account, and return how many are amiss."""
    rule = Rule("soak", "pct_prev_close", PAIRS, "both", (Decimal(5), Decimal(10)), Decimal(4))
    clock = Hurried()
    engine = Engine(clock=clock, symbols=PAIRS, rules=RuleBook([rule]), store=Store(), listener=Silent())
    url = f"ws://127.0.0.1:{port}"
    half = len(PAIRS) // 2
    for feed in (
        CoinbaseFeed(CoinbaseSettings(stream_url=f"{url}/coinbase", idle_timeout="1s"), PAIRS[:half], clock),
        BinanceFeed(BinanceSettings(stream_url=f"{url}/binance", idle_timeout="1s"), PAIRS, clock),
    ):
        engine.add_feed(feed, engine.add_source(feed))
    running = asyncio.create_task(engine.run())
    statuses = [intake.feed.status for intake in engine.intakes.values()]
    began, early = time.monotonic(), None
    most = Held.now()
    while not pipe.poll():
        await asyncio.sleep(0.5)
        held = Held.now()
        most = max(most, held, key=lambda held: held.memory)
        if early is None and sum(status.quotes for status in statuses) >= quotes / 10:
            early = held
    took, last = time.monotonic() - began, Held.now()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    total, sent = pipe.recv()
    received = sum(status.quotes for status in statuses)
    rejected = sum(status.rejected for status in statuses)
    refused = {verdict.value: count for verdict, count in engine.state.refused.items()}
    judged = engine.state.applied + sum(refused.values())
    print(f"{total:,} quotes in {took:.0f} s, {total / took:,.0f} a second; {received:,} received.\n")
    print(f"- Sent: {_counts(sent)}.")
    print(f"- Applied {engine.state.applied:,}; refused: {_counts(refused)}; rejected frames: {rejected:,}.")
    print(f"- Reconnects: {sum(status.reconnects for status in statuses)}.")
    print(f"- Held at a tenth: {early}; at most: {most}; at the end: {last}.")
    print(f"- Not accounted for: {abs(total - received)} sent, {abs(received - judged)} received.")
    return int(abs(total - received) + abs(received - judged) + abs(sent["garbage"] - rejected))


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in sorted(counts.items()))


def main() -> int:
    """Run it; 1 where anything is amiss."""
    quotes = int(sys.argv[1]) if len(sys.argv) > 1 else QUOTES
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else SEED
    pin(MEASURED_CORE)
    ours, theirs = multiprocessing.Pipe()
    context = multiprocessing.get_context("spawn")
    sender = context.Process(target=_serve, args=(quotes, seed, theirs), daemon=True)
    sender.start()
    try:
        amiss = asyncio.run(asyncio.wait_for(soak(ours.recv(), quotes, ours), 60 + quotes / 5000))
    finally:
        sender.terminate()
        sender.join()
    return 1 if amiss else 0


if __name__ == "__main__":
    sys.exit(main())
