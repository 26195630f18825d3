"""Alpaca: trades of United States shares, with a key and its secret, of which each may have one connection.

The venue greets, is told the key, and is then asked for trades. Without a subscription it has those of one
exchange, IEX, alone. A trade tells a price and an instant, and neither a previous close nor the day's range.
"""

from collections.abc import Sequence
from decimal import Decimal
from functools import partial
from typing import Any, ClassVar, Final, NoReturn

import msgspec

from feeds.failure import RefusedError
from feeds.pace import silence
from feeds.secret import secret
from feeds.settings import FeedSettings
from feeds.stream import Stream, StreamFeed
from feeds.wire import BROKEN, as_price, checked_instant, exact, parse_error
from market.clock import Clock, parse_rfc3339
from market.duration import parse_duration
from market.errors import FeedError
from market.memo import Memo
from market.quote import Quote
from market.symbol import is_us_share
from market.text import clean

NAME: Final = "alpaca"

_SILENT = frozenset({"success", "subscription", "q", "b", "d", "u", "s", "l", "c", "x"})
"""Greetings and acknowledgements; quotes, bars, states, bands, corrections and cancels, not asked for."""

_HARMLESS = (403,)  # authenticated already
_IN_PASSING = (404, 407, 500)  # too slow with the key, too slow with the frames, an error of their own
_CONNECTIONS = 406
"""Answered to the newcomer, and the incumbent stays: another program of ours is at work."""

_build = tuple.__new__


class AlpacaSettings(FeedSettings, frozen=True, kw_only=True):
    """``[feeds.alpaca]``. Key and secret are in files, else in the environment variables named."""

    enabled: bool = False
    stream_url: str = "wss://stream.data.alpaca.markets/v2/iex"
    key_file: str = ""
    key_env: str = "APCA_API_KEY_ID"
    secret_file: str = ""
    secret_env: str = "APCA_API_SECRET_KEY"
    idle_timeout: str = "10m"

    has_close: ClassVar[bool] = False

    def covers(self, symbol: str) -> bool:
        """Shares of the United States; the vendor has no indices, and nothing of Hong Kong."""
        return is_us_share(symbol)


class _Message(msgspec.Struct, gc=False):
    T: str
    S: str = ""
    p: Any = None
    t: str = ""
    code: int = 0
    msg: str = ""


_decode = msgspec.json.Decoder(list[_Message], float_hook=exact).decode


def parse_frame(symbols: frozenset[str], frame: bytes, ts_recv: int) -> Sequence[Quote]:
    """The quotes in a frame, of its trades; ``ts_recv`` is ns UTC.

    Trades of others than ``symbols`` are an error. Raises ``ParseError``, and ``FeedError`` for a refusal.
    """
    quotes = []
    try:
        for message in _decode(frame):
            if message.T == "t":
                symbol, paid, stamp = message.S, message.p, message.t
                if symbol not in symbols:
                    raise ValueError(f"a symbol that was not asked for: {symbol[:24]!a}")
                fraction = stamp[20:29]  # of nine digits, mostly
                quotes.append(_build(Quote, (
                    symbol, paid if type(paid) is Decimal else as_price(paid),
                    _SECONDS[stamp[:20]] + int(fraction) if stamp[29:] == "Z" and fraction.isdecimal()
                    else checked_instant(parse_rfc3339(stamp)),
                    ts_recv, NAME, None, None, None, None, None, "USD", None, 0,
                )))  # fmt: skip
            elif message.T not in _SILENT:
                _refuse(message)
        return quotes
    except BROKEN as error:
        raise parse_error(NAME, error, frame) from None


def answer(frame: bytes, auth: str, subscribe: str) -> Sequence[str]:
    """What a frame without trades is answered: the key upon the greeting, then the question."""
    try:
        said = [message.msg for message in _decode(frame) if message.T == "success"]
    except BROKEN:
        return []
    answers = {"connected": auth, "authenticated": subscribe}
    return [answers[message] for message in said if message in answers]


def _refuse(message: _Message) -> NoReturn:
    """Raise what an error, or a message of no known type, means."""
    if message.T != "error":
        raise ValueError(f"unknown message type {message.T[:40]!a}")
    reason = clean(f"{message.code} {message.msg}", 120)
    if message.code in _HARMLESS:
        raise ValueError(reason)
    if message.code == _CONNECTIONS:
        raise RefusedError(NAME, f"{reason}: is another program using this key?")
    raise FeedError(NAME, reason, fatal=message.code not in _IN_PASSING)


def _second(start: str) -> int:
    return checked_instant(parse_rfc3339(start.removesuffix(".") + "Z"))


_SECONDS = Memo(_second, 64)
"""The instant at which a second begins, ``2025-09-17T14:14:07.``: a busy one has thousands of trades."""


class AlpacaFeed(StreamFeed):
    """The trades of the United States shares among the symbols given, as a feed.

    ``coalesce`` is the transport's, in seconds.
    """

    Settings = AlpacaSettings

    def __init__(
        self,
        settings: AlpacaSettings,
        symbols: Sequence[str],
        clock: Clock,
        *,
        name: str = NAME,
        coalesce: float = 0.0,
    ) -> None:
        shares = tuple(filter(is_us_share, symbols))
        super().__init__(name, shares, clock)
        subscribe = msgspec.json.encode({"action": "subscribe", "trades": shares}).decode()

        def stream() -> Stream:
            key = secret(name, settings.key_file, settings.key_env)
            password = secret(name, settings.secret_file, settings.secret_env)
            auth = msgspec.json.encode({"action": "auth", "key": key, "secret": password}).decode()
            return Stream(
                venue=name,
                url=settings.stream_url,
                reply=partial(answer, auth=auth, subscribe=subscribe),
                parse=partial(parse_frame, self.symbols),
                idle=parse_duration(settings.idle_timeout),
                excused=silence(shares),
                coalesce=coalesce,
            )

        self.streams.append(stream)
