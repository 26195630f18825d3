"""Bar: one session of one instrument, as a history source wrote it."""

from datetime import date
from decimal import Decimal
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
