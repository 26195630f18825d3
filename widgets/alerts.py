"""The alerts pane: what fired, newest first, why, and what of it somebody has seen to."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import date, tzinfo
from typing import NamedTuple

from rich.segment import Segment
from textual.message import Message

from market.clock import SECOND
from market.freshness import Quality
from market.text import clean
from widgets.formatting import coarse_age, code, fit, fit_right
from widgets.lines import Line
from widgets.pane import Pane
from widgets.stamp import HONG_KONG, stamp
from widgets.wrapping import wrapped

WIDE, MIDDLE, NARROW = 90, 56, 36
"""Cells from which a row has room for seconds, for a severity in words, and for a time at all."""

FOOT = 5
"""Lines at most that say why the alert under the cursor was raised."""

SEVERITIES = {"critical": "crit", "warning": "warn", "info": "info"}
QUALITIES = {"delayed": "DELAYED", "stale": "STALE", "simulated": "SIM", "replay": "TAPE"}
"""What stands beside an alert that was not raised on a prompt price of today's market."""


class AlertRow(NamedTuple):
    """One alert, as it was committed. ``number`` is the store's own."""

    number: int
    ts: int
    """When it was detected, nanoseconds UTC."""
    symbol: str
    """The name it is about; empty for a feed's."""
    direction: str
    """``up``, ``down`` or nothing."""
    severity: str
    quality: str
    """What the price was worth: live, delayed, simulated ..."""
    message: str
    """One line for a person."""
    why: tuple[str, ...] = ()
    """What history and the headlines say of it."""
    acknowledged: bool = False
    muted: str = ""
    """Why nobody is called for it; empty when somebody is."""

    @property
    def waits(self) -> bool:
        """Whether somebody should see to it."""
        return not self.acknowledged and not self.muted


class AlertPane(Pane[AlertRow]):
    """Call ``show`` with the alerts, newest first; Enter posts ``Opened``, to jump to the name.

    Where there is room, the foot says why the alert under the cursor was raised.
    """

    @dataclass
    class Opened(Message):
        """An alert was chosen."""

        alert: AlertRow

    zone: tzinfo = HONG_KONG
    """Whose time is printed."""

    today: date | None = None
    """The date there; an alert of another day shows its date instead of its time."""

    now: int = 0
    """The instant that ages count to, nanoseconds UTC."""

    def show(self, alerts: Sequence[AlertRow], today: date | None = None, now: int = 0) -> None:
        """Show these alerts, newest first, as of an instant (nanoseconds UTC)."""
        self.today, self.now = today, now
        self.set_rows(alerts)

    @property
    def heading(self) -> str:
        """``Alerts: 2 to acknowledge``"""
        waiting = sum(alert.waits for alert in self.rows)
        told = f": {self.word('to acknowledge').format(waiting)}" if waiting else ""
        return f"{self.word('alerts')}{told}"

    @property
    def empty(self) -> str:
        """A quiet day."""
        return self.word("no alerts")

    def key(self, row: AlertRow) -> Hashable:
        """An alert's own number."""
        return row.number

    def open(self, row: AlertRow) -> None:
        """Tell who listens."""
        self.post_message(self.Opened(row))

    def draw_row(self, row: AlertRow, width: int, selected: bool) -> Line:
        """``!! crit 10:14  2m ▲ Baidu 9888.HK +10.07% …  SIM``, of which a narrow screen has less.

        Told apart without colour too: one that waits has its severity's mark, one seen to or muted another.
        """
        style, glyphs = self.look.palette, self.look.glyphs
        text = style.text if row.waits else style.muted
        marks = {"critical": glyphs.alert * 2, "warning": f"{glyphs.alert} "}
        mark = marks.get(row.severity, f"{glyphs.bullet} ")
        if not row.waits:
            mark = f"{glyphs.acknowledged if row.acknowledged else glyphs.snoozed} "
        line = [Segment(mark, style.alert if row.waits else style.muted)]
        if width >= MIDDLE:
            line.append(Segment(f" {SEVERITIES.get(row.severity, ''):4}", text))
        if width >= NARROW:
            at = stamp(row.ts, self.zone, self.today, seconds=width >= WIDE)
            line.append(Segment(f" {at}", style.muted))
        if width >= NARROW and self.now:
            age = coarse_age(max(self.now - row.ts, 0) / SECOND)
            line.append(Segment(f" {fit_right(age, 3)}", style.muted))
        arrow = {"up": glyphs.up, "down": glyphs.down}.get(row.direction, " ")
        side = {"up": 1, "down": -1}.get(row.direction)
        line.append(Segment(f" {arrow} ", style.direction(side) if row.waits else style.muted))
        tag = QUALITIES.get(row.quality, "")
        tag = f" {tag if width >= NARROW else tag[0]}" if tag else ""
        said = clean(row.message)
        if width < MIDDLE and row.symbol in said:
            said = f"{code(row.symbol)}{said.partition(row.symbol)[2]}"  # the code says who, the name too
        room = width - sum(segment.cell_length for segment in line) - len(tag)
        body = style.strong if row.waits else style.muted
        line.append(Segment(fit(said, room, glyphs.ellipsis), style.selected if selected else body))
        if tag:
            line.append(Segment(tag, style.quality(Quality(row.quality))))
        return line

    def foot_height(self, height: int) -> int:
        """A fifth of them, up to as many as the longest reasons take."""
        return min(height // 5, FOOT)

    def foot(self, row: AlertRow, width: int) -> Sequence[Line]:
        """``└ 9888: biggest gain since 2022-03-17; Baidu wins an order``"""
        parts = [row.muted, "acknowledged" if row.acknowledged else "", *row.why]
        why = "; ".join(clean(part) for part in parts if part) or "nothing more is known of it"
        about = f"{code(clean(row.symbol, 20))}: " if row.symbol else ""
        lines = wrapped(f"{about}{why}", max(width - 3, 1))
        last = self.foot_height(self.size.height)
        lines[last - 1 :] = [" ".join(lines[last - 1 :])]
        style, glyphs = self.look.palette, self.look.glyphs
        return [
            [Segment(fit(f" {lead} {line}", width, glyphs.ellipsis), style.muted)]
            for lead, line in zip(glyphs.foot + " " * last, lines, strict=False)
        ]
