"""Longbridge: Hong Kong and United States quotes through the vendor's own program, ``longbridge serve``.

It speaks JSON-RPC on its standard streams, and can trade for whoever asks it to: we know one method, and
nothing here can write another. What an account may see, it has from the vendor; the log-in is the program's.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

import msgspec

from feeds.base import QuoteSink, SymbolFeed
from feeds.line import turn_down_beyond
from feeds.pace import silence
from feeds.settings import FeedSettings
from feeds.stdio import Child, run_child
from feeds.wire import BROKEN, as_price, as_price_or_none, as_volume, checked_instant, parse_error
from market.clock import Clock, parse_rfc3339
from market.duration import parse_duration
from market.errors import FeedError
from market.quote import Quote
from market.session import Phase, calendar
from market.symbol import is_hong_kong, is_index, is_us_share, mic
from market.text import clean

NAME: Final = "longbridge"

MOST = 500
"""Symbols of one account."""

ALLOWED = frozenset({"quote.subscribe"})
"""All that is ever asked. The program's other methods place orders, among other things."""

_TRY_AGAIN = -32000
_HALTS = frozenset({"Halted", "Suspend", "SplitStockHalts", "Fuse"})
_PHASES = {"Pre": Phase.PRE, "Intraday": Phase.REGULAR, "Post": Phase.POST}


class LongbridgeSettings(FeedSettings, frozen=True, kw_only=True):
    """``[feeds.longbridge]``. ``command`` starts the vendor's program, which is logged in by itself."""

    enabled: bool = False
    command: tuple[str, ...] = ("longbridge", "serve")
    idle_timeout: str = "5m"

    def __post_init__(self) -> None:
        """Check that there is something to start."""
        super().__post_init__()
        if not self.command or not self.command[0]:
            raise ValueError("command: empty")

    def covers(self, symbol: str) -> bool:
        """Hong Kong, and shares of the United States."""
        return is_hong_kong(symbol) or is_us_share(symbol)


def longbridge_symbol(symbol: str) -> str:
    """The venue's name of a canonical symbol: ``700.HK``, ``HSTECH.HK``, ``AAPL.US``."""
    if not is_hong_kong(symbol):
        return f"{symbol}.US"
    return f"{symbol}.HK" if is_index(symbol) else symbol.lstrip("0")


def request(number: int, method: str, params: Mapping[str, Any]) -> str:
    """A line to write; ``PermissionError`` for a method that is not ``ALLOWED``."""
    if method not in ALLOWED:
        raise PermissionError(f"{method} is none of the methods that quotes need")
    return msgspec.json.encode({"jsonrpc": "2.0", "id": number, "method": method, "params": params}).decode()


class _Row(msgspec.Struct):
    symbol: str
    last_done: Any = None
    prev_close: Any = None
    open: Any = None
    high: Any = None
    low: Any = None
    volume: Any = None
    timestamp: str = ""
    trade_session: str = ""
    trade_status: str = ""


class _Result(msgspec.Struct):
    quotes: list[_Row] = []


class _Error(msgspec.Struct):
    code: int
    message: str = ""


class _Message(msgspec.Struct):
    method: str = ""
    params: msgspec.Raw = msgspec.Raw()
    result: msgspec.Raw = msgspec.Raw()
    error: _Error | None = None


_decode = msgspec.json.Decoder(_Message).decode
_decode_row = msgspec.json.Decoder(_Row, float_hook=str).decode
_decode_result = msgspec.json.Decoder(_Result, float_hook=str).decode


