"""Alert: a rule's word that something happened, once."""

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, Decimal
from uuid import NAMESPACE_URL, uuid5

from market.freshness import Quality
from market.headline import Headline
from market.instrument import instrument
from market.quote import Quote
from market.session import Phase
from market.symbol import is_crypto, is_index

_SIX = Decimal("0.000001")
_MONEY = {"HKD": "HK$", "USD": "US$", "CNY": "CN¥", "EUR": "€", "GBP": "£", "JPY": "JP¥"}


@dataclass(frozen=True, slots=True)
class Alert:
    """One detected event. ``threshold`` is the step that fired, a positive magnitude in percent."""

    dedup_key: str
    rule_id: str
    kind: str
    direction: str
    threshold: Decimal
    severity: str
    quote: Quote
    session_date: date
    phase: Phase
    quality: Quality
    ts: int
    """When it was detected, nanoseconds UTC."""
    sinks: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    headlines: tuple[Headline, ...] = ()

    @property
    def event_id(self) -> str:
        """The same for the same event, in every process and after every restart."""
        return str(uuid5(NAMESPACE_URL, f"tickwall:{self.dedup_key}"))

    @property
    def value(self) -> Decimal:
        """Signed percent change on the previous close, truncated towards zero at six decimals."""
        return (self.quote.pct or Decimal(0)).quantize(_SIX, rounding=ROUND_DOWN)

    @property
    def basis(self) -> str:
        """What the percentage counts from: ``prev_close``, or ``24h`` where a market never closes."""
        return basis(self.quote.symbol)

    @property
    def message(self) -> str:
        """One line for a person."""
        sign = "+" if self.direction == "up" else "-"
        known = instrument(self.quote.symbol)
        span = " in 24 h" if self.basis == "24h" else ""
        text = (
            f"{known.name} {known.symbol} {percent(self.value)}{span}"
            f" at {_level(self.quote)},"
            f" through {sign}{plain(self.threshold)}%"
        )
        return f"{text}: {self.facts[0]}" if self.facts else text


@dataclass(frozen=True, slots=True)
class Suppressed:
    """An alert that a rule would have raised, and the reason why it did not."""

    rule_id: str
    kind: str
    direction: str
    threshold: Decimal
    quote: Quote
    reason: str
    ts: int


def basis(symbol: str) -> str:
    """What percentages of a symbol count from: ``prev_close``, or ``24h``, the price of a day ago."""
    return "24h" if is_crypto(symbol) else "prev_close"


def _level(quote: Quote) -> str:
    """A price in its currency, or an index in points."""
    currency = quote.currency or instrument(quote.symbol).currency
    return money(quote.last, "" if is_index(quote.symbol) else currency)


def percent(value: Decimal) -> str:
    """``+10.07%``, two decimals truncated towards zero: 9.999 must not read as 10."""
    return f"{value.quantize(Decimal('0.01'), rounding=ROUND_DOWN):+}%"


def money(amount: Decimal, currency: str) -> str:
    """``HK$124.60``: at least two decimals, more where the venue wrote more."""
    exponent = amount.as_tuple().exponent
    text = f"{amount:,}" if isinstance(exponent, int) and exponent <= -2 else f"{amount:,.2f}"
    return _MONEY.get(currency, f"{currency} ".lstrip()) + text


def plain(number: Decimal) -> str:
    """A decimal without needless zeros or exponent: ``5``, ``2.5``."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
