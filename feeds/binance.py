"""Binance: the public rolling-day ticker of crypto pairs, round the clock and without a key.

The host serves market data alone. A connection is cut after 24 hours, and renewed before; the venue's
pings are answered by the library. Addresses in the United States are refused with HTTP 451.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

import msgspec

from feeds.failure import RenewalError
from feeds.pace import BARREN
from feeds.settings import FeedSettings
from feeds.stream import Stream, StreamFeed
from feeds.wire import BROKEN, Milliseconds, parse_error
from market.clock import MILLISECOND, Clock
from market.duration import parse_duration
from market.errors import FeedError, ParseError
from market.price import PRICES
from market.quote import Quote
from market.symbol import is_crypto
from market.text import clean

NAME: Final = "binance"

BATCH = 200
"""Pairs a frame: five frames a second are taken, and none says how long one may be."""

MOST = 1000
"""Pairs a connection, of the 1024 that it may have; five frames of a batch."""

_SILENT = frozenset({"aggTrade", "trade", "kline", "24hrTicker"})
"""Events of other streams."""

_NO_COINS, _MOST_COINS = Decimal(0), Decimal("1e18")
_build = tuple.__new__


class BinanceSettings(FeedSettings, frozen=True, kw_only=True):
    """``[feeds.binance]``.

    ``dollar`` names the coin that stands for the US dollar, which the venue does not trade: with ``USDT``
    a pair in USD is asked for in that. ``lifetime`` is how long a connection is kept, below its 24 hours.
    """

    enabled: bool = False
    stream_url: str = "wss://data-stream.binance.vision/stream"
    dollar: str = ""
    idle_timeout: str = "30s"
    lifetime: str = "23.5h"

    def covers(self, symbol: str) -> bool:
        """Crypto, but for pairs in US dollars where no coin stands for them."""
        return is_crypto(symbol) and (not symbol.endswith("-USD") or bool(self.dollar))


def pair(symbol: str, dollar: str) -> str:
    """The venue's name of a canonical pair: ``BTCUSDT``."""
    coin, _, currency = symbol.partition("-")
    return coin + (dollar if currency == "USD" else currency)


def subscribe_frames(pairs: Sequence[str]) -> list[str]:
    """The frames that ask for the venue's pairs, at most 1000."""
    return [
        msgspec.json.encode(
            {
                "method": "SUBSCRIBE",
                "params": [f"{name.lower()}@miniTicker" for name in pairs[at : at + BATCH]],
                "id": at // BATCH + 1,
            }
        ).decode()
        for at in range(0, len(pairs), BATCH)
    ]


class _Ticker(msgspec.Struct, gc=False, tag_field="e", tag="24hrMiniTicker"):
    s: str  # pair
    E: Milliseconds  # the event's time
    c: str  # last
    v: str  # coins
    o: str = ""  # 24 hours ago
    h: str = ""
    l: str = ""  # noqa: E741 - the wire's name


class _Frame(msgspec.Struct, gc=False):
    data: _Ticker


class _Event(msgspec.Struct):
    e: str = ""
    s: str = ""


class _Other(msgspec.Struct):
    data: _Event | None = None


_decode = msgspec.json.Decoder(_Frame).decode
_decode_other = msgspec.json.Decoder(_Other).decode


class Parser:
    """Reads the frames of the combined stream; ``names`` gives the symbol of each pair that was asked for."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._asked = {pair: (symbol, symbol.rpartition("-")[2]) for pair, symbol in names.items()}
        """The symbol and the currency of each pair."""

    def quotes(self, frame: bytes, ts_recv: int) -> Sequence[Quote]:
        """The quote in a frame, none in an acknowledgement; ``ts_recv`` is ns UTC.

        Raises ``ParseError``, ``FeedError`` for a refusal, ``RenewalError`` where the venue's server says
        that it goes down.
        """
        try:
            try:
                ticker = _decode(frame).data
            except msgspec.ValidationError as error:
                return _other(frame, error)
            symbol, currency = self._asked[ticker.s]
            last, volume, day_ago = PRICES[ticker.c], Decimal(ticker.v), PRICES[ticker.o]
            if not _NO_COINS <= volume <= _MOST_COINS:
                raise ValueError("impossible volume")
            if last is None:
                raise ValueError("impossible price 0")
            return (_build(Quote, (
                symbol, last, ticker.E * MILLISECOND, ts_recv, NAME, day_ago, day_ago,
                PRICES[ticker.h], PRICES[ticker.l], volume, currency, None, 0,
            )),)  # fmt: skip
        except KeyError as error:
            reason = f"a pair that was not asked for: {clean(str(error), 40)}"
            raise ParseError(NAME, reason, frame) from None
        except BROKEN as error:
            raise parse_error(NAME, error, frame) from None


def _other(frame: bytes, error: msgspec.ValidationError) -> Sequence[Quote]:
    """What a frame that is no sound ticker says; raises the ``error`` where it should have been one."""
    event = _decode_other(frame).data
    if event is None:
        return _control(frame)
    if event.e == "serverShutdown":
        raise RenewalError(NAME, "its server goes down")
    # A best bid and offer names no event.
    if event.e in _SILENT or (not event.e and event.s):
        return ()
    raise error


class _Refusal(msgspec.Struct):
    code: int
    msg: str


class _Control(msgspec.Struct):
    id: int | str | None = None
    error: _Refusal | None = None
    code: int | None = None
    msg: str = ""


def _control(frame: bytes) -> Sequence[Quote]:
    control = msgspec.json.decode(frame, type=_Control)
    message = control.error.msg if control.error is not None else control.msg
    if control.error is not None or control.code is not None:
        raise FeedError(NAME, clean(f"refused: {message}", 120), fatal=True)
    if control.id is None:
        raise ParseError(NAME, "neither a ticker nor an answer", frame)
    return ()


class BinanceFeed(StreamFeed):
    """The ticker of the pairs among the symbols given, as a feed.

    ``coalesce`` is the transport's, in seconds.
    """

    Settings = BinanceSettings

    def __init__(
        self,
        settings: BinanceSettings,
        symbols: Sequence[str],
        clock: Clock,
        *,
        name: str = NAME,
        coalesce: float = 0.0,
    ) -> None:
        names = {pair(symbol, settings.dollar): symbol for symbol in symbols if settings.covers(symbol)}
        super().__init__(name, names.values(), clock)
        pairs = list(names)
        self.streams += [
            Stream(
                venue=name,
                url=settings.stream_url,
                subscribe=subscribe_frames(pairs[at : at + MOST]),
                parse=Parser(names).quotes,
                idle=parse_duration(settings.idle_timeout),
                barren=4 * BARREN,  # a pair without a trade has no ticker, not even on subscribing
                lifetime=parse_duration(settings.lifetime),
                coalesce=coalesce,
            )
            for at in range(0, len(pairs), MOST)
        ]
