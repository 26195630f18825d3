"""Futu and Interactive Brokers through stand-ins for their libraries, and a port that stands for the gateway.

The libraries themselves are not installed here: what is tested is our side of what their documents promise.
"""

import asyncio
import math
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.failure import PATIENCE
from feeds.futu import FutuFeed, FutuSettings, futu_code, parse_rows
from feeds.ibkr import IbkrFeed, IbkrSettings, parse_tickers
from feeds.registry import build, settings_of
from market.clock import parse_rfc3339
from market.errors import ParseError
from market.freshness import Health
from tests.loopback.feeding import Collector, RushedClock, running, until
from tests.unit.fuzzing import NOW

FUTU = """
import threading
RET_OK = 0
made = []

class SubType:
    QUOTE = "QUOTE"

class StockQuoteHandlerBase:
    def on_recv_rsp(self, response):
        return RET_OK, response

class Frame(list):
    def to_dict(self, how):
        assert how == "records"
        return list(self)

class OpenQuoteContext:
    refuses = unknown = ""

    def __init__(self, host, port):
        made.append(self)
        self.codes = []
        self.is_closed = False

    def set_handler(self, handler):
        self.handler = handler

    def subscribe(self, codes, kinds, subscribe_push):
        if self.refuses and self.unknown in ("", *codes):
            return -1, self.refuses
        self.codes.extend(codes)
        row = {"code": codes[0], "data_date": "2025-09-17", "data_time": "10:14:07", "last_price": 124.6,
               "open_price": 121.0, "high_price": 124.7, "low_price": 120.2, "prev_close_price": 113.2,
               "volume": 21500000, "suspension": False}
        threading.Thread(target=self.handler.on_recv_rsp, args=(Frame([row]),)).start()
        return RET_OK, None

    def close(self):
        self.is_closed = True
"""

IB_ASYNC = """
import asyncio
from datetime import datetime, timezone
from types import SimpleNamespace
made = []

class Event(list):
    def __iadd__(self, heed):
        self.append(heed)
        return self

    def emit(self, *what):
        for heed in self:
            heed(*what)

def Stock(symbol, exchange, currency):
    return SimpleNamespace(symbol=symbol, exchange=exchange, currency=currency)

class IB:
    def __init__(self):
        made.append(self)
        self.pendingTickersEvent, self.disconnectedEvent, self.errorEvent = Event(), Event(), Event()
        self.tickers, self.is_closed = [], False

    async def connectAsync(self, host, port, clientId, timeout, readonly):
        assert readonly

    def reqMarketDataType(self, kind):
        self.kind = kind

    def reqMktData(self, contract, generic, snapshot, regulatory):
        nan = float("nan")
        ticker = SimpleNamespace(contract=contract, last=nan, close=113.2, open=nan, high=nan, low=-1.0,
                                 time=None, volume=nan, halted=nan, marketDataType=self.kind)
        self.tickers.append(ticker)
        if len(self.tickers) == 1:
            asyncio.get_running_loop().call_later(0.01, self.tick)
        return ticker

    def tick(self):
        for ticker in self.tickers:
            ticker.last, ticker.time = 124.6, datetime(2025, 9, 17, 2, 14, 7, tzinfo=timezone.utc)
        self.pendingTickersEvent.emit(self.tickers)

    def disconnect(self):
        self.is_closed = True
"""


@pytest.fixture
def libraries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Both stand-ins on the path."""
    for name, code in (("futu", FUTU), ("ib_async", IB_ASYNC)):
        (tmp_path / f"{name}.py").write_text(code)
    monkeypatch.syspath_prepend(tmp_path)
    yield
    for name in ("futu", "ib_async"):
        sys.modules.pop(name, None)


@asynccontextmanager
async def gateway() -> AsyncIterator[int]:
    """A port that accepts connections."""

    async def accept(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with await asyncio.start_server(accept, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]


def made(module: str) -> Any:
    """What the feed made of the library, the last one."""
    return sys.modules[module].made[-1]


@pytest.mark.usefixtures("libraries")
async def test_futu() -> None:
    """A push from a thread of the library's, exact by its shortest text; and all is closed."""
    async with gateway() as port:
        sink = Collector()
        feed = FutuFeed(FutuSettings(port=port), ["9888.HK", "BTC-USD", "AAPL", "HSTECH"], RushedClock())
        async with running(feed.run(sink)):
            await until(lambda: len(sink.all) == 1)
            assert feed.status.state is Health.LIVE
        [quote] = sink.all
        assert (quote.symbol, str(quote.last), str(quote.prev_close)) == ("9888.HK", "124.6", "113.2")
        assert (quote.volume, quote.ts_event) == (21_500_000, parse_rfc3339("2025-09-17T02:14:07Z"))
        assert made("futu").codes == ["HK.09888", "US.AAPL", "HK.800700"]
        assert made("futu").is_closed
        assert not feed.serves("BTC-USD")


