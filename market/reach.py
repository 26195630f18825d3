"""Reach: which steps of a rule a quote has reached, by what the rule remembers."""

from decimal import Decimal

from market.conditions.base import Condition
from market.quote import Quote


def untold(condition: Condition, quote: Quote) -> list[Decimal]:
    """Steps that the quote has reached and that are yet to be told, the furthest last."""
    standing, frequency = condition.standing, condition.rule.frequency
    reached: list[Decimal] = []
    for step in condition.steps:
        if not condition.reaches(step, quote):
            break
        reached.append(step)
    if frequency == "on_new_extreme":
        new = reached and (standing.extreme is None or condition.whole(quote) > standing.extreme)
        return reached if new else []
    if condition.edge:
        near = [step for step in reached if step in standing.pending or _was_near(condition, step)]
        return [step for step in near if step not in standing.told]
    return [] if not reached or reached[-1] in standing.told else reached


def is_seen(condition: Condition, quote: Quote) -> bool:
    """Whether a price lies on the sides, of all levels, that are remembered."""
    seen, compare = condition.standing.seen, condition.compare
    return seen is not None and all(
        (compare(step, quote) >= 0) is _is_beyond(condition, step, seen) for step in condition.steps
    )


def _was_near(condition: Condition, step: Decimal) -> bool:
    seen = condition.standing.seen
    return seen is not None and not _is_beyond(condition, step, seen)


def _is_beyond(condition: Condition, step: Decimal, price: Decimal) -> bool:
    return price >= step if condition.up else price <= step
