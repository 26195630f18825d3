"""Kraken: the public ticker of crypto pairs (version 2 of its sockets), round the clock and without a key."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Final

import msgspec

from feeds.base import TurnedDownError
from feeds.failure import RefusedError
from feeds.pace import BARREN
from feeds.settings import FeedSettings
from feeds.stream import Stream, StreamFeed
from feeds.wire import BROKEN, as_price, as_price_or_none, exact, from_datetime, parse_error
from market.clock import Clock
from market.duration import parse_duration
from market.memo import Memo
from market.price import HIGHEST, LOWEST
from market.quote import Quote
from market.symbol import canonical, is_crypto
from market.text import clean

NAME: Final = "kraken"

BATCH = 100
"""Pairs a frame."""

_CONTROL = frozenset({"heartbeat", "status", "trade", "book", "ohlc", "instrument"})
"""Heartbeats, the venue's own state, and channels that were not asked for."""

_NO_COINS, _MOST_COINS = Decimal(0), Decimal("1e18")
_build = tuple.__new__


class KrakenSettings(FeedSettings, frozen=True, kw_only=True):
    """``[feeds.kraken]``. Heartbeats come about every second, so a short silence is a dead line."""

    enabled: bool = False
    stream_url: str = "wss://ws.kraken.com/v2"
    idle_timeout: str = "15s"

    def covers(self, symbol: str) -> bool:
        """Crypto."""
        return is_crypto(symbol)


def subscribe_frames(symbols: Sequence[str]) -> list[str]:
    """The frames that ask for canonical pairs. Bitcoin is BTC here; XBT is refused."""
    return [
        msgspec.json.encode(
            {
                "method": "subscribe",
                "params": {
                    "channel": "ticker",
                    "symbol": [symbol.replace("-", "/") for symbol in symbols[at : at + BATCH]],
                    "snapshot": True,
                },
                "req_id": at // BATCH + 1,
            }
        ).decode()
        for at in range(0, len(symbols), BATCH)
    ]


class _Ticker(msgspec.Struct, gc=False):
    symbol: str
    last: Any
    timestamp: Annotated[datetime, msgspec.Meta(tz=True)]
    volume: Decimal = _NO_COINS
    change: Decimal | None = None
    low: Any = None
    high: Any = None


class _Tickers(msgspec.Struct, gc=False, tag_field="channel", tag="ticker"):
    data: list[_Ticker]


class _Other(msgspec.Struct):
    channel: str = ""
    method: str = ""
    success: bool = True
    error: str = ""


_decode = msgspec.json.Decoder(_Tickers, float_hook=exact).decode
_decode_other = msgspec.json.Decoder(_Other).decode


def parse_frame(frame: bytes, ts_recv: int) -> Sequence[Quote]:
    """The quotes in a snapshot or an update, none in a control frame; ``ts_recv`` is ns UTC.

    Raises ``ParseError``, ``TurnedDownError`` among them for a pair that the venue does not know, and
    ``FeedError`` where it refuses for another reason.
    """
    quotes = []
    try:
        try:
            tickers = _decode(frame).data
        except msgspec.ValidationError as error:
            return _other(frame, error)
        for ticker in tickers:
            symbol, currency = _PAIRS[ticker.symbol]
            last, high, low = ticker.last, ticker.high, ticker.low
            volume, change, day_ago = ticker.volume, ticker.change, None
            if type(last) is not Decimal:
                last = as_price(last)
            if not _NO_COINS <= volume <= _MOST_COINS:
                raise ValueError("impossible volume")
            if change is not None:
                # The price of 24 hours ago, the venue's base of percent, stands for the previous close.
                day_ago = last - change
                if not LOWEST <= day_ago <= HIGHEST:
                    raise ValueError(f"a change of {change} on {last}")
            quotes.append(_build(Quote, (
                symbol, last, from_datetime(ticker.timestamp), ts_recv, NAME, day_ago, day_ago,
                high if type(high) is Decimal else as_price_or_none(high),
                low if type(low) is Decimal else as_price_or_none(low), volume, currency, None, 0,
            )))  # fmt: skip
    except BROKEN as error:
        raise parse_error(NAME, error, frame) from None
    return quotes


def _other(frame: bytes, error: msgspec.ValidationError) -> Sequence[Quote]:
    """What a frame that is no sound ticker says; raises the ``error`` where it should have been one."""
    said = _decode_other(frame)
    if said.channel in _CONTROL or (said.method and said.success):
        return ()
    if said.success:
        raise error
    reason = clean(said.error, 120) or "refused without a reason"
    if "not supported" in reason:
        raise TurnedDownError(NAME, reason, frame)
    raise RefusedError(NAME, reason)


def _pair(name: str) -> tuple[str, str]:
    """The canonical symbol and the currency of a pair; ``ValueError`` for what is none."""
    symbol = name.replace("/", "-")
    if "/" not in name or not is_crypto(symbol):
        raise ValueError(f"not a pair: {name[:40]!a}")
    return canonical(symbol), symbol.rpartition("-")[2]


_PAIRS = Memo(_pair, 1024)


class KrakenFeed(StreamFeed):
    """The ticker of the pairs among the symbols given, as a feed.

    ``coalesce`` is the transport's, in seconds.
    """

    Settings = KrakenSettings

    def __init__(
        self,
        settings: KrakenSettings,
        symbols: Sequence[str],
        clock: Clock,
        *,
        name: str = NAME,
        coalesce: float = 0.0,
    ) -> None:
        pairs = tuple(filter(is_crypto, symbols))
        super().__init__(name, pairs, clock)
        self.streams.append(
            Stream(
                venue=name,
                url=settings.stream_url,
                subscribe=subscribe_frames(pairs),
                parse=parse_frame,
                idle=parse_duration(settings.idle_timeout),
                barren=BARREN,
                coalesce=coalesce,
            )
        )
