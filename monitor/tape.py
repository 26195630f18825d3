"""A tape as the engine's source: each recorded source keeps its own delay and health."""

from collections.abc import Callable, Sequence

from feeds.base import FeedStatus, QuoteSink
from feeds.tape import FeedEvent
from market.errors import ParseError
from market.freshness import Health
from market.quote import Quote
from monitor.engine import Engine
from monitor.intake import Intake


class RecordedFeed:
    """One source that a tape holds; the tape's reader runs, not this."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.status = FeedStatus()
        self.symbols: set[str] = set()

    async def run(self, sink: QuoteSink) -> None:
        """Nothing: the tape brings its quotes."""

    def serves(self, symbol: str) -> bool:
        """Whether the tape held a quote of it from this source so far."""
        return symbol in self.symbols


class TapeIntake:
    """Hands a tape's quotes to the intake of the source that said them.

    ``delay`` gives the delay that is declared for a source, nanoseconds.
    """

    def __init__(self, engine: Engine, delay: Callable[[str], int]) -> None:
        self._engine = engine
        self._delay = delay
        self._sources: dict[str, tuple[RecordedFeed, Intake]] = {}

    def quotes(self, quotes: Sequence[Quote]) -> None:
        """Take in quotes received together, in the tape's order."""
        first = quotes[0].source
        if all(quote.source == first for quote in quotes):
            self._hand_over(first, quotes)
            return
        for quote in quotes:
            self._hand_over(quote.source, (quote,))

    def rejected(self, error: ParseError) -> None:
        """Bad lines are the reader's to tell."""

    def event(self, event: FeedEvent) -> None:
        """A turn that the tape recorded."""
        feed, intake = self._source(event.source)
        feed.status.state = Health(event.state)
        feed.status.reason = event.reason
        self._engine.health.tell(intake, event.ts_recv)

    def _hand_over(self, source: str, quotes: Sequence[Quote]) -> None:
        feed, intake = self._source(source)
        status = feed.status
        status.state, status.reason = Health.LIVE, None
        status.quotes += len(quotes)
        status.last_quote, status.last_event = quotes[-1].ts_recv, quotes[-1].ts_event
        feed.symbols.update(quote.symbol for quote in quotes)
        intake.quotes(quotes)

    def _source(self, name: str) -> tuple[RecordedFeed, Intake]:
        if name not in self._sources:
            feed = RecordedFeed(name)
            self._sources[name] = feed, self._engine.add_source(feed, self._delay(name))
        return self._sources[name]
