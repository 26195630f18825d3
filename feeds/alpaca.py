"""Alpaca: trades of United States shares, with a key and its secret, of which each may have one connection.

The venue greets, is told the key, and is then asked for trades. Without a subscription it has those of one
exchange, IEX, alone. A trade tells a price and an instant, and neither a previous close nor the day's range.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final, NoReturn

import msgspec

from feeds.failure import RefusedError
from feeds.secret import secret
from feeds.stream import Stream
from feeds.us_shares import UsSharesFeed, UsSharesSettings
from feeds.wire import BROKEN, as_price, checked_instant, exact, parse_error
from market.clock import parse_rfc3339
from market.errors import FeedError
from market.memo import Memo
from market.quote import Quote
from market.text import clean

NAME: Final = "alpaca"

_SILENT = frozenset({"success", "subscription", "q", "b", "d", "u", "s", "l", "c", "x"})
"""Greetings and acknowledgements; quotes, bars, states, bands, corrections and cancels, not asked for."""

_HARMLESS = (403,)  # authenticated already
_IN_PASSING = (404, 407, 500)  # too slow with the key, too slow with the frames, an error of their own
_CONNECTIONS = 406
"""Answered to the newcomer, and the incumbent stays: another program of ours is at work."""

_build = tuple.__new__


class AlpacaSettings(UsSharesSettings, frozen=True, kw_only=True):
    """``[feeds.alpaca]``. Key and secret are in files, else in the environment variables named."""

    stream_url: str = "wss://stream.data.alpaca.markets/v2/iex"
    key_file: str = ""
    key_env: str = "APCA_API_KEY_ID"
    secret_file: str = ""
    secret_env: str = "APCA_API_SECRET_KEY"
    idle_timeout: str = "10m"


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


class AlpacaFeed(UsSharesFeed[AlpacaSettings]):
    """The trades of the United States shares among the symbols given, as a feed."""

    VENUE = NAME
    Settings = AlpacaSettings

    def stream(self) -> Stream:
        """One connection."""
        key = secret(self.name, self.settings.key_file, self.settings.key_env)
        password = secret(self.name, self.settings.secret_file, self.settings.secret_env)
        return self.greeted(
            answer,
            parse_frame,
            auth={"action": "auth", "key": key, "secret": password},
            subscribe={"action": "subscribe", "trades": self.shares},
        )
