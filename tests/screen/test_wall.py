"""The wall under its owner's hands: what is shown, where the cursor goes, what is repainted."""

import pytest
from rich.cells import cell_len
from textual import on
from textual.app import App, ComposeResult
from textual.events import MouseScrollDown, MouseScrollUp
from textual.geometry import Region

from tests.screen.market import quote, tile
from widgets.face import Look
from widgets.glyphs import ASCII
from widgets.order import Sort
from widgets.palette import palette
from widgets.wall import Wall

LIST = [
    "9888.HK",
    "9988.HK",
    "0700.HK",
    "3690.HK",
    "9618.HK",
    "0981.HK",
    "9866.HK",
    "1810.HK",
    "1211.HK",
    "1024.HK",
]
MANY = [f"{number:04d}.HK" for number in range(1, 301)]


class Watched(Wall):
    """A wall that remembers what it asked to have repainted."""

    def __init__(self) -> None:
        super().__init__()
        self.repainted: list[Region] = []

    def refresh(self, *regions: Region, **how: bool) -> "Watched":
        self.repainted += regions or [self.size.region]
        return super().refresh(*regions, **how)


class Host(App[None]):
    """The wall alone, and what it posts."""

    def __init__(self, symbols: list[str]) -> None:
        super().__init__()
        self.wall = Watched()
        self.symbols = symbols
        self.moved: list[str | None] = []
        self.opened: list[str] = []

    def compose(self) -> ComposeResult:
        yield self.wall

    def on_mount(self) -> None:
        self.wall.show(self.symbols)
        self.wall.update({symbol: tile(symbol) for symbol in self.symbols})

    @on(Wall.Moved)
    def note_move(self, event: Wall.Moved) -> None:
        self.moved.append(event.symbol)

    @on(Wall.Opened)
    def note_open(self, event: Wall.Opened) -> None:
        self.opened.append(event.symbol)


def lines(wall: Wall) -> list[str]:
    return [wall.render_line(y).text for y in range(wall.size.height)]


def shown(wall: Wall) -> list[str]:
    words = " ".join(lines(wall)).replace(wall.look.glyphs.selected, " ").split()
    return [word for word in words if f"{word}.HK" in wall.order]


async def test_every_name_is_shown_in_the_order_of_the_list() -> None:
    app = Host(LIST)
    async with app.run_test(size=(120, 24)):
        assert shown(app.wall) == [symbol.removesuffix(".HK") for symbol in LIST]
        assert app.wall.window == (1, 10, 10)
        assert all(len(line) == 120 for line in lines(app.wall))


async def test_keys_move_the_cursor_and_open_a_name() -> None:
    app = Host(LIST)
    async with app.run_test(size=(120, 24)) as pilot:
        columns = app.wall.arrangement.columns
        for keys, place in (
            ("l", 0),
            ("right", 1),
            ("j", 1 + columns),
            ("down", 1 + 2 * columns),
            ("k", 1 + columns),
        ):
            await pilot.press(keys)
            assert app.wall.cursor == LIST[place]
        await pilot.press("home", "enter")
        assert app.wall.cursor == LIST[0]
        assert app.opened == [LIST[0]]
        await pilot.press("end", "l", "down")
        assert app.wall.cursor == LIST[-1]
        assert app.moved[-1] == LIST[-1]


async def test_the_cursor_stays_in_view_and_rows_whole() -> None:
    app = Host(MANY)
    async with app.run_test(size=(80, 20)) as pilot:
        wall = app.wall
        for keys in ("j", "pagedown", "pagedown", "end", "pageup", "k", "home"):
            await pilot.press(keys)
            await pilot.pause()
            assert wall.cursor is not None
            assert wall.cursor.removesuffix(".HK") in shown(wall)
            assert wall.scroll_offset.y % wall.arrangement.height == 0
        assert wall.window[0] == 1


async def test_the_mouse_selects_scrolls_and_opens() -> None:
    app = Host(MANY)
    async with app.run_test(size=(80, 20)) as pilot:
        wall = app.wall
        await pilot.click(Wall, offset=(wall.arrangement.width + 2, 1))
        assert wall.cursor == MANY[1]
        await pilot.click(Wall, offset=(2, 1), times=2)
        assert app.opened == [MANY[0]]
        for turn, rows in ((MouseScrollDown, 1), (MouseScrollDown, 2), (MouseScrollUp, 1)):
            wall.post_message(turn(wall, 2, 2, 0, 0, 0, False, False, False))
            await pilot.pause()
            assert wall.scroll_offset.y == rows * wall.arrangement.height


async def test_only_the_changed_lines_of_a_tile_are_repainted() -> None:
    app = Host(LIST)
    async with app.run_test(size=(120, 24)) as pilot:
        wall = app.wall
        await pilot.pause()
        wall.repainted.clear()
        wall.update({})
        wall.update({"9988.HK": tile("9988.HK")})
        assert wall.repainted == []
        wall.update({"9988.HK": tile("9988.HK", quote=quote("9988.HK", volume=70_000_000))})
        width = wall.arrangement.width
        assert wall.repainted == [Region(width, 3, width, 1)]


async def test_a_changed_price_flashes_for_some_frames() -> None:
    app = Host(LIST)
    async with app.run_test(size=(120, 24)):
        wall = app.wall

        def flashes() -> list[str]:
            return [
                segment.text for segment in wall.render_line(1) if segment.style is wall.look.palette.flash_up
            ]

        wall.update({"9888.HK": tile(last="132.00")})
        assert flashes() == ["132.00"]
        for _ in range(3):
            wall.update({})
            assert flashes() == ["132.00"]
        wall.update({})
        assert flashes() == []


