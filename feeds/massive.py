"""Massive, which was Polygon: trades, or second bars, of United States shares, with a key of one connection.

The venue greets, is told the key, and is then asked. A trade tells a price and an instant; a bar of a
second has the day's open and volume besides. Neither has a previous close.
"""

from collections.abc import Sequence
from typing import Any, Final, Literal

import msgspec

from feeds.base import TurnedDownError
from feeds.failure import RefusedError
from feeds.secret import secret
from feeds.stream import Stream
from feeds.us_shares import UsSharesFeed, UsSharesSettings
from feeds.wire import (
    BROKEN,
    as_price,
    as_price_or_none,
    as_volume,
    asked_for,
    from_milliseconds,
    parse_error,
)
from market.errors import FeedError
from market.quote import Quote
from market.text import clean

NAME: Final = "massive"

_SILENT = frozenset({"Q", "AM", "LULD", "NOI", "FMV"})
"""Quotes, minute bars and their like, not asked for."""

_build = tuple.__new__


class MassiveSettings(UsSharesSettings, frozen=True, kw_only=True):
    """``[feeds.massive]``. The key is in ``token_file``, else in the environment variable ``token_env``.

    ``channel`` is trades (``T``) or bars of a second (``A``).
    """

    stream_url: str = "wss://socket.massive.com/stocks"
    channel: Literal["T", "A"] = "T"
    token_file: str = ""
    token_env: str = "MASSIVE_API_KEY"
    idle_timeout: str = "10m"


class _Message(msgspec.Struct, gc=False):
    ev: str
    sym: str = ""
    p: Any = None
    t: int = 0
    c: Any = None  # a bar's close; a trade's conditions
    e: int = 0
    op: Any = None
    av: Any = None
    status: str = ""
    message: str = ""


_decode = msgspec.json.Decoder(list[_Message], float_hook=str).decode


def parse_frame(symbols: frozenset[str], frame: bytes, ts_recv: int) -> Sequence[Quote]:
    """The quotes in a frame, of its trades and bars; ``ts_recv`` is ns UTC.

    Those of others than ``symbols`` are an error. Raises ``ParseError``, ``TurnedDownError`` among them, and
    ``FeedError`` for a refusal.
    """
    quotes = []
    try:
        for message in _decode(frame):
            if message.ev == "T":
                quotes.append(_build(Quote, (
                    asked_for(message.sym, symbols), as_price(message.p), from_milliseconds(message.t),
                    ts_recv, NAME, None, None, None, None, None, "USD", None, 0,
                )))  # fmt: skip
            elif message.ev == "A":
                quotes.append(_build(Quote, (
                    asked_for(message.sym, symbols), as_price(message.c), from_milliseconds(message.e),
                    ts_recv, NAME, None, as_price_or_none(message.op), None, None, as_volume(message.av),
                    "USD", None, 0,
                )))  # fmt: skip
            elif message.ev == "status":
                _heed(message, frame)
            elif message.ev not in _SILENT:
                raise ValueError(f"unknown event {message.ev[:40]!a}")
    except BROKEN as error:
        raise parse_error(NAME, error, frame) from None
    return quotes


def answer(frame: bytes, auth: str, subscribe: str) -> Sequence[str]:
    """What a frame without quotes is answered: the key upon the greeting, then the question."""
    try:
        said = [message.status for message in _decode(frame) if message.ev == "status"]
    except BROKEN:
        return []
    answers = {"connected": auth, "auth_success": subscribe}
    return [answers[status] for status in said if status in answers]


def _heed(message: _Message, frame: bytes) -> None:
    """Pass over a status that is well, and raise one that is not."""
    status, reason = message.status, clean(f"{message.status}: {message.message}", 120)
    if status in ("connected", "auth_success", "success"):
        return
    if status == "max_connections":
        raise RefusedError(NAME, f"{reason}: is another program using this key?")
    if status == "error":
        raise TurnedDownError(NAME, reason, frame)  # of one subscription; the others are served
    raise FeedError(NAME, reason, fatal=status != "auth_timeout")


class MassiveFeed(UsSharesFeed[MassiveSettings]):
    """The trades or bars of the United States shares among the symbols given, as a feed."""

    VENUE = NAME
    Settings = MassiveSettings

    def stream(self) -> Stream:
        """One connection."""
        token = secret(self.name, self.settings.token_file, self.settings.token_env)
        wanted = ",".join(f"{self.settings.channel}.{symbol}" for symbol in self.shares)
        return self.greeted(
            answer,
            parse_frame,
            auth={"action": "auth", "params": token},
            subscribe={"action": "subscribe", "params": wanted},
        )
