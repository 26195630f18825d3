"""The last runs of a name: closes of one sign in a row, by day, week or month, with bars for their length."""

from collections.abc import Sequence

from rich.segment import Segment

from market.profile import Period, Run
from widgets.formatting import count, fit, percent
from widgets.lines import Line
from widgets.panel import Panel

_FIXED = 37
"""Cells of a row besides its bar."""

_MOST = 3
"""Cells of a bar for one period, at the most."""


class RunTable(Panel):
    """Call ``show`` with the runs of a period, the oldest first."""

    TITLE = "runs"

    def __init__(self, *, name: str | None = None, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self.runs: Sequence[Run] = ()
        self.period = Period.WEEK
        self._open = False

    def show(self, runs: Sequence[Run], period: Period, *, open: bool) -> None:
        """Show these; ``open`` is whether the last one's last close is still to come."""
        self.runs, self.period, self._open = runs, period, open
        self.redraw()

    @property
    def title(self) -> str:
        """``Runs by week``"""
        return self.word("runs by").format(self.word(self.period))

    def body(self, width: int) -> Sequence[Line]:
        """``2025-07-25 2025-09-17  +7  +15.99% ▅▅▅▅▅▅▅``: from, to, length, gain; the newest first."""
        style, glyphs = self.look.palette, self.look.glyphs
        if not self.runs:
            return [[Segment("  -", style.muted)]]
        longest = max(abs(run.streak) for run in self.runs)
        room = max(0, width - _FIXED)
        # Whole cells for each period, so that they can be counted; fewer only where they find no room.
        scale = room // longest or room / longest
        sign = glyphs.levels[len(glyphs.levels) // 2]
        lines: list[Line] = []
        for place, run in enumerate(reversed(self.runs)):
            side = style.direction(run.streak)
            end = self.word("now") if self._open and not place else run.end.isoformat()
            bar = sign * max(1, round(abs(run.streak) * min(scale, _MOST))) if room else ""
            lines.append(
                [
                    Segment(f" {run.base_date} ", style.muted),
                    Segment(fit(end, 10), style.muted),
                    Segment(f" {count(run.streak):>4} {percent(run.pct):>9} ", side),
                    Segment(bar, side),
                ]
            )
        return lines
