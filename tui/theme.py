"""Theme: Textual's own parts (input, toasts, palette) in the colours of the wall, and the look that holds."""

from typing import TYPE_CHECKING

from textual.theme import Theme

from tui.tty import encoding
from widgets.face import Look
from widgets.glyphs import glyphs
from widgets.palette import BACKGROUND, palette

if TYPE_CHECKING:
    from monitor.settings import DisplaySettings

THEME = Theme(
    name="tickwall",
    primary="#4aa8ff",
    accent="#ffd75f",
    warning="#ffd75f",
    error="#ff5f56",
    success="#3fd14f",
    foreground="#f0f3f6",
    background=BACKGROUND,
    surface="#161b22",
    panel="#1c2128",
    dark=True,
)


def look(display: "DisplaySettings | None", *, plain: bool) -> Look:
    """What ``[display]`` asks for; the defaults before it is known. ``plain`` is for ``NO_COLOR``."""
    if display is None:
        return Look(palette(plain=plain), glyphs("auto", encoding()))
    return Look(
        palette(display.colours, plain=plain),
        glyphs(display.glyphs, encoding()),
        lean=display.low_bandwidth,
        language=display.names,
    )
