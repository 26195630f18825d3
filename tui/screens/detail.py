"""A name's page: its quote in full, its chart, what history says, its twin abroad, its headlines."""

import asyncio
from collections.abc import Mapping, Sequence, Set
from datetime import date
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Vertical
from textual.widget import Widget

from market.closes import Closes
from market.context import Figure, known
from market.errors import TickwallError
from market.instrument import instrument
from market.profile import Period
from market.quote import Quote
from market.twin import RATE
from tui.filter import Filter
from tui.keys import Place, bindings
from tui.page_layout import after, chart_is_panel, lay_out_page, panel_width
from tui.screens.view import View
from widgets.chart import Chart
from widgets.context_list import ContextList
from widgets.fact_list import FactList
from widgets.headlines import HeadlinePane
from widgets.name_sheet import NameSheet
from widgets.panel import Panel
from widgets.plot import Span
from widgets.run_table import RunTable
from widgets.tabs import Tab, TabLine
from widgets.tile import Minutes
from widgets.twin_panel import TwinPanel
from widgets.words import words

if TYPE_CHECKING:
    from tui.bridge import Bridge
    from tui.sheet import Page

_PERIODS = (Period.DAY, Period.WEEK, Period.MONTH)

_STEADY_S = 0.15
"""Seconds that a name must stay in view before its history is read: flipping through names reads none."""

_RETRY_S = 60.0
"""Seconds after which history that could not be read is asked for again."""