async def test_a_slow_link_gets_no_flash() -> None:
    app = Host(LIST)
    async with app.run_test(size=(120, 24)):
        wall = app.wall
        wall.look = Look(palette(), lean=True)
        wall.update({"9888.HK": tile(last="132.00")})
        assert not any(segment.style is wall.look.palette.flash_up for segment in wall.render_line(1))


async def test_names_out_of_view_are_up_to_date_when_they_come_into_it() -> None:
    app = Host(MANY)
    async with app.run_test(size=(80, 20)) as pilot:
        await pilot.press("end")
        await pilot.press("home")
        app.wall.update({MANY[-1]: tile(MANY[-1], last="99.90")})
        await pilot.press("end")
        await pilot.pause()
        assert any("99.90" in line for line in lines(app.wall))


async def test_a_filter_matches_code_and_name_in_any_language() -> None:
    app = Host(LIST)
    async with app.run_test(size=(120, 24)) as pilot:
        wall = app.wall
        await pilot.press("l", "l")
        for text, left in (
            ("bai", ["9888.HK"]),
            ("騰訊", ["0700.HK"]),
            ("98", ["9888.HK", "0981.HK", "9866.HK"]),
        ):
            wall.filter = text
            assert [symbol for symbol in left if symbol in wall.order] == left
        wall.filter = "no such name"
        assert wall.order == [] and wall.cursor is None
        assert "no name matches" in lines(wall)[0]
        wall.filter = ""
        assert wall.order == LIST


async def test_a_sorted_wall_does_not_jump_at_every_tick() -> None:
    app = Host(LIST)
    async with app.run_test(size=(120, 24)) as pilot:
        wall = app.wall
        await pilot.press("l")
        wall.update({"1024.HK": tile("1024.HK", last="134.00"), "9866.HK": tile("9866.HK", last="101.00")})
        wall.sort = Sort.PERCENT
        assert (wall.order[0], wall.order[-1]) == ("1024.HK", "9866.HK")
        wall.sort = Sort.MOVE
        assert wall.order[0] == "1024.HK"
        wall.update({"1810.HK": tile("1810.HK", last="135.40")})
        assert wall.order[0] == "1024.HK"
        for _ in range(50):
            wall.update({})
        assert wall.order[0] == "1810.HK"
        assert wall.cursor == "9888.HK"
        wall.sort = Sort.CODE
        assert wall.order == sorted(LIST)
        wall.sort = Sort.LIST
        assert wall.order == LIST


@pytest.mark.parametrize("sort", Sort)
async def test_names_without_a_value_are_sorted_last(sort: Sort) -> None:
    app = Host(LIST)
    async with app.run_test(size=(120, 24)):
        app.wall.show([*LIST, "AAPL"])
        app.wall.update({"9988.HK": tile("9988.HK", quote=quote("9988.HK", prev_close=None, volume=None))})
        app.wall.sort = sort
        assert sorted(app.wall.order) == sorted([*LIST, "AAPL"])
        if sort in (Sort.PERCENT, Sort.MOVE, Sort.VOLUME):
            assert set(app.wall.order[-2:]) == {"9988.HK", "AAPL"}


async def test_it_survives_any_size() -> None:
    app = Host(MANY)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("end")
        for size in ((20, 5), (200, 60), (80, 24), (5, 2), (1, 1), (24, 9), (36, 12), (120, 24), (60, 3)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
            assert all(cell_len(line) == size[0] for line in lines(app.wall))
        assert app.wall.cursor == MANY[-1]


async def test_ascii_and_no_colour_reach_every_cell() -> None:
    app = Host(LIST)
    async with app.run_test(size=(120, 24)) as pilot:
        app.wall.look = Look(palette(plain=True), ASCII)
        await pilot.press("l")
        for y in range(24):
            strip = app.wall.render_line(y)
            assert strip.text.isascii()
            assert all(segment.style is None or segment.style.color is None for segment in strip)


HOSTILE = "\x1b]0;owned\x07\x1b[31mBaidu\u202e[bold red]evil[/]\r\n\t\x9b2J百度"


async def test_hostile_names_are_harmless_and_keep_their_columns() -> None:
    app = Host(LIST)
    async with app.run_test(size=(120, 24)):
        wall = app.wall
        hostile = quote(last="131.00", source=HOSTILE)
        wall.update({"9888.HK": tile(name=HOSTILE, tag=HOSTILE, quote=hostile)})
        for line in lines(wall):
            assert cell_len(line) == 120
            assert not set(line) & set("\x1b\x07\x9b\u202e\r\n\t")
        assert lines(wall)[1].split()[0] == "131.00"


async def test_watchlists_are_exchanged_and_known_names_keep_their_prices() -> None:
    app = Host(LIST)
    async with app.run_test(size=(120, 24)) as pilot:
        await pilot.press("l")
        app.wall.show(["AAPL", "9988.HK"])
        assert app.wall.order == ["AAPL", "9988.HK"]
        await pilot.pause()
        assert "131.00" in lines(app.wall)[1]
        assert app.moved[-1] is None
        await pilot.press("l", "j")
        assert app.wall.cursor == "AAPL"
        app.wall.show([])
        await pilot.pause()
        assert "nothing is watched" in lines(app.wall)[0]


async def test_three_hundred_names_changing_ten_times_a_second() -> None:
    app = Host(MANY)
    async with app.run_test(size=(288, 100)) as pilot:
        for frame in range(20):
            app.wall.update({symbol: tile(symbol, last=f"{121 + frame % 7}.00") for symbol in MANY})
            await pilot.pause()
        assert sum(line.count(f"{121 + 19 % 7}.00") for line in lines(app.wall)) == 300
