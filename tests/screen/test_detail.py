"""A name's page: its chart at the edges, its panels, and what they say when something is missing."""

from array import array
from collections.abc import AsyncIterator, Sequence
from datetime import date, time
from decimal import Decimal
from pathlib import Path

import pytest
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from feeds.venue.server import Venue, VenueOptions
from market.bars import Bar
from market.clock import MINUTE, SECOND, parse_rfc3339
from market.closes import Closes
from market.context import Figure
from market.errors import TickwallError
from market.freshness import Quality
from market.history import build
from market.instrument import instrument
from market.profile import Period, Profile
from market.quote import Quote
from market.session import calendar
from market.twin import RATE, Leg, Twin
from monitor.config import load
from monitor.profiles import Profiles
from tests.screen.market import quote, tile
from tests.screen.stage import NOW, Stage, text, until
from tui.screens.detail import DetailScreen
from tui.sheet import filled
from widgets.chart import Chart
from widgets.context_list import ContextList
from widgets.face import Look
from widgets.fact_list import FactList
from widgets.glyphs import ASCII
from widgets.lines import Lines
from widgets.name_sheet import NameSheet
from widgets.palette import palette
from widgets.plot import Level, Span
from widgets.run_table import RunTable
from widgets.tile import Tile
from widgets.twin_panel import Quoted, TwinPanel

DAY = date(2025, 9, 17)
HK = calendar("XHKG")


def bars(sessions: int = 300) -> list[Bar]:
    """So many sessions before the day; the last but one is the highest of all."""
    days = [DAY]
    while len(days) <= sessions:
        days.append(HK.previous(days[-1]))
    closes = [Decimal(80 + place % 7) for place in range(sessions)]
    closes[-2:] = [Decimal("150.00"), Decimal("113.20")]
    return [
        Bar(day, close, close, close, close) for day, close in zip(reversed(days[1:]), closes, strict=True)
    ]


def closes(history: Sequence[Bar], *notes: str) -> Closes:
    """The same, packed."""
    days = array("l", [bar.date.toordinal() for bar in history])
    return Closes("9888.HK", DAY, days, array("d", [float(bar.close) for bar in history]), "a file", notes)


class Host(App[None]):
    """One widget, as large as the screen."""

    def __init__(self, widget: Lines) -> None:
        super().__init__()
        self.widget = widget

    def compose(self) -> ComposeResult:
        yield self.widget


# -- the chart

LEVELS = [
    Level(Decimal("125.00"), "previous close", date(2025, 9, 16), daily=True),
    Level(Decimal("127.00"), "year base", date(2024, 12, 31)),
    Level(Decimal("252.00"), "record close", date(2021, 3, 23)),
]


async def test_the_day_is_drawn_against_the_previous_close() -> None:
    chart = Chart()
    async with Host(chart).run_test(size=(60, 14)):
        assert "no price yet" in text(chart)
        chart.show(tile(quote=quote(prev_close="125.00")), LEVELS)
        shown = text(chart).splitlines()
        assert shown[1].endswith(" 135.40"), "the day's high is the upper edge"
        assert shown[-2].endswith(" 120.20"), "and its low the lower one"
        assert any("previous close 2025-09-16 ┈" in line and line.endswith("125.00") for line in shown)
        assert any("● " in line and line.endswith("131.00") for line in shown), "it ends on the live price"
        assert any("▲ record close 2021-03-23 252.00" in line for line in shown), "out of reach, and named"
        assert shown[-1].split() == ["09:30", "11:00", "13:00", "14:00", "15:00", "16:10"]
        chart.look = Look(palette(), ASCII)
        assert text(chart).isascii()


