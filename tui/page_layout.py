"""Layout of a name's page: how its lines are shared out between chart, panels and headlines. Pure."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

WIDE, HIGH = 110, 30
"""From this many cells and lines on, panels stand beside the chart; below, one panel at a time under it."""

_LEAST = (("facts", 10), ("context", 6), ("runs", 7), ("facts", 4), ("context", 3), ("runs", 4))
"""Who gives way in turn where a column is short, and to how many lines: the commonest facts first."""

_LEAST_CHART = 9
_LEAST_HEADLINES = 5
_LEAST_BOTH = 10
"""Lines below the quote from which a small screen shows a chart and a panel at once."""


class PageLayout(NamedTuple):
    """``left`` and ``right`` are cells; the rest lines, 0 for what is not shown."""

    wide: bool
    left: int
    right: int
    chart: int
    headlines: int
    panels: Mapping[str, int]
    tabs: int


def is_wide(width: int, height: int) -> bool:
    """Whether panels stand beside the chart."""
    return width >= WIDE and height >= HIGH


def panel_width(width: int, height: int) -> int:
    """The cells that panels have."""
    return max(46, width * 2 // 5) if is_wide(width, height) else width


def chart_is_panel(width: int, height: int, sheet: int) -> bool:
    """Whether there is so little room that the chart is one of the panels."""
    return not is_wide(width, height) and height - sheet - 1 < _LEAST_BOTH


def lay_out_page(width: int, height: int, sheet: int, wanted: Mapping[str, int], panel: str) -> PageLayout:
    """Share out a terminal of that size whose first ``sheet`` lines are the quote.

    ``wanted`` are the lines that each panel would take (see ``panel_width``); on a small terminal ``panel``
    is the one that is shown, ``headlines`` among them, and on the smallest ``chart``.
    """
    rest = max(1, height - sheet)
    if is_wide(width, height):
        right = panel_width(width, height)
        chart = max(_LEAST_CHART, rest * 2 // 3)
        return PageLayout(True, width - right, right, chart, rest - chart, _shared(rest, wanted), 0)
    tabs = 1 if rest >= 4 else 0
    rest -= tabs
    if chart_is_panel(width, height, sheet):
        chart = rest if panel == "chart" else 0
    else:
        chart = max(rest // 2, rest - max(wanted.get(panel, 0), _LEAST_HEADLINES))
    below = rest - chart
    panels = {name: below if name == panel else 0 for name in wanted}
    return PageLayout(False, width, width, chart, below if panel == "headlines" else 0, panels, tabs)


def _shared(room: int, wanted: Mapping[str, int]) -> Mapping[str, int]:
    """What each panel gets of a column; what is left over is nobody's."""
    panels = dict(wanted)
    for name, least in _LEAST:
        over = sum(panels.values()) - room
        if over > 0 and name in panels:
            panels[name] = max(min(least, panels[name]), panels[name] - over)
    return panels


def after(panels: Sequence[str], panel: str, step: int) -> str:
    """The panel so many places further, round and round; the first one where it is none of them."""
    return panels[(panels.index(panel) + step) % len(panels)] if panel in panels else panels[0]
