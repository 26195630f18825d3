"""Interactive Brokers: quotes from TWS or IB Gateway on this machine, by the library ``ib_async``.

Written by the library's documents; no recorded session was at hand. A tick is stamped by the library when it
comes, not by the exchange: lateness shows only where the gateway says itself that its data are delayed.
Volumes are left out: whether they count shares or hundreds depends on exchange and gateway.
"""

import math
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from functools import lru_cache, partial
from typing import Any, Final

from feeds.base import QuoteSink
from feeds.line import turn_down, turn_down_beyond
from feeds.sdk import SdkFeed, library, reachable
from feeds.settings import FeedSettings
from feeds.wire import BROKEN, from_datetime
from market.clock import Clock
from market.duration import parse_duration
from market.errors import FeedError, ParseError
from market.price import price
from market.quote import Quote
from market.session import Phase
from market.symbol import is_hong_kong, is_us_share
from market.text import clean

NAME: Final = "ibkr"

MOST = 100
"""Names at a time that an account without extras may watch."""

_NOTICES = (10167, *range(2100, 2170))
"""Codes of messages that refuse nothing: data are delayed, and how the gateway's own connections fare."""

_DELAYED = (3, 4)  # of marketDataType: delayed, and delayed and frozen
_LATE = 900  # seconds


class IbkrSettings(FeedSettings, frozen=True, kw_only=True):
    """``[feeds.ibkr]``. Where TWS (7497) or IB Gateway (4001) listens, and as which of its clients we come.

    ``delayed`` asks for delayed data where there is no right to live ones.
    """

    enabled: bool = False
    host: str = "127.0.0.1"
    port: int = 4001
    client_id: int = 77
    delayed: bool = True
    idle_timeout: str = "5m"

    def covers(self, symbol: str) -> bool:
        """Shares of Hong Kong and the United States."""
        return symbol.endswith(".HK") or is_us_share(symbol)


def parse_tickers(tickers: Iterable[Any], ts_recv: int, names: dict[int, str]) -> list[Quote]:
    """The quotes in updated tickers of the library, none of one without a trade; ``ts_recv`` is ns UTC.

    ``names`` gives the canonical symbol of each, by ``id()``. Raises ``ParseError``.
    """
    try:
        quotes = (_quote(ticker, ts_recv, names[id(ticker)]) for ticker in tickers if id(ticker) in names)
        return [quote for quote in quotes if quote is not None]
    except (*BROKEN, TypeError, AttributeError) as error:
        raise ParseError(NAME, clean(f"{type(error).__name__} {error}", 120)) from None


def _quote(ticker: Any, ts_recv: int, symbol: str) -> Quote | None:
    last = _price(ticker.last)
    if last is None or ticker.time is None:
        return None
    return Quote(
        symbol=symbol,
        last=last,
        ts_event=from_datetime(ticker.time),
        ts_recv=ts_recv,
        source=NAME,
        prev_close=_price(ticker.close),
        open=_price(ticker.open),
        high=_price(ticker.high),
        low=_price(ticker.low),
        currency="HKD" if is_hong_kong(symbol) else "USD",
        phase=Phase.HALTED if ticker.halted > 0 else None,
        delay=_LATE if ticker.marketDataType in _DELAYED else 0,
    )


@lru_cache(maxsize=2048)
def _price(value: float | None) -> Decimal | None:
    """The library gives doubles, whose shortest text is what was meant; not-a-number, -1 and 0 are none."""
    return None if value is None or math.isnan(value) or value <= 0 else price(repr(float(value)))


class IbkrFeed(SdkFeed):
    """The shares given, from the gateway, as a feed."""

    Settings = IbkrSettings

    def __init__(
        self,
        settings: IbkrSettings,
        symbols: Sequence[str],
        clock: Clock,
        *,
        name: str = NAME,
        coalesce: float = 0.0,
    ) -> None:
        ours = list(filter(settings.covers, symbols))
        super().__init__(name, ours[:MOST], clock, parse_duration(settings.idle_timeout))
        turn_down_beyond(ours, MOST, self.status, name)
        self._settings = settings
        self._names: dict[int, str] = {}

    async def run(self, sink: QuoteSink) -> None:
        """Feed the sink until cancelled."""
        await self.feed(
            self._session, lambda rows, received: parse_tickers(rows, received, self._names), sink
        )

    @asynccontextmanager
    async def _session(self, take: Callable[[Any], bool], end: Callable[[str], None]) -> AsyncIterator[None]:
        """One connection of the library, which may look and never order: it is read-only."""
        ib_async = library(self.name, "ib_async", "ibkr")
        settings = self._settings
        client = ib_async.IB()
        async with reachable(self.name, settings.host, settings.port, "TWS or IB Gateway"):
            try:
                await client.connectAsync(
                    settings.host, settings.port, clientId=settings.client_id, timeout=10, readonly=True
                )
            except (OSError, TimeoutError) as error:
                reason = f"refused: {clean(str(error) or type(error).__name__, 100)}; is the client id taken?"
                raise FeedError(self.name, reason, fatal=True) from error
        try:
            client.reqMarketDataType(_DELAYED[0] if settings.delayed else 1)
            self._names.clear()
            held = []
            for symbol in sorted(self.symbols):
                ticker = client.reqMktData(_contract(ib_async, symbol), "", False, False)
                held.append(ticker)  # or another may come to have its id()
                self._names[id(ticker)] = symbol
            client.pendingTickersEvent += take
            client.disconnectedEvent += partial(end, "the gateway closed the connection")
            client.errorEvent += self._heed
            yield
        finally:
            self._names.clear()
            client.disconnect()

    def _heed(self, _request: int, code: int, text: str, contract: Any) -> None:
        """Tell of a contract that is unknown, or that the account has no right to: it brings no ticks."""
        if contract is not None and code not in _NOTICES:
            turn_down(self.status, self.name, clean(f"{contract.symbol}: {code} {text}", 120))


def _contract(ib_async: Any, symbol: str) -> Any:
    """Hong Kong's codes are written without leading zeros there, and classes of US shares with a blank."""
    if is_hong_kong(symbol):
        return ib_async.Stock(symbol.removesuffix(".HK").lstrip("0"), "SEHK", "HKD")
    return ib_async.Stock(symbol.replace(".", " "), "SMART", "USD")
