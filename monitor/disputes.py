"""Disputes: two feeds that have told different prices of one name for some time. Each is told once."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from market.clock import MINUTE
from market.freshness import Health
from market.quote import Quote
from market.state import Entry
from monitor.listener import FeedChange

log = logging.getLogger(__name__)

CALM = MINUTE
"""How long two must agree again (nanoseconds) before their dispute is over: prices that cross each other
now and then are no end of it."""


@dataclass(slots=True)
class Dispute:
    """What the leader said when it was told, what the other did, and when they differed last (ns UTC)."""

    leader: Quote
    other: Quote
    seen: int


class Disputes:
    """Looks for them among ``entries``; ``health`` gives that of a feed by its name."""

    def __init__(
        self,
        entries: Mapping[str, Entry],
        health: Callable[[str], Health],
        tell: Callable[[FeedChange], None],
    ) -> None:
        self.open: dict[str, Dispute] = {}
        """By symbol."""
        self._entries = entries
        self._health = health
        self._tell = tell

    def look(self, now: int) -> None:
        """Tell those that have begun, and those that are over."""
        for symbol, entry in self._entries.items():
            known = self.open.get(symbol)
            if known is None and not entry.rivals:
                continue
            other, leader = entry.dispute, entry.quote
            if other is None or leader is None:
                if known is not None and now - known.seen >= CALM:
                    del self.open[symbol]
                    silent = _silent(known, entry)
                    why = f": {silent} has fallen silent" if silent else ""
                    self._say(known, now, "no longer differs from {} on {}" + why)
            elif known is None:
                self.open[symbol] = dispute = Dispute(leader, other, now)
                said = f"{other.last:f} against {leader.last:f}"
                log.warning("%s", self._say(dispute, now, "differs from {} on {}: " + said))
            else:
                known.seen = now

    def _say(self, dispute: Dispute, now: int, text: str) -> str:
        name, symbol = dispute.other.source, dispute.other.symbol
        reason = text.format(dispute.leader.source, symbol)
        self._tell(FeedChange(name, self._health(name), reason, now, symbol, turned=False))
        return f"{name} {reason}"


def _silent(dispute: Dispute, entry: Entry) -> str | None:
    """Which of the two has not spoken of the name since they differed, if one has not: it has not agreed."""
    newest = [entry.quote, *entry.others.values()]
    spoken = {quote.source for quote in newest if quote is not None and quote.ts_recv > dispute.seen}
    sources = (dispute.other.source, dispute.leader.source)
    return next((source for source in sources if source not in spoken), None)