class Conversation:
    """Reads what the program says of the symbols given, and asks again for what it left out.

    Pushes have no previous close. That of the snapshot holds for the snapshot's own session; on the first
    push of another one the symbol's snapshot is asked for anew.
    """

    def __init__(self, symbols: Iterable[str]) -> None:
        self.names = {longbridge_symbol(symbol): symbol for symbol in symbols}
        self._closes: dict[str, tuple[date, Decimal | None]] = {}
        self._asked: dict[str, date] = {}
        self._wanted: list[str] = []
        self._number = 0

    def subscribe(self, names: Sequence[str]) -> str:
        """The line that asks for the venue's names, and for a snapshot of each."""
        self._number += 1
        return request(self._number, "quote.subscribe", {"symbols": names, "fields": ["quote"]})

    def ask(self) -> Iterable[str]:
        """What is to be said now: for symbols whose session is a new one."""
        wanted, self._wanted = self._wanted, []
        return [self.subscribe(wanted)] if wanted else ()

    def parse(self, line: bytes, ts_recv: int) -> Sequence[Quote]:
        """The quotes in a line; ``ts_recv`` is ns UTC.

        Raises ``ParseError``, and ``FeedError`` for a refusal.
        """
        try:
            message = _decode(line)
            if message.method == "quote.updated":
                return [self._quote(_decode_row(message.params), ts_recv, is_snapshot=False)]
            if message.error is not None:
                raise _refusal(message.error)
            if message.method:
                return ()
            if not message.result:
                raise ValueError("neither an answer nor a notification")
            return self._snapshot(_decode_result(message.result).quotes, ts_recv)
        except BROKEN as error:
            raise parse_error(NAME, error, line) from None

    def _snapshot(self, rows: Sequence[_Row], ts_recv: int) -> Sequence[Quote]:
        """What can be read of a snapshot; one name without a trade must not cost the others."""
        quotes, errors = [], []
        for row in rows:
            try:
                quotes.append(self._quote(row, ts_recv, is_snapshot=True))
            except BROKEN as error:
                errors.append(error)
        if errors and not quotes:
            raise errors[0]
        return quotes

    def _quote(self, row: _Row, ts_recv: int, *, is_snapshot: bool) -> Quote:
        symbol = self.names.get(row.symbol)
        if symbol is None:
            raise ValueError(f"a symbol that was not asked for: {row.symbol[:24]!a}")
        ts_event = checked_instant(parse_rfc3339(row.timestamp))
        day = calendar(mic(symbol)).day_of(ts_event)
        if is_snapshot:
            self._closes[symbol] = (day, as_price_or_none(row.prev_close))
        dated, prev_close = self._closes.get(symbol, (None, None))
        if dated != day:
            prev_close = None
            if self._asked.get(symbol) != day:  # once a session
                self._asked[symbol] = day
                self._wanted.append(row.symbol)
        return Quote(
            symbol=symbol,
            last=as_price(row.last_done),
            ts_event=ts_event,
            ts_recv=ts_recv,
            source=NAME,
            prev_close=prev_close,
            open=as_price_or_none(row.open),
            high=as_price_or_none(row.high),
            low=as_price_or_none(row.low),
            volume=None if is_index(symbol) else as_volume(row.volume),
            currency=None if is_hong_kong(symbol) else "USD",
            phase=_phase(symbol, row),
        )


def _phase(symbol: str, row: _Row) -> Phase | None:
    """Hong Kong's day has a morning and an afternoon, which the calendar knows."""
    if row.trade_status in _HALTS:
        return Phase.HALTED
    return None if is_hong_kong(symbol) else _PHASES.get(row.trade_session)


def _refusal(error: _Error) -> FeedError:
    reason = clean(f"{error.code} {error.message}", 120)
    return FeedError(NAME, reason, fatal=error.code != _TRY_AGAIN)


class LongbridgeFeed(SymbolFeed):
    """The symbols given, from the vendor's program, as a feed."""

    Settings = LongbridgeSettings

    def __init__(
        self,
        settings: LongbridgeSettings,
        symbols: Sequence[str],
        clock: Clock,
        *,
        name: str = NAME,
        coalesce: float = 0.0,
    ) -> None:
        ours = list(filter(settings.covers, symbols))
        super().__init__(name, ours[:MOST], clock)
        turn_down_beyond(ours, MOST, self.status, name)
        self._settings = settings

    async def run(self, sink: QuoteSink) -> None:
        """Feed the sink until cancelled."""
        conversation = Conversation(sorted(self.symbols))
        child = Child(
            venue=self.name,
            command=self._settings.command,
            parse=conversation.parse,
            subscribe=[conversation.subscribe(list(conversation.names))],
            ask=conversation.ask,
            idle=parse_duration(self._settings.idle_timeout),
            excused=silence(self.symbols),
        )
        await run_child(child, sink, self.status, self._clock)
