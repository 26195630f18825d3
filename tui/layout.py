"""Layout: how the lines of a terminal are shared out between strip, tiles, panes and status. Pure."""

from typing import NamedTuple

from widgets.arrangement import arrange

WIDE, HIGH = 100, 32
"""From this many cells and lines on, panes stand beside the wall; below, one pane at a time is shown."""

PANE = 8
"""Lines that panes get at least where they stand beside the wall: a heading and seven entries."""


class Layout(NamedTuple):
    """Lines of each part; 0 hides it. ``tabbed`` shows one pane at a time, in the wall's place."""

    strip: int
    wall: int
    panes: int
    feeds: int
    tabs: int
    status: int
    tabbed: bool


def lay_out(
    width: int, height: int, *, tiles: int, indices: int, feeds: int, notice: int = 0, panes: bool = True
) -> Layout:
    """Share out a terminal of that size. ``panes`` is whether a person wants to see them at all.

    Beside panes the wall takes what its tiles need, never more; without them, all there is.
    """
    tabbed = width < WIDE or height < HIGH
    if tabbed:
        strip = 1 if height >= 3 else 0
        status = 1 if height >= 4 else 0
        tabs = 1 if height >= 10 else 0
        feed_lines = 1 if height >= 16 else 0
        wall = max(1, height - strip - status - tabs - feed_lines - notice)
        return Layout(strip, wall, 0, feed_lines, tabs, status, tabbed)
    strip = min(indices, height // 10) + 1
    rest = height - strip - min(feeds, height // 8) - 1 - notice
    if not panes:
        return Layout(strip, rest, 0, min(feeds, height // 8), 0, 1, tabbed)
    found = arrange(width, rest - PANE, tiles)
    wall = min(found.rows(tiles) * found.height, rest - PANE) if tiles else rest - PANE
    return Layout(strip, max(wall, 4), rest - max(wall, 4), min(feeds, height // 8), 0, 1, tabbed)
