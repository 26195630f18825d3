"""The gallery: the faces of a wall, and the order that they hang in. It knows of no screen and no clock."""

from collections.abc import Iterable, Mapping

from market.instrument import instrument
from widgets.face import Face
from widgets.order import Sort, rank, words
from widgets.tile import Tile


class Gallery:
    """State to read: ``order`` (symbols as they hang), ``places`` (of each in it) and ``faces`` (of all).

    ``sort`` and ``filter`` hold from the next ``hang`` on.
    """

    def __init__(self) -> None:
        self.order: list[str] = []
        self.places: dict[str, int] = {}
        self.faces: dict[str, Face] = {}
        self.sort = Sort.LIST
        self.filter = ""
        self._words: dict[str, str] = {}
        self._flashes: dict[str, int] = {}
        self._frame = 0
        self._hung_at = 0

    def show(self, symbols: Iterable[str]) -> None:
        """Hold these (canonical symbols), in this order while unsorted; known ones keep their state."""
        known = self.faces
        self.faces = {
            symbol: known.get(symbol) or Face(Tile(symbol, instrument(symbol).name))
            for symbol in dict.fromkeys(symbols)
        }
        self._words = {symbol: words(symbol) for symbol in self.faces}
        self._flashes.clear()

    def hang(self) -> bool:
        """Filter and sort anew; whether anything hangs elsewhere than before."""
        self._hung_at = self._frame
        needle = self.filter.casefold().strip()
        order = [symbol for symbol, said in self._words.items() if needle in said]
        if self.sort is not Sort.LIST:
            order.sort(key=lambda symbol: rank(self.sort, self.faces[symbol].tile))
        if order == self.order and self.places:
            return False
        self.order = order
        self.places = {symbol: place for place, symbol in enumerate(order)}
        return True

    def is_due(self, frames: float) -> bool:
        """Whether a sorted gallery was hung so many frames ago."""
        return self.sort is not Sort.LIST and self._frame - self._hung_at >= frames

    def take(self, tiles: Mapping[str, Tile], flash: int) -> set[str]:
        """One frame: take in the tiles that changed, by symbol, and end what flashed long enough.

        Whose faces are to be drawn anew. ``flash`` is for how many frames a price that changed stands out;
        0 for not at all.
        """
        self._frame += 1
        touched: set[str] = set()
        for symbol, tile in tiles.items():
            face = self.faces.get(symbol)
            if face is None:
                continue
            touched.add(symbol)
            if face.take(tile) and flash:
                face.flash = True
                self._flashes[symbol] = self._frame + flash
        for symbol in [symbol for symbol, end in self._flashes.items() if end <= self._frame]:
            del self._flashes[symbol]
            self.faces[symbol].flash = False
            self.faces[symbol].stale = True
            touched.add(symbol)
        return touched
