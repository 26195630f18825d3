"""Futu: Hong Kong and United States quotes from its gateway OpenD on this machine, by the vendor's library.

Written by the vendor's documents; no captured push was at hand. What an account may see depends on where its
gateway is logged in.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from feeds.base import QuoteSink
from feeds.line import turn_down
from feeds.sdk import SdkFeed, library, reachable
from feeds.settings import FeedSettings
from feeds.wire import BROKEN, checked_instant
from market.clock import SECOND, Clock
from market.duration import parse_duration
from market.errors import FeedError, ParseError
from market.price import price
from market.quote import Quote
from market.session import Phase
from market.symbol import hk_code, is_hong_kong, is_index, is_us_share
from market.text import clean

NAME: Final = "futu"

_INDICES = {"HSI": "HK.800000", "HSCEI": "HK.800100", "HSTECH": "HK.800700"}
_ZONES = {"HK": ZoneInfo("Asia/Hong_Kong"), "US": ZoneInfo("America/New_York")}


class FutuSettings(FeedSettings, frozen=True, kw_only=True):
    """``[feeds.futu]``. Where the gateway listens; its log-in is its own."""

    enabled: bool = False
    host: str = "127.0.0.1"
    port: int = 11111
    idle_timeout: str = "5m"

    def covers(self, symbol: str) -> bool:
        """Hong Kong, and shares of the United States."""
        return is_hong_kong(symbol) or is_us_share(symbol)


def futu_code(symbol: str) -> str:
    """The venue's code of a canonical symbol: ``HK.09888``, ``HK.800700``, ``US.AAPL``."""
    if not is_hong_kong(symbol):
        return f"US.{symbol}"
    return _INDICES[symbol] if is_index(symbol) else f"HK.{hk_code(symbol)}"


def parse_rows(rows: Sequence[Mapping[str, Any]], ts_recv: int, names: Mapping[str, str]) -> list[Quote]:
    """The quotes in the rows of a push; ``ts_recv`` is ns UTC. Raises ``ParseError``.

    ``names`` gives the canonical symbol of each code that was asked for.
    """
    try:
        return [_quote(row, ts_recv, names) for row in rows]
    except (*BROKEN, LookupError, TypeError, AttributeError) as error:
        raise ParseError(NAME, clean(f"{type(error).__name__} {error}", 120), str(rows)) from None


def _quote(row: Mapping[str, Any], ts_recv: int, names: Mapping[str, str]) -> Quote:
    code = row["code"]
    symbol = names[code]
    last = _price(row["last_price"])
    if last is None:
        raise ValueError(f"{symbol}: no price")
    return Quote(
        symbol=symbol,
        last=last,
        ts_event=_instant(code[:2], f"{row['data_date']} {row['data_time']}"),
        ts_recv=ts_recv,
        source=NAME,
        prev_close=_price(row.get("prev_close_price")),
        open=_price(row.get("open_price")),
        high=_price(row.get("high_price")),
        low=_price(row.get("low_price")),
        volume=None if is_index(symbol) else max(0, int(row.get("volume") or 0)),
        currency=None if is_hong_kong(symbol) else "USD",
        phase=Phase.HALTED if row.get("suspension") is True else None,
    )


def _price(value: Any) -> Decimal | None:
    """The library gives doubles, whose shortest text is what was meant; ``N/A`` and zero are none."""
    return price(repr(float(value))) if value not in (None, "N/A", "") and float(value) else None


@lru_cache(maxsize=1024)
def _instant(market: str, text: str) -> int:
    """``2025-09-17 10:14:07.120``, the exchange's own time, in ns UTC."""
    at = datetime.fromisoformat(text).replace(tzinfo=_ZONES[market])
    return checked_instant(int(at.timestamp()) * SECOND + at.microsecond * 1000)


class FutuFeed(SdkFeed):
    """The symbols given, from the gateway, as a feed."""

    Settings = FutuSettings

    def __init__(
        self,
        settings: FutuSettings,
        symbols: Sequence[str],
        clock: Clock,
        *,
        name: str = NAME,
        coalesce: float = 0.0,
    ) -> None:
        super().__init__(name, filter(settings.covers, symbols), clock, parse_duration(settings.idle_timeout))
        self._settings = settings
        self._names = {futu_code(symbol): symbol for symbol in sorted(self.symbols)}

    async def run(self, sink: QuoteSink) -> None:
        """Feed the sink until cancelled."""
        await self.feed(self._session, lambda rows, received: parse_rows(rows, received, self._names), sink)

    @asynccontextmanager
    async def _session(self, take: Callable[[Any], bool], _end: Callable[[str], None]) -> AsyncIterator[None]:
        """One context of the library, which works in threads of its own, and comes back by itself."""
        futu = library(self.name, "futu", "futu")
        loop = asyncio.get_running_loop()
        is_open = True

        def heed(rows: Sequence[Mapping[str, Any]]) -> None:
            if is_open:
                take(rows)

        class Handler(futu.StockQuoteHandlerBase):  # type: ignore[misc, name-defined]
            """Hands each push over to the event loop."""

            def on_recv_rsp(self, response: Any) -> tuple[Any, Any]:
                code, content = super().on_recv_rsp(response)
                if code == futu.RET_OK:
                    loop.call_soon_threadsafe(heed, content.to_dict("records"))
                return code, content

        host, port = self._settings.host, self._settings.port
        async with reachable(self.name, host, port, "OpenD"):
            context = await asyncio.to_thread(futu.OpenQuoteContext, host=host, port=port)
        try:
            context.set_handler(Handler())
            await self._subscribe(futu, context)
            yield
        finally:
            is_open = False
            await asyncio.to_thread(context.close)

    async def _subscribe(self, futu: Any, context: Any) -> None:
        """Ask for all codes, or where that is refused for each by itself: one may be refused for all."""

        async def refusal(codes: Sequence[str]) -> str:
            code, said = await asyncio.to_thread(
                context.subscribe, codes, [futu.SubType.QUOTE], subscribe_push=True
            )
            return "" if code == futu.RET_OK else f"refused: {clean(str(said), 100)}"

        codes = list(self._names)
        if not (reason := await refusal(codes)):
            return
        refused = {code: await refusal([code]) for code in codes} if len(codes) > 1 else {codes[0]: reason}
        if all(refused.values()):
            raise FeedError(self.name, reason, fatal=True)
        for code, why in refused.items():
            if why:
                turn_down(self.status, self.name, f"{self._names[code]} {why}")
