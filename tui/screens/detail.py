"""A name's page: its quote in full, its chart, what history says, its twin abroad, its headlines."""

import asyncio
from collections.abc import Mapping, Sequence, Set
from datetime import date
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Vertical

from market.closes import Closes
from market.context import Figure, known
from market.errors import TickwallError
from market.instrument import instrument
from market.profile import Period
from market.quote import Quote
from market.twin import RATE
from tui.keys import Place, bindings
from tui.page_layout import after, lay_out_page, panel_width
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
from widgets.twin_panel import TwinPanel
from widgets.words import words

if TYPE_CHECKING:
    from tui.bridge import Bridge
    from tui.sheet import Page

_PERIODS = (Period.DAY, Period.WEEK, Period.MONTH)

_STEADY_S = 0.15
"""Seconds that a name must stay in view before its history is read: flipping through names reads none."""


class DetailScreen(View):
    """State to read: ``symbol``, ``panel`` (the one in view on a small screen), ``period`` (of the runs)."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Place.DETAIL)]
    AUTO_FOCUS = "HeadlinePane"
    DEFAULT_CSS = """
    DetailScreen #body { layout: vertical; }
    DetailScreen.-wide #body { layout: horizontal; }
    DetailScreen #body > Vertical { height: auto; }
    """

    def __init__(self, symbol: str) -> None:
        super().__init__()
        self.panel = "facts"
        self.period = Period.WEEK
        self._symbol = symbol
        self._asked: tuple[str, date] | None = None
        self._closes: Closes | None = None
        self._why_no_closes = ""
        self._abroad: dict[str, Quote] = {}
        self._figures: Sequence[Figure] = ()
        self._bad_figures = ""

    @property
    def symbol(self) -> str:
        """The name that is shown."""
        return self._symbol

    def compose(self) -> ComposeResult:
        """From the top; beside the chart on a large screen, below it on a small one, stand the panels."""
        yield NameSheet()
        with Container(id="body"):
            with Vertical(id="left"):
                yield Chart()
                yield HeadlinePane()
            with Vertical(id="right"):
                yield FactList(id="facts")
                yield RunTable(id="runs")
                yield TwinPanel(id="twin")
                yield ContextList(id="context")
        yield TabLine(id="panels")

    def on_mount(self) -> None:
        """Read what is typed in a file, once: it does not change by itself."""
        super().on_mount()
        self.query_one("#panels", TabLine).numbered = False
        self._read_figures()

    def _read_figures(self) -> None:
        from monitor.context import ContextError, context_file, read_context

        run = self.wall_app.monitor
        try:
            self._figures = read_context(context_file(run.config.settings.context.file if run else ""))
        except ContextError as error:
            self._bad_figures = str(error)

    # -- the picture

    def pull(self, bridge: "Bridge", dirty: Set[str], *, whole: bool) -> None:
        """Show the name anew when it changed; the rest once a second."""
        from tui.sheet import Page

        if not whole and self._symbol not in dirty:
            return
        self._ask(bridge)
        page = Page(bridge, self._symbol, self._closes)
        sheet = page.sheet()
        self.query_one(NameSheet).show(sheet)
        self.query_one(Chart).show(sheet.tile, page.levels(), self._closes, self._why_no_closes)
        self._show_history(page)
        if whole:
            self.query_one(HeadlinePane).show(bridge.headlines(self._symbol), bridge.today, bridge.marks)
            self._show_rest(page)
            self.fit()

    def _show_history(self, page: "Page") -> None:
        notes = self._closes.notes if self._closes is not None else ()
        self.query_one(FactList).show(page.facts(), page.why_no_facts(), notes)
        runs, open = page.runs(self.period)
        self.query_one(RunTable).show(runs, self.period, open=open)

    def _show_rest(self, page: "Page") -> None:
        twin = page.twin(self._abroad)
        self.query_one(TwinPanel).show(*(twin or (None, ())))
        now = page.bridge.engine.clock.now()
        figures = known(self._figures, self._symbol, now)
        self.query_one(ContextList).show(figures, now, self._bad_figures)

    # -- what is asked for while the page is open

    def _ask(self, bridge: "Bridge") -> None:
        """Have the history of the name and session in view read, and its prices abroad followed."""
        entry = bridge.engine.state.entries[self._symbol]
        session = entry.session_date or entry.calendar.latest(bridge.engine.clock.now()).date
        if self._asked == (self._symbol, session):
            return
        if self._asked is None or self._asked[0] != self._symbol:
            self._abroad.clear()
            self.run_worker(self._follow(bridge), group="abroad", exclusive=True, exit_on_error=False)
        self._asked = self._symbol, session
        self._closes, self._why_no_closes = None, "reading daily history"
        self.run_worker(self._read(bridge, session), group="closes", exclusive=True, exit_on_error=False)

    async def _read(self, bridge: "Bridge", session: date) -> None:
        """The daily closes; the page is drawn long before they come."""
        await asyncio.sleep(_STEADY_S)
        profiles = bridge.engine.profiles
        try:
            if profiles is not None:
                async for closes in profiles.closes(self._symbol, session):
                    self._closes = closes
                    self.wall_app.show_anew()
            self._why_no_closes = "no daily history"
        except (TickwallError, OSError) as error:
            self._why_no_closes = f"no daily history: {error}"
        self.wall_app.show_anew()

    async def _follow(self, bridge: "Bridge") -> None:
        """The newest prices of the name's twin abroad and of the dollar."""
        from monitor.twins import follow

        adr, run = instrument(self._symbol).adr, self.wall_app.monitor
        if adr is None or run is None:
            return

        def tell(quote: Quote) -> None:
            self._abroad[quote.symbol] = quote

        await follow(run, (adr, RATE), tell)

    # -- layout

    @property
    def _panels(self) -> Mapping[str, Panel]:
        """Those that have something to say, by name."""
        panels: dict[str, Panel] = {"facts": self.query_one(FactList), "runs": self.query_one(RunTable)}
        if (twin := self.query_one(TwinPanel)).twin is not None:
            panels["twin"] = twin
        if (context := self.query_one(ContextList)).figures or self._bad_figures:
            panels["context"] = context
        return panels

    def on_resize(self) -> None:
        """Share the new room out."""
        self.fit()

    def fit(self) -> None:
        """Share the lines of the terminal out."""
        width, height = self.app.size
        sheet, panels = self.query_one(NameSheet), self._panels
        top = min(height, sheet.height_for(width))
        tabs = (*panels, "headlines")
        self.panel = self.panel if self.panel in tabs else tabs[0]
        wanted = {name: panel.height_for(panel_width(width, height)) for name, panel in panels.items()}
        plan = lay_out_page(width, height, top, wanted, self.panel)
        self.set_class(plan.wide, "-wide")
        headlines = self.query_one(HeadlinePane)
        lines = {sheet: top, self.query_one(Chart): plan.chart, headlines: plan.headlines}
        lines |= {panel: plan.panels.get(panel.id or "", 0) for panel in self.query(Panel)}
        lines[line := self.query_one("#panels", TabLine)] = plan.tabs
        for part, count in lines.items():
            part.display = count > 0
            part.styles.height = max(1, count)
        self.query_one("#left").styles.width = plan.left
        self.query_one("#right").styles.width = plan.right
        self.query_one("#body").styles.height = max(1, height - top - plan.tabs)
        said = words(sheet.look.language)
        line.show([Tab(name, said[name]) for name in tabs], self.panel)
        if headlines.display and self.focused is None:
            self.set_focus(headlines)

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
        self.query_one(Chart).span = Span(span)

    def action_next_span(self, step: int) -> None:
        """Reach further back, or less far."""
        spans, chart = list(Span), self.query_one(Chart)
        chart.span = spans[(spans.index(chart.span) + step) % len(spans)]

    def action_period(self) -> None:
        """Runs by the next period."""
        self.period = _PERIODS[(_PERIODS.index(self.period) + 1) % len(_PERIODS)]
        self._show("runs")

    def action_panel(self, step: int) -> None:
        """Show the next panel, where there is room for one."""
        self._show(after((*self._panels, "headlines"), self.panel, step))

    def _show(self, panel: str) -> None:
        self.panel = panel
        self.fit()
        self.wall_app.show_anew()

    @on(TabLine.Chosen)
    def _choose_panel(self, event: TabLine.Chosen) -> None:
        self._show(event.pane)

    @on(HeadlinePane.Opened)
    def _open_headline(self, event: HeadlinePane.Opened) -> None:
        self.wall_app.open_headline(event.headline)
