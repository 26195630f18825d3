"""Sources of headlines on the wall: a failed one is told among the feeds."""

from pathlib import Path

import pytest

from feeds.base import FeedStatus, HeadlineSink
from market.freshness import Health
from tests.screen.stage import Stage, text, until
from tui.clipboard import copying
from tui.screens.detail import DetailScreen
from tui.screens.feeds import FeedsPage
from tui.screens.headline import HeadlinePage, HeadlineScreen


class Sources:
    """Two sources whose fortunes the test sets."""

    def __init__(self) -> None:
        self.statuses = {"rthk": FeedStatus(Health.LIVE, frames=3), "hkexnews": FeedStatus(Health.LIVE)}

    async def run(self, sink: HeadlineSink) -> None:
        """Nothing comes."""


async def test_a_source_that_fails_is_told_until_it_answers_again() -> None:
    stage = Stage()
    async with stage.up((120, 40)) as pilot:
        sources = Sources()
        assert stage.app.monitor is not None
        stage.app.monitor.engine.headline_feed = sources
        bar = stage.app.main.feeds
        stage.quote()
        await until(lambda: "hand" in text(bar), pilot)
        assert "rthk" not in text(bar)
        failed = sources.statuses["rthk"]
        failed.state, failed.reason, failed.errors = Health.DOWN, "HTTP 503", 1
        await until(lambda: "rthk" in text(bar) and "HTTP 503" in text(bar), pilot)
        failed.state, failed.reason = Health.LIVE, None
        await until(lambda: "rthk" not in text(bar), pilot)
        failed.state, failed.reason = Health.STALE, "frozen: its newest headline is of 2025-01-27"
        await until(lambda: "frozen" in text(bar), pilot)


async def test_the_feeds_page_accounts_for_every_source() -> None:
    stage = Stage()
    async with stage.up((120, 40)) as pilot:
        assert stage.app.monitor is not None
        stage.app.monitor.engine.headline_feed = Sources()
        stage.quote()
        await pilot.press("f")
        page = stage.app.screen.query_one(FeedsPage)
        await until(lambda: all(name in text(page) for name in ("hand", "rthk", "hkexnews")), pilot)


@pytest.mark.parametrize("sheet", ["4", "question_mark"])
@pytest.mark.parametrize(("key", "pane"), [("1", "wall"), ("2", "headlines"), ("3", "alerts")])
async def test_a_number_leads_from_a_page_to_its_pane(sheet: str, key: str, pane: str) -> None:
    stage = Stage()
    async with stage.up((80, 24)) as pilot:
        stage.quote()
        await pilot.press("enter", sheet, key)
        main = stage.app.main
        await until(lambda: stage.app.screen is main and main.pane == pane, pilot)
        assert main.focused is not None and main.focused.id == pane


async def test_what_was_read_and_what_stands_out(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text('[news]\nhighlight = ["kunlun*"]\n', encoding="utf-8")
    stage = Stage(config)
    async with stage.up((120, 40)) as pilot:
        stage.quote()
        stage.headline("Kunlunxin ships", minutes=2)
        stage.headline("Baidu wins a chip order", minutes=1)
        pane = stage.app.main.headlines
        await until(lambda: "*10:12" in text(pane) and " 10:13" in text(pane), pilot)
        await pilot.press("2", "enter")
        await until(lambda: isinstance(stage.app.screen, HeadlineScreen), pilot)
        page = stage.app.screen.query_one(HeadlinePage)
        await until(lambda: "Baidu wins a chip order" in text(page), pilot)
        assert stage.app.monitor is not None
        shelf = stage.app.monitor.shelf
        assert [shelf.was_read(line) for line in pane.rows] == [True, False]
        await pilot.press("escape")


async def test_a_headlines_name_is_the_one_that_is_chosen() -> None:
    stage = Stage()
    async with stage.up((120, 40)) as pilot:
        stage.quote()
        stage.headline("Baidu wins a chip order")
        main = stage.app.main
        await until(lambda: len(main.headlines.rows) == 1, pilot)
        await pilot.press("right", "2")
        assert (main.symbol, main.wall.cursor != "9888.HK") == ("9888.HK", True)
        await pilot.press("1")
        assert main.symbol == main.wall.cursor


async def test_headlines_are_searched() -> None:
    stage = Stage()
    async with stage.up((120, 40)) as pilot:
        stage.quote()
        for title in ("Baidu wins a chip order", "Tencent sells bonds", "百度升逾一成"):
            stage.headline(title)
        pane = stage.app.main.headlines
        await until(lambda: len(pane.rows) == 3, pilot)
        await pilot.press("2", "slash", *"CHIP", "enter")
        assert [row.title for row in pane.rows] == ["Baidu wins a chip order"]
        assert pane.heading == "Headlines: 'CHIP'"
        assert stage.app.main.wall.filter == ""
        assert pane.has_focus
        stage.headline("Another chip")
        await until(lambda: len(pane.rows) == 2, pilot)
        await pilot.press("escape")
        assert len(pane.rows) == 4
        await pilot.press("slash", *"百度", "up", "down", "escape")
        assert len(pane.rows) == 4
        await pilot.press("1", "slash", *"9988", "enter")
        assert stage.app.main.wall.filter == "9988"
        assert len(pane.rows) == 4


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_a_names_headlines_are_searched(size: tuple[int, int]) -> None:
    stage = Stage()
    async with stage.up(size) as pilot:
        stage.quote()
        for title in ("Baidu wins a chip order", "Baidu sells bonds", "百度獲晶片訂單"):
            stage.headline(title)
        await pilot.press("enter")
        page = stage.app.screen
        assert isinstance(page, DetailScreen)
        await until(lambda: len(page.headlines.rows) == 3, pilot)
        await pilot.press("slash", *"订单", "enter")
        assert [row.title for row in page.headlines.rows] == ["百度獲晶片訂單"]
        assert page.headlines.has_focus and page.headlines.heading == "Headlines: '订单'"
        await pilot.press("slash", *"x1", "up", "down", "escape")
        assert len(page.headlines.rows) == 3
        await pilot.press("slash", *"chip", "enter", "escape")
        assert len(page.headlines.rows) == 3
        assert stage.app.screen is page
        await pilot.press("escape")
        await until(lambda: stage.app.screen is stage.app.main, pilot)


async def test_an_address_is_copied_through_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TMUX", raising=False)
    monkeypatch.delenv("STY", raising=False)
    stage = Stage()
    async with stage.up((120, 40)) as pilot:
        stage.quote()
        stage.headline("Baidu wins a chip order", link="https://example.org/a")
        await until(lambda: len(stage.app.main.headlines.rows) == 1, pilot)
        await pilot.press("2", "enter", "c")
        assert copying("https://example.org/a", {}) in stage.app.asides
