"""Splits: prices from before one, counted in the shares of after it, so that records compare like with like.

A file of prices that are not adjusted has its splits beside it: ``9999.HK.splits.csv`` beside
``9999.HK.csv``, two columns ``Date,Ratio``, a line for each (``2014-05-15,5:1``: five shares for one). Only
what is written there is applied. A jump that merely looks like a split is named, for a person to judge.
"""

from collections.abc import Collection, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from market.bars import Bar, Split
from monitor.defects import Defect, HistoryError

HEADER = "Date,Ratio\n"

JUMP = Decimal("1.8")
"""A close so many times another one is a split more often than a price: two for one, and a bad day."""

_NEAR = Decimal("0.08")
"""How far from a whole ratio an overnight jump may lie and still look like that split: a day's move."""

_PLAIN = Fraction(3, 2)
"""A split this large shows in the prices, whatever the day was like; of a smaller one they prove nothing."""

_DECIMALS = Decimal("0.000001")
"""Of a quotient that does not end: 10 at three for two is 6.666667."""


def beside(path: Path) -> Path:
    """The file of splits that belongs to a file of prices."""
    return path.with_suffix(".splits.csv")


def write(splits: Sequence[Split]) -> str:
    """The text of a file of splits; empty but for its head where there are none."""
    return HEADER + "".join(f"{split.date},{split.ratio}\n" for split in splits)


def read(path: Path) -> list[Split]:
    """The splits beside a file of prices, ascending; none without such a file.

    Raises ``HistoryError`` naming the line that is none: a split left out makes every record before it wrong.
    """
    file = beside(path)
    if not file.exists():
        return []
    try:
        lines = file.read_text("utf-8-sig").splitlines()
    except (OSError, ValueError) as error:
        raise HistoryError(f"{file}: {error}") from error
    splits = []
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.strip() == HEADER.strip():
            continue
        day, _, ratio = (cell.strip() for cell in line.partition(","))
        new, _, old = ratio.partition(":")
        try:
            if not (factor := Fraction(new) / Fraction(old)) > 0:
                raise ValueError(ratio)
            splits.append(Split(date.fromisoformat(day), factor))
        except (ValueError, ZeroDivisionError):
            raise HistoryError(f"{file}: line {number} is no split (write 2014-05-15,5:1)") from None
    return sorted(splits)


def adjust(bars: Sequence[Bar], splits: Sequence[Split]) -> tuple[list[Bar], list[Defect]]:
    """Ascending bars, those before each split counted as after it; and what was done.

    A large split of which the prices show nothing is in them already, and is not applied a second time.
    """
    adjusted = list(bars)
    told: dict[str, list[Split]] = {"split": [], "adjusted": []}
    for split in splits:
        at = next((row for row, bar in enumerate(adjusted) if bar.date >= split.date), len(adjusted))
        if at == 0 or split.factor == 1:
            continue
        if at < len(adjusted) and _is_in(adjusted[at - 1].close, adjusted[at].open, split):
            told["adjusted"].append(split)
            continue
        told["split"].append(split)
        adjusted[:at] = [_counted(bar, split) for bar in adjusted[:at]]
    return adjusted, [
        Defect(kind, len(found), tuple(s.date for s in found), tuple(s.ratio for s in found))
        for kind, found in told.items()
        if found
    ]


def jumps(bars: Sequence[Bar], known: Collection[date] = ()) -> list[Defect]:
    """Closes that almost halve or double overnight: those that look like a split, with its ratio; the others.

    Those of ``known`` dates are accounted for.
    """
    suspects: list[tuple[date, str]] = []
    others: list[date] = []
    for before, bar in pairwise(bars):
        if bar.date in known or (before.close < bar.close * JUMP and bar.close < before.close * JUMP):
            continue
        ratio = _looks_like(before, bar)
        if ratio is None:
            others.append(bar.date)
        else:
            suspects.append((bar.date, f"{ratio}?"))
    defects = []
    if suspects:
        days, ratios = zip(*suspects, strict=True)
        defects.append(Defect("suspect", len(days), days, ratios))
    if others:
        defects.append(Defect("jump", len(others), tuple(others)))
    return defects


def _looks_like(before: Bar, bar: Bar) -> str | None:
    """The ratio of the split that a step from a close to the next open looks like; ``None`` for a mere move.

    The step is made overnight, at a ratio near a whole one, and the day itself is like any other.
    """
    falls = before.close > bar.open
    step = before.close / bar.open if falls else bar.open / before.close
    whole = step.to_integral_value()
    calm = bar.high < bar.low * Decimal("1.3")
    usual = 2 <= whole <= 10 or (whole <= 100 and whole % 5 == 0)
    if not (usual and calm and abs(step / whole - 1) <= _NEAR):
        return None
    return f"{whole}:1" if falls else f"1:{whole}"


def _is_in(before: Decimal, after: Decimal, split: Split) -> bool:
    """Whether prices on both sides of a large split lie nearer to one another than to its ratio."""
    step, factor = Fraction(before) / Fraction(after), split.factor
    if 1 / _PLAIN < factor < _PLAIN:
        return False
    return max(step, 1 / step) < max(step / factor, factor / step)


def _counted(bar: Bar, split: Split) -> Bar:
    """A bar from before a split, in the shares of after it."""
    new, old = split.factor.numerator, split.factor.denominator

    def price(value: Decimal) -> Decimal:
        quotient = value * old / new
        exponent = quotient.as_tuple().exponent
        return quotient.quantize(_DECIMALS) if isinstance(exponent, int) and exponent < -6 else quotient

    volume = None if bar.volume is None else bar.volume * new // old
    return Bar(bar.date, price(bar.open), price(bar.high), price(bar.low), price(bar.close), volume)
