"""The application over a real engine: what is shown, on which terminal, and what every key does."""

import pytest
from textual.widgets import Input

from market.clock import MINUTE, SECOND, parse_rfc3339
from market.freshness import Quality
from monitor.store import Event
from tests.screen.stage import NOW, Stage, text, until
from tui.screens.detail import DetailScreen
from tui.screens.feeds import FeedsScreen
from tui.screens.headline import HeadlinePage, HeadlineScreen
from tui.screens.help import HelpScreen
from tui.screens.main import MainScreen
from widgets.arrangement import Form
from widgets.lines import Lines


@pytest.fixture
def stage() -> Stage:
    """Default configuration, a live market in the morning."""
    return Stage()


SIZES = [(80, 24), (120, 40), (200, 60), (20, 5), (100, 32), (99, 60)]


@pytest.mark.parametrize("size", SIZES)
async def test_every_size_shows_prices(size: tuple[int, int]) -> None:
    stage = Stage(quality=Quality.SIMULATED)
    async with stage.up(size) as pilot:
        main = stage.app.main
        stage.quote()
        stage.quote("HSTECH", "6334.24", prev_close=None)
        await until(lambda: "118.00" in text(main.wall), pilot)
        assert main.wall.window[0] == 1
        assert sum(part.size.height for part in main.children if part.display) == size[1]
        await until(lambda: "SIMULATED" in text(main.status if size == (20, 5) else main.strip), pilot)
        assert "118.00" in text(main.wall).splitlines()[0] or "9888" in text(main.wall).splitlines()[0]


async def test_thirty_full_tiles_with_panes_at_120x40(stage: Stage) -> None:
    async with stage.up((120, 40)) as pilot:
        main = stage.app.main
        stage.quote()
        stage.headline("Baidu wins a contract")
        await until(lambda: "Baidu wins" in text(main.headlines), pilot)
        assert main.wall.window == (1, 30, 30)
        assert main.wall.arrangement.form is Form.FULL
        assert not main.plan.tabbed
        assert main.plan.panes >= 6


async def test_thirty_compact_tiles_and_tabs_at_80x24(stage: Stage) -> None:
    async with stage.up((80, 24)):
        main = stage.app.main
        assert main.plan.tabbed
        assert main.wall.window == (1, 30, 30)
        assert "1 Wall  2 Headlines  3 Alerts  4 Feeds" in text(main.tabs)


async def test_any_resize_is_survived(stage: Stage) -> None:
    async with stage.up((120, 40)) as pilot:
        stage.quote()
        stage.headline("News")
        for keys in ("1", "3", "enter", "question_mark", "4"):
            await pilot.press(keys)
            for size in ((20, 5), (200, 60), (1, 1), (80, 24), (37, 11), (120, 40)):
                await pilot.resize_terminal(*size)
                await until(lambda size=size: tuple(stage.app.size) == size, pilot)  # type: ignore[misc]
            await pilot.press("escape")
        assert stage.app.screen is stage.app.main
        await until(lambda: "118.00" in text(stage.app.main.wall), pilot)


async def test_nothing_is_repainted_while_nothing_changes(stage: Stage) -> None:
    async with stage.up() as pilot:
        main = stage.app.main
        stage.quote()
        await until(lambda: "118.00" in text(main.wall), pilot)
        before = [main.wall.render_line(y) for y in range(main.wall.size.height)]
        stage.quote("0700.HK", "661.00", prev_close=None)
        await until(lambda: "661.00" in text(main.wall), pilot)
        after = [main.wall.render_line(y) for y in range(main.wall.size.height)]
        changed = [y for y, (old, new) in enumerate(zip(before, after, strict=True)) if old is not new]
        assert changed
        assert max(changed) < 4, "only the first row of tiles holds 0700"


# -- keys


async def test_sorting_goes_round_both_ways(stage: Stage) -> None:
    async with stage.up() as pilot:
        wall = stage.app.main.wall
        stage.quote("0981.HK", "130.00")
        stage.quote("9888.HK", "118.00")
        await until(lambda: "130.00" in text(wall), pilot)
        await pilot.press("s")
        assert wall.sort == "percent"
        assert wall.order[:2] == ["0981.HK", "9888.HK"]
        assert "by %" in text(stage.app.main.status)
        await pilot.press("S", "S")
        assert wall.sort == "volume"
        await pilot.press("s")
        assert wall.sort == "list"


