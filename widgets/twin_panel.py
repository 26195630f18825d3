"""A name's depositary shares: each price with its age and source, and what they imply for the share here."""

from collections.abc import Sequence
from typing import NamedTuple

from rich.segment import Segment

from market.text import clean
from market.twin import Twin
from widgets.formatting import ABSENT, fit, percent, price
from widgets.lines import Line
from widgets.panel import Panel


class Quoted(NamedTuple):
    """A price of the comparison, ready to read."""

    what: str
    last: str = ABSENT
    age: str = ""
    source: str = ""
    current: bool = False


class TwinPanel(Panel):
    """Call ``show``. A price that is too old to be compared is marked, and nothing is compared with it."""

    TITLE = "twin"

    def __init__(self, *, name: str | None = None, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self.twin: Twin | None = None
        self.prices: Sequence[Quoted] = ()

    def show(self, twin: Twin | None, prices: Sequence[Quoted] = ()) -> None:
        """Show this comparison, and the prices that it rests on; ``None`` where the name has no twin."""
        self.twin, self.prices = twin, prices
        self.redraw()

    @property
    def title(self) -> str:
        """``ADR BIDU (8:1)``"""
        if self.twin is None:
            return super().title
        known = self.twin.instrument
        ratio = f" ({known.adr_ratio}:1)" if known.adr_ratio else ""
        return f"{super().title} {known.adr}{ratio}"

    def body(self, width: int) -> Sequence[Line]:
        """A line for each price, and the comparison."""
        style, twin = self.look.palette, self.twin
        if twin is None:
            return []
        lines: list[Line] = []
        for one in self.prices:
            stale = bool(one.age) and not one.current
            said = f"{clean(one.source, 12)} {one.age}".strip()
            lines.append(
                [
                    Segment(fit(f" {one.what}", 12), style.muted),
                    Segment(f"{one.last:>15}  ", style.text if one.current else style.muted),
                    Segment(said, style.muted),
                    *([Segment(f" {self.word('stale')} ", style.stale)] if stale else []),
                ]
            )
        implied = twin.implied
        told = ABSENT if implied is None else f"{price(round(implied, 2))} {twin.instrument.currency}"
        premium = twin.premium
        lines.append(
            [
                Segment(fit(f" {self.word('implied')}", 12), style.muted),
                Segment(f"{told:>15}  ", style.text if implied is not None else style.muted),
                Segment(percent(premium), style.direction(premium, strong=True)),
                Segment(f" {self.word('on here')}" if premium is not None else "", style.muted),
            ]
        )
        return lines
