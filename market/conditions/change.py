"""``pct_prev_close``: the price against the previous close."""

from decimal import Decimal

from market.conditions.base import Percentage
from market.quote import Quote


class DayChange(Percentage):
    """Percent of the previous close, or of the price a day ago where a market never closes."""

    kind = "pct_prev_close"

    def base(self, quote: Quote) -> Decimal | None:
        """The previous close as the venue says it."""
        return quote.prev_close
