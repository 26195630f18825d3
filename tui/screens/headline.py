"""A headline in full, with its address to open or to copy."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import ClassVar

from rich.segment import Segment
from textual.app import ComposeResult
from textual.binding import BindingType

from market.clock import SECOND
from market.headline import Headline
from market.instrument import instrument
from market.text import clean, safe_link
from tui.browser import browse, has_browser
from tui.clipboard import copying
from tui.keys import Place, bindings
from tui.screens.view import View
from widgets.lines import Line
from widgets.reader import Reader
from widgets.stamp import HONG_KONG
from widgets.wrapping import wrapped


class HeadlinePage(Reader):
    """The headline as lines; ``answer`` is what became of the last key."""

    HEADING = "Headline"

    def __init__(self, headline: Headline) -> None:
        super().__init__()
        self.headline = headline
        self.answer = ""

    def page(self, width: int) -> Sequence[Line]:
        """Title, names, when and where from, address."""
        style, headline = self.look.palette, self.headline
        at = datetime.fromtimestamp(headline.ts_event // SECOND, UTC).astimezone(HONG_KONG)
        names = ", ".join(f"{symbol} {instrument(symbol).name}" for symbol in headline.symbols)
        lines: list[Line] = [
            [Segment(f" {part}", style.strong)] for part in wrapped(clean(headline.title), width - 2)
        ]
        lines.append([])
        lines.append([Segment(f" {at:%Y-%m-%d %H:%M} HKT, {clean(headline.source, 40)}", style.muted)])
        if said := " ".join((headline.topic or "", *headline.amounts)).strip():
            names = f"{names}  [{said}]".strip()
        if names:
            lines += [[Segment(f" {part}", style.text)] for part in wrapped(names, width - 2)]
        lines.append([])
        # Unbroken by blanks, so that a terminal lets it be chosen or clicked as one.
        link = safe_link(headline.link) or "no address"
        lines += [[Segment(link[i : i + width], style.text)] for i in range(0, len(link), width)]
        lines += [[], [Segment(f" {self.answer}", style.muted)]]
        return lines


class HeadlineScreen(View):
    """State to read: ``headline``."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Place.HEADLINE)]
    PLACES = (Place.HEADLINE,)

    def __init__(self, headline: Headline) -> None:
        super().__init__()
        self.headline = headline

    @property
    def symbol(self) -> str | None:
        """The first name that it is about."""
        return self.headline.symbols[0] if self.headline.symbols else None

    def compose(self) -> ComposeResult:
        """One page."""
        yield HeadlinePage(self.headline)

    def on_mount(self) -> None:
        """Say what can be done."""
        self._answer(
            "o opens it, c copies the address, Esc goes back"
            if has_browser()
            else "c copies the address, Esc goes back"
        )

    def _answer(self, text: str) -> None:
        page = self.query_one(HeadlinePage)
        page.answer = text
        page.redraw()

    def action_copy(self) -> None:
        """Put the address on the clipboard of the terminal that shows this."""
        link = safe_link(self.headline.link)
        if link:
            self.wall_app.aside(copying(link))
        self._answer("asked the terminal to copy the address" if link else "there is no address to copy")

    async def action_open(self) -> None:
        """Open it in the browser, or say why not."""
        link = safe_link(self.headline.link)
        if not link:
            self._answer("there is no address to open")
        elif not has_browser():
            self._answer("no browser at this end (ssh, or no desktop): c copies the address")
        else:
            self._answer("opening ...")
            self.run_worker(self._browse(link), exit_on_error=False)

    async def _browse(self, link: str) -> None:
        self._answer("opened" if await browse(link) else "no browser took it: c copies the address")
