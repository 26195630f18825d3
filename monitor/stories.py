"""Stories: the newest headlines, in the order in which they were told, and by the names in them."""

from collections import defaultdict
from collections.abc import Iterator
from heapq import heappush, heappushpop
from itertools import count

from market.clock import SECOND
from market.headline import Headline

KEPT = 2000
"""A day of results brings 1,500 filings, which must not push this morning's story out before the close."""

RECENT = 24 * 3600 * SECOND
"""A headline this young (nanoseconds) may explain an alert on a name that it mentions."""


class Stories:
    """Headlines at hand for alerts and screens. An alert finds those on its name without a look at others."""

    def __init__(self) -> None:
        self._told: dict[int, Headline] = {}
        self._about: defaultdict[str, dict[int, Headline]] = defaultdict(dict)
        self._by_age: list[tuple[int, int]] = []
        self._numbers = count()

    def __len__(self) -> int:
        return len(self._told)

    def __iter__(self) -> Iterator[Headline]:
        """Each of them, in the order in which they were told."""
        return iter(self._told.values())

    @property
    def newest(self) -> Headline | None:
        """The one told last."""
        return next(reversed(self._told.values()), None)

    def add(self, headline: Headline) -> None:
        """Take one in; the oldest gives way."""
        number = next(self._numbers)
        self._told[number] = headline
        for symbol in headline.symbols:
            self._about[symbol][number] = headline
        age = headline.ts_event, number
        if len(self._told) <= KEPT:
            heappush(self._by_age, age)
            return
        # By their own time: a source that lists a year must not push this morning's out.
        _, oldest = heappushpop(self._by_age, age)
        for symbol in self._told.pop(oldest).symbols:
            del self._about[symbol][oldest]

    def about(self, symbol: str) -> list[Headline]:
        """Those that name a symbol, newest first."""
        # Of the same minute by name, so that it does not matter which source answered first.
        found = self._about.get(symbol, {}).values()
        return sorted(found, key=lambda one: (-one.ts_event, one.source, one.id))

    def explain(self, symbol: str, now: int) -> tuple[Headline, ...]:
        """The last three on a name within ``RECENT`` of an instant, nanoseconds UTC."""
        return tuple(one for one in self.about(symbol) if 0 <= now - one.ts_event <= RECENT)[:3]
