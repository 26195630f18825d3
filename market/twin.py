"""Twin: a name's American depositary shares, and what they say its price at home should be."""

from dataclasses import dataclass
from decimal import Decimal

from market.clock import MINUTE, SECOND
from market.instrument import Instrument
from market.quote import Quote
from market.session import CONTINUOUS, calendar
from market.symbol import mic

RATE = "USDHKD=X"
"""The symbol of Hong Kong dollars to a US dollar."""

LIMIT = 20 * MINUTE
"""Trading time (nanoseconds) without a newer price after which one is not compared with anything."""

_DAY = 86_400 * SECOND
_THURSDAY = 3  # 1970-01-01


@dataclass(frozen=True, slots=True)
class Leg:
    """One price that a comparison rests on; ``current`` is whether it may be compared."""

    symbol: str
    quote: Quote | None = None
    current: bool = False


@dataclass(frozen=True, slots=True)
class Twin:
    """A name at home and abroad: shares, depositary shares (US dollars) and the rate between them."""

    instrument: Instrument
    home: Leg
    abroad: Leg
    rate: Leg

    @property
    def implied(self) -> Decimal | None:
        """What a share at home is worth by the depositary shares, Hong Kong dollars; ``None`` unless both
        they and the rate are current and the ratio is known."""
        ratio = self.instrument.adr_ratio
        abroad, rate = self.abroad.quote, self.rate.quote
        if not ratio or abroad is None or rate is None or not (self.abroad.current and self.rate.current):
            return None
        return abroad.last * rate.last / ratio

    @property
    def premium(self) -> Decimal | None:
        """How far the depositary shares stand above the share at home, percent; below it, negative."""
        home, implied = self.home.quote, self.implied
        if implied is None or home is None or not self.home.current:
            return None
        return (implied - home.last) * 100 / home.last


def is_current(quote: Quote, now: int) -> bool:
    """Whether nothing newer was to be expected: its market has not traded for ``LIMIT`` since the quote.

    So New York's last close is current all night, and until twenty minutes after the next opening; a rate
    from before the weekend is, until Monday.
    """
    hours = calendar(mic(quote.symbol))
    if hours.mic == "24/7":
        return _weekdays(quote.ts_event, now) <= LIMIT
    own, latest = hours.latest(quote.ts_event), hours.latest(now)
    if own.date == latest.date:
        return latest.trading_ns_between(quote.ts_event, now, CONTINUOUS) <= LIMIT
    if hours.between(own.date, latest.date) > 1:
        return False
    missed = own.trading_ns_between(quote.ts_event, own.close, CONTINUOUS)
    return missed + latest.trading_ns_between(latest.start, now, CONTINUOUS) <= LIMIT


def _weekdays(start: int, end: int) -> int:
    """Nanoseconds between two instants that do not lie on a Saturday or Sunday, UTC."""
    return max(0, _since_monday(end) - _since_monday(start))


def _since_monday(ts: int) -> int:
    """Nanoseconds of weekdays since a Monday long ago."""
    days, within = divmod(ts, _DAY)
    weeks, weekday = divmod(days + _THURSDAY, 7)
    return weeks * 5 * _DAY + min(weekday * _DAY + within, 5 * _DAY)
