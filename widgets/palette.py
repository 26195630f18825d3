"""Palette: what each thing on the screen looks like, so that no widget names a colour.

Every colour was chosen by what it becomes when a terminal has only 16: text and muted text stay apart
(15 and 7), up and down stay apart from both, and nothing falls to bright black, which many terminals
draw as black. Direction is never told by colour alone: the text carries a sign and an arrow.
"""

from dataclasses import dataclass
from decimal import Decimal

from rich.style import Style

from market.freshness import Quality

BACKGROUND = "#0d1117"

_HUES = {
    "text": "#f0f3f6", "muted": "#9aa1ab", "delayed": "#5fd7d7", "simulated": "#d670d6", "alert": "#ffd75f",
    "green": "#3fd14f", "red": "#ff5f56", "blue": "#4aa8ff", "orange": "#ffaf00",
}  # fmt: skip
_DIRECTIONS = {"green_up": ("green", "red"), "red_up": ("red", "green"), "colour_blind": ("blue", "orange")}


@dataclass(frozen=True, slots=True)
class Palette:
    """Styles by meaning; each is made once and shared, so that the screen writer compares by identity."""

    text: Style
    strong: Style
    muted: Style
    up: Style
    down: Style
    strong_up: Style
    strong_down: Style
    flash_up: Style
    flash_down: Style
    selected: Style
    alert: Style
    delayed: Style
    stale: Style
    simulated: Style

    def direction(self, change: Decimal | int | None, *, strong: bool = False) -> Style:
        """The style of a signed number; that of text for ``None`` and for zero."""
        if not change:
            return self.strong if strong else self.text
        if change > 0:
            return self.strong_up if strong else self.up
        return self.strong_down if strong else self.down

    def quality(self, quality: Quality) -> Style:
        """The style of a freshness tag; a live price has one only where feeds differ on it."""
        if quality in (Quality.LIVE, Quality.DELAYED):
            return self.delayed
        return self.stale if quality is Quality.STALE else self.simulated


def palette(colours: str = "green_up", *, plain: bool = False) -> Palette:
    """The styles for a ``[display] colours`` value.

    ``plain`` is for ``NO_COLOR``: attributes alone. A change still flashes (reverse), a stale price is
    still told from a live one (dim).
    """
    up, down = (_HUES[hue] for hue in _DIRECTIONS[colours])

    def style(colour: str, *, bold: bool = False, reverse: bool = False, dim: bool = False) -> Style:
        if plain:
            return Style(bold=bold or None, reverse=reverse or None, dim=dim or None)
        return Style(color=colour, bgcolor=BACKGROUND, bold=bold or None, reverse=reverse or None)

    text, muted = _HUES["text"], _HUES["muted"]
    return Palette(
        text=style(text),
        strong=style(text, bold=True),
        muted=style(muted, dim=True),
        up=style(up),
        down=style(down),
        strong_up=style(up, bold=True),
        strong_down=style(down, bold=True),
        flash_up=style(up, bold=True, reverse=True),
        flash_down=style(down, bold=True, reverse=True),
        selected=style(text, bold=True, reverse=True),
        alert=style(_HUES["alert"], bold=True, reverse=True),
        delayed=style(_HUES["delayed"]),
        stale=style(muted, reverse=True),
        simulated=style(_HUES["simulated"]),
    )
