"""A page of Hong Kong's shares and indices, asked for again and again: what three vendors have in common."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import ClassVar

from feeds.base import Parsed
from feeds.pace import rest
from feeds.poll import Poll, PollFeed
from feeds.settings import FeedSettings
from market.clock import Clock
from market.duration import parse_duration
from market.session import calendar
from market.symbol import is_hong_kong


class HongKongSettings(FeedSettings, frozen=True, kw_only=True):
    """Where a page is, and how often it is asked for; each vendor adds what else there is to say."""

    quote_url: str
    interval: str

    def covers(self, symbol: str) -> bool:
        """Hong Kong."""
        return is_hong_kong(symbol)

    def headers(self) -> Mapping[str, str] | None:
        """What goes with each request."""
        return None


class HongKongFeed(PollFeed):
    """The page of the Hong Kong symbols among those given, as a feed.

    An adapter says what it is called, the addresses of symbols under a ``quote_url``, and how a body is read
    (``feeds.poll.Poll``). ``coalesce`` means nothing to a page.
    """

    VENUE: ClassVar[str]
    urls: "ClassVar[staticmethod[[str, Sequence[str]], list[str]]]"
    parse: "ClassVar[staticmethod[[bytes, int], Parsed]]"

    def __init__(
        self,
        settings: HongKongSettings,
        symbols: Sequence[str],
        clock: Clock,
        *,
        name: str = "",
        coalesce: float = 0.0,
    ) -> None:
        ours = tuple(filter(is_hong_kong, symbols))
        poll = Poll(
            venue=name or self.VENUE,
            urls=self.urls(settings.quote_url, ours),
            parse=self.parse,
            interval=parse_duration(settings.interval),
            rest=partial(rest, calendar("XHKG")),
            headers=settings.headers(),
        )
        super().__init__(poll.venue, ours, clock, poll)
