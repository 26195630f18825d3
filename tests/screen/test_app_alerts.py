"""What a person does about alerts: acknowledging, snoozing, and reading and exporting the journal."""

import csv
import json
from contextlib import closing
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from market.clock import MINUTE, SECOND, rfc3339
from market.freshness import Quality
from monitor.store import Event, Store
from tests.screen.stage import NOW, Stage, text, until
from tui.alerts import EVERY_NAME
from tui.prompt import Question
from tui.screens.journal import JournalPane, JournalScreen
from widgets.lines import Lines


@pytest.fixture
def stage() -> Stage:
    """Default configuration, a live market in the morning."""
    return Stage()


def on_disk(path: Path) -> Stage:
    """A stage whose store another process may open as well."""
    stage = Stage()
    stage.store.close()
    stage.store = Store(path)
    return stage


def event(number: int, symbol: str = "9888.HK", message: str = "") -> Event:
    """An alert of this morning, as a store is given it."""
    ts = NOW - number * SECOND
    fields = {
        "ts": rfc3339(ts), "exchange_ts": rfc3339(ts), "symbol": symbol, "direction": "up",
        "severity": "warning", "quality": "live", "rule_id": "stocks",
        "message": message or f"{symbol} alert {number}",
    }  # fmt: skip
    return Event(f"{symbol}/{number}", json.dumps(fields, ensure_ascii=False), ts)


def asked(stage: Stage) -> str:
    """What the prompt on the screen says."""
    return text(*stage.app.screen.query(Question).results(Lines)).strip()


async def submit(pilot: Pilot[None], stage: Stage, answer: str) -> None:
    """Answer a prompt that is open, in place of what it suggests."""
    line = stage.app.focused
    assert isinstance(line, Input)
    line.value = answer
    await pilot.press("enter")


# -- snoozing


async def test_a_snoozed_name_is_detected_and_silent(stage: Stage) -> None:
    async with stage.up() as pilot:
        app, main = stage.app, stage.app.main
        main.wall.move_to("9888.HK")
        await pilot.press("z")
        assert asked(stage).startswith("Snooze 9888 until: 15m, 1h")
        await submit(pilot, stage, "30m")
        await until(lambda: "snoozed until 10:44" in text(main.status), pilot)
        assert main.focused is main.wall
        stage.quote("9888.HK", "125.00")
        assert [row.muted[:19] for row in app.alerts] == ["snoozed until 10:44"]
        assert app.alerts.waiting == []
        assert app.asides == ""
        await until(lambda: "\nz " in text(main.alerts), pilot)
        stage.quote("9988.HK", "125.00")
        assert app.bells == 1, "others ring"
        stage.clock.set(NOW + 31 * MINUTE)
        await until(lambda: app.alerts.muted == {}, pilot)
        assert next(row.muted for row in app.alerts) == "came while snoozed"


async def test_a_bad_end_is_told_and_asked_again(stage: Stage) -> None:
    async with stage.up() as pilot:
        await pilot.press("z")
        await submit(pilot, stage, "soon")
        assert "'soon' is no end for a snooze (write 15m, 1h, close or 14:30)" in asked(stage)
        assert isinstance(stage.app.focused, Input)
        await submit(pilot, stage, "close")
        await until(lambda: "until 16:10" in text(stage.app.main.status), pilot)
        await pilot.press("z")
        await submit(pilot, stage, "")
        await until(lambda: "alerts ring again" in text(stage.app.main.status), pilot)
        await pilot.press("z", "escape")
        assert not stage.app.screen.query(Question)
        assert stage.app.main.wall.has_focus


async def test_a_name_does_not_ring_while_every_name_is_snoozed(stage: Stage) -> None:
    async with stage.up() as pilot:
        desk, status = stage.app.desk, stage.app.main.status
        desk.snooze(EVERY_NAME, "1h")
        desk.snooze("9888.HK", "1h")
        desk.snooze("9888.HK", "")
        await until(lambda: "every name is snoozed until 11:14" in text(status), pilot)
        desk.snooze(EVERY_NAME, "")
        desk.snooze("9888.HK", "09:00")
        await until(lambda: "9888 snoozed until 09-18 09:00" in text(status), pilot)


async def test_every_name_is_snoozed_by_one_key(stage: Stage) -> None:
    async with stage.up() as pilot:
        await pilot.press("Z")
        assert asked(stage).startswith("Snooze every name until")
        await submit(pilot, stage, "1h")
        stage.quote(last="125.00")
        assert stage.app.bells == 0
        await until(lambda: "every name snoozed until 11:14" in text(stage.app.main.status), pilot)


async def test_the_chosen_alerts_name_is_the_one_that_is_snoozed(stage: Stage) -> None:
    async with stage.up() as pilot:
        stage.quote("9988.HK", "100.00")
        await pilot.press("3", "z")
        assert asked(stage).startswith("Snooze 9988 until")


async def test_keys_typed_ahead_see_to_the_alert_that_is_chosen(stage: Stage) -> None:
    async with stage.up() as pilot:
        stage.app.main.wall.move_to("9888.HK")
        stage.quote("9888.HK", "125.00")
        stage.quote("9988.HK", "100.00")
        stage.press("3", "space")
        await until(lambda: len(stage.app.alerts.waiting) == 1, pilot)
        assert [alert.symbol for alert in stage.app.alerts.waiting] == ["9888.HK"]