@pytest.mark.parametrize("span", [Span.MONTHS, Span.YEAR, Span.YEARS, Span.ALL])
async def test_years_end_on_the_live_price(span: Span) -> None:
    chart = Chart()
    async with Host(chart).run_test(size=(72, 16)):
        chart.span = span
        chart.show(tile(), LEVELS, None, "reading daily history")
        assert "reading daily history" in text(chart)
        chart.show(tile(), LEVELS, closes(bars()))
        shown = text(chart).splitlines()
        [live] = [line for line in shown if "●" in line]
        assert live.rstrip().endswith("131.00")
        assert live.index("●") == len(live.rstrip()) - len("● 131.00"), "in the last column"
        assert shown[1].endswith(" 150.00")
        assert "previous close" not in text(chart), "it is the line's own"
        assert "year base" in text(chart)


async def test_a_stale_price_takes_no_side() -> None:
    chart = Chart()
    async with Host(chart).run_test(size=(60, 12)):
        chart.show(tile(quality=Quality.STALE), LEVELS)
        styles = {segment.style for y in range(12) for segment in chart.render_line(y) if "●" in segment.text}
        assert styles == {chart.look.palette.muted}


# -- the panels


async def test_runs_are_counted_in_bars() -> None:
    table = RunTable()
    profile = build("9888.HK", bars(20), DAY, HK)
    async with Host(table).run_test(size=(60, 12)):
        table.show(profile.finished[Period.DAY].runs[-2:], Period.DAY, open=True)
        shown = text(table).splitlines()
        assert shown[0].startswith("─ Runs by day ─")
        assert shown[1].split() == ["2025-09-15", "now", "-1", "-24.53%", "▅▅▅"]


def twin(*, current: bool) -> tuple[Twin, list[Quoted]]:
    """Baidu abroad, at a rate that is current or not."""
    home, abroad, rate = (
        Quote(symbol, Decimal(last), NOW, NOW, "yahoo")
        for symbol, last in (("9888.HK", "131.00"), ("BIDU", "124.42"), (RATE, "7.7800"))
    )
    legs = Leg("9888.HK", home, True), Leg("BIDU", abroad, True), Leg(RATE, rate, current)
    prices = [
        Quoted("BIDU", "124.42 USD", "6h", "yahoo", True),
        Quoted("USD/HKD", "7.7800", "3h", "yahoo", current),
    ]
    return Twin(instrument("9888.HK"), *legs), prices


async def test_the_twin_is_compared_only_while_it_can_be() -> None:
    panel = TwinPanel()
    async with Host(panel).run_test(size=(60, 6)):
        panel.show(*twin(current=True))
        assert "ADR BIDU (8:1)" in text(panel)
        assert "121.00 HKD  -7.63% vs Hong Kong" in text(panel)
        panel.show(*twin(current=False))
        assert "STALE" in text(panel)
        assert text(panel).splitlines()[3].split() == ["implied", "-", "-"]


async def test_context_greys_with_age() -> None:
    figures = ContextList()
    at = parse_rfc3339("2025-09-17T04:00:00Z")
    figure = Figure(("9888.HK",), "bond", "CNY 4.4 bn", DAY, "a paper", "offshore")
    async with Host(figures).run_test(size=(60, 6)):
        figures.show([figure], at)
        assert text(figures).splitlines()[1:3] == ["  bond: CNY 4.4 bn (offshore)", "    2025-09-17, a paper"]
        assert figures.render_line(1)._segments[0].style == figures.look.palette.text
        figures.show([figure], at + 40 * 86_400 * SECOND)
        assert "40 days old" in text(figures)
        assert figures.render_line(1)._segments[0].style == figures.look.palette.muted
        figures.show([], at, "c.toml: figure[0].value: missing")
        assert "figure[0].value: missing" in text(figures)


# -- the page

SHOWN = "NameSheet, Chart, FactList, RunTable, TwinPanel, ContextList, HeadlinePane"


def page(stage: Stage) -> str:
    """What stands on it."""
    parts = stage.app.screen.query(SHOWN).results(Lines)
    return text(*(part for part in parts if part.display and part.parent and part.parent.display))