@pytest.mark.usefixtures("libraries")
async def test_futu_refuses_for_minutes() -> None:
    """A quota, or a right that is missing."""
    async with gateway() as port:
        clock = RushedClock(held=True)
        feed = FutuFeed(FutuSettings(port=port), ["9888.HK"], clock)
        __import__("futu").OpenQuoteContext.refuses = "no right to HK quotes"
        async with running(feed.run(Collector())):
            await until(lambda: clock.sleeps == [PATIENCE])
            assert feed.status.reason == "refused: no right to HK quotes"
        assert made("futu").is_closed


@pytest.mark.usefixtures("libraries")
async def test_a_code_that_futu_does_not_know_costs_the_others_nothing() -> None:
    """All are refused for its sake, and then it alone."""
    async with gateway() as port:
        sink = Collector()
        feed = FutuFeed(FutuSettings(port=port), ["9888.HK", "0001.HK"], RushedClock())
        library = __import__("futu").OpenQuoteContext
        library.refuses, library.unknown = "unknown stock", "HK.00001"
        async with running(feed.run(sink)):
            await until(lambda: feed.status.turned_down is not None and len(sink.all) == 1)
            assert feed.status.turned_down == "0001.HK refused: unknown stock"
            assert (feed.status.state, feed.status.errors) == (Health.LIVE, 0)
        assert made("futu").codes == ["HK.09888"]


@pytest.mark.usefixtures("libraries")
async def test_interactive_brokers() -> None:
    """Read-only, delayed where it says so; a gateway that leaves is found again."""
    async with gateway() as port:
        sink = Collector()
        clock = RushedClock()
        feed = IbkrFeed(IbkrSettings(port=port), ["9888.HK", "BRK.B", "HSI"], clock)
        async with running(feed.run(sink)):
            await until(lambda: len(sink.all) == 2)
            said = [(q.symbol, str(q.last), str(q.prev_close), q.low, q.delay) for q in sink.all]
            assert said == [("9888.HK", "124.6", "113.2", None, 900), ("BRK.B", "124.6", "113.2", None, 900)]
            contracts = [ticker.contract for ticker in made("ib_async").tickers]
            assert [(c.symbol, c.exchange) for c in contracts] == [("9888", "SEHK"), ("BRK B", "SMART")]
            first = made("ib_async")
            for code, text in ((10167, "displaying delayed data"), (354, "market data is not subscribed")):
                first.errorEvent.emit(1, code, text, contracts[0])
            first.errorEvent.emit(-1, 1100, "connectivity is lost", None)
            assert feed.status.turned_down == "9888: 354 market data is not subscribed"
            first.disconnectedEvent.emit()
            await until(lambda: len(sink.all) == 4)
            assert first.is_closed
            assert (feed.status.state, feed.status.errors) == (Health.LIVE, 1)
        assert made("ib_async").is_closed


async def test_a_library_that_is_missing_is_named_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    """And asked for again in five minutes, for it may be installed meanwhile."""
    for module, name in (("futu", "futu"), ("ib_async", "ibkr")):
        monkeypatch.setitem(sys.modules, module, None)
        clock = RushedClock(held=True)
        feed = build(name, settings_of(name)(), ["9888.HK"], clock)
        async with running(feed.run(Collector())):
            await until(lambda: clock.sleeps == [PATIENCE])  # noqa: B023
            reason = f"its library is not installed: pip install 'tickwall[{name}]'"
            assert feed.status.reason == reason


