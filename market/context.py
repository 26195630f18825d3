"""Context: figures about a name that no feed brings, typed in by a person with their date and source."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from market.clock import SECOND
from market.session import calendar

FRESH_DAYS = 30
"""Days for which a figure stands out like others; from then on it is grey."""

OLD_DAYS = 365
"""Days from which a figure is marked as old besides."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing known of some instruments (canonical symbols) as of an instant, in a person's words.

    ``as_of`` is a time or, where only the day is known, a date in Hong Kong, good from its first minute.
    """

    symbols: tuple[str, ...]
    what: str
    value: str
    as_of: date | datetime
    source: str
    note: str = ""

    @property
    def since(self) -> int:
        """From when it was known, nanoseconds UTC."""
        zone = calendar("XHKG").zone
        day = self.as_of
        at = day if isinstance(day, datetime) else datetime(day.year, day.month, day.day, tzinfo=zone)
        return int(at.timestamp()) * SECOND

    def age(self, now: int) -> int:
        """Whole days since then."""
        return (now - self.since) // (86_400 * SECOND)


def known(figures: Iterable[Figure], symbol: str, now: int) -> list[Figure]:
    """What was known of a symbol at an instant (nanoseconds UTC), the newest first; of what was said twice
    the newest alone."""
    told: dict[str, Figure] = {}
    for figure in sorted(figures, key=lambda figure: figure.since, reverse=True):
        if symbol in figure.symbols and figure.since <= now:
            told.setdefault(figure.what, figure)
    return list(told.values())
