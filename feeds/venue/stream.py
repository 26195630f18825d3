"""Yahoo's stream, the venue's side: control messages in, frames of a base64 protobuf message out."""

import base64
import json
from collections.abc import Iterable

from feeds.venue.exchange import Listing
from market.clock import SECOND
from market.symbol import is_index

MOST_SYMBOLS = 100
"""The vendor serves the first hundred symbols of a connection, and is silent about the rest."""

_OURS = {"HSTECH.HK": "HSTECH", "^HSI": "HSI"}


def canonical(symbol: str) -> str:
    """The canonical form of one of the vendor's symbols; empty where the vendor writes it otherwise."""
    return _OURS.get(symbol, "" if is_index(symbol) else symbol)


def price_hint(symbol: str) -> int:
    """Decimals of a canonical symbol's prices: a float of four bytes holds no more digits of an index."""
    return 2 if is_index(symbol) else 3


class ControlError(Exception):
    """A control message that makes the vendor close the connection."""


class Subscription:
    """The symbols of one connection, in the order asked for; unknown ones use up a place as well."""

    def __init__(self) -> None:
        self._symbols: dict[str, None] = {}

    def control(self, text: str) -> list[str]:
        """Obey a message; the symbols newly served. ``ControlError`` for one the vendor does not read."""
        try:
            message = json.loads(text)
        except ValueError as error:
            raise ControlError("not JSON") from error
        if message == []:
            return []
        if not isinstance(message, dict) or not message.keys() <= {"subscribe", "unsubscribe"}:
            raise ControlError("not a control message")
        for symbols in message.values():
            if not isinstance(symbols, list) or not all(isinstance(symbol, str) for symbol in symbols):
                raise ControlError("not a list of symbols")
        before = set(self._symbols)
        for symbol in message.get("subscribe", ()):
            if len(self._symbols) < MOST_SYMBOLS:
                self._symbols[symbol] = None
        for symbol in message.get("unsubscribe", ()):
            self._symbols.pop(symbol, None)
        return [symbol for symbol in self._symbols if symbol not in before]

    def among(self, changed: Iterable[str]) -> list[str]:
        """The subscribed symbols whose canonical form is among the changed ones."""
        names = set(changed)
        return [symbol for symbol in self._symbols if canonical(symbol) in names]


def frame(symbol: str, listing: Listing, *, version: int = 2) -> str:
    """A listing under the symbol it was subscribed by; version 1 is the bare base64 text."""
    from feeds.pricing_pb2 import PricingData  # protobuf loads with the first subscription

    change = listing.last - listing.prev_close
    message = PricingData(
        id=symbol,
        price=listing.last / 1000,
        time=listing.stamp // SECOND * 1000,  # milliseconds, on the vendor's grid of a second
        exchange="HKG",
        quote_type=PricingData.INDEX if is_index(listing.symbol) else PricingData.EQUITY,
        market_hours=PricingData.REGULAR_MARKET,
        change_percent=change / listing.prev_close * 100,
        day_volume=listing.volume,
        change=change / 1000,
        price_hint=price_hint(listing.symbol),
    )
    text = base64.b64encode(message.SerializeToString()).decode("ascii")
    return text if version < 2 else json.dumps({"type": "pricing", "message": text})
