"""A name in full: what it is called, its price against what it counts from, and its quote field by field."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from rich.cells import cell_len
from rich.segment import Segment

from market.basis import Base, Basis
from market.freshness import Quality
from market.instrument import Instrument
from market.session import Phase
from market.symbol import is_index
from market.text import clean
from widgets.formatting import ABSENT, fit, percent, price, signed, volume
from widgets.lines import Line, Lines
from widgets.tile import Tile
from widgets.words import words

NO_BASE = Base(None, None, Basis.MISSING)


@dataclass(frozen=True, slots=True)
class Source:
    """What one feed says of the name, how old that is as text, and whether it is at odds with the leader."""

    name: str
    last: Decimal
    age: str
    differs: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """One name as it stands."""

    instrument: Instrument
    tile: Tile
    base: Base = NO_BASE
    phase: Phase | None = None
    sources: Sequence[Source] = ()
    """The one that leads first."""


class NameSheet(Lines):
    """Call ``show``; ``height_for`` says how many lines it takes at a width."""

    def __init__(self, *, name: str | None = None, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self.sheet: Sheet | None = None

    def show(self, sheet: Sheet) -> None:
        """Show this name."""
        self.sheet = sheet
        self.redraw()

    def height_for(self, width: int) -> int:
        """The heading, the price, and the fields in as many lines as they need."""
        return 2 + len(self._fields(width))

    def draw(self, width: int, height: int) -> Sequence[Line]:
        """Names, price, fields."""
        if self.sheet is None:
            return []
        return [self._names(self.sheet, width), self._price(self.sheet, width), *self._fields(width)]

    def _names(self, sheet: Sheet, width: int) -> Line:
        """``9888.HK Baidu   BIDU-SW  百度集團  百度集团          SIM``"""
        style, known = self.look.palette, sheet.instrument
        head = f" {known.symbol} {known.name} "
        others = dict.fromkeys(
            name for name in (known.short_name, known.zh_hant, known.zh_hans) if name != known.name
        )
        tag = f" {clean(sheet.tile.tag, 16)} " if sheet.tile.tag else ""
        room = width - cell_len(tag)
        head = fit(head, min(cell_len(head), room), self.look.glyphs.ellipsis)
        rest = fit("  ".join(["", *others]), room - cell_len(head), self.look.glyphs.ellipsis)
        return [
            Segment(head, style.selected),
            Segment(rest, style.muted),
            Segment(tag, style.quality(sheet.tile.quality)),
        ]

    def _price(self, sheet: Sheet, width: int) -> Line:
        """`` 131.00 HKD  +17.80  ▲+15.72% on 113.20 (2025-09-16)``; hyphens where nothing counts.

        Where there is no room the base gives way, then the change, then the currency: never the percentage.
        """
        style, glyphs, quote = self.look.palette, self.look.glyphs, sheet.tile.quote
        if quote is None:
            return [Segment(f" {self.word('no price')}", style.muted)]
        counts = sheet.base.price is not None
        change, pct = (quote.change, quote.pct) if counts else (None, None)
        stale = sheet.tile.quality is Quality.STALE
        arrow = (glyphs.up if change > 0 else glyphs.down) if change else ""
        # An index counts points.
        unit = "" if is_index(quote.symbol) else f" {quote.currency or sheet.instrument.currency}"
        body = style.muted if stale else style.strong
        side = style.muted if stale else style.direction(change, strong=True)
        line = [
            Segment(f" {price(quote.last)}", body),
            Segment(unit, body),
            Segment(f"  {signed(change)}", side),
            Segment(f"  {arrow}{percent(pct)}", side),
            Segment(f" {self._base(sheet.base)}", style.muted),
        ]
        for place in (4, 2, 1):
            if sum(piece.cell_length for piece in line) > width:
                line[place] = Segment("")
        return line

    def _base(self, base: Base) -> str:
        """``on 113.20 (2025-09-16)``: what the percentage counts from."""
        said = words(self.look.language)
        match base.kind:
            case Basis.MISSING:
                return said["no base"]
            case Basis.DAY_AGO:
                when = said["24h"]
            case Basis.ADJUSTED:
                when = f"{base.day}, {said['adjusted']}"
            case Basis.CLOSE:
                when = f"{base.day}"
        return f"{said['on']} {price(base.price)} ({when})"

    def _fields(self, width: int) -> list[Line]:
        """``open 121.00   high 135.40   low 120.20 …``: word and value, filled into lines."""
        style = self.look.palette
        lines: list[Line] = []
        room = 0
        for word, value, odd in self._pairs():
            cells = cell_len(word) + cell_len(value) + 4
            if cells > room:
                lines.append([])
                room = width
            lines[-1] += [
                Segment(f" {word} ", style.alert if odd else style.muted),
                Segment(f"{value}  ", style.text),
            ]
            room -= cells
        return lines

    def _pairs(self) -> list[tuple[str, str, bool]]:
        """Word and value, and whether it calls for attention."""
        sheet = self.sheet
        if sheet is None or sheet.tile.quote is None:
            return []
        quote, known, said = sheet.tile.quote, sheet.instrument, words(self.look.language)
        pairs = [
            (said["open"], price(quote.open)),
            (said["high"], price(quote.high)),
            (said["low"], price(quote.low)),
            (said["24h" if sheet.base.kind is Basis.DAY_AGO else "previous close"], price(quote.prev_close)),
            (said["volume"], volume(quote.volume)),
            (said["lot"], ABSENT if known.lot is None else str(known.lot)),
            (said["phase"], ABSENT if sheet.phase is None else said[sheet.phase]),
        ]
        sources = []
        for place, source in enumerate(sheet.sources):
            last = f" {price(source.last)}" if place else ""
            word = said["differs" if source.differs else "also" if place else "source"]
            sources.append((word, f"{clean(source.name, 20)} {source.age}{last}", source.differs))
        return [*((word, value, False) for word, value in pairs), *sources]
