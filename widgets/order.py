"""Order: how the tiles of a wall are sorted, and what a filter matches."""

from enum import StrEnum

from market.instrument import instrument
from widgets.tile import Tile


class Sort(StrEnum):
    """The order of the tiles."""

    LIST = "list"
    """As the watchlist has it."""
    PERCENT = "percent"
    """Best first."""
    MOVE = "move"
    """Furthest from the previous close first, either way."""
    NAME = "name"
    CODE = "code"
    VOLUME = "volume"
    """Most first."""


def words(symbol: str) -> str:
    """All that a filter may match of an instrument, folded."""
    known = instrument(symbol)
    names = (symbol, known.name, known.short_name, known.zh_hant, known.zh_hans)
    return " ".join(dict.fromkeys(names)).casefold()


def rank(sort: Sort, tile: Tile) -> tuple[object, ...]:
    """Where a tile belongs in an order; what has no value goes last."""
    if sort is Sort.NAME:
        return (tile.name.casefold(),)
    if sort is Sort.CODE:
        return (tile.symbol,)
    quote = tile.quote
    if quote is None:
        return (1, 0)
    if sort is Sort.VOLUME:
        return (1, 0) if quote.volume is None else (0, -quote.volume)
    if quote.pct is None:
        return (1, 0)
    return (0, -abs(quote.pct) if sort is Sort.MOVE else -quote.pct)
