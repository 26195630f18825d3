"""A stream of United States shares, for which a vendor wants a key: what three of them have in common."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import ClassVar, Generic, TypeVar

import msgspec

from feeds.pace import silence
from feeds.settings import FeedSettings
from feeds.stream import Stream, StreamFeed
from market.clock import Clock
from market.duration import parse_duration
from market.quote import Quote
from market.symbol import is_us_share


class UsSharesSettings(FeedSettings, frozen=True, kw_only=True):
    """Where the stream is; each vendor adds where its key is. A trade tells no previous close."""

    enabled: bool = False
    stream_url: str
    idle_timeout: str

    has_close: ClassVar[bool] = False

    def covers(self, symbol: str) -> bool:
        """Shares of the United States; these vendors have no indices, and nothing of Hong Kong."""
        return is_us_share(symbol)


S = TypeVar("S", bound=UsSharesSettings)


class UsSharesFeed(StreamFeed, Generic[S]):
    """The trades of the United States shares among the symbols given, as a feed.

    An adapter says what it is called and what its ``stream`` is; ``coalesce`` is the transport's, in seconds.
    """

    VENUE: ClassVar[str]

    def __init__(
        self, settings: S, symbols: Sequence[str], clock: Clock, *, name: str = "", coalesce: float = 0.0
    ) -> None:
        self.settings = settings
        self.shares = tuple(filter(is_us_share, symbols))
        self.coalesce = coalesce
        super().__init__(name or self.VENUE, self.shares, clock)
        self.streams.append(self.stream)

    def stream(self) -> Stream:
        """One connection, with the key as it is then. Raises ``FeedError`` where there is none."""
        raise NotImplementedError

    def greeted(
        self,
        answer: Callable[..., Sequence[str]],
        parse: Callable[..., Sequence[Quote]],
        *,
        auth: Mapping[str, object],
        subscribe: Mapping[str, object],
    ) -> Stream:
        """One on which the venue speaks first: ``answer`` gives the two frames when their turn has come."""
        return Stream(
            venue=self.name,
            url=self.settings.stream_url,
            reply=partial(answer, auth=_frame(auth), subscribe=_frame(subscribe)),
            parse=partial(parse, self.symbols),
            idle=parse_duration(self.settings.idle_timeout),
            excused=silence(self.shares),
            coalesce=self.coalesce,
        )


def _frame(message: Mapping[str, object]) -> str:
    return msgspec.json.encode(message).decode()
