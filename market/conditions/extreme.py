"""``new_high`` and ``new_low``: the price beyond everything in a stretch of history."""

from decimal import Decimal

from market.alert import plain, price_text
from market.conditions.base import ONCE, STEPPED, Percentage
from market.quote import Quote
from market.rule import Moment
from market.state import OUTLIER, Entry

_SPANS = {"day": "of the day", "52w": "of 52 weeks", "record": "on record"}


class Extreme(Percentage):
    """Beyond an old extreme, by more than ``threshold`` percent of it.

    ``day`` counts from the session's first quote and the high, or low, that the venue gave with it, so that
    an opening is no extreme and a start in mid-session finds no old one new; ``52w`` and ``record`` from the
    intraday extremes on file. The venue's own high tells of what was traded between two quotes.
    """

    strict = True
    keys = STEPPED | {"lookback"}
    least = usual = Decimal(0)
    frequencies = (*ONCE, "on_new_extreme")
    _known = False

    def ready(self, entry: Entry, quote: Quote, moment: Moment) -> bool:
        """Whether the old extreme is known; the first quote of a session sets that of the day."""
        counts = entry.phase in self.rule.phases and moment.blocked != "outlier"
        if self.rule.lookback == "day" and self.standing.base is None and counts:
            self.standing.base = self.price(quote)
        self._known = super().ready(entry, quote, moment)
        return self._known

    def restless(self, spent: bool) -> bool:
        """The venue's extreme may move while the price does not."""
        return self._known and not spent

    def base(self, quote: Quote) -> Decimal | None:
        """The old extreme."""
        if self.rule.lookback == "day":
            return self.standing.base
        profile = self.around.profile(self.symbol)
        if profile is None or profile.hole or profile.session_date != self.standing.session:
            return None
        if self.rule.lookback == "52w":
            year = profile.year_high if self.up else profile.year_low
            return None if year is None else year.price
        if self.up:
            return profile.record_high
        return profile.lows.values[0] if profile.lows.values else None

    def price(self, quote: Quote) -> Decimal:
        """How far the session went, by the venue's word where it is a sane one: not far from both the price
        and the previous close, for a price may come back a long way."""
        said = quote.high if self.up else quote.low
        near = (known for known in (quote.last, quote.prev_close) if known)
        if not said or all(abs(said - known) > OUTLIER * known for known in near):
            return quote.last
        return max(said, quote.last) if self.up else min(said, quote.last)

    def level(self, mark: Decimal, quote: Quote) -> Decimal | None:
        """None: the venue's extreme has a part in it."""
        return None

    def what(self, step: Decimal, quote: Quote) -> str:
        """Which extreme, and what it had been."""
        base = self.base(quote)
        assert base is not None
        word = "high" if self.up else "low"
        new = price_text(self.symbol, self.price(quote), quote.currency)
        old = price_text(self.symbol, base, quote.currency)
        beyond = f" by {plain(step)}%" if step else ""
        return f"new {word} {_SPANS[self.rule.lookback]}, {new} after {old}{beyond}"


class NewHigh(Extreme):
    """Upwards."""

    kind = "new_high"
    only = "up"


class NewLow(Extreme):
    """Downwards."""

    kind = "new_low"
    only = "down"
