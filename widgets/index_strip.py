"""The index strip: where the market stands, how long it has run that way, and what hour it is there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal

from rich.segment import Segment
from rich.style import Style

from market.clock import SECOND
from market.freshness import Quality
from market.quote import Quote
from market.session import Phase
from market.text import clean
from widgets.formatting import count, fit, percent, price, signed
from widgets.lines import Line, Lines
from widgets.stamp import HONG_KONG

LEAST = 36
"""Cells that the first index keeps whatever the hours would say: symbol, level, percentage, week."""


@dataclass(frozen=True, slots=True)
class IndexLine:
    """One index as it stands. Streaks count closes of one sign, today's included; percentages are exact."""

    symbol: str
    quote: Quote | None = None
    day: int | None = None
    week: int | None = None
    month: int | None = None
    year_pct: Decimal | None = None
    """Since the last close of the year before."""
    record_pct: Decimal | None = None
    """Below the record close: zero or negative."""
    highest_since: date | None = None
    record: bool = False
    """Higher than ever."""
    tag: str = ""
    quality: Quality = Quality.LIVE


@dataclass(frozen=True, slots=True)
class Hours:
    """What the exchange's clock says; instants in nanoseconds UTC."""

    now: int
    phase: Phase
    next_at: int
    next_phase: Phase


class IndexStrip(Lines):
    """Call ``show`` with the indices and the hours, once a second or when a quote came.

    One line per index; the hours stand at the right of the first, or on top where there is a line more than
    indices. What does not fit gives way from the right: 80 columns keep level, percentage,
    week streak, phase and time.
    """

    zone: tzinfo = HONG_KONG
    """Whose time is printed."""
    place: str = "HKT"
    """What that time is called."""

    def __init__(self, *, name: str | None = None, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self.indices: Sequence[IndexLine] = ()
        self.hours: Hours | None = None
        self.mark = ""

    def show(self, indices: Sequence[IndexLine], hours: Hours | None, mark: str = "") -> None:
        """Show these; ``mark`` (``SIMULATED``) says where the whole screen's prices come from."""
        self.indices, self.hours, self.mark = indices, hours, mark
        self.redraw()

    def draw(self, width: int, height: int) -> Sequence[Line]:
        """The indices that fit, and the hours."""
        above = height > len(self.indices)
        lines: list[Line] = []
        for place, index in enumerate(self.indices[:height]):
            right = self._hours(width - LEAST) if place == 0 and not above else []
            room = width - sum(segment.cell_length for segment in right)
            left = self._index(index, room)
            gap = room - sum(segment.cell_length for segment in left)
            lines.append([*left, Segment(" " * gap, self.look.palette.text), *right])
        return [self._hours(width, dated=True), *lines] if above else lines

    def _index(self, index: IndexLine, room: int) -> Line:
        """``HSTECH 6,290.12 ▲+3.50%  week +7  day +4  +212.46  year +40.8%  month +5  record -42.5%  …``"""
        style, glyphs = self.look.palette, self.look.glyphs
        quote = index.quote
        head = fit(f" {clean(index.symbol, 12)}", 8, glyphs.ellipsis)
        if quote is None:
            return _fitting([(head, style.strong), ("-", style.muted)], room)
        change = quote.change
        stale = index.quality is Quality.STALE
        side = style.muted if stale else style.direction(change, strong=True)
        arrow = (glyphs.up if change > 0 else glyphs.down) if change else ""
        pieces: list[tuple[str, Style]] = [
            (head, style.strong),
            (price(quote.last), style.muted if stale else style.strong),
            (f" {arrow}{percent(quote.pct)}", side),
        ]
        if index.tag:
            pieces.append((f" {clean(index.tag, 16)}", style.quality(index.quality)))
        pieces += [self._streak("week", index.week), self._streak("day", index.day)]
        pieces.append((f"  {signed(change)}", side))
        if index.year_pct is not None:
            said = f"  {self.word('year')} {percent(index.year_pct, 1)}"
            pieces.append((said, style.direction(index.year_pct)))
        pieces.append(self._streak("month", index.month))
        if index.record:
            pieces.append((f"  {self.word('record high')}", style.strong))
        elif index.record_pct is not None:
            pieces.append((f"  {self.word('record')} {percent(index.record_pct, 1)}", style.muted))
        if index.highest_since is not None and not index.record:
            pieces.append((f"  {self.word('highest since')} {index.highest_since}", style.text))
        return _fitting(pieces, room)

    def _streak(self, period: str, length: int | None) -> tuple[str, Style]:
        if length is None:
            return "", self.look.palette.muted
        return f"  {self.word(period)} {count(length)}", self.look.palette.direction(length)

    def _hours(self, room: int, *, dated: bool = False) -> Line:
        """`` SIMULATED 2025-09-17 10:14:07 HKT morning, lunch in 1:45:53``; the date gives way first."""
        style = self.look.palette
        line: list[tuple[str, Style]] = [(f" {clean(self.mark, 12)}", style.simulated)] if self.mark else []
        if self.hours is not None:
            hours = self.hours
            at = datetime.fromtimestamp(hours.now // SECOND, UTC).astimezone(self.zone)
            day, clock = f" {at:%Y-%m-%d}", f" {at:%H:%M:%S} {self.place}"
            if dated or (self.mark and len(line[0][0]) + len(day) + len(clock) <= room):
                line.append((day, style.text))
            line.append((clock, style.text))
            line.append((f" {self.word(hours.phase)}", style.strong))
            until = countdown((hours.next_at - hours.now) // SECOND)
            word = self.word("opens" if hours.phase is Phase.CLOSED else hours.next_phase)
            line.append((f", {word} {self.word('in')} {until}", style.muted))
        return _fitting(line, room)


def countdown(seconds: int) -> str:
    """``1:45:53``, ``3 d 02:10``: a time to wait."""
    minutes, second = divmod(max(0, seconds), 60)
    hours, minute = divmod(minutes, 60)
    if hours >= 48:
        return f"{hours // 24} d {hours % 24:02d}:{minute:02d}"
    return f"{hours}:{minute:02d}:{second:02d}"


def _fitting(pieces: Sequence[tuple[str, Style]], room: int) -> Line:
    """As many of the pieces, from the first, as fit whole."""
    line: Line = []
    for text, style in pieces:
        segment = Segment(text, style)
        room -= segment.cell_length
        if room < 0:
            break
        if text:
            line.append(segment)
    return line
