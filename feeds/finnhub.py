"""Finnhub: trades of United States shares, with a key, of which each may have one connection.

A trade tells a price and an instant, and neither a previous close nor the day's range or volume.
"""

from collections.abc import Sequence
from decimal import Decimal
from functools import partial
from typing import Any, Final
from urllib.parse import quote as quoted

import msgspec

from feeds.base import TurnedDownError
from feeds.failure import RefusedError
from feeds.secret import secret
from feeds.stream import Stream
from feeds.us_shares import UsSharesFeed, UsSharesSettings
from feeds.wire import BROKEN, Milliseconds, as_price, exact, parse_error
from market.clock import MILLISECOND
from market.duration import parse_duration
from market.errors import FeedError, ParseError
from market.quote import Quote
from market.text import clean

NAME: Final = "finnhub"

_build = tuple.__new__


class FinnhubSettings(UsSharesSettings, frozen=True, kw_only=True):
    """``[feeds.finnhub]``. The key is in ``token_file``, else in the environment variable ``token_env``.

    The venue pings about every minute, so that a silence of two is a dead line.
    """

    stream_url: str = "wss://ws.finnhub.io"
    token_file: str = ""
    token_env: str = "FINNHUB_API_KEY"
    idle_timeout: str = "130s"


def subscribe_frames(symbols: Sequence[str]) -> list[str]:
    """A frame for each symbol, which is the only way here."""
    return [msgspec.json.encode({"type": "subscribe", "symbol": symbol}).decode() for symbol in symbols]


class _Trade(msgspec.Struct, gc=False):
    s: str
    t: Milliseconds
    p: Any


class _Frame(msgspec.Struct, gc=False):
    type: str
    data: list[_Trade] = []
    msg: str = ""


_decode = msgspec.json.Decoder(_Frame, float_hook=exact).decode


def parse_frame(symbols: frozenset[str], frame: bytes, ts_recv: int) -> Sequence[Quote]:
    """The quotes in a frame of trades, none in a ping; ``ts_recv`` is ns UTC.

    Trades of others than ``symbols`` are an error. Raises ``ParseError``, ``TurnedDownError`` among them,
    and ``FeedError`` for a refusal.
    """
    try:
        message = _decode(frame)
        if message.type == "trade":
            quotes = []
            for trade in message.data:
                symbol, at, paid = trade.s, trade.t, trade.p
                if symbol not in symbols:
                    raise ValueError(f"a symbol that was not asked for: {symbol[:24]!a}")
                last = paid if type(paid) is Decimal else as_price(paid)
                quotes.append(_build(Quote, (
                    symbol, last, at * MILLISECOND, ts_recv, NAME, None, None, None, None, None, "USD", None,
                    0,
                )))  # fmt: skip
            return quotes
    except BROKEN as error:
        raise parse_error(NAME, error, frame) from None
    if message.type == "error":
        raise _refusal(clean(message.msg, 120) or "refused without a reason", frame)
    if message.type in ("ping", "news"):
        return ()
    raise ParseError(NAME, f"unknown frame type {message.type[:40]!a}", frame)


def _refusal(reason: str, frame: bytes) -> ParseError | FeedError:
    """What an error means. Beyond its limit the venue leaves symbols out, and serves those it took."""
    folded = reason.lower()
    if "too many symbols" in folded or "invalid symbol" in folded or "no access" in folded:
        return TurnedDownError(NAME, reason, frame)
    if "key" in folded or "token" in folded or "auth" in folded:
        return FeedError(NAME, reason, fatal=True)
    return RefusedError(NAME, reason)


class FinnhubFeed(UsSharesFeed[FinnhubSettings]):
    """The trades of the United States shares among the symbols given, as a feed."""

    VENUE = NAME
    Settings = FinnhubSettings

    def stream(self) -> Stream:
        """One connection."""
        token = secret(self.name, self.settings.token_file, self.settings.token_env)
        return Stream(
            venue=self.name,
            url=f"{self.settings.stream_url}?token={quoted(token, safe='')}",
            subscribe=subscribe_frames(self.shares),
            parse=partial(parse_frame, self.symbols),
            idle=parse_duration(self.settings.idle_timeout),
            coalesce=self.coalesce,
        )
