"""What the application is put together from, without a screen: layout, keys, alerts, freshness."""

import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.clock import MINUTE, SECOND, parse_rfc3339
from market.freshness import Health, Lags, Quality
from monitor.alerting import Limits
from monitor.engine import Engine
from monitor.rules import rule_book, watched
from monitor.settings import Settings
from tests.paths import ROOT
from tests.screen.market import quote
from tests.screen.stage import HandClock, HandFeed, Stage
from tui.alerts import KEPT, AlertBook
from tui.bridge import Bridge
from tui.ear import Ear
from tui.herald import Herald
from tui.keys import KEYS, Place, commands
from tui.layout import lay_out
from tui.saved import SavedFile
from tui.screens.help import HelpPage
from widgets.alerts import AlertRow
from widgets.order import Sort
from widgets.words import WORDS

# -- layout


@given(
    width=st.integers(1, 300),
    height=st.integers(1, 100),
    tiles=st.integers(0, 400),
    indices=st.integers(0, 9),
    feeds=st.integers(0, 9),
    panes=st.booleans(),
)
def test_every_line_is_shared_out_once(
    width: int, height: int, tiles: int, indices: int, feeds: int, panes: bool
) -> None:
    for notice in (0, min(4, height // 3)):
        plan = lay_out(width, height, tiles=tiles, indices=indices, feeds=feeds, notice=notice, panes=panes)
        lines = plan[:6]
        assert min(lines) >= 0
        assert plan.wall >= 1
        assert sum(lines) + notice == height or height < 3


def test_the_sizes_that_people_have() -> None:
    small = lay_out(80, 24, tiles=30, indices=2, feeds=3)
    assert (small.strip, small.wall, small.tabs, small.feeds, small.tabbed) == (1, 20, 1, 1, True)
    usual = lay_out(120, 40, tiles=30, indices=3, feeds=3)
    assert (usual.wall, usual.tabbed) == (24, False)
    assert usual.panes >= 6
    assert lay_out(120, 40, tiles=30, indices=3, feeds=3, notice=3).wall == 24, "panes shrink before tiles"


# -- the first frame

HEAVY = (
    "aiohttp",
    "websockets",
    "feedparser",
    "google.protobuf",
    "pandas",
    "monitor.engine",
    "feeds.stream",
)


def test_the_first_frame_waits_for_nothing_heavy() -> None:
    code = "import sys, tui.__main__, monitor.demo, tui.run, tui.app; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not set(HEAVY) & set(ran.stdout.split())


# -- words


@pytest.mark.parametrize("language", WORDS)
def test_every_language_has_every_word_with_its_places(language: str) -> None:
    assert list(WORDS[language]) == list(WORDS["en"])
    for key, word in WORDS["en"].items():
        assert WORDS[language][key].count("{}") == word.count("{}")
    assert all(f"by {sort}" in WORDS[language] for sort in Sort)


# -- keys


def test_every_key_is_documented() -> None:
    page = (ROOT / "docs" / "keys.md").read_text("utf-8")
    for key in KEYS:
        assert f"| {key.shown} | {key.what.replace('|', chr(92) + '|')} |" in page
    assert all(f"## {place}" in page for place in Place)


def test_what_a_key_does_fits_a_screen_of_eighty_cells() -> None:
    page = HelpPage(())
    assert not [line for line in page.page(80) if line and "…" in line[-1].text]


def test_no_key_means_two_things_in_one_place() -> None:
    everywhere = bound(Place.ANYWHERE)
    for place in Place:
        keys = bound(place)
        assert len(keys) == len(set(keys))
        if place is not Place.ANYWHERE:
            assert not set(keys) & set(everywhere)


def bound(place: Place) -> list[str]:
    """The keys that do something there."""
    return [name for key in KEYS if key.place is place and key.action for name in key.keys.split(",")]


def test_every_command_is_a_sentence_that_nothing_repeats() -> None:
    names = [key.what for key in commands()]
    assert len(names) == len(set(names))


# -- alerts


def alert(number: int, symbol: str = "9888.HK") -> AlertRow:
    """An alert."""
    return AlertRow(number, 0, symbol, "up", "warning", "live", f"alert {number}")


def test_an_alert_is_held_once_and_not_for_ever() -> None:
    book = AlertBook()
    assert book.add(alert(1))
    assert not book.add(alert(1))
    for number in range(2, KEPT + 50):
        book.add(alert(number))
    assert len(book) == KEPT
    book.acknowledge(1, 60)
    assert len(book.waiting) == KEPT - 1


def test_what_is_acknowledged() -> None:
    book = AlertBook()
    assert book.chosen(None, "9888.HK") == []
    for number, symbol in ((1, "9888.HK"), (2, "0700.HK"), (3, "9888.HK")):
        book.add(alert(number, symbol))
    assert book.chosen(2, "9888.HK") == [2]
    assert book.chosen(None, "9888.HK") == [1, 3]
    assert book.chosen(None, "AAPL") == [3]


def test_a_burst_is_told_in_two_batches() -> None:
    told: list[list[int]] = []
    later: list[Callable[[], None]] = []
    herald = Herald(
        lambda alerts: told.append([one.number for one in alerts]), lambda _wait, call: later.append(call)
    )
    for number in range(4):
        herald.add(alert(number))
    assert (told, len(later)) == ([[0]], 1)
    later.pop()()
    assert told == [[0], [1, 2, 3]]


def test_a_file_is_saved_when_it_differs(tmp_path: Path) -> None:
    path = tmp_path / "file"
    file = SavedFile(path)
    assert not file.was_saved()
    path.write_text("a")
    assert file.was_saved()
    assert not file.was_saved()
    path.unlink()
    assert not file.was_saved()
    path.write_text("another")
    assert file.was_saved()


# -- freshness


@pytest.fixture
def bridge() -> Iterator[Bridge]:
    """Over an engine that knows nothing yet, at 11:00."""
    settings, day = Settings(), date(2025, 9, 17)
    stage = Stage()
    engine = Engine(
        clock=HandClock(parse_rfc3339("2025-09-17T03:00:00Z")),
        symbols=watched(settings, day),
        rules=rule_book(settings, day),
        store=stage.store,
        listener=Ear(stage.app),
        limits=Limits(),
    )
    engine.add_source(HandFeed())
    yield Bridge(engine)
    stage.store.close()


@pytest.mark.parametrize(
    ("stamped", "now", "tag"),
    [
        ("2025-09-17T03:00:00Z", "2025-09-17T03:01:29Z", ""),
        ("2025-09-17T03:00:00Z", "2025-09-17T03:01:31Z", "STALE 1:31"),
        ("2025-09-17T03:59:50Z", "2025-09-17T04:59:59Z", ""),  # lunch
        ("2025-09-17T03:59:50Z", "2025-09-17T05:01:30Z", "STALE 1h01"),  # and after it
        ("2025-09-17T08:08:30Z", "2025-09-18T00:59:00Z", ""),  # the night
        ("2025-09-17T07:58:00Z", "2025-09-17T20:00:00Z", "STALE 12h02"),  # missed the closing auction
        ("2025-09-17T08:08:30Z", "2025-09-18T01:30:01Z", "STALE 17h21"),  # yesterday's, as trading begins
        ("2025-09-15T08:08:30Z", "2025-09-17T01:10:00Z", "STALE 1d"),  # a whole session is missing
        ("2025-09-19T08:08:30Z", "2025-09-21T12:00:00Z", ""),  # a weekend
    ],
)
def test_a_price_is_stale_by_what_its_market_traded_since(
    bridge: Bridge, stamped: str, now: str, tag: str
) -> None:
    ts = parse_rfc3339(stamped)
    bridge.engine.clock.set(ts)  # type: ignore[attr-defined]
    bridge.engine.state.apply(quote(ts_event=ts, ts_recv=ts, source="hand"))
    bridge.engine.clock.set(parse_rfc3339(now))  # type: ignore[attr-defined]
    tile = bridge.tiles(["9888.HK"])["9888.HK"]
    assert tile.tag == tag
    assert (tile.quality is Quality.STALE) is bool(tag)


def test_a_late_feed_says_by_how_much(bridge: Bridge) -> None:
    now = bridge.engine.clock.now()
    late = now - 15 * MINUTE
    bridge.engine.intakes["hand"].lags = Lags(15 * MINUTE)
    bridge.engine.state.apply(quote(ts_event=late, ts_recv=now, source="hand"))
    tile = bridge.tiles(["9888.HK"])["9888.HK"]
    assert (tile.tag, tile.quality, tile.age) == ("D15", Quality.DELAYED, "15m")


def test_a_simulation_says_so_on_every_tile(bridge: Bridge) -> None:
    bridge.engine.quality = Quality.SIMULATED
    other = Bridge(bridge.engine, names="zh-Hant")
    tile = other.tiles(["9888.HK"], frozenset(["9888.HK"]))["9888.HK"]
    assert (tile.tag, tile.alert, other.banner) == ("SIM", True, "SIMULATED")
    assert tile.name.startswith("百度")


def test_feeds_are_told_with_what_is_wrong(bridge: Bridge) -> None:
    intake = bridge.engine.intakes["hand"]
    intake.feed.status.reason = "connection refused"
    intake.feed.status.next_try = bridge.engine.clock.now() + 7 * SECOND
    [line] = bridge.feeds()
    assert (line.name, line.reason, line.next_try_s) == ("hand", "connection refused", 7.0)
    [account] = bridge.accounts()
    assert ("next try in", "7s") in account.figures
    bridge.engine.store.complain(sqlite3.OperationalError("database or disk is full"))
    [_, line] = bridge.feeds()
    assert (line.name, line.health, line.reason) == ("store", Health.DOWN, "database or disk is full")
