"""Tick sizes: the smallest step of a Hong Kong share's price, by price and by day.

Exchange-traded products keep a table of their own, which is not here. The second phase of the reduction
(0.005 between 0.50 and 10) has no published start yet; it becomes a third entry of ``_TABLES``.
"""

from bisect import bisect_left, bisect_right
from datetime import date
from decimal import Decimal

_UPPER = [
    Decimal(bound) for bound in ["0.25", "0.5", "10", "20", "50", "100", "200", "500", "1000", "2000", "5000"]
]
"""Where each band ends, HK$; the bound itself belongs to the band below."""

_BEFORE = [
    Decimal(tick)
    for tick in ["0.001", "0.005", "0.01", "0.02", "0.05", "0.05", "0.1", "0.2", "0.5", "1", "2", "5"]
]
_PHASE_1 = [
    Decimal(tick)
    for tick in ["0.001", "0.005", "0.01", "0.01", "0.02", "0.05", "0.1", "0.2", "0.5", "1", "2", "5"]
]
_TABLES = [(date.min, _BEFORE), (date(2025, 8, 4), _PHASE_1)]


def tick_size(price: Decimal, day: date) -> Decimal:
    """The tick, in HK$, of an equity at this price (HK$, above zero) on this exchange date."""
    ticks = _TABLES[bisect_right(_TABLES, day, key=lambda table: table[0]) - 1][1]
    return ticks[bisect_left(_UPPER, price)]