async def with_history(stage: Stage, *notes: str, error: str = "") -> None:
    """History for Baidu, from memory."""

    async def load(symbols: Sequence[str], session_date: date) -> AsyncIterator[Profile | str]:
        for symbol in symbols:
            yield build(symbol, bars(), session_date, HK)

    async def read(symbol: str, session_date: date) -> AsyncIterator[Closes]:
        if error:
            raise TickwallError(error)
        yield closes(bars(), *notes)

    assert stage.app.monitor is not None
    engine = stage.app.monitor.engine
    engine.profiles = Profiles(load, read)
    engine.profiles.want(["9888.HK"], DAY)
    await engine.profiles.settle()


async def opened(stage: Stage, pilot: Pilot[None]) -> None:
    """Baidu's page, its history read."""
    await pilot.press("enter")
    await until(lambda: isinstance(stage.app.screen, DetailScreen), pilot)
    await until(lambda: "below the record close" in page(stage), pilot)


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_every_key_of_the_page(size: tuple[int, int]) -> None:
    stage = Stage()
    async with stage.up(size=size) as pilot:
        await with_history(stage, "yahoo has another close on 2025-09-16: 113.25, here 113.20")
        stage.quote(last="118.00")
        await opened(stage, pilot)
        screen = stage.app.screen
        assert isinstance(screen, DetailScreen)
        assert "118.00 HKD  +4.80  ▲+4.24% on 113.20 (2025-09-16)" in page(stage)
        chart = screen.query_one(Chart)
        for key, span in (("c", "months"), ("C", "intraday"), ("0", "all"), ("5", "years"), ("1", "1y")):
            await pilot.press(key)
            assert chart.span == span
        await until(lambda: "record close" in text(chart) and "150.00" in text(chart), pilot)
        assert "another close on 2025-09-16" in page(stage) or size == (80, 24)
        before = screen.period
        await pilot.press("r")
        assert screen.period is not before
        await until(lambda: "Runs by month" in page(stage), pilot)
        panels = {screen.panel}
        for _ in range(4):
            await pilot.press("tab")
            panels.add(screen.panel)
        assert panels == {"facts", "runs", "twin", "context", "headlines"}
        await pilot.press("right", "left")
        assert screen.symbol == "9888.HK"
        await pilot.press("q")
        assert stage.app.screen is stage.app.main


async def test_history_that_cannot_be_read_is_named() -> None:
    stage = Stage()
    async with stage.up() as pilot:
        await with_history(stage, error="tencent: HTTP 403")
        stage.quote()
        await opened(stage, pilot)
        await pilot.press("1")
        await until(lambda: "no daily history: tencent: HTTP 403" in page(stage), pilot)


async def test_without_a_base_there_is_no_percentage() -> None:
    stage = Stage()
    async with stage.up() as pilot:
        stage.quote(last="118.00", prev_close=None)
        await pilot.press("enter")
        said = "118.00 HKD  -  - no previous close"
        await until(lambda: said in text(*stage.app.screen.query(NameSheet)), pilot)


async def test_an_old_home_price_is_not_compared() -> None:
    stage = Stage()
    async with stage.up() as pilot:
        stage.quote()
        await pilot.press("enter")
        await until(lambda: "9888.HK" in text(*stage.app.screen.query(TwinPanel)), pilot)
        assert text(*stage.app.screen.query(TwinPanel)).splitlines()[-1].split() == ["implied", "-", "-"]
        stage.clock.set(NOW + 5 * MINUTE)
        await until(lambda: "STALE" in text(*stage.app.screen.query(TwinPanel)), pilot)


