"""The feeds that ship, by the name of their section in the configuration.

Importing this costs no network library: an adapter loads its own when it runs.
"""

from collections.abc import Sequence

from feeds.base import Feed
from feeds.coinbase import CoinbaseFeed, CoinbaseSettings
from feeds.settings import FeedSettings
from feeds.tencent import TencentFeed, TencentSettings
from feeds.yahoo import YahooFeed, YahooSettings
from market.clock import Clock

SETTINGS: dict[str, type[FeedSettings]] = {
    "tencent": TencentSettings,
    "yahoo": YahooSettings,
    "coinbase": CoinbaseSettings,
}
"""What each ``[feeds.NAME]`` section may say."""


def build(
    name: str, settings: FeedSettings, symbols: Sequence[str], clock: Clock, coalesce: float = 0.0
) -> Feed:
    """The feed of that name for canonical symbols; ``coalesce`` as in ``feeds.transport.Stream``."""
    match settings:
        case TencentSettings():
            return TencentFeed(settings, symbols, clock)
        case YahooSettings():
            return YahooFeed(settings, symbols, clock, coalesce=coalesce)
        case CoinbaseSettings():
            return CoinbaseFeed(settings, symbols, clock, coalesce=coalesce)
    raise KeyError(name)
