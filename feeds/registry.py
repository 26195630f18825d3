"""Which adapter a ``[feeds.NAME]`` section means: one that ships, or one that is installed beside us.

A module is imported when its section is, so that what nobody uses costs nothing; and importing an adapter
costs no network library, which it loads when it runs.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any, Protocol

from feeds.base import Feed
from feeds.settings import FeedSettings
from market.clock import Clock
from market.errors import TickwallError

GROUP = "tickwall.feeds"
"""The entry points under which other packages give adapters."""

DEFAULT = ("tencent", "yahoo")
"""Those that run where the configuration says nothing of them."""

_SHIPPED = {
    "tencent": "feeds.tencent:TencentFeed",
    "yahoo": "feeds.yahoo:YahooFeed",
    "sina": "feeds.sina:SinaFeed",
    "eastmoney": "feeds.eastmoney:EastMoneyFeed",
    "coinbase": "feeds.coinbase:CoinbaseFeed",
    "binance": "feeds.binance:BinanceFeed",
    "kraken": "feeds.kraken:KrakenFeed",
    "finnhub": "feeds.finnhub:FinnhubFeed",
    "alpaca": "feeds.alpaca:AlpacaFeed",
    "massive": "feeds.massive:MassiveFeed",
    "longbridge": "feeds.longbridge:LongbridgeFeed",
    "futu": "feeds.futu:FutuFeed",
    "ibkr": "feeds.ibkr:IbkrFeed",
}
"""By the name of their section."""

_KINDS = {"json_ws": "feeds.json_ws:JsonWsFeed"}
"""By the ``kind`` of a section of any name."""


class AdapterError(TickwallError):
    """An adapter that cannot be had."""

    exit_code = 78


class UnknownAdapterError(AdapterError):
    """There is no adapter of that name."""


class Adapter(Protocol):
    """What an adapter is: the class of a feed, or whatever else builds one when it is called."""

    Settings: type[FeedSettings]
    """What a section of it may say."""

    def __call__(
        self, settings: Any, symbols: Sequence[str], clock: Clock, *, name: str, coalesce: float
    ) -> Feed:
        """The feed called ``name`` of those of the canonical symbols that it can serve.

        ``coalesce`` is as in ``feeds.stream.Stream``, seconds; a feed for which it means nothing leaves it.
        """
        ...


def shipped() -> tuple[str, ...]:
    """The sections that every installation knows, in the order of the documents."""
    return tuple(_SHIPPED)


def adapter(name: str, kind: str = "") -> Adapter:
    """The adapter of a section, by its ``kind`` where it names one. Raises ``AdapterError``."""
    if kind in _KINDS or (name in _SHIPPED and not kind):
        return _load(_KINDS[kind] if kind else _SHIPPED[name])
    found: Any = entry_points(group=GROUP, name=kind or name)
    if not found:
        raise UnknownAdapterError(f"no adapter is called {kind or name!r}")
    point = next(iter(found))
    try:
        loaded: Adapter = point.load()
        is_one = issubclass(loaded.Settings, FeedSettings)
    except Exception as error:
        raise AdapterError(f"the adapter {point.value} does not load: {error!r}") from error
    if not is_one:
        raise AdapterError(f"the adapter {point.value} has no Settings made from FeedSettings")
    return loaded


@cache
def _load(place: str) -> Adapter:
    module, _, name = place.partition(":")
    found: Adapter = getattr(import_module(module), name)
    return found


def settings_of(name: str, section: Mapping[str, Any] = {}) -> type[FeedSettings]:
    """What a section may say. Raises ``AdapterError`` where nothing serves it."""
    return adapter(name, _kind(section)).Settings


def known() -> list[str]:
    """Every name that a section may have without a ``kind``."""
    return [*_SHIPPED, *(point.name for point in entry_points(group=GROUP))]


def build(
    name: str, settings: FeedSettings, symbols: Sequence[str], clock: Clock, coalesce: float = 0.0
) -> Feed:
    """The feed of that name for canonical symbols; ``coalesce`` as in ``feeds.stream.Stream``."""
    made_by = adapter(name, getattr(settings, "kind", ""))
    return made_by(settings, symbols, clock, name=name, coalesce=coalesce)


def _kind(section: Mapping[str, Any]) -> str:
    kind = section.get("kind", "")
    return kind if isinstance(kind, str) else ""
