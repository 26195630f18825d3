"""Two feeds for one name, each a socket of its own: who leads, and what the rules make of a change."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal

import pytest
from websockets.asyncio.server import ServerConnection

from feeds.json_ws import JsonWsSettings
from feeds.registry import build
from market.clock import SECOND
from market.rule import Rule
from market.rulebook import RuleBook
from monitor.engine import Engine
from monitor.store import Store
from tests.loopback.feeding import StreamServer, running, until
from tests.unit.desk import OPEN, Heard
from tui.bridge import Bridge
from tui.sheet import Page

_MOVE = Rule("move", "pct_prev_close", ("9888.HK",), "both", (Decimal(5), Decimal(10)), Decimal(4))
_CROSS = Rule("level", "price_cross", ("9888.HK",), "both", (Decimal("105.05"),), Decimal(105))


class Stepped:
    """A clock that is set; whoever sleeps wakes when it has been set far enough."""

    def __init__(self) -> None:
        self._at = OPEN
        self._moved = asyncio.Condition()

    def now(self) -> int:
        """As set."""
        return self._at

    async def set(self, second: float) -> None:
        """So many seconds after the open."""
        async with self._moved:
            self._at = OPEN + round(second * SECOND)
            self._moved.notify_all()

    async def sleep(self, seconds: float) -> None:
        """Return once that time has come."""
        due = self._at + round(seconds * SECOND)
        async with self._moved:
            await self._moved.wait_for(lambda: self._at >= due)


class Vendor:
    """One vendor of the name: what is put into its queue goes out, and ``None`` ends the connection."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.sending: asyncio.Queue[dict[str, object] | None] = asyncio.Queue()
        self.server = StreamServer(self._serve)

    async def _serve(self, connection: ServerConnection) -> None:
        while (row := await self.sending.get()) is not None:
            await connection.send(json.dumps(row))


