"""``relative``: a name's move less an index's, in percentage points."""

from decimal import Decimal

from market.alert import percent, plain
from market.clock import SECOND
from market.conditions.base import ONCE, STEPPED, Condition, six
from market.quote import Quote
from market.rule import Moment
from market.state import Entry

_TOGETHER = 90 * SECOND
"""How far apart, at the most, the two quotes may have been made, nanoseconds."""


class Excess(Condition):
    """Day change over the index's day change; looked at on each of the name's own quotes, and where the index
    alone has moved once that has stood for five seconds: a quote of the same moment may follow.

    Neither may be older than any quote that a rule acts on, and the two must be of one session and made
    within 90 seconds: a live name against an index that is a quarter of an hour late would make a move of
    nothing.
    """

    kind = "relative"
    keys = STEPPED | {"clear", "index"}
    frequencies = (*ONCE, "every_cross", "on_new_extreme")
    heeds = True
    patience = 5 * SECOND

    _judged: Quote | None = None
    """The index's quote that was looked at last."""

    def is_due(self, entry: Entry, now: int) -> bool:
        """When the index has said something since."""
        return self._index() is not self._judged

    def ready(self, entry: Entry, quote: Quote, moment: Moment) -> bool:
        """Whether both previous closes are known, and the quotes belong together."""
        other = self.around.entries.get(self.rule.index)
        index = self._judged = self._index()
        return (
            bool(quote.prev_close)
            and other is not None
            and index is not None
            and bool(index.prev_close)
            and other.session_date == entry.session_date
            and abs(index.ts_event - quote.ts_event) <= _TOGETHER
            and moment.now - moment.delay - index.ts_event <= moment.max_age
        )

    def restless(self, spent: bool) -> bool:
        """The index moves, too."""
        return not spent

    def compare(self, mark: Decimal, quote: Quote) -> int:
        """Multiplied out by both bases, so that nothing is divided or rounded."""
        excess, scale = self._scaled(quote)
        return int((excess if self.up else -excess).compare(mark * scale))

    def whole(self, quote: Quote) -> int:
        """Whole points, never below zero."""
        excess, scale = self._scaled(quote)
        points = (excess if self.up else -excess) // scale
        return max(0, int(points))

    def value(self, quote: Quote) -> Decimal:
        """The excess in percentage points."""
        excess, scale = self._scaled(quote)
        return six(excess / scale)

    def what(self, step: Decimal, quote: Quote) -> str:
        """Against which index, and how much."""
        return f"{percent(self.value(quote))} over {self.rule.index}, through {self.sign}{plain(step)}%"

    def _index(self) -> Quote | None:
        other = self.around.entries.get(self.rule.index)
        return other.quote if other is not None else None

    def _scaled(self, quote: Quote) -> tuple[Decimal, Decimal]:
        """The excess in percent times both bases, and the product of the bases."""
        index = self._index()
        assert index is not None and index.prev_close and quote.prev_close
        own = (quote.last - quote.prev_close) * index.prev_close
        theirs = (index.last - index.prev_close) * quote.prev_close
        return (own - theirs) * 100, quote.prev_close * index.prev_close
