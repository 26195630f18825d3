"""Yahoo: a stream of prices and daily bars for most of the world, without a key.

The stream sends JSON around base64 around protobuf (``feeds/pricing.proto``), or the bare base64 to those
who do not ask for version 2. Prices are four-byte floats, made exact again by the hint that comes along.
"""

from binascii import a2b_base64
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache, partial
from typing import Any, ClassVar, Final
from urllib.parse import quote as quoted
from zoneinfo import ZoneInfo

import msgspec

from feeds.http import Http
from feeds.pace import silence
from feeds.settings import FeedSettings
from feeds.stream import Stream, StreamFeed
from feeds.wire import BROKEN, from_milliseconds, parse_error
from market.bars import Bar
from market.clock import Clock
from market.duration import parse_duration
from market.errors import ParseError, SymbolError
from market.memo import Memo
from market.price import number, price, unpadded
from market.quote import Quote
from market.session import Phase
from market.symbol import canonical, mic
from market.text import clean

NAME: Final = "yahoo"

BATCH = 100
"""Symbols a connection; the venue takes more and silently serves the first hundred."""

AGAIN = 60.0
"""Seconds after which a connection is asked for its symbols again: one that is open for long loses some, in
silence, and to ask twice costs nothing."""

_NAMES = {
    "HSTECH": "HSTECH.HK", "HSI": "^HSI", "HSCEI": "^HSCE",
    "NDX": "^NDX", "SPX": "^GSPC", "DJI": "^DJI", "IXIC": "^IXIC",
}  # fmt: skip

# Enumerations of the wire.
_SHARES, _HEARTBEAT = (8, 20), 7  # equities and exchange-traded funds
_PHASES = {0: Phase.PRE, 1: Phase.REGULAR, 2: Phase.POST}

_build = tuple.__new__  # a quote at half the cost of its own constructor


class YahooSettings(FeedSettings, frozen=True, kw_only=True):
    """``[feeds.yahoo]``. ``chart_url`` is what the symbol is appended to."""

    stream_url: str = "wss://streamer.finance.yahoo.com/?version=2"
    chart_url: str = "https://query1.finance.yahoo.com/v8/finance/chart/"
    idle_timeout: str = "60s"

    takes_rest: ClassVar[bool] = True


def yahoo_symbol(symbol: str) -> str:
    """The venue's name of a canonical symbol: ``^HSI``, ``HSTECH.HK``, ``BRK-B``; most are the same."""
    if symbol in _NAMES:
        return _NAMES[symbol]
    return symbol if symbol.endswith(".HK") else symbol.replace(".", "-")


def subscribe_frame(symbols: Sequence[str]) -> str:
    """The frame that asks for canonical symbols, at most a hundred; there is no acknowledgement."""
    return msgspec.json.encode({"subscribe": [yahoo_symbol(symbol) for symbol in symbols]}).decode()


class _Frame(msgspec.Struct, gc=False, tag_field="type", tag="pricing"):
    message: bytes = b""  # base64 on the wire


_decode = msgspec.json.Decoder(_Frame).decode


class Parser:
    """Reads the frames of a stream; ``names`` gives the canonical symbol of each of the venue's asked for.

    One is made when a stream begins: the protobuf runtime costs 30 ms, which only those who need it pay.
    """

    def __init__(self, names: Mapping[str, str]) -> None:
        from google.protobuf.message import DecodeError

        from feeds.pricing_pb2 import PricingData

        def asked(name: str) -> tuple[str, bool]:
            symbol = names.get(name) or _canonical(name)
            return symbol, mic(symbol) == "XNYS"

        self._read = PricingData.FromString
        self._broken = (*BROKEN, DecodeError)
        self._asked = Memo(asked, 1024)
        """The symbol of each of the venue's, and whether it trades in New York."""

    def quotes(self, frame: bytes, ts_recv: int) -> Sequence[Quote]:
        """The quote in a frame, none in a heartbeat; ``ts_recv`` is ns UTC. Raises ``ParseError``."""
        try:
            try:
                message = _decode(frame).message
            except msgspec.DecodeError as error:
                message = _bare(frame, error)
            # Each field is fetched once: that costs 45 ns, and to ask whether it is there 90.
            data = self._read(message)
            kind = data.quote_type
            if kind == _HEARTBEAT:
                return ()
            symbol, in_new_york = self._asked[data.id]
            change, hint = data.change, data.price_hint
            last, before = _PRICES[data.price, change, hint]
            if not change and not data.HasField("change"):
                before = None
            # Only New York's phases have these names. Everywhere else the calendar knows better.
            phase = None
            if in_new_york and ((hours := data.market_hours) or data.HasField("market_hours")):
                phase = _PHASES.get(hours)
            # Crypto's volume is in dollars, an index's that of its members: neither is a number of these.
            volume = data.day_volume if kind in _SHARES else 0
            opened, currency = data.open_price, data.currency
            high, low = data.day_high, data.day_low
            return (_build(Quote, (
                symbol, last, _INSTANTS[data.time], ts_recv, NAME, before,
                exact_price(opened, hint) if opened else None, exact_price(high, hint) if high else None,
                exact_price(low, hint) if low else None, volume if volume > 0 else None,
                currency if len(currency) == 3 else None, phase, 0,
            )),)  # fmt: skip
        except self._broken as error:
            raise parse_error(NAME, error, frame) from None