class DetailScreen(View):
    """State to read: ``symbol``, ``panel`` (the one in view on a small screen), ``period`` (of the runs)."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Place.DETAIL)]
    PLACES = (Place.DETAIL,)
    AUTO_FOCUS = "HeadlinePane"
    DEFAULT_CSS = """
    DetailScreen #body { layout: vertical; }
    DetailScreen.-wide #body { layout: horizontal; }
    DetailScreen #body > Vertical { height: auto; }
    DetailScreen > Filter { layer: prompt; dock: bottom; height: 1; }
    """

    def __init__(self, symbol: str) -> None:
        super().__init__()
        self.sheet = NameSheet()
        self.chart = Chart()
        self.headlines = HeadlinePane()
        self.facts = FactList(id="facts")
        self.runs = RunTable(id="runs")
        self.twin = TwinPanel(id="twin")
        self.context = ContextList(id="context")
        self.filter = Filter(self._filter_closed, "filter its headlines by any word; Enter keeps, Esc drops")
        self.tabs = TabLine(id="panels")
        self.tabs.numbered = False
        self._body = Container(id="body")
        self._left, self._right = Vertical(), Vertical()
        self.panel = "facts"
        self.period = Period.WEEK
        self._symbol = symbol
        self._asked: tuple[str, date] | None = None
        self._closes: Closes | None = None
        self._why_no_closes = ""
        self._abroad: dict[str, Quote] = {}
        self._earlier: Minutes = ()
        self._figures: Sequence[Figure] | None = None
        self._bad_figures = ""

    @property
    def symbol(self) -> str:
        """The name that is shown."""
        return self._symbol

    @property
    def _words(self) -> Mapping[str, str]:
        return words(self.sheet.look.language)

    def compose(self) -> ComposeResult:
        """From the top; beside the chart on a large screen, below it on a small one, stand the panels."""
        yield self.sheet
        with self._body:
            with self._left:
                yield self.chart
                yield self.headlines
            with self._right:
                yield self.facts
                yield self.runs
                yield self.twin
                yield self.context
        yield self.tabs
        yield self.filter

    # -- the picture

    def pull(self, bridge: "Bridge", dirty: Set[str], *, whole: bool) -> None:
        """Show the name anew when it changed; the rest once a second."""
        from tui.sheet import Page

        if not whole and self._symbol not in dirty:
            return
        self._ask(bridge)
        page = Page(bridge, self._symbol, self._earlier)
        sheet = page.sheet()
        self.sheet.show(sheet)
        self.chart.show(sheet.tile, page.levels(), self._closes, self._why_no_closes)
        self._show_history(page)
        self.twin.show(*(page.twin(self._abroad) or (None, ())))
        if whole:
            self.headlines.show(bridge.headlines(self._symbol), bridge.today, bridge.marks)
            self._show_figures(page.now)
            self.fit()

    def _show_history(self, page: "Page") -> None:
        notes = self._closes.notes if self._closes is not None else ()
        self.facts.show(page.facts(), page.why_no_facts(), notes)
        runs, open = page.runs(self.period)
        self.runs.show(runs, self.period, open=open)

    def _show_figures(self, now: int) -> None:
        if self._figures is None:
            self._figures = self._read_figures()
        self.context.show(known(self._figures, self._symbol, now), now, self._bad_figures)

    def _read_figures(self) -> Sequence[Figure]:
        """What is typed in a file, read once: it does not change by itself."""
        from monitor.context import ContextError, context_file, read_context

        run = self.wall_app.monitor
        try:
            return read_context(context_file(run.config.settings.context.file if run else ""))
        except ContextError as error:
            self._bad_figures = str(error)
            return ()

    # -- what is asked for while the page is open

    def _ask(self, bridge: "Bridge") -> None:
        """Have the history of the name and session in view read, and the vendor asked for what it knows."""
        entry = bridge.engine.state.entries[self._symbol]
        session = entry.session_date or entry.calendar.latest(bridge.engine.clock.now()).date
        if self._asked == (self._symbol, session):
            return
        self._asked = self._symbol, session
        self._closes, self._why_no_closes = None, self._words["reading history"]
        self._abroad.clear()
        self._earlier = ()
        self.run_worker(self._read(bridge, session), group="closes", exclusive=True, exit_on_error=False)
        self.run_worker(self._ask_vendor(bridge), group="vendor", exclusive=True, exit_on_error=False)

    async def _read(self, bridge: "Bridge", session: date) -> None:
        """The daily closes; the page is drawn long before they come, and asks again where they cannot."""
        profiles = bridge.engine.profiles
        await asyncio.sleep(_STEADY_S)
        while profiles is not None and self._closes is None:
            try:
                async for closes in profiles.closes(self._symbol, session):
                    self._closes = closes
                    self.wall_app.show_anew()
                self._why_no_closes = self._words["no history"]
                return
            except (TickwallError, OSError) as error:
                self._why_no_closes = f"{self._words['no history']}: {error}"
            self.wall_app.show_anew()
            await asyncio.sleep(_RETRY_S)

    async def _ask_vendor(self, bridge: "Bridge") -> None:
        """The minutes before the wall was there; then the newest prices of the name's twin and the dollar."""
        from monitor.glances import earlier, follow, vendor

        run = self.wall_app.monitor
        settings = vendor(run) if run is not None else None
        if settings is None:
            return
        await asyncio.sleep(_STEADY_S)
        self._earlier = await earlier(settings, self._symbol)
        self.wall_app.show_anew()
        adr = instrument(self._symbol).adr
        if adr is not None:
            await follow(settings, (adr, RATE), bridge.engine.clock, self._take)

    def _take(self, quote: Quote) -> None:
        self._abroad[quote.symbol] = quote

    # -- layout

    @property
    def _panels(self) -> Mapping[str, Panel]:
        """Those that have something to say, by name."""
        panels: dict[str, Panel] = {"facts": self.facts, "runs": self.runs}
        if self.twin.twin is not None:
            panels["twin"] = self.twin
        if self.context.figures or self._bad_figures:
            panels["context"] = self.context
        return panels

    @property
    def _names(self) -> Sequence[str]:
        """What a small screen shows one of at a time."""
        width, height = self.app.size
        chart = ("chart",) if chart_is_panel(width, height, self.sheet.height_for(width)) else ()
        return (*self._panels, "headlines", *chart)

    def on_resize(self) -> None:
        """Share the new room out."""
        self.fit()

    def fit(self) -> None:
        """Share the lines of the terminal out."""
        width, height = self.app.size
        panels = self._panels
        top = min(height, self.sheet.height_for(width))
        names = self._names
        self.panel = self.panel if self.panel in names else names[0]
        wanted = {name: panel.height_for(panel_width(width, height)) for name, panel in panels.items()}
        plan = lay_out_page(width, height, top, wanted, self.panel)
        self.set_class(plan.wide, "-wide")
        lines: dict[Widget, int] = {
            self.sheet: top,
            self.chart: plan.chart,
            self.headlines: plan.headlines,
            self.tabs: plan.tabs,
        }
        for panel in (self.facts, self.runs, self.twin, self.context):
            lines[panel] = plan.panels.get(panel.id or "", 0)
        for part, count in lines.items():
            part.display = count > 0
            part.styles.height = max(1, count)
        self._left.styles.width, self._right.styles.width = plan.left, plan.right
        self._body.display = height > top
        self._body.styles.height = max(1, height - top - plan.tabs)
        said = self._words
        self.tabs.show([Tab(name, said[name]) for name in names], self.panel)
        if self.headlines.display and self.focused is None:
            self.set_focus(self.headlines)

    # -- keys

    def action_neighbour(self, step: int) -> None:
        """The name beside it, in the order of the tiles."""
        order = self.wall_app.main.wall.order
        if order:
            place = order.index(self._symbol) if self._symbol in order else -step
            self._symbol = order[(place + step) % len(order)]
            self.wall_app.main.wall.move_to(self._symbol)
            self.wall_app.show_anew()

    def action_span(self, span: str) -> None:
        """Draw a day, or so many months or years."""
        self.chart.span = Span(span)
        if "chart" in self._names:
            self._show("chart")

    def action_next_span(self, step: int) -> None:
        """Reach further back, or less far."""
        spans = list(Span)
        self.action_span(spans[(spans.index(self.chart.span) + step) % len(spans)])

    def action_period(self) -> None:
        """Runs by the next period."""
        self.period = _PERIODS[(_PERIODS.index(self.period) + 1) % len(_PERIODS)]
        self._show("runs")

    def action_panel(self, step: int) -> None:
        """Show the next panel, where there is room for one."""
        self._show(after(self._names, self.panel, step))

    def _show(self, panel: str) -> None:
        self.panel = panel
        self.fit()
        self.wall_app.show_anew()

    @on(TabLine.Chosen)
    def _choose_panel(self, event: TabLine.Chosen) -> None:
        self._show(event.pane)

    # -- headlines

    def action_search(self) -> None:
        """Type what its headlines shall have."""
        self._show("headlines")
        self.filter.open(self.headlines.filter)

    def action_move_tiles(self, _columns: int, rows: int) -> None:
        """Move on the headlines while the filter has the keys."""
        self.headlines.action_move(rows)

    @on(Filter.Changed)
    def _filter_changed(self, event: Filter.Changed) -> None:
        if self.filter.is_open:
            self.headlines.filter = event.value

    def _filter_closed(self, text: str) -> None:
        self.headlines.filter = text
        self.set_focus(self.headlines)

    def action_back(self) -> None:
        """Drop the filter; else leave."""
        if self.headlines.filter:
            self.headlines.filter = ""
        else:
            self.action_leave()

    @on(HeadlinePane.Opened)
    def _open_headline(self, event: HeadlinePane.Opened) -> None:
        self.wall_app.open_headline(event.headline)
