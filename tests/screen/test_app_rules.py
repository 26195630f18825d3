"""The rules of a name on the screen: read, changed, added and removed in the configuration file itself."""

import tomllib
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from tests.screen.stage import Stage, text, until
from tui.form import Words
from tui.screens.rule import RuleScreen
from tui.screens.rules import RulePane, RulesScreen
from widgets.lines import Lines

FILE = """\
watchlist = "mine"          # my own
[watchlists]
mine = ["9888.HK", "AAPL"]

[[rule]]
id = "big"                  # the one that counts
kind = "pct_prev_close"
symbols = ["9888.HK"]
threshold = "5"

[[rule]]
id = "apple"
kind = "price_cross"
symbols = ["AAPL"]
threshold = "200"
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file with a rule for each of two names."""
    path = tmp_path / "config.toml"
    path.write_text(FILE, encoding="utf-8")
    return path


def rules(path: Path) -> list[dict[str, object]]:
    """Those that stand in the file."""
    found: list[dict[str, object]] = tomllib.loads(path.read_text("utf-8"))["rule"]
    return found


def said(stage: Stage) -> str:
    """All the words on the screen, wherever a line of them ends."""
    shown = [words for words in stage.app.screen.query(Words).results(Lines) if words.display]
    return " ".join(text(*shown).split())


async def listed(stage: Stage, pilot: Pilot[None]) -> RulePane:
    """The rules of the name under the cursor, once they are read."""
    await pilot.press("a")
    await until(lambda: isinstance(stage.app.screen, RulesScreen), pilot)
    pane = stage.app.screen.query_one(RulePane)
    await until(lambda: len(pane.rows) > 0, pilot)
    return pane


async def form(stage: Stage, pilot: Pilot[None], key: str) -> RuleScreen:
    """The form that a key opens."""
    await pilot.press(key)
    await until(lambda: isinstance(stage.app.screen, RuleScreen), pilot)
    screen = stage.app.screen
    assert isinstance(screen, RuleScreen)
    await until(lambda: isinstance(stage.app.focused, Input), pilot)
    return screen


def fill(screen: RuleScreen, **texts: str) -> None:
    """Type into fields."""
    for key, typed in texts.items():
        screen.fields[key].query_one(Input).value = typed


async def test_a_rule_is_changed_and_holds_at_once(path: Path) -> None:
    stage = Stage(path)
    async with stage.up() as pilot:
        pane = await listed(stage, pilot)
        assert "big" in text(pane)
        assert "apple" not in text(pane)
        screen = await form(stage, pilot, "enter")
        fill(screen, threshold="7", direction="up")
        await pilot.press("enter")
        await until(lambda: stage.app.screen is not screen, pilot)
        await until(lambda: "7" in text(pane), pilot)
        assert "rule 'big' is written to" in said(stage)
        await until(lambda: "configuration reloaded" in text(stage.app.main.status), pilot)
        await pilot.press("q")
        stage.quote(last="120.00")  # +6 %
        assert len(stage.app.alerts) == 0
        stage.quote(last="121.50")
        assert len(stage.app.alerts) == 1
    expected = FILE.replace('threshold = "5"\n', 'threshold = "7"\ndirection = "up"\n')
    assert path.read_text("utf-8") == expected


async def test_what_is_wrong_is_said_beside_the_field(path: Path) -> None:
    stage = Stage(path)
    async with stage.up((120, 40)) as pilot:
        await listed(stage, pilot)
        screen = await form(stage, pilot, "enter")
        fill(screen, threshold="-1", frequency="never", clear="9")
        await pilot.press("enter")
        await until(lambda: screen.fields["frequency"].problem != "", pilot)
        assert "did you mean" in screen.fields["frequency"].problem or "not one of" in said(stage)
        fill(screen, frequency="once")
        await pilot.press("enter")
        await until(lambda: screen.fields["threshold"].problem != "", pilot)
        assert "threshold and steps are percentages from" in said(stage)
        assert screen.fields["threshold"].has_keys
        assert screen.fields["frequency"].problem == ""
        await pilot.press("escape", "q")
        assert stage.app.screen is stage.app.main
    assert path.read_text("utf-8") == FILE


async def test_a_new_rule_has_the_fields_of_its_kind(path: Path) -> None:
    stage = Stage(path)
    async with stage.up((80, 24)) as pilot:
        await listed(stage, pilot)
        screen = await form(stage, pilot, "n")
        assert screen.fields["symbols"].text == "9888.HK"
        assert [field.key for field in screen.shown][:4] == ["id", "kind", "symbols", "direction"]
        fill(screen, kind="streak")
        await until(lambda: screen.fields["period"].display, pilot)
        assert not screen.fields["threshold"].display
        fill(screen, kind="price_cross", threshold="120", id="baidu-120")
        await pilot.press("enter")
        await until(lambda: stage.app.screen is not screen, pilot)
    assert rules(path)[2] == {
        "id": "baidu-120", "kind": "price_cross", "symbols": ["9888.HK"], "threshold": "120"
    }  # fmt: skip


async def test_a_new_rule_has_a_name_that_is_free(path: Path) -> None:
    path.write_text(FILE.replace('"apple"', '"9888-1"'), "utf-8")
    stage = Stage(path)
    async with stage.up() as pilot:
        await listed(stage, pilot)
        screen = await form(stage, pilot, "n")
        assert screen.fields["id"].text == "9888-2", "the first one watches another name"