def _bare(frame: bytes, error: msgspec.DecodeError) -> bytes:
    """What a frame holds that is no JSON, as all were before version 2; raises the ``error`` of any other."""
    if isinstance(error, msgspec.ValidationError):
        raise error
    return a2b_base64(frame, strict_mode=True)


_INSTANTS: Final = Memo(from_milliseconds, 1024)
"""Times are whole seconds, which many symbols share."""


def _prices(said: tuple[float, float, int]) -> tuple[Decimal, Decimal | None]:
    """The last price, and what the change counts from where that is a price; by price, change and hint.

    Regular sessions count from yesterday's close; before and after them, from the last regular close.
    """
    value, change, hint = said
    last = exact_price(value, hint)
    before = last - number(_written(change, hint))
    return last, before if before > 0 else None


_PRICES: Final = Memo(_prices, 2048)


@lru_cache(maxsize=2048)
def exact_price(value: float, hint: int) -> Decimal:
    """The price that a four-byte float stood for: 131.6000061 with hint 2 is 131.60.

    ``ValueError`` for what is no price.
    """
    return price(_written(value, hint))


def _written(value: float, hint: int) -> str:
    """A float with as many decimals as the hint says, and no more than its seven digits can mean."""
    places = hint or 2
    if not 0 < places <= 8:
        raise ValueError(f"price hint {hint}")
    while places and abs(value) * 10**places >= 1e7:
        places -= 1
    return unpadded(f"{value:.{places}f}")


def _canonical(name: str) -> str:
    try:
        return canonical(name)
    except SymbolError as error:
        raise ValueError(str(error)) from None


class _Meta(msgspec.Struct):
    exchangeTimezoneName: str  # noqa: N815 - the wire's name
    priceHint: int = 2  # noqa: N815
    instrumentType: str = ""  # noqa: N815


class _Columns(msgspec.Struct):
    open: list[float | None] = []
    high: list[float | None] = []
    low: list[float | None] = []
    close: list[float | None] = []
    volume: list[int | None] = []


class _Indicators(msgspec.Struct):
    quote: list[_Columns]


class _Result(msgspec.Struct):
    meta: _Meta
    indicators: _Indicators
    timestamp: list[int] = []


class _Chart(msgspec.Struct):
    result: list[_Result] | None = None
    error: Any = None


class _Answer(msgspec.Struct):
    chart: _Chart


def chart_url(chart_url: str, symbol: str, start: date, end: date) -> str:
    """The address of the daily bars of two dates and between."""
    since = int(datetime(start.year, start.month, start.day, tzinfo=UTC).timestamp())
    until = int(datetime(end.year, end.month, end.day, tzinfo=UTC).timestamp()) + 86_400
    name = quoted(yahoo_symbol(symbol), safe="")
    return f"{chart_url}{name}?period1={since}&period2={until}&interval=1d"


def parse_chart(body: bytes) -> list[Bar]:
    """The daily bars in an answer, oldest first, dated by the exchange's own zone; none on an empty day.

    Prices are adjusted for splits and not for dividends. Rows with holes in their prices are left out; the
    last row may be of the session in progress. Raises ``ParseError``.
    """
    try:
        chart = msgspec.json.decode(body, type=_Answer).chart
        if not chart.result:
            raise ValueError(f"no chart: {chart.error}")
        result = chart.result[0]
        return list(_bars(result)) if result.timestamp else []
    except (*BROKEN, LookupError, OSError) as error:
        raise ParseError(NAME, clean(str(error), 120), body[:500]) from None


def _bars(result: _Result) -> Iterator[Bar]:
    zone = ZoneInfo(result.meta.exchangeTimezoneName)
    hint = result.meta.priceHint
    columns = result.indicators.quote[0]
    is_index = result.meta.instrumentType == "INDEX"
    rows = zip(
        result.timestamp, columns.open, columns.high, columns.low, columns.close, columns.volume, strict=True
    )
    for at, opened, high, low, close, volume in rows:
        if opened and high and low and close:
            yield Bar(
                datetime.fromtimestamp(at, zone).date(),
                exact_price(opened, hint),
                exact_price(high, hint),
                exact_price(low, hint),
                exact_price(close, hint),
                None if is_index else volume,
            )


async def fetch_bars(http: Http, settings: YahooSettings, symbol: str, start: date, end: date) -> list[Bar]:
    """The daily bars of a canonical symbol, oldest first. Raises ``FeedError`` or ``ParseError``."""
    answer = await http.get(NAME, chart_url(settings.chart_url, symbol, start, end))
    return parse_chart(answer.body)


class YahooFeed(StreamFeed):
    """The stream of the symbols given, a hundred to a connection, as a feed.

    ``coalesce`` is the transport's, in seconds.
    """

    Settings = YahooSettings

    def __init__(
        self,
        settings: YahooSettings,
        symbols: Sequence[str],
        clock: Clock,
        *,
        name: str = NAME,
        coalesce: float = 0.0,
    ) -> None:
        super().__init__(name, symbols, clock)
        names = {yahoo_symbol(symbol): symbol for symbol in symbols}

        def stream(ask: str) -> Stream:
            return Stream(
                venue=name,
                url=settings.stream_url,
                subscribe=(ask,),
                beat=ask,
                beat_every=AGAIN,
                parse=Parser(names).quotes,
                idle=parse_duration(settings.idle_timeout),
                excused=silence(symbols),
                coalesce=coalesce,
            )

        for at in range(0, len(symbols), BATCH):
            self.streams.append(partial(stream, subscribe_frame(symbols[at : at + BATCH])))
