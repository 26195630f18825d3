"""``gap_open``: the session's open against the previous close."""

from decimal import Decimal

from market.alert import percent, plain
from market.conditions.base import ONCE, STEPPED, Percentage
from market.quote import Quote
from market.rule import Moment
from market.session import TRADING
from market.state import Entry


class Gap(Percentage):
    """The open is the venue's own, and counts once continuous trading has begun: what stands there before is
    yesterday's, or an auction's guess.
    """

    kind = "gap_open"
    keys = STEPPED - {"for"}
    frequencies = ONCE

    _waits = False

    def ready(self, entry: Entry, quote: Quote, moment: Moment) -> bool:
        """Whether the session has opened, and the venue says where."""
        session = entry.calendar.session(entry.session_date) if entry.session_date else None
        opened = session is not None and entry.phase in TRADING and quote.ts_event >= session.open
        self._waits = opened and not quote.open
        return opened and bool(quote.open) and super().ready(entry, quote, moment)

    def restless(self, spent: bool) -> bool:
        """Until the venue says where it opened."""
        return self._waits and not spent

    def base(self, quote: Quote) -> Decimal | None:
        """The previous close."""
        return quote.prev_close

    def price(self, quote: Quote) -> Decimal:
        """The open."""
        assert quote.open is not None
        return quote.open

    def level(self, mark: Decimal, quote: Quote) -> Decimal | None:
        """None: the price has no part in it."""
        return None

    def what(self, step: Decimal, quote: Quote) -> str:
        """How far it jumped."""
        return f"opened {percent(self.value(quote))}, through {self.sign}{plain(step)}%"