async def test_choices_turn_and_fields_are_walked(path: Path) -> None:
    stage = Stage(path)
    async with stage.up() as pilot:
        await listed(stage, pilot)
        screen = await form(stage, pilot, "n")
        screen.fields["direction"].enter()
        await pilot.press("right")
        assert screen.fields["direction"].text == "down"
        await pilot.press("left", "left")
        assert screen.fields["direction"].text == "both"
        await pilot.press("down")
        assert screen.fields["threshold"].has_keys
        await pilot.press("up", "up")
        assert screen.fields["symbols"].has_keys
        await pilot.press(*"qaz")
        assert screen.fields["symbols"].text == "9888.HKqaz", "keys are the form's"


async def test_fields_are_walked_by_keys_typed_ahead(path: Path) -> None:
    stage = Stage(path)
    async with stage.up() as pilot:
        await listed(stage, pilot)
        screen = await form(stage, pilot, "enter")
        stage.press("down", "down", "down", "down", "backspace", "8")
        await until(lambda: screen.fields["threshold"].text == "8", pilot)
        assert screen.fields["symbols"].text == "9888.HK"


async def test_a_small_screen_says_the_whole_of_it(path: Path) -> None:
    stage = Stage(path)
    async with stage.up((60, 24)) as pilot:
        await listed(stage, pilot)
        screen = await form(stage, pilot, "enter")
        await pilot.press("down")
        await until(lambda: "| feed_down (Left, Right choose Enter write Esc back)" in said(stage), pilot)
        fill(screen, kind="pct_prev")
        await pilot.press("enter")
        await until(lambda: "feed_down; did you mean 'pct_prev_close'?" in said(stage), pilot)


async def test_the_first_rule_keeps_the_default_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "config.toml"
    path.write_text("# empty\n")
    stage = Stage(path)
    async with stage.up() as pilot:
        pane = await listed(stage, pilot)
        assert "default ones" in said(stage)
        assert "stocks" in text(pane)
        screen = await form(stage, pilot, "n")
        fill(screen, id="mine", threshold="3")
        await pilot.press("enter")
        await until(lambda: "the default rules now stand in the file" in said(stage), pilot)
    assert [rule["id"] for rule in rules(path)] == ["stocks", "indices", "mine"]
    assert path.read_text().startswith("# empty\n")


async def test_a_rule_is_removed_if_it_is_meant(path: Path) -> None:
    stage = Stage(path)
    async with stage.up() as pilot:
        await listed(stage, pilot)
        await pilot.press("d", "n", "enter")
        assert path.read_text("utf-8") == FILE
        await pilot.press("d", "y", "enter")
        await until(lambda: "is removed from" in said(stage), pilot)
    assert [rule["id"] for rule in rules(path)] == ["apple"]


async def test_a_file_that_changed_is_not_written_over(path: Path) -> None:
    stage = Stage(path)
    async with stage.up() as pilot:
        await listed(stage, pilot)
        await form(stage, pilot, "enter")
        path.write_text(FILE.replace('"5"', '"6"'), "utf-8")
        await pilot.press("enter")
        await until(lambda: "changed meanwhile" in said(stage), pilot)
    assert rules(path)[0]["threshold"] == "6"


async def test_a_refusal_stays_in_view_when_keys_are_typed_ahead(path: Path) -> None:
    stage = Stage(path)
    async with stage.up() as pilot:
        await listed(stage, pilot)
        screen = await form(stage, pilot, "enter")
        path.write_text(FILE.replace('"5"', '"6"'), "utf-8")
        stage.press("down", "down", "enter")
        await until(lambda: "changed meanwhile" in said(stage), pilot)
        await pilot.pause()
        assert "changed meanwhile" in said(stage)
        await pilot.press("down")
        await until(lambda: "direction: up | down | both" in said(stage), pilot)
        assert screen.fields["direction"].has_keys


async def test_a_file_that_cannot_be_read_is_told(path: Path) -> None:
    stage = Stage(path)
    async with stage.up() as pilot:
        path.write_text("[[rule")
        await pilot.press("a")
        await until(lambda: "not TOML" in said(stage), pilot)
        await pilot.press("q")


async def test_a_simulated_day_has_no_file(path: Path) -> None:
    stage = Stage()
    stage.app.vigil.reload = None
    async with stage.up() as pilot:
        await pilot.press("a")
        assert "no configuration file to write rules to" in text(stage.app.main.status)


@pytest.mark.parametrize("size", [(20, 5), (36, 8), (80, 24), (200, 60)])
async def test_it_is_usable_on_any_screen(size: tuple[int, int], path: Path) -> None:
    stage = Stage(path)
    async with stage.up(size) as pilot:
        await pilot.press("a")
        await until(lambda: isinstance(stage.app.screen, RulesScreen), pilot)
        pane = stage.app.screen.query_one(RulePane)
        await until(lambda: len(pane.rows) == 1, pilot)
        screen = await form(stage, pilot, "enter")
        for _ in range(len(screen.shown)):
            await pilot.press("down")
            field = next(field for field in screen.shown if field.has_keys)
            await until(lambda field=field: 0 < field.region.y < size[1] - 1, pilot)  # type: ignore[misc]
        assert not screen.show_vertical_scrollbar
        await pilot.resize_terminal(40, 10)
        await pilot.press("escape", "q")
