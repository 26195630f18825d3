"""Headlines over a restart: what was told stays told, what was read stays read."""

import asyncio
import logging
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path

import pytest

from feeds.base import FeedStatus, HeadlineSink
from market.headline import Headline
from monitor.news import KEPT, KeptFeed, Shelf, editor
from monitor.settings import NewsSettings
from monitor.store import Store


def headline(number: int, source: str = "rthk") -> Headline:
    return Headline(
        id=f"n{number}",
        title=f"百度 wins order {number}",
        link="https://example.com/1",
        ts_event=number,
        ts_recv=number + 1,
        source=source,
        symbols=("9888.HK",),
        topic="deal",
        amounts=("USD 3.2 bn",),
    )


def test_what_is_kept_is_there_again(tmp_path: Path) -> None:
    with closing(Store(tmp_path / "alerts.db")) as store:
        shelf = Shelf(store.db)
        assert shelf.headlines() == []
        shelf.add([headline(1), headline(2)])
        shelf.add([headline(2), headline(3), headline(2, "scmp")])
        shelf.mark_read(headline(2))
        assert [shelf.was_read(headline(n)) for n in (1, 2)] == [False, True]
    with closing(Store(tmp_path / "alerts.db")) as store:
        shelf = Shelf(store.db)
        assert shelf.headlines() == [headline(1), headline(2), headline(3), headline(2, "scmp")]
        assert [shelf.was_read(line) for line in shelf.headlines()] == [False, True, False, False]


def test_two_processes_share_a_shelf(tmp_path: Path) -> None:
    with closing(Store(tmp_path / "a.db")) as one, closing(Store(tmp_path / "a.db")) as other:
        Shelf(one.db).add([headline(1)])
        Shelf(other.db).add([headline(1), headline(2)])
        assert Shelf(one.db).headlines() == [headline(1), headline(2)]


def test_the_oldest_are_forgotten(tmp_path: Path) -> None:
    with closing(Store()) as store:
        shelf = Shelf(store.db)
        shelf.add(headline(number) for number in range(KEPT + 50))
        assert [line.ts_event for line in shelf.headlines()] == list(range(50, KEPT + 50))


def test_a_disk_that_fails_costs_the_memory_alone(caplog: pytest.LogCaptureFixture) -> None:
    store = Store()
    shelf = Shelf(store.db)
    store.close()
    with caplog.at_level(logging.ERROR):
        shelf.add([headline(1)])
        shelf.mark_read(headline(1))
        assert shelf.headlines() == []
    assert shelf.was_read(headline(1))
    assert "cannot be kept" in caplog.text


def test_a_row_of_another_version_is_passed_over() -> None:
    with closing(Store()) as store:
        shelf = Shelf(store.db)
        shelf.add([headline(1)])
        db: sqlite3.Connection = store.db
        db.execute("INSERT INTO headline (source, id, headline) VALUES ('x', 'y', '{}')")
        assert shelf.headlines() == [headline(1)]


class Feed:
    """Tells two headlines."""

    statuses: Mapping[str, FeedStatus] = {"rthk": FeedStatus()}

    async def run(self, sink: HeadlineSink) -> None:
        """Tell them."""
        sink.add_headlines(iter([headline(1), headline(2)]))


class Sink:
    """Keeps what was on the shelf when it was told."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf
        self.told: list[tuple[Headline, bool]] = []

    def add_headlines(self, headlines: Iterable[Headline]) -> None:
        """Keep."""
        kept = self.shelf.headlines()
        self.told += [(line, line in kept) for line in headlines]


def test_a_headline_is_kept_before_it_is_told() -> None:
    with closing(Store()) as store:
        shelf = Shelf(store.db)
        sink = Sink(shelf)
        feed = KeptFeed(Feed(), shelf.add)
        asyncio.run(feed.run(sink))
        assert sink.told == [(headline(1), True), (headline(2), True)]
        assert list(feed.statuses) == ["rthk"]


def test_names_of_ones_own_join_names_that_nobody_knows(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('[aliases]\n"2533" = ["Black Sesame", "黑芝麻智能"]\n', encoding="utf-8")
    matcher = editor(NewsSettings(aliases=str(file)), ["AAPL"]).matcher
    assert matcher.symbols("黑芝麻智能 and Apple") == ("2533.HK", "AAPL")
