"""Layout: how the lines of a terminal are shared out between strip, tiles, panes and status. Pure."""

from typing import NamedTuple

from widgets.arrangement import Form, arrange

WIDE, HIGH = 100, 32
"""From this many cells and lines on, panes stand beside the wall; below, one pane at a time is shown."""

PANE = 8
"""Lines that panes get where they stand beside the wall: a heading and seven entries."""

LEAST_PANE = 5
"""Lines to which panes shrink before the tiles have to."""


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
    feed_lines = min(feeds, height // 8)
    rest = height - strip - feed_lines - 1 - notice
    wall = rest if not panes else _beside_panes(width, rest, tiles)
    return Layout(strip, wall, rest - wall, feed_lines, 0, 1, tabbed)


def _beside_panes(width: int, rest: int, tiles: int) -> int:
    """Lines for the wall: what its tiles need in full, or as much as leaves the panes their share."""
    for room in (rest - LEAST_PANE, rest - PANE):
        found = arrange(width, room, tiles)
        needed = max(found.rows(tiles) * found.height, 4)
        if found.form is Form.FULL and needed <= room:
            return needed
    return min(needed, rest - PANE)
