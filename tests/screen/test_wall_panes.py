"""Strip, panes, feed status and chart."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.message import Message

from market.clock import SECOND, parse_rfc3339
from market.freshness import Health, Quality
from market.headline import Headline
from market.session import Phase
from tests.screen.market import NOW, quote, tile
from tests.screen.stage import until
from widgets.chart import Chart
from widgets.feed_status import FeedLine, FeedStatusBar
from widgets.glyphs import UNICODE
from widgets.heading import heading
from widgets.headlines import HeadlinePane
from widgets.index_strip import Hours, IndexLine, IndexStrip, countdown
from widgets.lines import Lines
from widgets.tabs import Tab, TabLine

HOSTILE = "\x1b]0;owned\x07\x1b[31m\u202e[bold red]evil[/]\r\n\x9b2J百度"

HSTECH = IndexLine(
    "HSTECH",
    quote("HSTECH", "6334.24", "6077.66"),
    day=4,
    week=7,
    month=5,
    year_pct=Decimal("41.765534"),
    record_pct=Decimal("-42.127796"),
    highest_since=date(2021, 11, 25),
)
HSI = IndexLine("HSI", quote("HSI", "26908.39", "26438.51"), day=1, week=2, month=5)
MORNING = Hours(NOW, Phase.MORNING, NOW + 3600 * SECOND, Phase.LUNCH)


class Host(App[None]):
    """One widget, and what it posts."""

    def __init__(self, widget: Lines) -> None:
        super().__init__()
        self.widget = widget
        self.opened: list[Message] = []

    def compose(self) -> ComposeResult:
        yield self.widget

    def on_headline_pane_opened(self, event: HeadlinePane.Opened) -> None:
        self.opened.append(event)


@pytest.mark.parametrize("width", [12, 30, 60, 80])
def test_a_heading_is_as_wide_as_its_room(width: int) -> None:
    for title in ("Journal: 3 alerts", "新聞", "新聞：含「百度」"):
        for count, hint in (("", ""), ("1/13", ""), ("1/13", "Enter open  Esc back")):
            line = heading(title, width, UNICODE, count=count, hint=hint)
            assert cell_len(line) == width
            assert (f" {hint} ─ 1/13 " in line) == (bool(hint) and width >= 60)
            assert "…" not in line or width == 12


TABS = [Tab("wall", "Wall"), Tab("headlines", "Headlines"), Tab("alerts", "Alerts", " 2!")]


@pytest.mark.parametrize(
    ("width", "numbered", "told"),
    [
        (40, True, " 1 Wall  2 Headlines  3 Alerts 2!"),
        (25, True, " 1  2 Headlines  3 2!"),
        (40, False, " Wall  Headlines  Alerts 2!"),
        (25, False, " Headlines 2/3"),
    ],
)
async def test_tabs_keep_the_name_of_the_one_in_view(width: int, numbered: bool, told: str) -> None:
    tabs = TabLine()
    tabs.numbered = numbered
    async with Host(tabs).run_test(size=(width, 1)):
        tabs.show(TABS, "headlines")
        assert lines(tabs) == [told]


def lines(widget: Lines) -> list[str]:
    return [widget.render_line(y).text.rstrip() for y in range(widget.size.height)]


def news(number: int, title: str = "Baidu wins a chip order", at: str = "2025-09-17T02:00:00Z") -> Headline:
    instant = parse_rfc3339(at)
    return Headline(str(number), f"{title} {number}", "", instant, instant, "rthk", ("9888.HK", "0700.HK"))


async def test_the_strip_tells_a_whole_index_on_a_wide_screen() -> None:
    strip = IndexStrip()
    async with Host(strip).run_test(size=(120, 3)):
        strip.show([HSTECH, HSI], MORNING, "SIMULATED")
        hours, hstech, hsi = lines(strip)
        assert hstech.startswith(" HSTECH 6,334.24 ▲+4.22%  week +7  day +4  +256.58  year +41.8%")
        assert hstech.endswith("  month +5  record -42.1%  highest since 2021-11-25")
        assert hsi == " HSI    26,908.39 ▲+1.78%  week +2  day +1  +469.88  month +5"
        assert hours == " SIMULATED 2025-09-17 11:00:00 HKT morning, lunch in 1:00:00"


@pytest.mark.parametrize("height", [1, 2])
async def test_eighty_columns_keep_level_week_and_phase(height: int) -> None:
    strip = IndexStrip()
    async with Host(strip).run_test(size=(80, height)):
        strip.show([HSTECH, HSI], MORNING, "SIMULATED")
        first = lines(strip)[0]
        for word in ("HSTECH 6,334.24 ▲+4.22%", "week +7", "SIMULATED", "11:00:00 HKT morning"):
            assert word in first


async def test_a_narrow_strip_keeps_the_hour_and_loses_the_date() -> None:
    strip = IndexStrip()
    async with Host(strip).run_test(size=(60, 1)):
        strip.show([HSTECH], MORNING, "SIMULATED")
        [line] = lines(strip)
    assert line.endswith("SIMULATED 11:00:00 HKT")


async def test_a_record_a_closed_market_and_an_old_level_are_told() -> None:
    strip = IndexStrip()
    async with Host(strip).run_test(size=(120, 2)):
        old = replace(HSTECH, record=True, tag="STALE 2:13", quality=Quality.STALE, week=-3)
        strip.show([old], Hours(NOW, Phase.CLOSED, NOW + 86_400 * SECOND, Phase.PRE_OPEN))
        assert "record high" in lines(strip)[1]
        assert "STALE 2:13  week -3" in lines(strip)[1]
        assert lines(strip)[0] == " 2025-09-17 11:00:00 HKT closed, opens in 24:00:00"
        strip.show([IndexLine("HSI")], None)
        assert lines(strip)[1].split() == ["HSI", "-"]


def test_a_time_to_wait() -> None:
    assert [countdown(seconds) for seconds in (-5, 59, 6353, 200_000)] == [
        "0:00:00",
        "0:00:59",
        "1:45:53",
        "2 d 07:33",
    ]


async def test_headlines_are_read_and_opened() -> None:
    pane = HeadlinePane()
    app = Host(pane)
    async with app.run_test(size=(80, 5)) as pilot:
        assert "no headlines yet" in lines(pane)[1]
        pane.show([news(3), news(2, at="2025-09-16T02:00:00Z")], date(2025, 9, 17))
        assert lines(pane)[1:3] == [
            " 10:00 rthk     9888 0700 Baidu wins a chip order 3",
            " 09-16 rthk     9888 0700 Baidu wins a chip order 2",
        ]
        await pilot.press("tab", "down", "enter")
        assert pane.current == news(2, at="2025-09-16T02:00:00Z")
        [opened] = app.opened
        assert isinstance(opened, HeadlinePane.Opened) and opened.headline.id == "2"


async def test_the_cursor_stays_on_its_headline_when_news_arrive() -> None:
    pane = HeadlinePane()
    async with Host(pane).run_test(size=(80, 5)) as pilot:
        rows = [news(number) for number in range(20, 0, -1)]
        pane.show(rows)
        await pilot.press("tab")
        pane.show([news(21), *rows])
        assert pane.current == news(20)
        assert news(21).title in lines(pane)[1]
        pane.show([news(number) for number in range(24, 0, -1)])  # more than there are lines for
        assert pane.current == news(24)
        await pilot.press("down", "down", "pagedown")
        held = pane.current
        pane.show([news(number) for number in range(27, 0, -1)])
        assert pane.current == held
        assert held is not None and any(held.title in line for line in lines(pane))
        await pilot.press("end")
        assert pane.current == news(1)
        pane.show([])
        assert pane.current is None


async def test_without_the_keys_a_list_stays_on_its_newest() -> None:
    pane = HeadlinePane()
    async with Host(pane).run_test(size=(80, 5)) as pilot:
        pane.screen.set_focus(None)
        await until(lambda: not pane.has_focus, pilot)
        pane.show([news(1)])
        pane.show([news(2), news(1)])
        assert pane.current == news(2)


async def test_every_feed_says_how_it_is() -> None:
    bar = FeedStatusBar()
    async with Host(bar).run_test(size=(100, 3)) as pilot:
        feeds = [
            FeedLine("tencent", Health.LIVE, rate=12.4, lag_s=0.8),
            FeedLine("yahoo", Health.DOWN, "HTTP 429", silent_s=325, errors=12, next_try_s=17),
            FeedLine("coinbase", Health.DELAYED, rate=3, lag_s=900),
        ]
        bar.show(feeds)
        assert lines(bar) == [
            "● tencent    live         12.4/s  lag 0.8s",
            "! yahoo      down          0.0/s  last 5:25 ago  HTTP 429, next try in 17s  errors 12",
            "! coinbase   delayed       3.0/s  lag 15:00",
        ]
        await pilot.resize_terminal(100, 2)
        await pilot.pause()
        assert lines(bar)[0].startswith("! yahoo      down")
        assert lines(bar)[1] == " coinbase delayed 3.0/s lag 15:00  tencent live 12.4/s lag 0.8s"
        await pilot.resize_terminal(60, 1)
        await pilot.pause()
        assert lines(bar) == [" yahoo down, next try in 17s  coinbase delayed  tencent live"]


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("zh-Hant", ["周 +7", "日 +4", "年 +41.8%", "紀錄 -42.1%", "早市, 午休 尚餘 1:00:00"]),
        ("zh-Hans", ["周 +7", "纪录 -42.1%", "上午, 午休 还有 1:00:00"]),
    ],
)
async def test_the_strip_speaks_the_language_of_names(language: str, said: list[str]) -> None:
    strip = IndexStrip()
    async with Host(strip).run_test(size=(120, 2)):
        strip.look = replace(strip.look, language=language)
        strip.show([HSTECH], MORNING)
        shown = "\n".join(lines(strip))
        assert [text for text in said if text not in shown] == []


@pytest.mark.parametrize("size", [(1, 1), (20, 5), (36, 3), (200, 60)])
@pytest.mark.parametrize("kind", [IndexStrip, HeadlinePane, FeedStatusBar, Chart])
async def test_hostile_text_is_harmless_in_any_room(kind: type[Lines], size: tuple[int, int]) -> None:
    widget = kind()
    async with Host(widget).run_test(size=size):
        if isinstance(widget, IndexStrip):
            widget.show([replace(HSTECH, symbol=HOSTILE, tag=HOSTILE)] * 3, MORNING, HOSTILE)
        elif isinstance(widget, HeadlinePane):
            widget.show([replace(news(1, HOSTILE), source=HOSTILE, symbols=(HOSTILE,))] * 9)
        elif isinstance(widget, FeedStatusBar):
            widget.show([FeedLine(HOSTILE, Health.DOWN, HOSTILE)] * 9)
        elif isinstance(widget, Chart):
            widget.show(tile())
        for y in range(widget.size.height):
            text = widget.render_line(y).text
            assert cell_len(text) == size[0]
            assert not set(text) & set("\x1b\x07\x9b\u202e\r\n\t")
