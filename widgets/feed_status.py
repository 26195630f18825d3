"""The feeds' status: one line each, so that a silent feed never looks like a quiet market."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from market.freshness import Health, age_text
from market.text import clean
from widgets.formatting import fit
from widgets.lines import Line, Lines

_WORST_FIRST = (
    Health.DOWN,
    Health.STALE,
    Health.CONNECTING,
    Health.DELAYED,
    Health.LIVE,
    Health.CLOSED,
)


@dataclass(frozen=True, slots=True)
class FeedLine:
    """One feed as it stands; seconds, and counts since the start."""

    name: str
    health: Health
    reason: str | None = None
    rate: float | None = 0.0
    """Quotes a second, lately; ``None`` for a source of headlines."""
    lag_s: float | None = None
    silent_s: float | None = None
    """How old its newest quote is, where no other comes."""
    errors: int = 0
    rejected: int = 0
    reconnects: int = 0
    next_try_s: float | None = None
    """How long until it tries again; ``None`` while it is connected."""


class FeedStatusBar(Lines):
    """Call ``show`` with the feeds. With fewer lines than feeds, the last line names all that are left."""

    def __init__(self, *, name: str | None = None, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self.feeds: Sequence[FeedLine] = ()

    def show(self, feeds: Sequence[FeedLine]) -> None:
        """Show these feeds, in this order; where there is no room for all, the troubled ones come first."""
        self.feeds = feeds
        self.redraw()

    def draw(self, width: int, height: int) -> Sequence[Line]:
        """A line each, or what fits."""
        if len(self.feeds) <= height:
            return [self._line(feed, width) for feed in self.feeds]
        feeds = sorted(self.feeds, key=lambda feed: _WORST_FIRST.index(feed.health))
        return [
            *(self._line(feed, width) for feed in feeds[: height - 1]),
            self._summary(feeds[height - 1 :], width),
        ]

    def _style(self, feed: FeedLine) -> Style:
        style = self.look.palette
        if feed.health in (Health.DOWN, Health.STALE):
            return style.stale
        return style.delayed if feed.health in (Health.DELAYED, Health.CONNECTING) else style.muted

    def _line(self, feed: FeedLine, width: int) -> Line:
        """``! yahoo      down          0.0/s  last 5:25 ago  HTTP 429, next try in 7s  errors 1``"""
        glyphs, style = self.look.glyphs, self.look.palette
        figures = [" " * 8 if feed.rate is None else f"{feed.rate:6.1f}/s"]
        if feed.lag_s is not None:
            figures.append(f"lag {_lag(feed.lag_s)}")
        elif feed.silent_s is not None:
            figures.append(f"last {age_text(feed.silent_s)} ago")
        trouble = clean(feed.reason or "", 120)
        if feed.next_try_s is not None:
            again = f"next try in {age_text(feed.next_try_s)}"
            trouble = f"{trouble}, {again}" if trouble else again
        if trouble:
            figures.append(trouble)
        if width >= 60:
            counts = {"errors": feed.errors, "rejected": feed.rejected, "reconnects": feed.reconnects}
            figures += [f"{word} {value:,}" for word, value in counts.items() if value]
        head = f" {fit(clean(feed.name, 20), 10, glyphs.ellipsis)} "
        state = fit(feed.health.value, 10)
        text = f" {'  '.join(figures)}"
        well = feed.health in (Health.LIVE, Health.CLOSED)
        return [
            Segment(glyphs.bullet if well else glyphs.alert, self._style(feed)),
            Segment(head, style.text),
            Segment(state, self._style(feed)),
            Segment(fit(text, width - 1 - len(state) - 12, glyphs.ellipsis), style.muted),
        ]

    def _summary(self, feeds: Sequence[FeedLine], width: int) -> Line:
        """`` yahoo down, next try in 7s  tencent live 12.4/s lag 0.8s``: figures where there is room."""
        muted = self.look.palette.muted
        heads = [f"{'  ' if place else ' '}{clean(feed.name, 12)} " for place, feed in enumerate(feeds)]
        room = width - sum(map(cell_len, heads)) - sum(len(feed.health.value) for feed in feeds)
        line: Line = []
        for head, feed in zip(heads, feeds, strict=True):
            line += [Segment(head, muted), Segment(feed.health.value, self._style(feed))]
            figures = _brief(feed)
            if len(figures) <= room:
                line.append(Segment(figures, muted))
                room -= len(figures)
        return line


def _brief(feed: FeedLine) -> str:
    """What matters most beside its health."""
    if feed.next_try_s is not None:
        return f", next try in {age_text(feed.next_try_s)}"
    if feed.rate is None or feed.lag_s is None:
        return ""
    return f" {feed.rate:.1f}/s lag {_lag(feed.lag_s)}"


def _lag(seconds: float) -> str:
    """``0.8s``, ``15:00``: tenths only where they mean something."""
    return f"{seconds:.1f}s" if abs(seconds) < 10 else age_text(seconds)
