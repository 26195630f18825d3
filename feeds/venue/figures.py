"""The published figures of 2025-09-17, which the simulated day must reproduce.

Prices inside the venue are integers, thousandths of a Hong Kong dollar or of an index point ("mills"): every
tick of the exchange is a whole number of them, and so is every digit that Tencent's page shows.
"""

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cache

from market.ticks import tick_size

DAY = date(2025, 9, 17)
MILL = Decimal("0.001")


@dataclass(frozen=True, slots=True)
class Figures:
    """One name's day in mills; ``volume`` in shares (0 for an index)."""

    symbol: str
    prev_close: int
    open: int
    high: int
    low: int
    close: int
    volume: int = 0


# Percent of the previous close: open, high, low, close; volume in millions of shares.
# 0020, 0300, 1211, 1698, 3888 and 9660 have no published row: theirs are invented inside the others' range.
_STOCKS = """
0020.HK   2.16  +0.46  +5.56 -0.46  +4.17 980.0
0241.HK   6.26  +0.45  +4.35 -1.35  +2.70 176.6
0268.HK  16.28  +0.12  +4.05 -0.55  +3.75  41.0
0285.HK  41.11  +0.39  +2.17 -0.53  +1.74  23.5
0300.HK  82.35  +0.30  +2.25 -0.24  +1.64   6.1
0522.HK  70.82  -0.07  +0.14 -2.16  -0.63   2.5
0700.HK 645.00  +0.23  +2.87 +0.00  +2.56  22.3
0780.HK  22.53  +0.09  +5.74 -0.78  +4.61  23.2
0981.HK  63.20  +1.74  +7.28 +0.79  +7.12 169.6
0992.HK  11.44  -0.68  +3.25 -0.68  +2.14  92.6
1024.HK  74.27  -0.07  +4.17 -0.46  +3.51  59.4
1211.HK 108.20  +0.37  +4.10 -0.09  +3.33  33.0
1347.HK  51.80  +1.06  +5.60 -0.48  +2.99  48.0
1698.HK  99.40  +0.20  +2.62 -0.96  +1.91   3.2
1810.HK  56.45  +0.71  +2.66 +0.35  +2.48 173.0
2015.HK 100.10  +0.20  +5.19 -0.60  +4.40  32.1
2382.HK  78.88  +0.12  +4.06 -0.06  +3.87  12.0
3690.HK 100.30  +0.80  +6.38 +0.70  +4.89 139.1
3888.HK  35.90  +0.50  +4.29 -0.28  +3.51  16.5
6618.HK  65.55  +0.08  +4.88 +0.08  +4.58  10.8
6690.HK  24.21  +0.78  +7.71 +0.70  +7.55  41.8
9618.HK 130.00  +3.08  +6.46 +2.85  +5.15  30.6
9626.HK 212.00  +0.19  +4.43 -1.89  +2.74   8.0
9660.HK   9.42  +0.85  +6.90 -0.21  +5.63 260.0
9866.HK  51.05  +7.44 +11.95 +7.25 +11.46  17.3
9868.HK  83.30  -0.30  +2.34 -1.68  +1.92  21.0
9888.HK 113.20  +6.89 +19.61 +6.18 +15.72  68.7
9961.HK 597.50  +0.42  +2.09 -1.17  +1.59   2.3
9988.HK 153.50  +2.74  +5.73 +2.08  +5.28 156.6
9999.HK 242.98  -1.31  +1.81 -1.48  +1.15   8.6
"""

# Levels: HSTECH opened on what was nearly its low; the two differ by less than the published digits.
_INDICES = """
HSTECH  6077.66  6133.14  6351.76  6132.73  6334.24
HSI    26438.51 26554.84 26935.55 26541.62 26908.39
"""

WEIGHTS: dict[str, dict[str, float]] = {
    "HSTECH": {
        "9988.HK": 8.6, "0700.HK": 7.7, "1810.HK": 7.4, "3690.HK": 7.5, "9618.HK": 7.4, "0981.HK": 8.3,
        "9999.HK": 7.6, "1211.HK": 6.8, "1024.HK": 6.9, "9888.HK": 5.6, "9961.HK": 5.0, "2015.HK": 3.3,
        "9868.HK": 3.0, "6690.HK": 2.1, "0992.HK": 2.1, "1347.HK": 1.6, "9626.HK": 1.6, "2382.HK": 1.5,
        "0241.HK": 1.4, "6618.HK": 1.3, "0020.HK": 1.3, "9660.HK": 1.3, "0300.HK": 1.2, "9866.HK": 1.1,
        "0268.HK": 0.9, "1698.HK": 0.8, "0780.HK": 0.8, "3888.HK": 0.7, "0285.HK": 0.6, "0522.HK": 0.6,
    },
    "HSI": {
        "9988.HK": 9.0, "0700.HK": 8.4, "1810.HK": 5.9, "3690.HK": 4.3, "9618.HK": 2.3, "0981.HK": 2.2,
        "1211.HK": 2.5, "9999.HK": 2.3, "9961.HK": 1.9, "1024.HK": 1.6, "9888.HK": 1.3, "2015.HK": 0.8,
        "0992.HK": 0.8, "2382.HK": 0.5, "6690.HK": 0.5, "0300.HK": 0.4, "6618.HK": 0.4, "0241.HK": 0.4,
        "0285.HK": 0.2,
    },
}  # fmt: skip
"""Near enough shares of each index in percent; of the HSI, its members that are simulated here."""


def round_to_tick(mills: Decimal | int, day: date = DAY) -> int:
    """The price of the exchange's grid nearest to a price in mills."""
    price = mills * MILL
    tick = tick_size(price, day)
    return int((price / tick).quantize(Decimal(1), ROUND_HALF_EVEN) * tick / MILL)


@cache
def stocks() -> dict[str, Figures]:
    """The thirty constituents by canonical symbol."""
    table = {}
    for line in _STOCKS.split("\n")[1:-1]:
        symbol, prev, *percents, millions = line.split()
        base = Decimal(prev) / MILL
        opening, high, low, close = (round_to_tick(base * (100 + Decimal(part)) / 100) for part in percents)
        volume = int(Decimal(millions) * 1_000_000)
        table[symbol] = Figures(symbol, int(base), opening, high, low, close, volume)
    return table


@cache
def indices() -> dict[str, Figures]:
    """``HSTECH`` and ``HSI``."""
    table = {}
    for line in _INDICES.split("\n")[1:-1]:
        symbol, *levels = line.split()
        table[symbol] = Figures(symbol, *(int(Decimal(level) / MILL) for level in levels))
    return table


def figures(symbol: str) -> Figures | None:
    """The day of one canonical symbol; ``None`` for a name the venue does not know."""
    return stocks().get(symbol) or indices().get(symbol)
