"""The alerts pane: what fired, newest first, and what of it somebody has seen to."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from typing import Protocol

from rich.segment import Segment
from textual.message import Message

from market.clock import SECOND
from market.text import clean
from widgets.formatting import fit
from widgets.headlines import HONG_KONG
from widgets.lines import Line
from widgets.pane import Pane


class AlertRow(Protocol):
    """What the pane needs to know of an alert."""

    @property
    def number(self) -> int:
        """The store's own number: what tells alerts apart."""
        ...

    @property
    def ts(self) -> int:
        """When it was detected, nanoseconds UTC."""
        ...

    @property
    def symbol(self) -> str:
        """The name it is about; empty for a feed's."""
        ...

    @property
    def direction(self) -> str:
        """``up``, ``down`` or nothing."""
        ...

    @property
    def severity(self) -> str:
        """``info``, ``warning`` or ``critical``."""
        ...

    @property
    def message(self) -> str:
        """One line for a person."""
        ...

    @property
    def acknowledged(self) -> bool:
        """Whether somebody has seen to it."""
        ...


class AlertPane(Pane[AlertRow]):
    """Call ``show`` with the alerts, newest first; Enter posts ``Opened``, to jump to the name."""

    HEADING = "Alerts"
    EMPTY = "no alerts yet"

    @dataclass
    class Opened(Message):
        """An alert was chosen."""

        alert: AlertRow

    zone: tzinfo = HONG_KONG
    """Whose time is printed."""

    today: date | None = None
    """The date there; an alert of another day shows its date instead of its time."""

    def show(self, alerts: Sequence[AlertRow], today: date | None = None) -> None:
        """Show these alerts, newest first."""
        self.today = today
        waiting = sum(not alert.acknowledged for alert in alerts)
        self.heading = f"{self.HEADING}: {waiting} to acknowledge" if waiting else self.HEADING
        self.set_rows(alerts)

    def key(self, row: AlertRow) -> Hashable:
        """An alert's own number."""
        return row.number

    def open(self, row: AlertRow) -> None:
        """Tell who listens."""
        self.post_message(self.Opened(row))

    def draw_row(self, row: AlertRow, width: int, selected: bool) -> Line:
        """``! 10:14:07 ▲ Baidu 9888.HK +10.07% …``: mark, time, direction, message; quiet once seen."""
        style, glyphs = self.look.palette, self.look.glyphs
        at = datetime.fromtimestamp(row.ts // SECOND, UTC).astimezone(self.zone)
        stamp = f"{at:%H:%M:%S}" if self.today in (None, at.date()) else f"{at:%m-%d}   "
        # Told apart without colour too: an alert waits, a graver one doubly.
        marks = {"critical": glyphs.alert * 2, "warning": f"{glyphs.alert} "}
        mark = marks.get(row.severity, f"{glyphs.bullet} ")
        if row.acknowledged:
            mark = f"{glyphs.acknowledged} "
        arrow = {"up": glyphs.up, "down": glyphs.down}.get(row.direction, " ")
        side = {"up": 1, "down": -1}.get(row.direction)
        body = style.muted if row.acknowledged else style.strong
        return [
            Segment(mark, style.muted if row.acknowledged else style.alert),
            Segment(f" {stamp} ", style.muted),
            Segment(f"{arrow} ", style.muted if row.acknowledged else style.direction(side)),
            Segment(
                fit(clean(row.message), width - 14, glyphs.ellipsis), style.selected if selected else body
            ),
        ]
