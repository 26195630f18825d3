"""Watchlist: an ordered choice of instruments, written as symbols and names of other lists."""

from collections.abc import Mapping, Sequence
from datetime import date

from market.errors import TickwallError
from market.instrument import lists, members
from market.symbol import canonical


class WatchlistError(TickwallError):
    """A watchlist that names a list or symbol which does not exist, or itself."""


def expand(
    names: Sequence[str], watchlists: Mapping[str, Sequence[str]], on: date, _open: tuple[str, ...] = ()
) -> tuple[str, ...]:
    """The canonical symbols that ``names`` stand for on a day, each once, in order.

    ``@hstech`` is a list that ships, ``*`` all watchlists together, a bare name a watchlist, and
    anything else a symbol in any convention. Raises ``WatchlistError`` or ``SymbolError``.
    """
    symbols: dict[str, None] = {}
    for name in names:
        if name == "*":
            found = expand(tuple(watchlists), watchlists, on, _open)
        elif name.startswith("@"):
            if name[1:] not in lists():
                ships = ", ".join(f"@{known}" for known in lists())
                raise WatchlistError(f"no list {name!r} ships (there is {ships})")
            found = members(name[1:], on)
        elif name in watchlists:
            if name in _open:
                raise WatchlistError(f"watchlist {name!r} contains itself")
            found = expand(watchlists[name], watchlists, on, (*_open, name))
        else:
            found = (canonical(name),)
        symbols.update(dict.fromkeys(found))
    return tuple(symbols)
