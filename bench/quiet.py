"""Ends of a pipeline that do nothing, so that what lies between them is what is measured."""

from dataclasses import dataclass, field

from feeds.base import FeedStatus, QuoteSink
from market.alert import Suppressed
from market.headline import Headline
from monitor.courier import Delivery
from monitor.listener import FeedChange, PhaseChange


@dataclass
class Recorded:
    """A feed that the benchmark runs by itself."""

    name: str
    status: FeedStatus = field(default_factory=FeedStatus)

    async def run(self, sink: QuoteSink) -> None:
        """Nothing to do."""

    def serves(self, symbol: str) -> bool:
        """Everything."""
        return True


class Silent:
    """A listener that tells nobody."""

    def alert(self, number: int, line: str) -> None:
        """Nothing."""

    def suppressed(self, suppressed: Suppressed) -> None:
        """Nothing."""

    def broken(self, rule_id: str, where: str | None, reason: str) -> None:
        """Nothing."""

    def headline(self, headline: Headline) -> None:
        """Nothing."""

    def feed(self, change: FeedChange) -> None:
        """Nothing."""

    def phase(self, change: PhaseChange) -> None:
        """Nothing."""

    def resolved(self, line: str) -> None:
        """Nothing."""

    def delivery(self, delivery: Delivery) -> None:
        """Nothing."""
