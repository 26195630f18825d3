"""A stage: the real application over a real engine, with a feed and a clock that the test moves by hand."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from textual.events import Key
from textual.pilot import Pilot

from feeds.base import FeedStatus, QuoteSink
from market.clock import SECOND, parse_rfc3339
from market.freshness import Health, Quality
from market.headline import Headline
from market.quote import Quote
from monitor.assembly import Run
from monitor.config import Config, load
from monitor.engine import Engine
from monitor.listener import Listener
from monitor.news import editor
from monitor.rules import rule_book, watched
from monitor.store import Store
from tests.limit import LIMIT
from tui.app import WallApp
from widgets.lines import Lines
from widgets.wall import Wall

NOW = parse_rfc3339("2025-09-17T02:14:00Z")  # 10:14 in Hong Kong, in the morning session


class HandClock:
    """Stands still until it is set."""

    def __init__(self, now: int = NOW) -> None:
        self._now = now
        self._moved = asyncio.Event()

    def now(self) -> int:
        """The instant that was set."""
        return self._now

    def set(self, now: int) -> None:
        """Go there."""
        self._now = now
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()

    async def sleep(self, seconds: float) -> None:
        """Return once the test has set it that far."""
        until = self._now + int(seconds * SECOND)
        while self._now < until:
            await self._moved.wait()


class HandFeed:
    """Brings what the test gives it; fails when it is given an error."""

    name = "hand"

    def __init__(self) -> None:
        self.status = FeedStatus()
        self.sink: QuoteSink | None = None
        self.over = asyncio.Event()

    async def run(self, sink: QuoteSink) -> None:
        """Until it is told that it is over."""
        self.sink = sink
        await self.over.wait()

    def serves(self, symbol: str) -> bool:
        """Everything."""
        return True


class Stage:
    """What a test moves. ``app`` opens it."""

    def __init__(self, path: Path | None = None, *, quality: Quality = Quality.LIVE) -> None:
        """``path`` is a configuration file; without one the defaults hold."""
        self.clock = HandClock()
        self.feed = HandFeed()
        self.quality = quality
        self.store = Store()
        self.path = path
        self.config = self.read()
        self.error: Exception | None = None
        """Raised by the engine's run once the feed is over."""
        self.app = StageApp(self.open, config=self.config, reload=self.read)

    def read(self) -> Config:
        """The configuration as it stands in the file."""
        # Nothing here may ask the internet, not even for what is looked at now and then.
        environ = {"XDG_CONFIG_HOME": "/nonexistent", "TICKWALL_FEEDS_YAHOO_ENABLED": "false"}
        return load(self.path, environ=environ)

    @asynccontextmanager
    async def open(self, listener: Listener) -> AsyncIterator[Run]:
        """As ``monitor.assembly`` does, with the hand's feed and clock."""
        on = datetime.fromtimestamp(NOW // SECOND, UTC).date()
        engine = Engine(
            clock=self.clock,
            symbols=watched(self.config.settings, on),
            rules=rule_book(self.config.settings, on),
            store=self.store,
            listener=listener,
            quality=self.quality,
        )
        engine.add_feed(self.feed, engine.add_source(self.feed))
        try:
            yield Broken(engine, self.config, error=self.error)
        finally:
            self.store.close()

    def quote(self, symbol: str = "9888.HK", last: str = "118.00", **changes: object) -> None:
        """One quote, stamped now."""
        now = self.clock.now()
        made = Quote(
            symbol,
            Decimal(last),
            now,
            now,
            self.feed.name,
            Decimal("113.20"),
            Decimal("121.00"),
            Decimal("135.40"),
            Decimal("112.20"),
            1000,
        )
        self.feed.status.state = Health.LIVE
        self.feed.status.quotes += 1
        assert self.feed.sink is not None
        self.feed.sink.quotes([made._replace(**changes)])  # type: ignore[arg-type]

    def headline(self, title: str, *, minutes: int = 0, link: str = "https://example.org/a") -> None:
        """A headline on Baidu, so many minutes old."""
        assert self.app.monitor is not None
        now = self.clock.now()
        made = Headline(title, title, link, now - minutes * 60 * SECOND, now, "rthk", ("9888.HK",))
        self.app.monitor.engine.add_headlines([made])

    def press(self, *keys: str) -> None:
        """Keys that arrive together, as over a slow link."""
        for key in keys:
            name = "slash" if key == "/" else key
            self.app.post_message(Key(name, key if len(key) == 1 else None))

    @asynccontextmanager
    async def up(self, size: tuple[int, int] = (120, 40)) -> AsyncIterator[Pilot[None]]:
        """The application on a screen, its engine running."""
        async with self.app.run_test(size=size) as pilot:
            await until(lambda: self.feed.sink is not None, pilot)
            yield pilot
            self.feed.over.set()
        assert not self.app.broken


class Broken(Run):
    """A run that ends with an error, where the test says so."""

    def __init__(self, engine: Engine, config: Config, error: Exception | None) -> None:
        super().__init__(engine, config, editor(config.settings.news, engine.state.entries))
        self._error = error

    async def run(self) -> None:
        """To the end, or the error."""
        await super().run()
        if self._error is not None:
            raise self._error


class StageApp(WallApp):
    """Remembers its bells, notices and toasts."""

    asides = ""
    """All that was written beside the picture."""
    said = ""
    """The last toast."""
    broken = False
    """Whether anything could not be drawn."""

    @property
    def bells(self) -> int:
        """How often it rang."""
        return self.asides.count("\a")

    def aside(self, text: str) -> None:
        """Remembered alone."""
        self.asides += text

    def say(self, text: str, *, urgent: bool = False) -> None:
        """As always."""
        self.broken |= "cannot be drawn" in text
        super().say(text, urgent=urgent)

    def toast(self, text: str, *, title: str = "", grave: bool = False) -> None:
        """As always."""
        self.said = text
        super().toast(text, title=title, grave=grave)


async def until(holds: Callable[[], bool], pilot: Pilot[None]) -> None:
    """Let the application run until something holds; ``AssertionError`` if it never does."""
    async with asyncio.timeout(LIMIT):
        while not holds():
            await pilot.pause(0.01)


def text(*widgets: Lines | Wall) -> str:
    """What widgets of lines show."""
    return "\n".join(
        widget.render_line(y).text.rstrip() for widget in widgets for y in range(widget.size.height)
    )
