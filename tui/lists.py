"""Which watchlists the wall shows, and which indices its strip."""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from market.instrument import members
from market.watchlist import expand

if TYPE_CHECKING:
    from monitor.settings import Settings

STRIP = "indices"
"""The watchlist that the strip shows as well."""


class Watchlist(NamedTuple):
    """A name and its canonical symbols, in order."""

    name: str
    symbols: tuple[str, ...]


class Watchlists(NamedTuple):
    """All of them, the one to show first in front; and the symbols of the strip."""

    lists: Sequence[Watchlist]
    indices: tuple[str, ...]

    def after(self, name: str, step: int) -> Watchlist:
        """The one so many places further on, round and round; the first where ``name`` is not among them."""
        names = [watchlist.name for watchlist in self.lists]
        place = names.index(name) + step if name in names else 0
        return self.lists[place % len(names)]


def built_in(on: date) -> Watchlists:
    """What a wall without any configuration shows on a day."""
    return Watchlists([Watchlist("tech", members("hstech", on))], ("HSTECH", "HSI"))


def configured(settings: "Settings", on: date) -> Watchlists:
    """What the configuration names, as of a day."""
    names = [settings.watchlist, *(name for name in settings.watchlists if name != settings.watchlist)]
    lists = [Watchlist(name, expand([name], settings.watchlists, on)) for name in names]
    indices = next((watchlist.symbols for watchlist in lists if watchlist.name == STRIP), ())
    return Watchlists(lists, indices)
