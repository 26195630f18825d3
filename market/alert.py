"""Alert: a rule's word that something happened, once."""

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, Decimal
from functools import lru_cache
from hashlib import sha1
from typing import NamedTuple
from uuid import NAMESPACE_URL

from market.freshness import Quality
from market.headline import Headline
from market.instrument import instrument
from market.quote import Quote
from market.session import Phase
from market.symbol import is_crypto, is_index

_URL = NAMESPACE_URL.bytes
_CENT = Decimal("0.01")
_MONEY = {"HKD": "HK$", "USD": "US$", "CNY": "CN¥", "EUR": "€", "GBP": "£", "JPY": "JP¥"}


class Alert(NamedTuple):
    """One detected event. ``threshold`` is the step that fired, a positive magnitude.

    What is about no name, or on no quote, has ``None`` there. A named tuple, because facts and headlines are
    added to it on the way to the store: 1 µs, against 8 µs for another frozen dataclass.
    """

    dedup_key: str
    rule_id: str
    kind: str
    direction: str | None
    threshold: Decimal | None
    value: Decimal | None
    """The signed measure, truncated towards zero at six decimals; never what was compared."""
    what: str
    """What has happened, in words that end the message."""
    severity: str
    symbol: str | None
    quote: Quote | None
    session_date: date
    phase: Phase
    quality: Quality
    ts: int
    """When it was detected, nanoseconds UTC."""
    source: str | None = None
    """The feed that it is on."""
    sinks: tuple[str, ...] = ()
    state_key: str = ""
    """Whose state changed with it, for the store."""
    confirmed: bool | None = None
    """Whether a second source agreed; ``None`` where the rule does not ask."""
    facts: tuple[str, ...] = ()
    headlines: tuple[Headline, ...] = ()

    @property
    def message(self) -> str:
        """One line for a person."""
        doubt = " (unconfirmed)" if self.confirmed is False else ""
        text = f"{self._who}{self._move}{self.what}{doubt}"
        # A streak's own fact says the same as what has happened, though in another tense.
        said = self.what.removesuffix(" if it closes here")
        for fact in self.facts:
            if said not in fact:
                return f"{text}: {fact}"
        return text

    @property
    def _who(self) -> str:
        if self.symbol is None:
            return "" if self.source is None else f"{self.source} "
        known = instrument(self.symbol)
        return f"{known.name} {known.symbol} " if known.name != known.symbol else f"{known.symbol} "

    @property
    def _move(self) -> str:
        quote = self.quote
        if quote is None:
            return ""
        span = " in 24 h" if basis(quote.symbol) == "24h" else ""
        change = "" if (pct := quote.pct) is None else f"{percent(pct)}{span} "
        return f"{change}at {price_text(quote.symbol, quote.last, quote.currency)}, "


@dataclass(frozen=True, slots=True)
class Suppressed:
    """An alert that a rule would have raised, and the reason why it did not.

    Told when it first happens, with the quote that did it and ``count`` 1; and after a session once more
    for each rule and reason, without a quote, with the ``count`` of all quotes that were withheld.
    """

    rule_id: str
    kind: str
    direction: str | None
    threshold: Decimal | None
    quote: Quote | None
    reason: str
    ts: int
    count: int = 1


@dataclass(frozen=True, slots=True)
class Resolved:
    """A feed or a name that an alert was raised on has come back."""

    dedup_key: str
    rule_id: str
    kind: str
    symbol: str | None
    source: str | None
    since: int
    """When it was told, nanoseconds UTC."""
    ts: int

    @property
    def message(self) -> str:
        """One line for a person."""
        return f"{self.symbol or self.source} has come back"


def event_id(dedup_key: str) -> str:
    """An event's short name for receivers: a UUID of version 5, from its ``dedup_key``.

    So it is the same in every process and after every restart. Written out here, where ``uuid.uuid5`` makes
    an object first: 1 µs instead of 3.
    """
    digits = sha1(_URL + f"tickwall:{dedup_key}".encode(), usedforsecurity=False).hexdigest()
    variant = "89ab"[int(digits[16], 16) % 4]
    return f"{digits[:8]}-{digits[8:12]}-5{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:32]}"


def basis(symbol: str) -> str:
    """What percentages of a symbol count from: ``prev_close``, or ``24h``, the price of a day ago."""
    return "24h" if is_crypto(symbol) else "prev_close"


def price_text(symbol: str, price: Decimal, currency: str | None = None) -> str:
    """A price in its currency, or an index in points."""
    return money(price, "" if is_index(symbol) else currency or instrument(symbol).currency)


def percent(value: Decimal) -> str:
    """``+10.07%``, two decimals truncated towards zero: 9.999 must not read as 10."""
    return f"{value.quantize(_CENT, ROUND_DOWN):+}%"


def money(amount: Decimal, currency: str) -> str:
    """``HK$124.60``: at least two decimals, more where the venue wrote more."""
    whole, _, part = f"{amount:,f}".partition(".")
    return f"{_MONEY.get(currency, f'{currency} '.lstrip())}{whole}.{part:0<2}"


@lru_cache(maxsize=1024)
def plain(number: Decimal) -> str:
    """A decimal without needless zeros or exponent: ``5``, ``2.5``."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
