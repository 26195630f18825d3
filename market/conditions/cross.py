"""``price_cross``: the price through a level, from one side to the other."""

from decimal import Decimal

from market.alert import price_text
from market.conditions.base import ONCE, STEPPED, Condition, Surroundings, six
from market.quote import Quote
from market.rule import Rule


class Cross(Condition):
    """Levels are prices. It takes a price on the near side first, of whatever session: what opens beyond a
    level that yesterday's close had not reached has crossed it, and what stays beyond it has not.
    """

    kind = "price_cross"
    keys = STEPPED | {"clear"}
    frequencies = (*ONCE, "every_cross")
    edge = True
    unit = "prices"
    least, most, usual = Decimal("1e-9"), Decimal("1e9"), None

    def __init__(self, rule: Rule, symbol: str, up: bool, around: Surroundings) -> None:
        super().__init__(rule, symbol, up, around)
        self.steps = tuple(sorted(rule.steps, reverse=not up))

    def compare(self, mark: Decimal, quote: Quote) -> int:
        """Where the price is from a level."""
        return int(quote.last.compare(mark) if self.up else mark.compare(quote.last))

    def level(self, mark: Decimal, quote: Quote) -> Decimal | None:
        """The level itself."""
        return mark

    def clear(self, step: Decimal) -> Decimal:
        """As far below a level, in proportion, as ``clear`` is from the threshold; above it downwards."""
        distance = abs(self.rule.steps[0] - self.rule.clear) * step / self.rule.steps[0]
        return step - distance if self.up else step + distance

    def value(self, quote: Quote) -> Decimal:
        """The price."""
        return six(quote.last)

    def what(self, step: Decimal, quote: Quote) -> str:
        """Which level, and which way."""
        return f"{'up' if self.up else 'down'} through {price_text(self.symbol, step, quote.currency)}"
