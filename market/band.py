"""Band: between which prices a rule has nothing to do, so that it need not be shown them."""

from decimal import Decimal

from market.conditions.base import Condition
from market.quote import Quote


def is_spent(condition: Condition) -> bool:
    """Whether nothing is left to be told in this session."""
    once = condition.rule.frequency in ("once", "once_per_session")
    return once and condition.standing.told.issuperset(condition.steps)


def bounds(
    condition: Condition, wanted: list[Decimal], quote: Quote
) -> tuple[Decimal | None, Decimal | None]:
    """The nearest price below and above that fires, re-arms or cancels something; ``None`` for none.

    ``wanted`` are the levels that the quote has crossed and that may not be told yet.
    """
    standing, frequency = condition.standing, condition.rule.frequency
    ahead: list[Decimal] = []
    behind: list[Decimal] = list(standing.pending)
    if condition.edge:
        for step in condition.steps:
            near = condition.compare(step, quote) < 0
            (ahead if near or step in wanted else behind).append(step)
    elif frequency == "on_new_extreme" and standing.extreme is not None:
        ahead.append(Decimal(standing.extreme + 1))
    else:
        ahead += [step for step in condition.steps if step not in standing.told][:1]
    if frequency == "every_cross":
        behind += map(condition.clear, standing.told)
    above, below = (ahead, behind) if condition.up else (behind, ahead)
    lows = [level for mark in below if (level := condition.level(mark, quote)) is not None]
    highs = [level for mark in above if (level := condition.level(mark, quote)) is not None]
    return max(lows, default=None), min(highs, default=None)
