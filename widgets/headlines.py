"""The headlines pane: news, newest first, each with the names it is about."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from zoneinfo import ZoneInfo

from rich.segment import Segment
from textual.message import Message

from market.clock import SECOND
from market.headline import Headline
from market.text import clean
from widgets.formatting import code, fit
from widgets.lines import Line
from widgets.pane import Pane

HONG_KONG = ZoneInfo("Asia/Hong_Kong")


class HeadlinePane(Pane[Headline]):
    """Call ``show`` with the headlines, newest first; Enter posts ``Opened``."""

    HEADING = "Headlines"
    EMPTY = "no headlines yet"

    @dataclass
    class Opened(Message):
        """A headline was chosen."""

        headline: Headline

    zone: tzinfo = HONG_KONG
    """Whose time is printed."""
    today: date | None = None
    """The date there; a headline of another day shows its date instead of its time."""

    def show(self, headlines: Sequence[Headline], today: date | None = None) -> None:
        """Show these headlines, newest first."""
        self.today = today
        self.set_rows(headlines)

    def key(self, row: Headline) -> Hashable:
        """A headline's own id."""
        return row.source, row.id

    def open(self, row: Headline) -> None:
        """Tell who listens."""
        self.post_message(self.Opened(row))

    def draw_row(self, row: Headline, width: int, selected: bool) -> Line:
        """``10:32 rthk     9888 Baidu wins a chip order``: time, source, names, title."""
        style, more = self.look.palette, self.look.glyphs.ellipsis
        at = datetime.fromtimestamp(row.ts_event // SECOND, UTC).astimezone(self.zone)
        stamp = f"{at:%H:%M}" if self.today in (None, at.date()) else f"{at:%m-%d}"
        source = fit(clean(row.source, 20), 8, more) + " " if width >= 60 else ""
        names = " ".join(code(symbol) for symbol in row.symbols[: 3 if width >= 80 else 1])
        names = f"{clean(names, 40)} " if names else ""
        room = width - len(stamp) - 2 - len(source) - len(names)
        title = style.selected if selected else style.text
        return [
            Segment(f" {stamp} {source}", style.muted),
            Segment(names, style.strong),
            Segment(fit(clean(row.title), room, more), title),
        ]
