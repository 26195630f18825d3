"""Assignment: which feed brings which symbols."""

from datetime import date

from market.watchlist import expand
from monitor.settings import Settings


def assign(settings: Settings, symbols: tuple[str, ...], on: date) -> dict[str, tuple[str, ...]]:
    """Which feed brings which symbols on a day: those its section names, else those it is there for.

    A market may have several feeds, which check one another. What none is there for, Yahoo brings, and what
    is told without a previous close: without one there is no percentage.
    """
    enabled = {name: feed for name, feed in settings.feeds.items() if feed.enabled}
    chosen: dict[str, tuple[str, ...]] = {}
    for name, feed in enabled.items():
        if feed.symbols:
            chosen[name] = expand(feed.symbols, settings.watchlists, on)
        elif not feed.takes_rest:
            chosen[name] = tuple(filter(feed.covers, symbols))
    taken = {symbol for name, served in chosen.items() if enabled[name].has_close for symbol in served}
    rest = tuple(symbol for symbol in symbols if symbol not in taken)
    return {name: chosen.get(name, rest) for name in enabled}
