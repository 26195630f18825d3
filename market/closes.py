"""Closes: a name's daily closes, to be drawn. What decides anything is answered by a ``Profile``."""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, eq=False)
class Closes:
    """The daily closes before ``session_date``, oldest first, packed: twenty years take 80 kB.

    ``days`` are proleptic ordinals (``date.toordinal``) and ``prices`` floats, good to 15 digits: exact
    enough for a dot on a screen, and for nothing else.
    """

    symbol: str
    session_date: date
    days: "array[int]"
    prices: "array[float]"
    source: str = ""
    """Whose history it is, and of when, as text."""
    notes: Sequence[str] = ()
    """What was wrong with it, and where another vendor says otherwise: a line each."""