async def test_an_open_filter_has_every_printable_key(stage: Stage) -> None:
    async with stage.up() as pilot:
        main = stage.app.main
        await pilot.press("slash")
        keys = "q?/sSwWtampfAzZJ 1234"
        await pilot.press(*[{"?": "question_mark", "/": "slash", " ": "space"}.get(key, key) for key in keys])
        assert main.filter.value == keys
        assert main.wall.filter == keys
        assert main.wall.order == []
        assert stage.app.is_running
        await pilot.press("escape")
        assert not main.filter.is_open
        assert len(main.wall.order) == 30
        assert main.focused is main.wall


async def test_a_filter_is_kept_by_enter_and_dropped_by_escape(stage: Stage) -> None:
    async with stage.up() as pilot:
        main = stage.app.main
        await pilot.press("slash", *"bili")
        assert main.wall.order == ["9626.HK"]
        await pilot.press("enter")
        assert main.focused is main.wall
        assert main.wall.cursor == "9626.HK"
        assert "filter 'bili'" in text(main.status)
        await pilot.press("slash")
        assert main.filter.value == "bili"
        await pilot.press("down", "enter", "escape")
        assert len(main.wall.order) == 30


async def test_keys_typed_ahead_act_in_their_order(stage: Stage) -> None:
    async with stage.up() as pilot:
        stage.quote()
        stage.press("/", "t", "e", "n", "c", "e", "n", "t", "enter", "enter")
        await until(lambda: isinstance(stage.app.screen, DetailScreen), pilot)
        assert stage.app.views[-1].symbol == "0700.HK"
        stage.press("q", "escape", "down", "enter")
        await until(lambda: stage.app.views[-1].symbol == "1810.HK", pilot)
        assert stage.app.main.wall.order[7] == "1810.HK", "a row below Tencent"


async def test_a_name_in_full(stage: Stage) -> None:
    async with stage.up() as pilot:
        stage.quote()
        stage.headline("Baidu wins a contract")
        await pilot.press("enter")
        await until(lambda: isinstance(stage.app.screen, DetailScreen), pilot)
        shown = "\n"
        screen = stage.app.screen

        def drawn() -> str:
            nonlocal shown
            shown = text(*screen.query("NameSheet, Chart, FactList, HeadlinePane").results(Lines))
            return shown

        await until(lambda: "previous close 113.20" in drawn(), pilot)
        assert "BIDU-SW" in shown
        assert "百度集團" in shown
        assert "source hand now" in shown
        assert "no daily history so far" in shown
        await until(lambda: "Baidu wins a contract" in drawn(), pilot)
        await pilot.press("right")
        assert stage.app.views[-1].symbol == "9988.HK"
        await until(lambda: "no price yet" in drawn(), pilot)
        await pilot.press("q")
        assert stage.app.screen is stage.app.main
        assert stage.app.main.wall.cursor == "9988.HK"


async def test_q_leaves_from_the_wall_alone(stage: Stage) -> None:
    async with stage.up() as pilot:
        for opener, kind in (("question_mark", HelpScreen), ("4", FeedsScreen), ("enter", DetailScreen)):
            await pilot.press(opener)
            assert [type(screen) for screen in stage.app.screen_stack] == [MainScreen, kind]
            await pilot.press("q")
            assert len(stage.app.screen_stack) == 1
        await pilot.press("q")
        await until(lambda: not stage.app.is_running, pilot)
        assert stage.app.return_code == 0


async def test_watchlists_go_round(stage: Stage) -> None:
    async with stage.up() as pilot:
        main = stage.app.main
        await pilot.press("w")
        assert main.watchlist.name == "also"
        assert main.wall.order == ["3750.HK", "AAPL", "BTC-USD"]
        await pilot.press("W", "W")
        assert main.watchlist.name == "indices"
        await pilot.press("w")
        assert main.watchlist.name == "tech"
        stage.quote()
        await until(lambda: "118.00" in text(main.wall), pilot)


async def test_panes_by_number_tab_and_toggle(stage: Stage) -> None:
    async with stage.up((120, 40)) as pilot:
        main = stage.app.main
        for key, pane in (("2", main.headlines), ("3", main.alerts), ("1", main.wall)):
            await pilot.press(key)
            assert main.focused is pane
        for pane in (main.headlines, main.alerts, main.wall):
            await pilot.press("tab")
            assert main.focused is pane
        await pilot.press("shift+tab", "escape")
        assert main.focused is main.wall
        tall = main.plan.wall
        await pilot.press("t")
        await until(lambda: not main.panes.display, pilot)
        assert main.plan.wall > tall
        await pilot.press("t")
        assert main.panes.display
        await pilot.resize_terminal(80, 24)
        await until(lambda: main.plan.tabbed, pilot)
        await pilot.press("t")
        assert (main.pane, main.wall.display, main.headlines.display) == ("headlines", False, True)
        await pilot.click("#tabs", offset=(2, 0))
        assert main.pane == "wall"


