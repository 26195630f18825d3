"""``streak``: so many gains, or losses, of a period in a row."""

from decimal import Decimal

from market.clock import MINUTE
from market.conditions.base import COMMON, Condition, Surroundings
from market.profile import Finished
from market.quote import Quote
from market.rule import Moment, Rule
from market.sentences import ordinal
from market.state import Entry

_LATE = 60 * MINUTE
"""How long after a session its final close is waited for, and a final streak is still news; nanoseconds."""

_PERIODS = {"day": "daily", "week": "weekly", "month": "monthly", "quarter": "quarterly", "year": "yearly"}


class Streak(Condition):
    """``in_progress`` counts the period as if it closed here; ``closed`` waits for its final close."""

    kind = "streak"
    keys = COMMON | {"direction", "for", "period", "length", "basis"}

    def __init__(self, rule: Rule, symbol: str, up: bool, around: Surroundings) -> None:
        super().__init__(rule, symbol, up, around)
        self.heeds = rule.basis == "closed"

    def is_due(self, entry: Entry, now: int) -> bool:
        """In the hour after a session, when its close may turn final."""
        session = entry.calendar.session(entry.session_date) if entry.session_date else None
        return session is not None and 0 <= now - session.close < _LATE

    def ready(self, entry: Entry, quote: Quote, moment: Moment) -> bool:
        """Whether history reaches this session; for ``closed``, whether the period closed with this price."""
        before = self._before()
        if before is None or before.base is None:
            return False
        if self.rule.basis == "in_progress":
            return True
        session = entry.calendar.session(entry.session_date) if entry.session_date else None
        return before.ends and session is not None and session.is_final(quote.ts_event, moment.now)

    def compare(self, mark: Decimal, quote: Quote) -> int:
        """The streak with this price against a length."""
        return int(Decimal(self._length(quote)).compare(mark))

    def level(self, mark: Decimal, quote: Quote) -> Decimal | None:
        """The last close of the period before, where this period is the one that may complete the streak."""
        before = self._before()
        assert before is not None
        possible = self.rule.basis == "in_progress" and self._possible(before) >= mark
        return self._base(before, quote) if possible else None

    def value(self, quote: Quote) -> Decimal:
        """The streak, negative for losses."""
        length = self._length(quote)
        return Decimal(length if self.up else -length)

    def what(self, step: Decimal, quote: Quote) -> str:
        """Which one in a row; only a close makes it so."""
        word = "gain" if self.up else "loss"
        said = f"{ordinal(self._length(quote))} straight {_PERIODS[self.rule.period]} {word}"
        return said if self.rule.basis == "closed" else f"{said} if it closes here"

    def objection(self, entry: Entry, quote: Quote, moment: Moment) -> str | None:
        """A close counts once it is final, however long ago the last trade was."""
        if self.rule.basis == "in_progress":
            return super().objection(entry, quote, moment)
        session = entry.calendar.session(entry.session_date) if entry.session_date else None
        if session is None or session.date == moment.current_date:
            return None
        return "previous_session" if moment.now - session.close > _LATE else None

    def _before(self) -> Finished | None:
        profile = self.around.profile(self.symbol)
        if profile is None or profile.hole or profile.session_date != self.standing.session:
            return None
        before = profile.finished[self.rule.period]
        return None if before.hole else before  # what counts from too old a close is no run

    def _possible(self, before: Finished) -> int:
        """The streak if this period counts."""
        streak = before.streak or 0
        return max(streak if self.up else -streak, 0) + 1

    def _base(self, before: Finished, quote: Quote) -> Decimal:
        # On an ex-dividend date the exchange's own previous close is what the day is measured from.
        daily = self.rule.period == "day" and quote.prev_close
        return daily or before.base or Decimal(0)

    def _length(self, quote: Quote) -> int:
        before = self._before()
        assert before is not None
        base = self._base(before, quote)
        counts = quote.last > base if self.up else quote.last < base
        return self._possible(before) if counts else 0
