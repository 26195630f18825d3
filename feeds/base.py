"""What a feed is, to the engine: something that runs, puts quotes into a sink, and says how it fares."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from market.clock import SECOND, Clock
from market.errors import ParseError
from market.freshness import Health
from market.headline import Headline
from market.quote import Quote


class QuoteSink(Protocol):
    """Where quotes go. Both calls are synchronous: a sink that takes its time slows the feed, and drops
    nothing."""

    def quotes(self, quotes: Sequence[Quote]) -> None:
        """Take one frame's quotes, in the venue's order."""

    def rejected(self, error: ParseError) -> None:
        """A frame or row that its parser refused; the feed's status has counted it already."""


class HeadlineSink(Protocol):
    """Where headlines go."""

    def add_headlines(self, headlines: Iterable[Headline]) -> None:
        """Take headlines that were not told before, oldest first."""


class Parsed(NamedTuple):
    """What a page of many rows held: a bad row is told of, and the good ones are kept."""

    quotes: list[Quote]
    errors: list[ParseError]


class NoPriceError(ParseError):
    """A row without a trade so far, as before the opening: refused, yet nothing is wrong with the feed."""


class TurnedDownError(ParseError):
    """One of the symbols asked for is refused, and the others are served: told, and not asked again."""


@dataclass(slots=True)
class FeedStatus:
    """How a feed fares, kept true by its transport; the screen, ``doctor`` and the engine read it.

    ``state`` is what the transport knows: connecting, live, stale (silent) or down. Whether its
    quotes are delayed or its exchange is closed is judged from the quotes' own time, by the engine.
    A feed that failed stays down until its next valid quote, however often it connects in between; one of
    several connections is down as long as any of them is.
    """

    state: Health = Health.CONNECTING
    reason: str | None = None
    """Why it is not live, fit for the status line."""
    mend: str = ""
    """What its user can do about its last failure, where that is known."""
    frames: int = 0
    """Frames or answers received."""
    quotes: int = 0
    """Valid quotes in them."""
    rejected: int = 0
    """Frames and rows that the parser refused."""
    errors: int = 0
    """Connections and requests that failed."""
    reconnects: int = 0
    """Connections tried after the first."""
    failing: int = 0
    """Of its connections, those that failed and brought no quote since."""
    missed: int = 0
    """Trades that the venue numbered and did not send."""
    turned_down: str | None = None
    """What the venue said last to a symbol that it does not serve, while it serves the others."""
    last_quote: int | None = None
    """When the last valid quote was received, nanoseconds UTC."""
    last_event: int | None = None
    """The venue's own stamp on it, nanoseconds UTC."""
    next_try: int | None = None
    """When a feed that waits will try again, nanoseconds UTC."""

    @property
    def lag_s(self) -> float | None:
        """Seconds from the last quote's own time to its receipt; ``None`` before the first."""
        if self.last_quote is None or self.last_event is None:
            return None
        return (self.last_quote - self.last_event) / SECOND


class Feed(Protocol):
    """A source of quotes."""

    name: str
    status: FeedStatus

    async def run(self, sink: QuoteSink) -> None:
        """Feed the sink until cancelled; failures are met inside, named in ``status``, and retried."""

    def serves(self, symbol: str) -> bool:
        """Whether this feed was built to bring a canonical symbol."""
        ...


class SymbolFeed:
    """What the feeds of every transport have: a name, a status, and the symbols that they are to bring."""

    def __init__(self, name: str, symbols: Iterable[str], clock: Clock) -> None:
        self.name = name
        self.status = FeedStatus()
        self.symbols = frozenset(symbols)
        if not self.symbols:
            self.status.reason = "it serves none of its symbols"
        self._clock = clock

    def serves(self, symbol: str) -> bool:
        """Whether this feed was built to bring a canonical symbol."""
        return symbol in self.symbols


class HeadlineFeed(Protocol):
    """Sources of headlines."""

    @property
    def statuses(self) -> Mapping[str, FeedStatus]:
        """How each source fares, by name; ``frames`` counts answers, ``quotes`` headlines."""
        ...

    async def run(self, sink: HeadlineSink) -> None:
        """Feed the sink until cancelled."""
