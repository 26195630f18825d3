"""Watchlists and the instruments they name."""

from datetime import date

import pytest

from market.errors import SymbolError
from market.instrument import instrument, known, members
from market.symbol import canonical
from market.watchlist import WatchlistError, expand

DAY = date(2025, 9, 17)
LISTS = {"tech": ["@hstech"], "mine": ["9888", "tech", "AAPL"], "loop": ["loop2"], "loop2": ["loop"]}


def test_the_index_had_thirty_members_on_the_day() -> None:
    """ASMPT among them, which left in December, when Leapmotor came."""
    assert len(set(members("hstech", DAY))) == 30
    assert "0522.HK" in members("hstech", DAY)
    later = members("hstech", date(2025, 12, 8))
    assert len(set(later)) == 30
    assert "0522.HK" not in later
    assert "9863.HK" in later


def test_names_expand_in_order_and_once() -> None:
    """A bare name is a watchlist, @name a list that ships, anything else a symbol."""
    found = expand(["mine"], LISTS, DAY)
    assert found[:2] == ("9888.HK", "9988.HK")
    assert found[-1] == "AAPL"
    assert len(found) == 31


def test_a_star_is_every_watchlist() -> None:
    """Together, each symbol once."""
    assert expand(["*"], {"a": ["700"], "b": ["AAPL", "0700.HK"]}, DAY) == ("0700.HK", "AAPL")


@pytest.mark.parametrize(
    ("names", "error", "words"),
    [
        (["@nope"], WatchlistError, "@hstech"),
        (["loop"], WatchlistError, "contains itself"),
        (["not a symbol!"], SymbolError, "not a symbol"),
    ],
)
def test_what_does_not_exist_is_named(names: list[str], error: type[Exception], words: str) -> None:
    """With what does."""
    with pytest.raises(error, match=words):
        expand(names, LISTS, DAY)


def test_every_known_instrument_is_named_in_full() -> None:
    """Its symbol is canonical, and no name is left out in any language."""
    for one in known():
        assert canonical(one.symbol) == one.symbol
        assert all(one.title(language).strip() for language in ("en", "zh-Hant", "zh-Hans"))


def test_names_are_the_common_ones() -> None:
    """The exchange's short names stand beside them."""
    baidu = instrument("9888.HK")
    assert (baidu.name, baidu.short_name, baidu.title("zh-Hant")) == ("Baidu", "BIDU-SW", "百度集團-SW")
    assert (baidu.mic, baidu.currency, baidu.adr, baidu.adr_ratio) == ("XHKG", "HKD", "BIDU", 8)
    assert instrument("TSLA").name == "TSLA"
    assert instrument("BTC-USD").mic == "24/7"
