"""Sources of headlines on the wall: a failed one is told among the feeds."""

from feeds.base import FeedStatus, HeadlineSink
from market.freshness import Health
from tests.screen.stage import Stage, text, until
from tui.screens.feeds import FeedsPage


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


async def test_the_feeds_page_accounts_for_every_source() -> None:
    stage = Stage()
    async with stage.up((120, 40)) as pilot:
        assert stage.app.monitor is not None
        stage.app.monitor.engine.headline_feed = Sources()
        stage.quote()
        await pilot.press("f")
        page = stage.app.screen.query_one(FeedsPage)
        await until(lambda: all(name in text(page) for name in ("hand", "rthk", "hkexnews")), pilot)
