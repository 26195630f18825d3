"""Tiles as they are drawn: every line as wide as it should be, whatever is in it."""

import unicodedata
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.color import ColorSystem
from rich.style import Style

from market.clock import MINUTE
from market.freshness import Quality
from market.quote import Quote
from tests.screen.market import NOW, quote, session, tile
from widgets.arrangement import Form, arrange
from widgets.face import Face, Look
from widgets.glyphs import ASCII, UNICODE, Glyphs, glyphs
from widgets.palette import Palette, palette
from widgets.sparkline import Sparkline, range_bar
from widgets.tile import Tile

TILES = [(Form.FULL, 24), (Form.COMPACT, 24), (Form.LINE, 40), (Form.LINE, 20)]
PRICES = st.decimals("0.001", "99999.99", places=3)


def drawn(
    shown: Tile, form: Form = Form.FULL, width: int = 24, signs: Glyphs = UNICODE, lean: bool = False
) -> list[str]:
    face = Face(shown)
    face.draw(Look(palette(), signs, form, width, lean))
    return ["".join(segment.text for segment in line) for line in face.lines]


@given(
    st.builds(
        Quote,
        symbol=st.sampled_from(["9888.HK", "BTC-USD"]),
        last=PRICES,
        ts_event=st.integers(NOW - 10**15, NOW + 10**15),
        ts_recv=st.just(NOW),
        source=st.text(max_size=30),
        prev_close=st.none() | PRICES,
        open=st.none(),
        high=st.none() | PRICES,
        low=st.none() | PRICES,
        volume=st.none() | st.integers(0, 10**14) | PRICES,
    )
    | st.none(),
    st.text(max_size=40),
    st.sampled_from(["", "SIM", "STALE 2:13", "D15", "SIM STALE 3h05"]),
    st.sampled_from(Form),
    st.integers(24, 60),
    st.booleans(),
)
def test_every_line_is_as_wide_as_the_tile(
    held: Quote | None, name: str, tag: str, form: Form, width: int, lean: bool
) -> None:
    shown = tile(name=name, quote=held, tag=tag, quality=Quality.STALE)
    for signs in (UNICODE, ASCII):
        lines = drawn(shown, form, width, signs, lean=lean)
        assert [cell_len(line) for line in lines] == [width] * len(lines)
        kinds = {unicodedata.category(sign) for line in lines for sign in line if sign != "\u200d"}
        assert not kinds & {"Cc", "Cf", "Cs", "Cn"}


def test_a_tile_tells_all_of_its_name() -> None:
    assert drawn(tile(name="Baidu", tag="SIM")) == [
        " 9888 Baidu          SIM",
        " 131.00  +17.80 ▲+15.72%",
        " ▂▄▅▆         ──────●───",
        " 68.7M  tencent      now",
    ]
    assert "".join(drawn(tile(name="Baidu"), signs=ASCII)).isascii()


def test_a_slow_link_gets_no_sparkline() -> None:
    assert drawn(tile(), lean=True)[2] == "  ───────────────●──────"


def test_a_fall_has_its_own_sign_and_arrow() -> None:
    assert drawn(tile(last="110.00"))[1] == " 110.00   -3.20  ▼-2.83%"
    assert drawn(tile(last="113.20"))[1] == " 113.20    0.00    0.00%"


def test_without_a_previous_close_there_is_no_percentage() -> None:
    assert drawn(tile(quote=quote(prev_close=None)))[1].split() == ["131.00", "-", "-"]


def test_a_name_without_a_quote_waits() -> None:
    assert [line.strip() for line in drawn(Tile("9888.HK", "Baidu"))] == ["9888 Baidu", "-", "-", ""]


@pytest.mark.parametrize(("form", "width"), TILES)
def test_an_old_price_never_looks_live(form: Form, width: int) -> None:
    style = palette()
    face = Face(tile(tag="STALE 2:13", quality=Quality.STALE))
    face.draw(Look(style, form=form, width=width))
    segments = [segment for line in face.lines for segment in line]
    assert any("S" in segment.text and segment.style is style.stale for segment in segments)
    sides = (style.up, style.down, style.strong_up, style.strong_down)
    assert not any(segment.style is side for segment in segments for side in sides)


def test_only_what_changed_is_drawn_again() -> None:
    look = Look(palette())
    face = Face(tile())
    assert face.draw(look) == [0, 1, 2, 3]
    assert face.draw(look) == []
    assert not face.take(tile(quote=quote(volume=70_000_000)))
    assert face.draw(look) == [3]
    assert face.take(tile(last="131.10"))
    assert face.rising
    assert face.draw(look) == [1, 2, 3]
    face.selected = True
    assert face.draw(look) == [0]