@pytest.mark.parametrize("size", [(20, 5), (80, 24), (200, 60)])
async def test_a_prompt_stands_on_any_screen(size: tuple[int, int], stage: Stage) -> None:
    async with stage.up(size) as pilot:
        for keys in ("1", "question_mark", "J"):
            await pilot.press(keys, "z")
            if asked(stage):
                assert asked(stage).startswith("Snooze"[: size[0] - 2])
            await pilot.press("escape", "escape")


# -- other processes


async def test_what_another_process_does_shows(tmp_path: Path) -> None:
    stage = on_disk(tmp_path / "alerts.db")
    with closing(Store(tmp_path / "alerts.db")) as other:
        async with stage.up() as pilot:
            app, main = stage.app, stage.app.main
            other.record(event(1, message="found by the daemon"))
            stage.clock.set(NOW + SECOND)
            await until(lambda: "found by the daemon" in text(main.alerts), pilot)
            assert (len(app.alerts.waiting), app.bells) == (1, 1)
            other.acknowledge(1, "desk")
            await until(lambda: text(main.alerts).splitlines()[1].startswith("✓"), pilot)
            assert app.alerts.waiting == []
            other.snooze("0700.HK", NOW + 3600 * SECOND, "desk", NOW)
            await until(lambda: "0700 snoozed until 11:14" in text(main.status), pilot)
            await pilot.press("3", "space")
            stage.quote(last="125.00")
            await until(lambda: len(app.alerts.waiting) == 1, pilot)
            await pilot.press("home", "space")
            assert [alert.acknowledged for alert in other.journal()] == [True, True]


async def test_a_corrupt_store_is_said_loudly(tmp_path: Path) -> None:
    path = tmp_path / "alerts.db"
    path.write_bytes(b"SQLite format 3\0" + b"torn" * 4096)
    stage = on_disk(path)
    async with stage.up() as pilot:
        await until(lambda: "the store was corrupt" in text(stage.app.main.status), pilot)
        assert str(path) in stage.app.said


# -- the journal


async def test_the_journal_is_searched_as_one_types(stage: Stage) -> None:
    for number in range(1, 3001):
        stage.store.record(event(number, "9888.HK" if number % 3 else "0700.HK"))
    stage.store.record(event(5000, "AAPL", "百度 wins"))
    async with stage.up() as pilot:
        await pilot.press("J")
        pane = stage.app.screen.query_one(JournalPane)
        await until(lambda: "Journal: 3,001 alerts" in text(pane), pilot)
        await pilot.press("slash", *"0700")
        await until(lambda: "1,000 alerts with '0700'" in text(pane), pilot)
        await pilot.press("enter", "end")
        assert pane.current is not None
        assert pane.current.symbol == "0700.HK"
        assert "1000/1000" in text(pane)
        await pilot.press("enter")
        await until(lambda: stage.app.views[-1].symbol == "0700.HK", pilot)
        await pilot.press("q", "escape")
        await until(lambda: "3,001 alerts" in text(pane), pilot)
        screen = stage.app.screen
        assert isinstance(screen, JournalScreen)
        screen.text = "百度"
        screen.show_alerts()
        assert "Journal: 1 alert with" in text(pane)
        await pilot.press("escape", "q")
        assert stage.app.screen is stage.app.main


async def test_what_comes_meanwhile_and_what_is_seen_to(stage: Stage) -> None:
    async with stage.up() as pilot:
        for number in range(1, 20):
            stage.store.record(event(number))
        await pilot.press("J")
        pane = stage.app.screen.query_one(JournalPane)
        await pilot.press("down", "down")
        held = pane.current
        stage.quote("0700.HK", "100.00")
        await until(lambda: len(pane.rows) == 20, pilot)
        assert pane.current == held
        await pilot.press("space")
        assert pane.current is not None
        assert pane.current.acknowledged
        await pilot.press("home", "z")
        assert asked(stage).startswith("Snooze 0700")
        await pilot.press("escape", "q")


async def test_the_journal_is_written_and_never_over_a_file(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for number in range(3):
        stage.store.record(event(number))
    async with stage.up() as pilot:
        await pilot.press("J", "e")
        assert asked(stage) == "Write 3 alerts to (.csv or .json)"
        await pilot.press("enter")
        await until(lambda: "3 alerts written to" in stage.app.said, pilot)
        assert str(tmp_path / "alerts.csv") in stage.app.said
        await pilot.press("e", "enter")
        await until(lambda: "there already" in asked(stage), pilot)
        await submit(pilot, stage, "all.json")
        await until(lambda: not stage.app.screen.query(Question), pilot)
    with (tmp_path / "alerts.csv").open(newline="") as file:
        assert len(list(csv.DictReader(file))) == 3
    assert len(json.loads((tmp_path / "all.json").read_text())) == 3


# -- notices


async def test_a_notice_says_whose_prices_these_are(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TMUX", "STY", "KITTY_WINDOW_ID", "LC_TERMINAL", "KONSOLE_VERSION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM_PROGRAM", "iTerm.app")
    stage = Stage(quality=Quality.SIMULATED)
    async with stage.up() as pilot:
        stage.quote(last="125.00")
        await until(lambda: "]9;" in stage.app.asides, pilot)
        assert (
            stage.app.asides
            == "\a\x1b]9;Tickwall: SIMULATED Baidu 9888.HK +10.42% at HK$125.00, through +10%\x1b\\"
        )


async def test_a_muted_bell_sends_no_notice_either(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM_PROGRAM", "iTerm.app")
    stage = Stage()
    async with stage.up() as pilot:
        await pilot.press("m")
        stage.quote(last="125.00")
        await pilot.pause(0.05)
        assert stage.app.asides == ""