class Market:
    """An engine with a feed for each of two vendors, ``first`` preferred."""

    def __init__(self) -> None:
        self.clock = Stepped()
        self.heard = Heard()
        self.vendors = {"first": Vendor("100"), "second": Vendor("99")}
        self.engine = Engine(
            clock=self.clock,
            symbols=["9888.HK"],
            rules=RuleBook([_MOVE, _CROSS]),
            store=Store(),
            listener=self.heard,
        )
        self.engine.state.priority = {"first": 1}
        self.leaders: list[str] = []
        self.bases: list[Decimal | None] = []

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Market"]:
        """Both vendors served, and both subscribed to."""
        async with self.vendors["first"].server.serving(), self.vendors["second"].server.serving():
            for name, vendor in self.vendors.items():
                settings = JsonWsSettings(
                    kind="json_ws",
                    stream_url=vendor.server.url,
                    subscribe=("go",),
                    symbol="s",
                    price="p",
                    time="t",
                    prev_close="b",
                )
                feed = build(name, settings, ["9888.HK"], self.clock)
                self.engine.add_feed(feed, self.engine.add_source(feed))
            async with running(self.engine.run()):
                try:
                    yield self
                finally:
                    for vendor in self.vendors.values():
                        vendor.sending.put_nowait(None)  # a server waits for its handlers

    async def tell(self, name: str, price: str, second: float) -> None:
        """A vendor says a price at its moment; returns once the engine has judged it."""
        state = self.engine.state
        before = state.applied + sum(state.refused.values())
        await self.clock.set(second)
        vendor = self.vendors[name]
        row = {"s": "9888.HK", "p": price, "t": self.clock.now() // 1_000_000, "b": vendor.base}
        vendor.sending.put_nowait(row)
        await until(lambda: state.applied + sum(state.refused.values()) > before)
        quote = state.entries["9888.HK"].quote
        assert quote is not None
        self.leaders.append(quote.source)
        self.bases.append(quote.prev_close)


async def test_the_second_takes_over_within_seconds_and_the_first_comes_back() -> None:
    """One fail-over, one return, and a percentage that counts from one base all along."""
    async with Market().open() as here:
        for second in range(0, 20, 2):
            await here.tell("first", "102", second)
            await here.tell("second", "102.3", second + 0.5)
        assert set(here.leaders) == {"first"}
        here.vendors["first"].sending.put_nowait(None)
        for second in range(20, 40, 2):
            await here.tell("second", "102.3", second)
        taken = here.leaders[20:].index("second")
        assert taken <= 3, "5 seconds of its stamps, polled every second one"
        del here.leaders[:]
        for second in range(40, 100, 2):
            await here.tell("first", "102", second)
            await here.tell("second", "102.3", second + 0.5)
        back = here.leaders.index("first")
        assert back >= 28, "it proves itself for half a minute first"
        assert set(here.leaders[:back]) == {"second"}
        assert set(here.leaders[back:]) == {"first"}
        assert set(here.bases) == {Decimal(100)}
        assert here.heard.alerts == []


async def test_a_change_of_source_crosses_no_level_and_tells_no_step_twice() -> None:
    """The vendors differ by a little around a level and a step: no trade went through either."""
    async with Market().open() as here:
        for second in range(0, 10, 2):
            await here.tell("first", "105", second)
        here.vendors["first"].sending.put_nowait(None)
        for second in range(10, 30, 2):
            await here.tell("second", "105.1", second)
        for second in range(30, 90, 2):
            await here.tell("first", "105", second)
            await here.tell("second", "105.1", second + 0.5)
        assert set(here.leaders) == {"first", "second"}
        assert [alert["dedup_key"] for alert in here.heard.alerts] == ["move/9888.HK/2025-09-17/up/5/1"]


async def test_what_moved_while_the_lead_changed_is_told() -> None:
    """Ten ticks further is no difference of opinion."""
    async with Market().open() as here:
        for second in range(0, 10, 2):
            await here.tell("first", "104", second)
        here.vendors["first"].sending.put_nowait(None)
        for second in range(10, 20, 2):
            await here.tell("second", "106", second)
        assert [alert["dedup_key"] for alert in here.heard.alerts] == [
            "move/9888.HK/2025-09-17/up/5/1",
            "level/9888.HK/2025-09-17/up/105.05/1",
        ]


async def test_a_lasting_disagreement_is_told_once_and_its_end(caplog: pytest.LogCaptureFixture) -> None:
    """Sixty ticks apart for half a minute, and for a moment again within the minute after."""
    async with Market().open() as here:

        async def trade(first: str, second: str, start: int, end: int) -> None:
            for at in range(start, end, 2):
                await here.tell("first", first, at)
                await here.tell("second", second, at + 0.5)

        def told() -> list[tuple[str, str | None, str | None]]:
            return [(feed.name, feed.symbol, feed.reason) for feed in here.heard.feeds if feed.symbol]

        await trade("102", "102.1", 0, 10)
        assert told() == []
        await trade("102", "105", 10, 40)
        begun = ("second", "9888.HK", "differs from first on 9888.HK: 105 against 102")
        assert told() == [begun]
        assert list(here.engine.disputes.open) == ["9888.HK"]
        bridge = Bridge(here.engine)
        assert bridge.tiles(["9888.HK"])["9888.HK"].tag == "DIFF second"
        sources = Page(bridge, "9888.HK").sheet().sources
        assert [(source.name, source.differs) for source in sources] == [("first", False), ("second", True)]
        [_, second] = bridge.accounts()
        assert ("differs on", "9888.HK 105 against 102 of first") in second.figures
        await trade("102", "102.1", 40, 60)
        await trade("102", "105", 60, 80)
        assert told() == [begun]
        await trade("102", "102.1", 80, 150)
        assert told() == [begun, ("second", "9888.HK", "no longer differs from first on 9888.HK")]
        assert here.engine.disputes.open == {}
    assert "second differs from first on 9888.HK: 105 against 102" in caplog.text


async def test_a_disagreement_that_ends_in_silence_is_no_agreement() -> None:
    """Whether the one that led is gone, or the other."""
    for gone, left in (("first", "second"), ("second", "first")):
        async with Market().open() as here:
            for at in range(0, 30, 2):
                await here.tell("first", "102", at)
                await here.tell("second", "105", at + 0.5)
            here.vendors[gone].sending.put_nowait(None)
            for at in range(30, 240, 2):
                await here.tell(left, "105" if left == "second" else "102", at)
            ends = [feed.reason for feed in here.heard.feeds if feed.symbol][1:]
            assert ends == [f"no longer differs from first on 9888.HK: {gone} has fallen silent"]