async def test_a_pane_that_is_read_stays_when_the_screen_shrinks(stage: Stage) -> None:
    async with stage.up((120, 40)) as pilot:
        main = stage.app.main
        await pilot.press("3")
        await pilot.resize_terminal(80, 24)
        await until(lambda: main.pane == "alerts" and main.alerts.display, pilot)
        assert main.focused is main.alerts


async def test_a_pause_freezes_the_picture_and_no_alert(stage: Stage) -> None:
    async with stage.up() as pilot:
        main = stage.app.main
        stage.quote(last="115.00")
        await until(lambda: "115.00" in text(main.wall), pilot)
        await pilot.press("p")
        assert "PAUSED" in text(main.status)
        stage.quote(last="125.00", ts_event=NOW + SECOND, ts_recv=NOW + SECOND)
        await until(lambda: "Baidu" in text(main.alerts), pilot)
        await pilot.pause(0.3)
        assert "115.00" in text(main.wall)
        await pilot.press("p")
        await until(lambda: "125.00" in text(main.wall), pilot)
        assert "PAUSED" not in text(main.status)


async def test_what_is_opened_in_a_pause_is_filled(stage: Stage) -> None:
    async with stage.up() as pilot:
        stage.quote()
        await until(lambda: "118.00" in text(stage.app.main.wall), pilot)
        await pilot.press("p", "enter")
        await until(lambda: isinstance(stage.app.screen, DetailScreen), pilot)
        await until(lambda: "118.00" in text(*stage.app.screen.query("NameSheet").results(Lines)), pilot)
        assert stage.app.status.paused


# -- alerts


async def test_alerts_are_told_at_once_and_acknowledged(stage: Stage) -> None:
    async with stage.up() as pilot:
        app, main = stage.app, stage.app.main
        stage.quote(last="125.00")
        assert [alert.symbol for alert in app.alerts] == ["9888.HK"]
        assert app.bells == 1
        stage.quote("9988.HK", "100.00")
        stage.quote("0700.HK", "100.00")
        assert app.bells == 1, "at most one in two seconds"
        await until(lambda: text(main.wall).startswith("!9888"), pilot)
        await pilot.press("down", "space")
        assert len(app.alerts.waiting) == 2, "no alert on the name under the cursor: the newest"
        assert [alert.symbol for alert in app.alerts.waiting] == ["9888.HK", "9988.HK"]
        await pilot.press("home", "space")
        assert [alert.symbol for alert in app.alerts.waiting] == ["9988.HK"], "the name's own"
        await until(lambda: not text(main.wall).startswith("!9888"), pilot)
        await pilot.press("3", "down", "end", "space")
        assert len(app.alerts.waiting) == 1, "the one that is chosen was seen to before"
        await pilot.press("A")
        assert app.alerts.waiting == []
        assert "to acknowledge" not in text(main.alerts)


async def test_a_muted_bell_is_silent(stage: Stage) -> None:
    async with stage.up() as pilot:
        await pilot.press("m")
        stage.quote(last="125.00")
        assert stage.app.bells == 0
        await until(lambda: "bell off" in text(stage.app.main.status), pilot)
        await pilot.press("m")
        assert not stage.app.status.muted


async def test_enter_on_an_alert_opens_its_name(stage: Stage) -> None:
    async with stage.up() as pilot:
        stage.quote("9988.HK", "100.00")
        await pilot.press("3", "enter")
        assert stage.app.views[-1].symbol == "9988.HK"


async def test_alerts_of_the_store_are_there_from_the_start(stage: Stage) -> None:
    for day, text_ in (("16", "yesterday's"), ("17", "today's")):
        stamp = f"2025-09-{day}T01:30:00.000Z"
        line = f'{{"ts":"{stamp}","exchange_ts":"{stamp}","symbol":"9888.HK","message":"{text_}"}}'
        stage.store.record(Event(f"key/{day}", line, 0))
    async with stage.up() as pilot:
        await until(lambda: "today's" in text(stage.app.main.alerts), pilot)
        _, newest, oldest, *_ = text(stage.app.main.alerts).splitlines()
        assert ("09:30" in newest, "09-16" in oldest) == (True, True)
        assert [alert.message for alert in stage.app.alerts.waiting] == ["today's"]
        assert stage.app.bells == 0


