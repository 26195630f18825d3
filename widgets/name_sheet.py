"""A name in full: what it is called, its quote field by field, and what history says of the price."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from rich.cells import cell_len
from rich.segment import Segment

from market.freshness import Quality
from market.instrument import Instrument
from market.text import clean
from widgets.formatting import ABSENT, fit, percent, price, signed, volume
from widgets.lines import Line, Lines
from widgets.tile import Tile


@dataclass(frozen=True, slots=True)
class Source:
    """What one feed says of the name, and how old that is as text."""

    name: str
    last: Decimal
    age: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """One name as it stands."""

    instrument: Instrument
    tile: Tile
    phase: str = ""
    sources: Sequence[Source] = ()
    """The one that leads first."""
    facts: Sequence[str] = ()
    why_no_facts: str = ""


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
        return [self._names(self.sheet, width), self._price(self.sheet), *self._fields(width)]

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

    def _price(self, sheet: Sheet) -> Line:
        style, glyphs, quote = self.look.palette, self.look.glyphs, sheet.tile.quote
        if quote is None:
            return [Segment(" no price yet", style.muted)]
        change = quote.change
        stale = sheet.tile.quality is Quality.STALE
        arrow = (glyphs.up if change > 0 else glyphs.down) if change else ""
        currency = quote.currency or sheet.instrument.currency
        return [
            Segment(f" {price(quote.last)} {currency}", style.muted if stale else style.strong),
            Segment(
                f"  {signed(change)}  {arrow}{percent(quote.pct)}",
                style.muted if stale else style.direction(change, strong=True),
            ),
        ]

    def _fields(self, width: int) -> list[Line]:
        """``open 121.00   high 135.40   low 120.20 …``: word and value, filled into lines."""
        style = self.look.palette
        lines: list[Line] = []
        room = 0
        for word, value in self._pairs():
            cells = cell_len(word) + cell_len(value) + 4
            if cells > room:
                lines.append([])
                room = width
            lines[-1] += [Segment(f" {word} ", style.muted), Segment(f"{value}  ", style.text)]
            room -= cells
        return lines

    def _pairs(self) -> list[tuple[str, str]]:
        sheet = self.sheet
        if sheet is None or sheet.tile.quote is None:
            return []
        quote, known = sheet.tile.quote, sheet.instrument
        pairs = [
            ("open", price(quote.open)),
            ("high", price(quote.high)),
            ("low", price(quote.low)),
            ("previous close", price(quote.prev_close)),
            ("volume", volume(quote.volume)),
            ("lot", ABSENT if known.lot is None else str(known.lot)),
            ("phase", sheet.phase or ABSENT),
        ]
        if known.adr is not None:
            pairs.append(("ADR", f"{known.adr} ({known.adr_ratio}:1)" if known.adr_ratio else known.adr))
        for place, source in enumerate(sheet.sources):
            said = f"{clean(source.name, 20)} {source.age}"
            pairs.append(("source", said) if not place else ("also", f"{said} {price(source.last)}"))
        return pairs


class FactList(Lines):
    """What history says, one sentence a line, the rarest first."""

    def __init__(self, *, name: str | None = None, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self.facts: Sequence[str] = ()
        self.symbol = ""
        self._why = ""

    def show(self, sheet: Sheet) -> None:
        """Show a name's facts, or why there are none."""
        self.facts, self._why, self.symbol = sheet.facts, sheet.why_no_facts, sheet.instrument.symbol
        self.redraw()

    def draw(self, width: int, height: int) -> Sequence[Line]:
        """A heading, and a line each."""
        style, glyphs = self.look.palette, self.look.glyphs
        rule = glyphs.rail * max(0, width - 9)
        lines: list[Line] = [[Segment(fit(f"{glyphs.rail} Facts {rule}", width), style.muted)]]
        if not self.facts:
            lines.append([Segment(fit(f"  {self._why}", width, glyphs.ellipsis), style.muted)])
        for fact in self.facts:
            text = fit(f"  {fact}", width, glyphs.ellipsis)
            # The rarest is what an alert would say: it stands out.
            lines.append([Segment(text, style.strong if fact is self.facts[0] else style.text)])
        return lines
