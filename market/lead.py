"""Who leads a name that several sources bring, and whether they agree.

Freshness chooses, by the venue's own stamps; where two are alike, the preferred one leads. A source that
failed and came back has to prove itself first, so that two that falter in turn do not take turns.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from market.clock import SECOND
from market.quote import Quote
from market.symbol import is_hong_kong, is_index
from market.ticks import tick_size

HANDOVER = 5 * SECOND
"""A second source takes the lead of a name when its quote is newer by this much: two that are equally
fresh never take turns."""

STILL = 90 * SECOND
"""The same where it says no more than the leader did: some venues stamp the poll, others the last trade."""

RETURN = 30 * SECOND
"""How long a preferred source must have been as fresh as the leader before it leads again."""

APART = 10 * SECOND
"""How long two sources must differ before that is told: they do not see a trade at the same moment."""

SAME_TIME = 2 * SECOND
"""Prices are compared where their stamps are this close."""

TICKS = 3
"""A difference of up to so many ticks is none."""

_PART = Decimal("0.001")  # of the price, where there is no table of ticks


@dataclass(slots=True)
class Rival:
    """A source that does not lead a name; instants of receipt, ns UTC."""

    fresh_since: int | None = None
    """Since when each of its quotes was about as new as the leader's."""
    last: int = 0
    beside: Quote | None = None
    """What it had said itself when the leader spoke last."""
    apart_since: int | None = None
    """Since when its price was another than the leader's, whenever they could be compared."""

    _leader_at: int = 0

    def stand(self, before: Quote, leader: Quote) -> None:
        """Learn that it speaks again, beside a leader; ``before`` is its last word until now."""
        if leader.ts_event > self._leader_at:
            self.beside, self._leader_at = before, leader.ts_event

    def note(self, quote: Quote, leader: Quote, session_date: date) -> None:
        """Learn from a quote of its own beside the leader's."""
        paused = self.last and quote.ts_recv - self.last > RETURN
        fresh = quote.ts_event >= leader.ts_event - HANDOVER and not paused
        self.last = quote.ts_recv
        if not fresh:
            self.fresh_since = None
        elif self.fresh_since is None:
            self.fresh_since = quote.ts_recv
        if abs(quote.ts_event - leader.ts_event) <= SAME_TIME:
            if not are_apart(quote, leader, session_date):
                self.apart_since = None
            elif self.apart_since is None:
                self.apart_since = quote.ts_recv

    @property
    def has_returned(self) -> bool:
        """Whether it has been as fresh as the leader for long enough."""
        return self.fresh_since is not None and self.last - self.fresh_since >= RETURN

    @property
    def disagrees(self) -> bool:
        """Whether it has differed from the leader for so long that it is no matter of moments."""
        return self.apart_since is not None and self.last - self.apart_since >= APART


def is_fresher(quote: Quote, leader: Quote) -> bool:
    """Whether the leader has fallen so far behind another source's quote that it loses the lead."""
    news = quote.last != leader.last or (quote.volume or 0) > (leader.volume or 0)
    return quote.ts_event - leader.ts_event > (HANDOVER if news else STILL)


def origin(quote: Quote, leader: Quote, beside: Quote | None, session_date: date) -> Quote | None:
    """From where the price has moved with a quote that takes the lead.

    From what its source had said ``beside`` the leader, where they agreed: that two differ by a few ticks is
    no move. ``None`` where they did not, for then it has moved from where the leader was.
    """
    own = quote if beside is None or leader.ts_event - beside.ts_event > STILL else beside
    return None if are_apart(own, leader, session_date) else own


def are_apart(one: Quote, other: Quote, session_date: date) -> bool:
    """Whether two prices of one moment differ by more than three ticks, or a thousandth without ticks."""
    if is_hong_kong(one.symbol) and not is_index(one.symbol):
        tolerance = TICKS * tick_size(max(one.last, other.last), session_date)
    else:
        tolerance = _PART * max(one.last, other.last)
    return abs(one.last - other.last) > tolerance
