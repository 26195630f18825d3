"""The alert pane by itself: what each row and its foot say, on a screen of any size."""

from datetime import date

import pytest
from rich.cells import cell_len
from textual.app import App, ComposeResult

from market.clock import MINUTE, SECOND
from tests.screen.market import NOW
from tests.screen.stage import text
from widgets.alerts import AlertPane, AlertRow
from widgets.face import Look
from widgets.glyphs import ASCII
from widgets.palette import palette

HOSTILE = "[red]\x1b[31m\x9b2J\u202eevil\r\n\t百度"
TODAY = date(2025, 9, 17)
BAIDU = AlertRow(
    number=1,
    ts=NOW,
    symbol="9888.HK",
    direction="up",
    severity="warning",
    quality="live",
    message="Baidu 9888.HK +10.07% at HK$124.60, through +10%: biggest gain since 2022-03-17",
    why=("biggest gain since 2022-03-17", "Baidu wins an order", "rule stocks"),
)


class Host(App[None]):
    """One pane, and what was opened."""

    def __init__(self, pane: AlertPane) -> None:
        super().__init__()
        self.pane = pane
        self.opened: list[AlertRow] = []

    def compose(self) -> ComposeResult:
        yield self.pane

    def on_alert_pane_opened(self, event: AlertPane.Opened) -> None:
        self.opened.append(event.alert)


def lines(pane: AlertPane) -> list[str]:
    """What it shows."""
    return text(pane).split("\n")


async def shown(pane: AlertPane, *rows: AlertRow, size: tuple[int, int] = (100, 8)) -> list[str]:
    """The lines of a pane of that size, two minutes after the alerts."""
    async with Host(pane).run_test(size=size):
        pane.show(rows, TODAY, NOW + 2 * MINUTE + SECOND)
        return lines(pane)


async def test_a_row_says_how_grave_when_what_and_why() -> None:
    down = BAIDU._replace(number=2, direction="down", severity="critical", quality="simulated")
    first, grave, plain, *_ = await shown(AlertPane(), down, BAIDU)
    assert "Alerts: 2 to acknowledge" in first
    assert grave.startswith("!! crit 11:00:00  2m ▼ Baidu 9888.HK +10.07% at HK$124.60")
    assert grave.endswith(" SIM")
    assert plain.startswith("!  warn 11:00:00  2m ▲ Baidu")
    assert not plain.endswith("SIM")


async def test_what_needs_nobody_is_marked_and_counted_out() -> None:
    seen = BAIDU._replace(number=2, acknowledged=True)
    why = BAIDU.why[:2]
    muted = BAIDU._replace(number=3, muted="snoozed until 16:10 by desk", why=why)
    head, *rows = await shown(AlertPane(), muted, seen, BAIDU)
    assert "Alerts: 1 to acknowledge" in head
    assert [row[:7] for row in rows[:3]] == ["z  warn", "✓  warn", "!  warn"]
    foot = " └ 9888: snoozed until 16:10 by desk; biggest gain since 2022-03-17; Baidu wins an order"
    assert rows[-1] == foot


async def test_the_foot_follows_the_cursor_and_says_why() -> None:
    pane = AlertPane()
    app = Host(pane)
    async with app.run_test(size=(60, 12)) as pilot:
        feed = AlertRow(2, NOW, "", "", "critical", "live", "tencent is down")
        pane.show([feed, BAIDU], TODAY, NOW)
        assert lines(pane)[-2].strip() == "└ nothing more is known of it"
        await pilot.press("tab", "j")
        assert lines(pane)[-2:] == [
            " └ 9888: biggest gain since 2022-03-17; Baidu wins an order;",
            "   rule stocks",
        ]
        await pilot.press("enter")
        assert app.opened == [BAIDU]


async def test_another_days_alert_shows_its_date() -> None:
    pane = AlertPane()
    async with Host(pane).run_test(size=(100, 5)):
        pane.show([BAIDU], date(2025, 9, 18), NOW + 86_400 * SECOND)
        assert lines(pane)[1].startswith("!  warn 09-17     1d ▲ Baidu")


@pytest.mark.parametrize(
    ("width", "row"),
    [
        (20, "!  ▲ 9888 +10.07%… S"),
        (40, "!  11:00  2m ▲ 9888 +10.07% at HK$1… SIM"),
        (67, "!  warn 11:00  2m ▲ Baidu 9888.HK +10.07% at HK$124.60, throug… SIM"),
    ],
)
async def test_a_narrow_row_keeps_what_matters(width: int, row: str) -> None:
    pane = AlertPane()
    simulated = BAIDU._replace(quality="simulated")
    rows = await shown(pane, simulated, size=(width, 3))
    assert [cell_len(line.text) for line in map(pane.render_line, range(3))] == [width] * 3
    assert rows[1] == row


async def test_hundreds_are_scrolled_with_the_foot_in_place() -> None:
    pane = AlertPane()
    async with Host(pane).run_test(size=(100, 10)) as pilot:
        rows = [BAIDU._replace(number=number, why=(f"fact {number}",)) for number in range(500, 0, -1)]
        pane.show(rows, TODAY, NOW)
        await pilot.press("tab", "end")
        assert lines(pane)[-2].strip() == "└ 9888: fact 1"
        assert pane.current == rows[-1]
        await pilot.press("home")
        assert "fact 500" in lines(pane)[-2]


async def test_rows_fill_the_room_that_a_pane_is_given() -> None:
    pane = AlertPane()
    async with Host(pane).run_test(size=(100, 4)) as pilot:
        pane.show([BAIDU._replace(number=number) for number in range(9)], TODAY, NOW)
        pane.focus()
        await pilot.press("end")
        assert text(pane).count("Baidu 9888.HK") < 9
        await pilot.resize_terminal(100, 40)
        assert text(pane).count("Baidu 9888.HK") == 9


@pytest.mark.parametrize("size", [(1, 1), (20, 5), (36, 3), (80, 12), (200, 60)])
async def test_hostile_text_is_harmless_in_any_room(size: tuple[int, int]) -> None:
    pane = AlertPane()
    row = AlertRow(1, NOW, HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE, (HOSTILE,), muted=HOSTILE)
    async with Host(pane).run_test(size=size):
        pane.show([row._replace(number=number) for number in range(9)], TODAY, NOW)
        for y in range(pane.size.height):
            text = pane.render_line(y).text
            assert cell_len(text) == size[0]
            assert not set(text) & set("\x1b\x07\x9b\u202e\r\n\t")


async def test_plain_letters_are_enough() -> None:
    pane = AlertPane()
    pane.look = Look(palette(plain=True), ASCII)
    muted = BAIDU._replace(number=3, muted="snoozed until 16:10")
    seen = BAIDU._replace(number=2, acknowledged=True)
    rows = await shown(pane, muted, seen, BAIDU._replace(severity="info"))
    assert "".join(rows).isascii()
    assert [row[:7] for row in rows[1:4]] == ["z  warn", "+  warn", "*  info"]
