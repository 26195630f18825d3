"""The gallery without a screen: what hangs where, and for how many frames a price flashes."""

from tests.screen.market import quote, tile
from widgets.gallery import Gallery
from widgets.order import Sort

LIST = ["9888.HK", "0700.HK", "9988.HK"]


def hung(*pcts: str) -> Gallery:
    """A gallery of the list, whose names stand so many percent above a previous close of 100."""
    gallery = Gallery()
    gallery.show(LIST)
    prices = {
        symbol: quote(symbol, str(100 + int(pct)), "100") for symbol, pct in zip(LIST, pcts, strict=True)
    }
    gallery.take({symbol: tile(symbol, quote=price) for symbol, price in prices.items()}, 0)
    assert gallery.hang()
    return gallery


def test_it_hangs_as_listed_then_as_sorted_and_says_when_nothing_moves() -> None:
    gallery = hung("1", "3", "2")
    assert gallery.order == LIST
    assert not gallery.hang()
    gallery.sort = Sort.PERCENT
    assert gallery.hang()
    assert gallery.order == ["0700.HK", "9988.HK", "9888.HK"]
    assert [gallery.places[symbol] for symbol in LIST] == [2, 0, 1]
    gallery.filter = " TENCENT"
    assert gallery.hang()
    assert gallery.order == ["0700.HK"]


def test_a_sorted_one_is_due_after_so_many_frames() -> None:
    gallery = hung("1", "3", "2")
    gallery.take({}, 4)
    assert not gallery.is_due(1), "unsorted, it hangs as it is listed"
    gallery.sort = Sort.MOVE
    gallery.hang()
    assert not gallery.is_due(1)
    gallery.take({}, 4)
    assert gallery.is_due(1)


def test_a_price_that_changed_flashes_for_so_many_frames() -> None:
    gallery = hung("1", "3", "2")
    face = gallery.faces["9888.HK"]
    newer = {"9888.HK": tile("9888.HK", quote=quote("9888.HK", "102", "100"))}
    assert gallery.take(newer, 2) == {"9888.HK"}
    assert (face.flash, face.rising) == (True, True)
    assert gallery.take(newer, 2) == {"9888.HK"}, "told again, with the same price"
    assert gallery.take({"AAPL": newer["9888.HK"]}, 2) == {"9888.HK"}, "it ends; a stranger's is nothing"
    assert (face.flash, gallery.take({}, 2)) == (False, set())
    gallery.take({"9888.HK": tile("9888.HK", quote=quote("9888.HK", "99", "100"))}, 0)
    assert not face.flash, "on a slow link nothing flashes"
