"""The headlines pane: news, newest first, each with the names it is about."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import date, tzinfo
from typing import Protocol

from rich.segment import Segment
from textual.message import Message

from market.headline import Headline
from market.keywords import folded
from market.text import clean
from widgets.formatting import code, fit
from widgets.lines import Line
from widgets.pane import Pane
from widgets.stamp import HONG_KONG, stamp


class Marks(Protocol):
    """What a person makes of headlines."""

    def was_read(self, headline: Headline) -> bool:
        """Read once, it steps back."""

    def stands_out(self, headline: Headline) -> bool:
        """Marked with an asterisk, and bright."""


class HeadlinePane(Pane[Headline]):
    """Call ``show`` with the headlines, newest first; Enter posts ``Opened``.

    ``filter`` leaves those that have its words in title, source, symbols or kind.
    """

    @dataclass
    class Opened(Message):
        """A headline was chosen."""

        headline: Headline

    zone: tzinfo = HONG_KONG
    """Whose time is printed."""
    today: date | None = None
    """The date there; a headline of another day shows its date instead of its time."""

    _filter = ""
    _marks: Marks | None = None
    _all: Sequence[Headline] = ()

    def show(
        self, headlines: Sequence[Headline], today: date | None = None, marks: Marks | None = None
    ) -> None:
        """Show these headlines, newest first."""
        self.today = today
        self._marks = marks
        self._all = headlines
        self._sift()

    @property
    def filter(self) -> str:
        """The words that all shown have; empty for all headlines."""
        return self._filter

    @filter.setter
    def filter(self, text: str) -> None:
        self._filter = text
        self._sift()

    @property
    def heading(self) -> str:
        """``Headlines``, and what they are filtered by."""
        title = self.word("headlines")
        return f"{title}: {self._filter!r}" if self._filter.strip() else title

    @property
    def empty(self) -> str:
        """None came yet."""
        return self.word("no headlines")

    def _sift(self) -> None:
        words = folded(self._filter).split()
        self.set_rows([row for row in self._all if not words or _has(row, words)])

    def key(self, row: Headline) -> Hashable:
        """A headline's own id."""
        return row.source, row.id

    def open(self, row: Headline) -> None:
        """Tell who listens."""
        self.post_message(self.Opened(row))

    def draw_row(self, row: Headline, width: int, selected: bool) -> Line:
        """``10:32 rthk     9888 deal: Baidu wins a chip order``: time, source, names, kind, title."""
        style, more, marks = self.look.palette, self.look.glyphs.ellipsis, self._marks
        marked = marks is not None and marks.stands_out(row)
        read = marks is not None and marks.was_read(row)
        at = stamp(row.ts_event, self.zone, self.today)
        source = fit(clean(row.source, 20), 8, more) + " " if width >= 60 else ""
        names = " ".join(code(symbol) for symbol in row.symbols[: 3 if width >= 80 else 1])
        names = f"{clean(names, 40)} " if names else ""
        topic = f"{clean(row.topic, 12)}: " if row.topic and width >= 80 else ""
        room = width - len(at) - 2 - len(source) - len(names) - len(topic)
        title = style.strong if marked else style.muted if read else style.text
        return [
            Segment(f"{'*' if marked else ' '}{at} {source}", style.muted),
            Segment(names, style.muted if read else style.strong),
            Segment(topic, style.muted),
            Segment(fit(clean(row.title), room, more), style.selected if selected else title),
        ]


def _has(row: Headline, words: Sequence[str]) -> bool:
    text = folded(f"{row.title} {row.source} {' '.join(row.symbols)} {row.topic or ''}")
    return all(word in text for word in words)
