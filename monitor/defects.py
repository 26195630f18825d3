"""Defects: what may be wrong with a file of daily history, and what is done about it; nothing is silent."""

from dataclasses import dataclass
from datetime import date

from market.errors import TickwallError

DEFECTS = {
    "unreadable": "rows without a date or a positive close, left out",
    "unordered": "rows out of order, sorted",
    "repeated": "rows given twice, kept once",
    "conflicting": "days given twice with different closes, the last row kept",
    "ghost": "rows on days without a session, left out",
    "stale": "flat rows without volume, left out",
    "unfinished": "last row written before that day's close, left out",
    "inconsistent": "closes outside the day's range, kept",
    "split": "splits that the rows before them were adjusted for",
    "adjusted": "splits that the rows before them had in them already, not adjusted for again",
    "suspect": "jumps that look like splits nobody told of, kept: name them in SYMBOL.splits.csv",
    "jump": "closes that almost halve or double overnight, kept",
    "missing": "sessions without a row",
}
"""By kind."""

_NAMED = 3
"""Dates spelled out in a defect's text."""


class HistoryError(TickwallError):
    """A history that cannot be used at all; the text names the file or source and why."""


@dataclass(frozen=True, slots=True)
class Defect:
    """One kind of defect in one file, how many rows have it, and their dates where they have any."""

    kind: str
    count: int
    dates: tuple[date, ...]
    notes: tuple[str, ...] = ()
    """A word on each date, where there is one to say: a split's ratio."""

    @property
    def text(self) -> str:
        """One line for a person: what, where, and what was done."""
        return self.told(_NAMED)

    def told(self, most: int | None = None) -> str:
        """The same with as many of its dates."""
        notes = [f" ({note})" for note in self.notes] or [""] * len(self.dates)
        named = ", ".join(f"{day}{note}" for day, note in list(zip(self.dates, notes, strict=True))[:most])
        more = f" ({self.count} in all)" if self.count > len(self.dates[:most]) else ""
        return f"{DEFECTS[self.kind]}: {named or self.count}{more if named else ''}"
