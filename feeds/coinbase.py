"""Coinbase Exchange: the public ticker of crypto pairs, round the clock and without a key."""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Final

import msgspec

from feeds.base import FeedStatus, TurnedDownError
from feeds.pace import BARREN
from feeds.settings import FeedSettings
from feeds.stream import Stream, StreamFeed
from feeds.wire import BROKEN, from_datetime, parse_error
from market.clock import Clock
from market.duration import parse_duration
from market.errors import FeedError, ParseError
from market.memo import Memo
from market.price import PRICES
from market.quote import Quote
from market.symbol import canonical, is_crypto
from market.text import clean

NAME: Final = "coinbase"

_CONTROL = frozenset({
    "subscriptions", "heartbeat", "snapshot", "l2update", "match", "last_match", "received", "open", "done",
    "change", "activate", "status", "auction",
})  # fmt: skip
"""Acknowledgements, and frames of channels that say nothing of a last price."""

_REFUSED = "Failed to subscribe"
_NO_COINS = Decimal(0)
_MOST_COINS = Decimal("1e18")
_build = tuple.__new__


class CoinbaseSettings(FeedSettings, frozen=True, kw_only=True):
    """``[feeds.coinbase]``. Heartbeats come every second, so a short silence is a dead line."""

    enabled: bool = False
    stream_url: str = "wss://ws-feed.exchange.coinbase.com"
    idle_timeout: str = "15s"

    def covers(self, symbol: str) -> bool:
        """Crypto."""
        return is_crypto(symbol)


def subscribe_frame(symbols: Sequence[str]) -> str:
    """The frame that asks for the pairs; due within five seconds of connecting."""
    return msgspec.json.encode(
        {"type": "subscribe", "product_ids": list(symbols), "channels": ["ticker", "heartbeat"]}
    ).decode()


class Message(msgspec.Struct, gc=False):
    """What is read of a frame. Prices stay text, because looking a repeated one up beats building it anew."""

    type: str
    product_id: str = ""
    price: str = ""
    open_24h: str = ""
    volume_24h: str = "0"
    low_24h: str = ""
    high_24h: str = ""
    time: Annotated[datetime, msgspec.Meta(tz=True)] = datetime.min.replace(tzinfo=UTC)
    trade_id: int = 0


class _Refusal(msgspec.Struct):
    message: str = ""
    reason: str = ""

    @property
    def pair(self) -> str:
        """The pair a subscription is refused for, as in ``FAKE-USD is not a valid product``; else empty."""
        name = self.reason.partition(" ")[0]
        return name if self.message == _REFUSED and is_crypto(name) else ""


_decode = msgspec.json.Decoder(Message).decode
_decode_refusal = msgspec.json.Decoder(_Refusal).decode


def parse_frame(frame: bytes, ts_recv: int, gaps: "Gaps | None" = None) -> Sequence[Quote]:
    """The quote in a ticker frame, none in a control frame; ``ts_recv`` is ns UTC.

    ``gaps`` counts the trades left out. Raises ``ParseError`` for a malformed frame or an impossible
    price, ``TurnedDownError`` for a pair that cannot be had, and ``FeedError`` where the venue refuses the
    subscription for another reason.
    """
    try:
        message = _decode(frame)
        if message.type != "ticker":
            return _control(message.type, frame)
        quote = ticker_quote(message, ts_recv)
    except BROKEN as error:
        raise parse_error(NAME, error, frame) from None
    if gaps is not None:
        trade = message.trade_id
        due = gaps.get(message.product_id, trade)
        if trade >= due:
            gaps[message.product_id] = trade + 1
            gaps.status.missed += trade - due
    return (quote,)


def ticker_quote(message: Message, ts_recv: int) -> Quote:
    """The quote a ticker writes; its previous close is the price 24 hours ago, the venue's percent base.

    Raises ``ValueError`` or ``ArithmeticError`` for what no market could write.
    """
    symbol, currency = _PAIRS[message.product_id]
    last, volume, day_ago = PRICES[message.price], Decimal(message.volume_24h), PRICES[message.open_24h]
    if last is None:
        raise ValueError("impossible price 0")
    if not _NO_COINS <= volume <= _MOST_COINS:
        raise ValueError("impossible volume")
    # Built as a plain tuple is, 125 ns; the named tuple's own constructor takes 230.
    return _build(Quote, (
        symbol, last, from_datetime(message.time), ts_recv, NAME, day_ago, day_ago,
        PRICES[message.high_24h], PRICES[message.low_24h], volume, currency, None, 0,
    ))  # fmt: skip


def _control(kind: str, frame: bytes) -> Sequence[Quote]:
    if kind in _CONTROL:
        return ()
    if kind != "error":
        raise ParseError(NAME, f"unknown frame type {kind[:40]!a}", frame)
    refusal = _decode_refusal(frame)
    reason = clean(f"{refusal.message}: {refusal.reason}", 120)
    if refusal.pair:
        raise TurnedDownError(NAME, reason, frame)
    if refusal.message == _REFUSED:
        raise FeedError(NAME, reason, fatal=True)
    raise ParseError(NAME, reason, frame)


class Question:
    """What one connection is asked for. The venue refuses all pairs for the sake of one, which is then left
    out."""

    def __init__(self, pairs: Sequence[str]) -> None:
        self._pairs = list(pairs)

    @property
    def frame(self) -> str:
        """The question, as it stands."""
        return subscribe_frame(self._pairs)

    def again(self, frame: bytes) -> Sequence[str]:
        """What is said to a frame without a quote: to the refusal of a pair, the question without that pair.

        Raises ``FeedError`` when none is left.
        """
        if b'"error"' not in frame:  # as a heartbeat, of which each pair has one a second
            return ()
        refusal = _decode_refusal(frame)
        if refusal.pair not in self._pairs:
            return ()
        self._pairs.remove(refusal.pair)
        if not self._pairs:
            raise FeedError(NAME, clean(f"{_REFUSED}: {refusal.reason}", 120), fatal=True)
        return [self.frame]


def _pair(product: str) -> tuple[str, str]:
    """The canonical symbol and the currency of a product; ``ValueError`` for what is no pair."""
    if not is_crypto(product):
        raise ValueError(f"not a pair: {product[:40]!a}")
    return canonical(product), product.rpartition("-")[2]


_PAIRS = Memo(_pair, 1024)


class Gaps(dict[str, int]):
    """By symbol, the number that the next trade must have; counts those that no ticker told, reconnects
    included."""

    def __init__(self, status: FeedStatus) -> None:
        self.status = status


class CoinbaseFeed(StreamFeed):
    """The ticker of the pairs among the symbols given, as a feed.

    ``coalesce`` is the transport's, in seconds.
    """

    Settings = CoinbaseSettings

    def __init__(
        self,
        settings: CoinbaseSettings,
        symbols: Sequence[str],
        clock: Clock,
        *,
        name: str = NAME,
        coalesce: float = 0.0,
    ) -> None:
        pairs = tuple(filter(is_crypto, symbols))
        super().__init__(name, pairs, clock)
        gaps = Gaps(self.status)

        def stream() -> Stream:
            question = Question(pairs)
            return Stream(
                venue=name,
                url=settings.stream_url,
                subscribe=(question.frame,),
                reply=question.again,
                parse=lambda frame, received: parse_frame(frame, received, gaps),
                idle=parse_duration(settings.idle_timeout),
                barren=BARREN,
                coalesce=coalesce,
            )

        self.streams.append(stream)
