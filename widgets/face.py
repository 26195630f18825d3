"""Face: one tile drawn, line by line, each line again only when what it shows has changed."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from rich.segment import Segment
from rich.style import Style

from market.freshness import Quality
from market.quote import Quote
from market.symbol import is_crypto
from market.text import clean
from widgets import formatting
from widgets.arrangement import Form
from widgets.glyphs import UNICODE, Glyphs
from widgets.palette import Palette
from widgets.sparkline import Sparkline, range_bar
from widgets.tile import Tile

Segments = list[Segment]


@dataclass(frozen=True, slots=True)
class Look:
    """All that decides how tiles are drawn besides the tiles: one for the whole wall.

    ``lean`` is for slow links: no sparkline and no flash, because they are most of the changing cells.
    """

    palette: Palette
    glyphs: Glyphs = UNICODE
    form: Form = Form.FULL
    width: int = 24
    lean: bool = False
    language: str = "en"
    """Of the fixed words (``widgets.words``)."""


class Face:
    """The drawn lines of one tile, and what each was drawn from."""

    __slots__ = ("_keys", "_look", "flash", "lines", "rising", "selected", "spark", "stale", "tile")

    def __init__(self, tile: Tile) -> None:
        self.tile = tile
        self.lines: list[Segments] = []
        """One list of segments per line, together exactly as wide as the look says."""
        self.flash = False
        """Whether the price is highlighted because it just changed."""
        self.rising = False
        """The direction of the last change of price."""
        self.selected = False
        self.spark = Sparkline()
        self.stale = True
        """Whether something changed since ``lines`` were drawn."""
        self._look: Look | None = None
        self._keys: list[object] = []

    def take(self, tile: Tile) -> bool:
        """Accept a newer state of the tile; whether its price changed, which is worth a flash."""
        before, quote = self.tile.quote, tile.quote
        self.tile = tile
        self.stale = True
        if quote is None or before is None or quote.last == before.last:
            return False
        self.rising = quote.last > before.last
        return True

    def draw(self, look: Look) -> list[int]:
        """Bring ``lines`` up to date; which of them changed, counted from the top."""
        self.stale = False
        plan = _PLANS[look.form]
        if look is not self._look:
            self._look = look
            self._keys = [None] * len(plan)
            self.lines = [[] for _ in plan]
        changed = []
        keys = self._keys
        for index, line in enumerate(plan):
            key = line.key(self)
            if key != keys[index]:
                keys[index] = key
                self.lines[index] = line.draw(self, look)
                changed.append(index)
        return changed


def _gutter(face: Face, look: Look) -> Segment:
    """The first cell: what stands out about the tile, and what parts it from its neighbour."""
    if face.tile.alert:
        return Segment(look.glyphs.alert, look.palette.alert)
    return Segment(look.glyphs.selected if face.selected else " ", look.palette.text)


def _name(face: Face, look: Look, cells: int) -> Segment:
    """`` Baidu  ``: the name with a blank before it, in so many cells; too few for a name stay blank."""
    name = " " + clean(face.tile.name, 60) if cells > 3 else ""
    name = formatting.fit(name, cells, look.glyphs.ellipsis)
    return Segment(name, look.palette.selected if face.selected else look.palette.text)


def _code(face: Face, look: Look) -> Segment:
    style = look.palette.selected if face.selected else look.palette.strong
    return Segment(clean(formatting.code(face.tile.symbol), look.width - 1), style)


def _last(face: Face, look: Look, quote: Quote) -> Segment:
    style = look.palette
    if face.flash:
        return Segment(formatting.price(quote.last), style.flash_up if face.rising else style.flash_down)
    stale = face.tile.quality is Quality.STALE
    return Segment(formatting.price(quote.last), style.muted if stale else style.strong)


def _direction(face: Face, look: Look, change: Decimal | None) -> Style:
    """Up or down on the previous close; a price that may be old takes no side."""
    return look.palette.muted if face.tile.quality is Quality.STALE else look.palette.direction(change)


def _percent(look: Look, quote: Quote, change: Decimal | None) -> str:
    """``▲+15.72%``, at least eight cells; where it counts from a day ago, ``▲+2.04% 24h``."""
    arrow = (look.glyphs.up if change > 0 else look.glyphs.down) if change else ""
    return f"{arrow}{_plain_percent(quote)}".rjust(8)


def _plain_percent(quote: Quote) -> str:
    return formatting.percent(quote.pct) + (" 24h" if is_crypto(quote.symbol) else "")


def _header_key(face: Face) -> object:
    tile = face.tile
    return tile.symbol, tile.name, tile.tag, tile.quality, tile.alert, face.selected


def _header(face: Face, look: Look) -> Segments:
    """``▌9888 Baidu          SIM``: code and name; at the right, why the price is not simply live."""
    code = _code(face, look)
    room = look.width - 1 - len(code.text)
    tag = clean(face.tile.tag, 16)
    tag_cells = min(len(tag) + 1, room) if tag else 0
    segments = [_gutter(face, look), code, _name(face, look, room - tag_cells)]
    if tag_cells:
        segments.append(
            Segment(formatting.fit(f" {tag}", tag_cells), look.palette.quality(face.tile.quality))
        )
    return segments


def _prices_key(face: Face) -> object:
    tile = face.tile
    quote = tile.quote
    if quote is None:
        return ()
    return quote.last, quote.prev_close, face.flash, face.rising, tile.quality is Quality.STALE


def _prices(face: Face, look: Look) -> Segments:
    """`` 131.00  +17.80 ▲+15.72%``; the change goes first where a price is too long for it."""
    quote = face.tile.quote
    if quote is None:
        return _nothing(look)
    last, change = _last(face, look, quote), quote.change
    room = look.width - 1 - len(last.text)
    percent = _percent(look, quote, change)
    move = f" {formatting.signed(change)} {percent}"
    if len(move) > room:
        move = percent if len(percent) <= room else percent.strip()[:room]
    return [Segment(" ", look.palette.text), last, Segment(move.rjust(room), _direction(face, look, change))]


def _nothing(look: Look) -> Segments:
    return [Segment(formatting.fit(f" {formatting.ABSENT}", look.width), look.palette.muted)]


def _trend_key(face: Face) -> object:
    tile = face.tile
    quote = tile.quote
    if quote is None:
        return ()
    last, high, low = quote.last, quote.high, quote.low
    return last, high, low, quote.prev_close, len(tile.minutes), tile.session, tile.quality is Quality.STALE


def _trend(face: Face, look: Look) -> Segments:
    """`` ▁▂▃▅▆▇█▇▆▅   ──●───────``: the session so far, and the place in its range."""
    tile = face.tile
    if tile.quote is None:
        return _nothing(look)
    bar_cells = look.width - 2 if look.lean else (look.width - 3) // 2
    spark_cells = look.width - 2 - bar_cells
    spark = face.spark.draw(tile, spark_cells, look.glyphs.levels)
    bar = range_bar(tile.quote, bar_cells, look.glyphs.rail, look.glyphs.marker)
    return [
        Segment(f" {spark} ", _direction(face, look, tile.quote.change)),
        Segment(bar, look.palette.muted),
    ]


def _activity_key(face: Face) -> object:
    tile = face.tile
    quote = tile.quote
    return () if quote is None else (quote.volume, quote.source, tile.age)


def _activity(face: Face, look: Look) -> Segments:
    """`` 68.7M  tencent      now``: volume, source and age."""
    tile = face.tile
    if tile.quote is None:
        return [Segment(" " * look.width, look.palette.muted)]
    source = _source(tile.quote.source, look.width - 13, look.glyphs.ellipsis)
    text = f" {formatting.volume(tile.quote.volume):<7}{source}{tile.age[:5]:>5}"
    return [Segment(text, look.palette.muted)]


@lru_cache(maxsize=64)
def _source(source: str, cells: int, ellipsis: str) -> str:
    return formatting.fit(clean(source, 20), cells, ellipsis)


def _glance_key(face: Face) -> object:
    return _prices_key(face), _trend_key(face)


def _glance(face: Face, look: Look) -> Segments:
    """`` 131.00 ▲+15.72% ▁▂▃▅▆▇``"""
    quote = face.tile.quote
    if quote is None:
        return _nothing(look)
    last, change = _last(face, look, quote), quote.change
    percent = _percent(look, quote, change)
    room = look.width - 1 - len(last.text)
    move = percent.rjust(max(8 - len(last.text), 1) + len(percent))
    spark_cells = room - len(move) - 1
    if look.lean or spark_cells < 3:
        return _prices(face, look)
    spark = face.spark.draw(face.tile, spark_cells, look.glyphs.levels)
    return [Segment(" ", look.palette.text), last, Segment(f"{move} {spark}", _direction(face, look, change))]


def _row_key(face: Face) -> object:
    return _header_key(face), _prices_key(face)


def _row(face: Face, look: Look) -> Segments:
    """``▌9888 Baidu     131.00 ▲+15.72% SIM``; on a very narrow screen name, arrow and blanks give way."""
    quote, style = face.tile.quote, look.palette
    gutter, code = _gutter(face, look), _code(face, look)
    tag = clean(face.tile.tag, 16)[: 10 if look.width >= 44 else 5]
    tail = Segment(f" {tag}" if tag else "", style.quality(face.tile.quality))
    if tag and look.width < 30:
        # Never dropped: an old price must not look live. The alert keeps its colour, on the code.
        gutter, tail = Segment(tag[0], tail.style), Segment("")
        code = Segment(code.text, style.alert) if face.tile.alert else code
    room = look.width - 1 - len(code.text) - len(tail.text)
    if quote is None:
        return [gutter, code, _name(face, look, room), tail]
    last, change = _last(face, look, quote), quote.change
    percent = _plain_percent(quote)
    move = next(
        (
            move
            for move in (f" {_percent(look, quote, change)}", f" {percent}")
            if 1 + len(last.text) + len(move) <= room
        ),
        "",
    )
    name = _name(face, look, room - len(last.text) - len(move))
    return [gutter, code, name, last, Segment(move, _direction(face, look, change)), tail]


class _Line(NamedTuple):
    """One line of a form: what it depends on, and how it is drawn."""

    key: Callable[[Face], object]
    draw: Callable[[Face, Look], Segments]


_HEADER = _Line(_header_key, _header)
_PLANS = {
    Form.FULL: (
        _HEADER,
        _Line(_prices_key, _prices),
        _Line(_trend_key, _trend),
        _Line(_activity_key, _activity),
    ),
    Form.COMPACT: (_HEADER, _Line(_glance_key, _glance)),
    Form.LINE: (_Line(_row_key, _row),),
}