# -- strangers' text


HOSTILE = "[red]sale[/red] \x1b[31m\x9b2J\u202eevil [bold"


async def test_headlines_are_harmless_and_newest_first(stage: Stage) -> None:
    async with stage.up() as pilot:
        main = stage.app.main
        stage.headline(HOSTILE, minutes=1)
        stage.headline("older", minutes=9)
        await until(lambda: "older" in text(main.headlines), pilot)
        lines = text(main.headlines).splitlines()
        assert "[red]sale[/red]" in lines[1]
        assert "older" in lines[2]
        await pilot.press("2", "enter")
        page = stage.app.screen.query_one(HeadlinePage)
        await until(lambda: "[red]sale[/red]" in text(page), pilot)
        assert not {"\x1b", "\x9b", "\u202e"} & set(text(page) + "".join(lines))
        stage.app.toast(HOSTILE)
        await pilot.pause()


async def test_an_address_is_shown_and_copied(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSH_TTY", "/dev/pts/1")
    async with stage.up() as pilot:
        stage.headline("News", link="https://example.org/news")
        stage.headline("Bad", link="javascript:alert(1)", minutes=5)
        await pilot.press("2")
        await until(lambda: "Bad" in text(stage.app.main.headlines), pilot)
        await pilot.press("enter")
        assert isinstance(stage.app.screen, HeadlineScreen)
        page = stage.app.screen.query_one(HeadlinePage)
        await until(lambda: "https://example.org/news" in text(page), pilot)
        await pilot.press("o")
        assert "no browser at this end" in page.answer
        await pilot.press("c")
        assert "\x1b]52;c;aHR0cHM6Ly9leGFtcGxlLm9yZy9uZXdz" in stage.app.asides
        await pilot.press("q", "down", "enter", "c")
        assert "no address" in stage.app.screen.query_one(HeadlinePage).answer


# -- what goes wrong


async def test_silence_is_told_with_reasons(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.frames.SILENCE_S", 0.1)
    async with stage.up() as pilot:
        stage.feed.status.reason = "connection refused"
        main = stage.app.main
        await until(lambda: "tickwall demo" in text(main.notice), pilot)
        assert "hand: connecting, connection refused" in text(main.notice)
        stage.quote()
        await until(lambda: not main.notice.display, pilot)


async def test_an_engine_that_dies_is_a_line(stage: Stage) -> None:
    stage.error = RuntimeError("out of luck")
    async with stage.up() as pilot:
        stage.quote()
        stage.feed.over.set()
        await until(lambda: "the engine stopped" in text(stage.app.main.status), pilot)
        assert "out of luck" in text(stage.app.main.status)
        await until(lambda: "118.00" in text(stage.app.main.wall), pilot)
        await pilot.press("question_mark", "q")
        assert stage.app.screen is stage.app.main


async def test_an_old_price_says_so(stage: Stage) -> None:
    async with stage.up() as pilot:
        main = stage.app.main
        stage.quote()
        await until(lambda: "now" in text(main.wall), pilot)
        stage.clock.set(NOW + 2 * MINUTE)
        await until(lambda: "STALE 2:00" in text(main.wall), pilot)
        stage.clock.set(parse_rfc3339("2025-09-17T02:16:00Z"))


# -- help, palette, documents


async def test_the_palette_offers_what_the_keys_do(stage: Stage) -> None:
    async with stage.up() as pilot:
        await pilot.press("ctrl+p")
        await until(lambda: isinstance(stage.app.focused, Input), pilot)
        await pilot.press(*"bell off")
        await until(lambda: bool(stage.app.screen.query_one("CommandList").options), pilot)  # type: ignore[attr-defined]
        await pilot.press("enter")
        await until(lambda: stage.app.status.muted, pilot)
        assert stage.app.screen is stage.app.main


async def test_a_calendar_that_is_about_to_end_is_told(stage: Stage) -> None:
    async with stage.up() as pilot:
        await until(lambda: "names" in text(stage.app.main.status), pilot)
        assert "calendar" not in text(stage.app.main.status)
        stage.clock.set(parse_rfc3339("2027-11-15T02:00:00Z"))
        await until(lambda: "the XHKG calendar ends on 2027-12-31" in text(stage.app.main.status), pilot)