def test_the_sparkline_fills_with_the_session_and_grows_as_if_drawn_anew() -> None:
    growing = tile()
    minutes = list(growing.minutes)
    line = Sparkline()
    kept: list[tuple[int, Decimal]] = []
    for ts, last in minutes:
        kept.append((ts, last))
        shown = growing._replace(minutes=kept, quote=quote(last=str(last), ts_event=ts + MINUTE - 1))
        grown = line.draw(shown, 12, UNICODE.levels)
        assert grown == Sparkline().draw(shown, 12, UNICODE.levels)
    assert len(grown) == 12
    assert grown.rstrip() == grown[: 12 * 90 // 340 + 1]
    assert list(grown.rstrip()) == sorted(grown.rstrip(), key=UNICODE.levels.index)


def test_a_session_of_one_price_is_a_flat_line() -> None:
    flat = quote(last="50", high=Decimal(50), low=Decimal(50))
    shown = tile(quote=flat, minutes=[(session().open, Decimal(50))])
    assert Sparkline().draw(shown, 12, UNICODE.levels) == "▅▅▅▅        "


@pytest.mark.parametrize(
    ("last", "place"), [("120.20", 0), ("135.40", 9), ("127.80", 4), ("140", 9), ("1", 0)]
)
def test_the_range_bar_marks_the_place_in_the_day(last: str, place: int) -> None:
    bar = range_bar(quote(last=last), 10, "-", "o")
    assert len(bar) == 10
    assert bar.index("o") == place


@pytest.mark.parametrize(
    ("width", "height", "tiles", "form", "columns"),
    [
        (120, 24, 30, Form.FULL, 5),
        (120, 40, 30, Form.FULL, 4),
        (200, 44, 30, Form.FULL, 7),
        (80, 20, 30, Form.COMPACT, 3),
        (80, 19, 30, Form.COMPACT, 3),
        (80, 16, 8, Form.FULL, 3),
        (40, 10, 30, Form.LINE, 1),
        (20, 5, 30, Form.LINE, 1),
        (288, 100, 300, Form.FULL, 12),
        (1, 1, 30, Form.LINE, 1),
        (80, 24, 0, Form.FULL, 3),
    ],
)
def test_the_arrangement_suits_the_room(
    width: int, height: int, tiles: int, form: Form, columns: int
) -> None:
    found = arrange(width, height, tiles)
    assert (found.form, found.columns) == (form, columns)
    assert found.columns * found.width <= max(width, 1)


@pytest.mark.parametrize("colours", ["green_up", "red_up", "colour_blind"])
def test_sixteen_colours_still_tell_things_apart(colours: str) -> None:
    style = palette(colours)

    def ink(of: Style) -> int | None:
        assert of.color is not None
        return of.color.downgrade(ColorSystem.STANDARD).number

    inks = [ink(of) for of in (style.text, style.muted, style.up, style.down)]
    assert len(set(inks)) == 4
    assert 8 not in inks  # bright black, which is black on many terminals


def test_red_up_is_green_up_exchanged() -> None:
    green, red = palette("green_up"), palette("red_up")
    assert (green.up, green.down) == (red.down, red.up)


def test_without_colour_a_flash_and_an_old_price_still_show() -> None:
    style = palette(plain=True)
    held = [getattr(style, name) for name in Palette.__dataclass_fields__]
    assert all(of.color is None and of.bgcolor is None for of in held)
    assert style.flash_up.reverse and style.stale.reverse and style.muted.dim and style.selected.reverse


def test_signs_are_chosen_by_what_the_terminal_can_show() -> None:
    assert glyphs("auto", "utf-8") is UNICODE
    assert glyphs("auto", "US-ASCII") is ASCII
    assert glyphs("auto", None) is ASCII
    assert glyphs("ascii", "utf-8") is ASCII
    for signs in (UNICODE, ASCII):
        held = [getattr(signs, name) for name in Glyphs.__slots__ if name != "braille"]
        assert all(cell_len(sign) == 1 for text in held for sign in text)
        assert (signs is ASCII) == "".join(held).isascii()


@pytest.mark.parametrize(("form", "width"), TILES)
def test_a_percentage_of_a_day_says_so(form: Form, width: int) -> None:
    shown = drawn(tile("BTC-USD", quote=quote("BTC-USD", "117012.34", "114667.22")), form, width)
    assert "+2.05% 24h" in (text := "\n".join(shown)) or "%" not in text
