"""Confirmation: an alert that waits for a second source to agree, for so long and no longer."""

from typing import NamedTuple

from market.alert import Alert
from market.conditions.base import Condition
from market.rule import Moment
from market.session import Phase
from market.state import Entry


class Confirmation(NamedTuple):
    """What is told as soon as another source agrees, or unconfirmed ``until`` then (nanoseconds UTC)."""

    alert: Alert
    until: int

    def settle(self, condition: Condition, entry: Entry, moment: Moment) -> Alert | None:
        """What may be told now; ``None`` while it has to wait."""
        if has_agreed(self.alert, condition, entry, moment):
            return self.alert._replace(ts=moment.now, confirmed=True)
        return self.give_up(moment.now) if moment.now >= self.until else None

    def give_up(self, now: int) -> Alert:
        """What is told where nobody agrees."""
        return self.alert._replace(ts=now, confirmed=False)


def has_agreed(alert: Alert, condition: Condition, entry: Entry, moment: Moment) -> bool:
    """Whether another source, with a quote of about the same time, has reached the step, too.

    A price at which the name is halted is nobody's word.
    """
    quote, step = alert.quote, alert.threshold
    assert quote is not None and step is not None
    for source, other in entry.others.items():
        if source == quote.source or other.phase == Phase.HALTED:
            continue
        if abs(other.ts_event - quote.ts_event) > moment.max_age:
            continue
        other = other._replace(prev_close=other.prev_close or quote.prev_close)
        if condition.ready(entry, other, moment) and condition.reaches(step, other):
            return True
    return False
