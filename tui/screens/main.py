"""The main screen: index strip, tiles, headlines, alerts and feeds, on a terminal of any size."""

from collections.abc import Sequence, Set
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widget import Widget

from market.headline import Headline
from tui.filter import Filter
from tui.keys import Place, bindings
from tui.layout import Layout, lay_out
from tui.lists import Watchlist, Watchlists
from tui.screens.view import View
from widgets.alerts import AlertPane, AlertRow
from widgets.face import Look
from widgets.feed_status import FeedStatusBar
from widgets.headlines import HeadlinePane
from widgets.index_strip import IndexStrip
from widgets.lines import Lines
from widgets.notice import Notice
from widgets.order import Sort
from widgets.status import Remark, StatusLine
from widgets.tabs import Tab, TabLine
from widgets.wall import Wall

if TYPE_CHECKING:
    from tui.bridge import Bridge

PANES = ("wall", "headlines", "alerts")

FEEDS = 2
"""Lines kept for feeds before it is known how many there are: the tiles must not jump when they report."""

NARROW = 60
"""Cells below which the strip has no room to say SIMULATED: the status line does."""

FILTER = "filter by code or name in any language; Enter keeps, Esc drops"


class MainScreen(View):
    """State to read: ``watchlist``, ``pane`` (the one in view where panes are tabs), ``plan``."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Place.MAIN)]
    PLACES = (Place.TILES, Place.MAIN, Place.LISTS, Place.FILTER)
    AUTO_FOCUS = "#wall"

    def __init__(self, watchlists: Watchlists) -> None:
        super().__init__()
        self.watchlists = watchlists
        self.watchlist = watchlists.lists[0]
        self.strip = IndexStrip(id="strip")
        self.notice = Notice(id="notice")
        self.wall = Wall(id="wall")
        self.headlines = HeadlinePane(id="headlines")
        self.alerts = AlertPane(id="alerts")
        self.panes = Horizontal(self.headlines, self.alerts, id="panes")
        self.feeds = FeedStatusBar(id="feeds")
        self.tabs = TabLine(id="tabs")
        self.filter = Filter(self._filter_closed, FILTER, id="filter")
        self.status = StatusLine(id="status")
        self._sifted: Wall | HeadlinePane = self.wall
        self.pane = "wall"
        self.plan = Layout(0, 0, 0, 0, 0, 0, False)
        self._panes_wanted = True
        self._newest: Headline | None = None

    def compose(self) -> ComposeResult:
        """The parts, from the top."""
        yield self.strip
        yield self.notice
        yield self.wall
        yield self.panes
        yield self.feeds
        yield self.tabs
        yield self.filter
        yield self.status

    def on_mount(self) -> None:
        """Tiles stand there from the first frame, without prices."""
        self._show_list(self.watchlist)

    @property
    def alert(self) -> AlertRow | None:
        """The one under the cursor, while the alerts have the keys."""
        return self.alerts.current if self.focused is self.alerts else None

    @property
    def symbol(self) -> str | None:
        """The name of the headline that is chosen, while the headlines have the keys; else of the tile."""
        chosen = self.headlines.current if self.headlines.has_focus else None
        return chosen.symbols[0] if chosen is not None and chosen.symbols else self.wall.cursor

    def wear(self, look: Look) -> None:
        """Show everything in this look from now on."""
        self.wall.look = look
        for part in self.query(Lines):
            part.look = look

    def show_watchlists(self, watchlists: Watchlists) -> None:
        """Show these from now on; the one in view stays, if it is there and the first one is as before."""
        stays = watchlists.lists[0].name == self.watchlists.lists[0].name
        self.watchlists = watchlists
        self._show_list(watchlists.after(self.watchlist.name, 0) if stays else watchlists.lists[0])

    def _show_list(self, watchlist: Watchlist) -> None:
        self.watchlist = watchlist
        self.wall.show(watchlist.symbols)
        if self.wall.cursor not in watchlist.symbols and watchlist.symbols:
            self.wall.move_to(watchlist.symbols[0])
        self.fit()

    # -- the picture

    def pull(self, bridge: "Bridge", dirty: Set[str], *, whole: bool) -> None:
        """Show the newest of the names that changed; about once a second of everything."""
        symbols = self.watchlist.symbols
        tiles = bridge.tiles(symbols if whole else dirty & set(symbols), self.wall_app.alerts.symbols)
        self.wall.update(tiles)
        if whole or not dirty.isdisjoint(self.watchlists.indices):
            self._show_strip(bridge)
        if whole:
            self._show_feeds(bridge)
            self._show_headlines(bridge)
            self._show_alerts(bridge)
            self.show_status()

    def _show_strip(self, bridge: "Bridge") -> None:
        exchange = bridge.exchange
        self.strip.zone, self.strip.place = exchange.zone, exchange.time
        indices = bridge.indices(self.watchlists.indices)
        changed = len(indices) != len(self.strip.indices)
        self.strip.show(indices, bridge.hours(), bridge.banner)
        if changed:
            self.fit()

    def _show_feeds(self, bridge: "Bridge") -> None:
        feeds = bridge.feeds()
        changed = len(feeds) != len(self.feeds.feeds)
        self.feeds.show(feeds)
        if changed:
            self.fit()

    def _show_headlines(self, bridge: "Bridge") -> None:
        newest = bridge.newest_headline
        if newest is not self._newest:
            self._newest = newest
            self.headlines.show(bridge.headlines(), bridge.today, bridge.marks)

    def show_alerts(self) -> None:
        """The alerts changed; they are shown even while the picture is paused."""
        bridge = self.wall_app.bridge
        if bridge is not None:
            self._show_alerts(bridge)
            self._show_tabs()

    def _show_alerts(self, bridge: "Bridge") -> None:
        newest_first = list(self.wall_app.alerts)[::-1]
        self.alerts.show(newest_first, bridge.today, bridge.engine.clock.now())

    def show_status(self) -> None:
        """The line at the bottom: what is chosen, and what is unusual."""
        app, wall = self.wall_app, self.wall
        first, last, count = wall.window
        if self.pane != "wall":
            first, last = 1, count
        said = app.words
        names = said["one name"] if count == 1 else said["names"].format(count)
        if count and (first, last) != (1, count):
            names = said["of names"].format(first, last, count)
        told = app.status.remarks(said)
        remarks = [remark for remark in told if remark.urgent]
        if self.strip.mark and app.size.width < NARROW:
            remarks.append(Remark(self.strip.mark))
        remarks.append(Remark(f"{self.watchlist.name}: {names}"))
        # Before what stands there always: on a narrow screen the answer to a key would find no room.
        remarks += (remark for remark in told if not remark.urgent)
        remarks.append(Remark(said[f"by {wall.sort}"]))
        if wall.filter:
            remarks.append(Remark(said["filtered"].format(repr(wall.filter))))
        remarks += map(Remark, app.desk.remarks)
        if app.bridge is not None:
            remarks += map(Remark, app.bridge.calendar_warnings)
        self.status.show(remarks, said["keys"])

    def show_notice(self, lines: Sequence[str]) -> None:
        """Say over the tiles what is wrong with the whole picture; no lines when nothing is."""
        changed = len(lines) != len(self.notice.lines)
        self.notice.show(lines)
        if changed:
            self.fit()

    # -- layout

    def on_resize(self) -> None:
        """Share the new room out."""
        self.fit()

    def fit(self) -> None:
        """Share the lines of the terminal out between the parts."""
        width, height = self.app.size
        notice = min(len(self.notice.lines), max(0, height // 3))
        were_tabs = self.plan.tabbed
        self.plan = plan = lay_out(
            width,
            height,
            tiles=len(self.watchlist.symbols),
            indices=len(self.strip.indices) or len(self.watchlists.indices),
            feeds=len(self.feeds.feeds) or FEEDS,
            notice=notice,
            panes=self._panes_wanted,
        )
        if not plan.tabbed:
            self.pane = "wall"
        elif not were_tabs and self.focused in (self.headlines, self.alerts):
            self.pane = self.focused.id or "wall"  # what somebody was reading stays in view
        self.set_class(plan.tabbed, "-tabbed")
        shown = {pane: not plan.tabbed or pane == self.pane for pane in PANES}
        heights: dict[Widget, int] = {
            self.strip: plan.strip,
            self.notice: notice,
            self.wall: plan.wall if shown["wall"] else 0,
            self.panes: plan.panes if not plan.tabbed else 0 if shown["wall"] else plan.wall,
            self.feeds: plan.feeds,
            self.tabs: plan.tabs,
        }
        for part, lines in heights.items():
            part.display = lines > 0
            part.styles.height = max(lines, 1)
        self.headlines.display = shown["headlines"]
        self.alerts.display = shown["alerts"]
        self.status.display = plan.status > 0 and not self.filter.is_open
        self._show_tabs()

    def _show_tabs(self) -> None:
        waiting = len(self.wall_app.alerts.waiting)
        marks = {"alerts": f" {waiting}!"} if waiting else {}
        tabs = [Tab(pane, self.wall_app.words[pane], marks.get(pane, "")) for pane in (*PANES, "feeds")]
        self.tabs.show(tabs, self.pane)

    @on(TabLine.Chosen)
    def _choose_tab(self, event: TabLine.Chosen) -> None:
        self.action_pane(event.pane)

    def action_pane(self, pane: str) -> None:
        """Go to a pane, wherever it stands; the feeds have a screen of their own."""
        if pane == "feeds":
            self.wall_app.action_feeds()
            return
        self.pane = pane
        if pane != "wall":
            self._panes_wanted = True
        self.fit()
        self.set_focus(self.query_one(f"#{pane}"))

    def action_next_pane(self, step: int) -> None:
        """The next pane, round and round."""
        focused = self.focused.id if self.focused is not None else None
        now = PANES.index(focused) if focused in PANES else 0
        panes = PANES if self._panes_wanted or self.plan.tabbed else PANES[:1]
        self.action_pane(panes[(now + step) % len(panes)])

    def action_panes(self) -> None:
        """Panes away or back; on a small screen, where there is one at a time, the next."""
        if self.plan.tabbed:
            self.action_next_pane(1)
            return
        self._panes_wanted = not self._panes_wanted
        self.fit()
        if not self._panes_wanted:
            self.set_focus(self.wall)

    # -- order, filter, watchlist

    def action_sort(self, step: int) -> None:
        """Sort the tiles by the next order, or the one before."""
        orders = list(Sort)
        self.wall.sort = orders[(orders.index(self.wall.sort) + step) % len(orders)]
        self.show_status()

    def action_watchlist(self, step: int) -> None:
        """Show the next watchlist, or the one before."""
        self._show_list(self.watchlists.after(self.watchlist.name, step))
        self.wall_app.show_anew()

    def action_filter(self) -> None:
        """Open the filter, on the headlines where they have the keys, else on the tiles.

        Every printable key is its own from now on.
        """
        self._sifted = self.headlines if self.focused is self.headlines else self.wall
        if self._sifted is self.wall:
            self.action_pane("wall")
        self.filter.open(self._sifted.filter)
        self.fit()

    def action_move_tiles(self, columns: int, rows: int) -> None:
        """Move on what is sifted while the filter has the keys."""
        if self._sifted is self.wall:
            self.wall.action_move(columns, rows)
        else:
            self.headlines.action_move(rows)

    @on(Filter.Changed)
    def _filter_changed(self, event: Filter.Changed) -> None:
        if self.filter.is_open:
            self._sifted.filter = event.value

    def _filter_closed(self, text: str) -> None:
        self._sifted.filter = text
        self.fit()
        if self.focused in (self.filter, None):
            self.set_focus(self._sifted)
        self.show_status()

    def action_back(self) -> None:
        """Drop the filter; else go back to the tiles."""
        if self.headlines.filter and self.focused is self.headlines:
            self.headlines.filter = ""
        elif self.wall.filter:
            self.wall.filter = ""
            self.show_status()
        else:
            self.action_pane("wall")

    # -- opening

    @on(Wall.Opened)
    def _open_name(self, event: Wall.Opened) -> None:
        self.wall_app.open_name(event.symbol)

    @on(Wall.Moved)
    def _moved(self) -> None:
        self.show_status()

    @on(AlertPane.Opened)
    def _open_alert(self, event: AlertPane.Opened) -> None:
        if event.alert.symbol:
            self.wall_app.open_name(event.alert.symbol)

    @on(HeadlinePane.Opened)
    def _open_headline(self, event: HeadlinePane.Opened) -> None:
        self.wall_app.open_headline(event.headline)
