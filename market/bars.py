"""Bar: one session of one instrument, as a history source wrote it; and the splits between bars."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple


class Bar(NamedTuple):
    """A daily bar; prices exact, in the instrument's currency; ``date`` is the exchange's own."""

    date: date
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: int | None = None
    """Shares traded; ``None`` for an index or where the source left it empty."""


class Split(NamedTuple):
    """From ``date`` on, ``factor`` shares stand for each one of before: 5 after a split of 5:1, 1/10 after a
    consolidation of 1:10. What a price from before is divided by, to be compared with those after it."""

    date: date
    factor: Fraction

    @property
    def ratio(self) -> str:
        """``5:1``."""
        return f"{self.factor.numerator}:{self.factor.denominator}"