async def test_a_bad_context_file_is_named_where_it_would_stand(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    figures = tmp_path / "figures.toml"
    figures.write_text("")
    config.write_text(f'[context]\nfile = "{figures}"\n')
    stage = Stage(config)
    figures.write_text("[[figure]]\nvalue = 1\n")
    async with stage.up() as pilot:
        stage.quote()
        await pilot.press("enter")
        await until(lambda: "figure[0].symbols: missing" in page(stage), pilot)


async def test_a_page_in_chinese(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text('[display]\nnames = "zh-Hant"\n')
    stage = Stage(config)
    async with stage.up() as pilot:
        await with_history(stage)
        stage.quote()
        await pilot.press("enter")
        await until(lambda: "連升連跌（周）" in page(stage) and "前收市價" in page(stage), pilot)
        await until(lambda: "方可收復" in page(stage), pilot)
        await until(lambda: "─ 新聞 ─" in page(stage) and "未有新聞" in page(stage), pilot)
        await pilot.press("right")
        await until(lambda: "未有報價" in page(stage) and "暫無日線數據" in page(stage), pilot)


@pytest.mark.parametrize(
    ("width", "told"),
    [
        (60, " 118.00 HKD  +4.80  ▲+4.24% on 113.20 (2025-09-16)"),
        (40, " 118.00 HKD  +4.80  ▲+4.24%"),
        (24, " 118.00 HKD  ▲+4.24%"),
        (18, " 118.00  ▲+4.24%"),
    ],
)
async def test_the_percentage_is_the_last_to_go(width: int, told: str) -> None:
    stage = Stage()
    async with stage.up(size=(width, 5)) as pilot:
        stage.quote()
        await pilot.press("enter")
        await until(lambda: told in page(stage).split("\n"), pilot)
        assert not stage.app.screen.show_vertical_scrollbar


async def test_doubts_about_history_stay_where_facts_give_way() -> None:
    facts = FactList()
    async with Host(facts).run_test(size=(60, 5)):
        facts.show([f"fact {number}" for number in range(9)], notes=["rows given twice, kept once: 3"])
        assert [line.strip() for line in text(facts).splitlines()[1:]] == [
            "fact 0", "fact 1", "fact 2", "! rows given twice, kept once: 3",
        ]  # fmt: skip
        facts.show((), "no daily history so far")
        assert "no daily history so far" in text(facts)


async def test_what_is_asked_for_while_the_page_is_open() -> None:
    async with Venue(VenueOptions(speed=0, start=time(10, 14))) as venue:
        stage = Stage()
        flags = {"enabled": True, "chart_url": f"{venue.url}/v8/finance/chart/"}
        stage.config = load(
            None, environ={"XDG_CONFIG_HOME": "/nonexistent"}, flags={"feeds": {"yahoo": flags}}
        )
        async with stage.up() as pilot:
            stage.quote(last="124.00")
            await pilot.press("enter")
            await until(lambda: "implied         121.0" in page(stage), pilot)
            assert "BIDU            124.43 USD  yahoo 6h" in page(stage)
            chart = stage.app.screen.query_one(Chart)
            begun = [line for line in text(chart).splitlines() if line and 0x2800 < ord(line[0]) < 0x2900]
            assert begun, "the line begins at half past nine, long before the wall was there"
            await pilot.press("q")


def test_minutes_from_elsewhere_come_before_the_walls_own() -> None:
    own = tile()
    assert own.session is not None
    begun = own.session.open
    known = filled(own._replace(minutes=own.minutes[30:]), [(begun - MINUTE, Decimal(1)), *own.minutes])
    assert list(known.minutes) == list(own.minutes)
    assert filled(own, ()) is own
    assert filled(Tile("9888.HK", "Baidu"), own.minutes).minutes == ()


async def test_the_smallest_screens_have_the_chart_as_a_panel() -> None:
    stage = Stage()
    async with stage.up(size=(60, 14)) as pilot:
        await with_history(stage)
        stage.quote()
        await opened(stage, pilot)
        screen = stage.app.screen
        assert isinstance(screen, DetailScreen)
        assert not screen.chart.display
        await pilot.press("1")
        await until(lambda: screen.chart.display and "150.00" in text(screen.chart), pilot)
        assert not screen.facts.display
        await pilot.press("tab")
        assert screen.panel == "facts"
        await pilot.resize_terminal(80, 24)
        await until(lambda: screen.chart.display and screen.facts.display, pilot)
