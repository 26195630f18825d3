"""Disagreement: two vendors with different closes of one session. Nobody can say here who is right."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import msgspec

from market.bars import Bar


class Disagreement(msgspec.Struct):
    """Another vendor's closes that are not ours: how many, and the newest of them."""

    vendor: str
    count: int
    day: date
    close: str
    other: str

    @property
    def text(self) -> str:
        """One line for a person."""
        days = "day" if self.count == 2 else "days"
        more = f", and on {self.count - 1} other {days}" if self.count > 1 else ""
        return f"{self.vendor} has another close on {self.day}: {self.other}, here {self.close}{more}"


def different(ours: Sequence[Bar], theirs: Sequence[Bar]) -> list[tuple[date, Decimal, Decimal]]:
    """The days on which both have a close, and not the same one: the day, ours, theirs; ascending as ours."""
    closes = {bar.date: bar.close for bar in theirs}
    return [
        (bar.date, bar.close, closes[bar.date])
        for bar in ours
        if closes.get(bar.date, bar.close) != bar.close
    ]


def disagreement(vendor: str, ours: Sequence[Bar], theirs: Sequence[Bar]) -> Disagreement | None:
    """What another vendor has otherwise; ``None`` where it has nothing otherwise."""
    found = different(ours, theirs)
    if not found:
        return None
    day, close, other = found[-1]
    return Disagreement(vendor, len(found), day, f"{close:f}", f"{other:f}")