@pytest.mark.usefixtures("libraries")
async def test_a_gateway_that_does_not_answer_is_named() -> None:
    """Before the library is asked, which would wait for it without end."""
    async with gateway() as port:
        pass
    for settings in (FutuSettings(port=port), IbkrSettings(port=port)):
        clock = RushedClock(held=True)
        feed = build("futu" if isinstance(settings, FutuSettings) else "ibkr", settings, ["9888.HK"], clock)
        async with running(feed.run(Collector())):
            await until(lambda: len(clock.sleeps) == 1)  # noqa: B023
            assert f"does not answer at 127.0.0.1:{port}" in str(feed.status.reason)


# -- on paper


@pytest.mark.parametrize(("name", "most"), [("ibkr", 100), ("longbridge", 500)])
def test_names_beyond_what_an_account_may_watch_are_told(name: str, most: int) -> None:
    """They would be silent for ever."""
    symbols = [f"{number:04d}.HK" for number in range(1, most + 3)]
    feed = build(name, settings_of(name)(), symbols, RushedClock())
    assert feed.serves(symbols[most - 1])
    assert not feed.serves(symbols[most])
    told = feed.status.turned_down
    assert told == f"{symbols[most]} and 1 more: an account may watch {most} names"
    assert build(name, settings_of(name)(), symbols[:most], RushedClock()).status.turned_down is None


def test_codes_of_futu() -> None:
    """Indices have numbers of their own."""
    assert [futu_code(s) for s in ("0700.HK", "HSI", "AAPL")] == ["HK.00700", "HK.800000", "US.AAPL"]


@pytest.mark.parametrize(("suspension", "phase"), [(True, "halted"), (False, None)])
def test_futu_says_who_is_suspended(suspension: bool, phase: str | None) -> None:
    """Rules act on no price of such a name."""
    row = {"code": "HK.09888", "data_date": "2025-09-17", "data_time": "10:14:07", "last_price": 124.6}
    [quote] = parse_rows([row | {"suspension": suspension}], NOW, {"HK.09888": "9888.HK"})
    assert quote.phase == phase


@pytest.mark.parametrize(
    ("halted", "phase"), [(math.nan, None), (-1.0, None), (0.0, None), (1.0, "halted"), (2.0, "halted")]
)
def test_interactive_brokers_say_who_is_halted(halted: float, phase: str | None) -> None:
    """By the regulator or for its volatility; most gateways say nothing before there is something to say."""
    ticker = SimpleNamespace(
        last=124.6, close=113.2, open=math.nan, high=math.nan, low=math.nan,
        time=datetime(2025, 9, 17, 2, 14, 7, tzinfo=UTC), halted=halted, marketDataType=1,
    )  # fmt: skip
    [quote] = parse_tickers([ticker], NOW, {id(ticker): "9888.HK"})
    assert quote.phase == phase


_VALUES = st.one_of(
    st.none(),
    st.floats(),
    st.text(max_size=12),
    st.integers(),
    st.just("N/A"),
    st.booleans(),
    st.lists(st.none()),
)


@given(
    st.fixed_dictionaries(dict.fromkeys(("last_price", "volume", "data_time", "prev_close_price"), _VALUES))
)
def test_any_row_of_futu_is_refused_politely(changes: dict[str, Any]) -> None:
    """Nothing but ``ParseError``."""
    row = {"code": "HK.09888", "data_date": "2025-09-17", **changes}
    try:
        [quote] = parse_rows([row], NOW, {"HK.09888": "9888.HK"})
    except ParseError as error:
        assert error.reason.isprintable()
    else:
        assert quote.last > 0


@given(_VALUES, _VALUES, _VALUES)
def test_any_ticker_is_refused_politely(last: Any, close: Any, time: Any) -> None:
    """Nothing but ``ParseError``."""
    ticker = SimpleNamespace(
        last=last, close=close, open=None, high=None, low=None, time=time, halted=0.0, marketDataType=1
    )
    try:
        quotes = parse_tickers([ticker], NOW, {id(ticker): "AAPL"})
    except ParseError as error:
        assert error.reason.isprintable()
    else:
        assert all(quote.last > 0 for quote in quotes)
