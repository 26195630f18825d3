"""Glyphs: the few signs the screen draws besides text, in Unicode and in plain ASCII."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Glyphs:
    """One set of signs, each a single cell wide.

    Most of the Unicode ones are *ambiguous* in East Asian width: a terminal set to draw those two cells
    wide loses its columns, which is what the ASCII set is for.
    """

    up: str
    down: str
    levels: str
    """Sparkline steps, lowest first."""
    rail: str
    """The line of a day range bar."""
    marker: str
    """Where the last price stands in the day range."""
    selected: str
    alert: str
    acknowledged: str
    snoozed: str
    bullet: str
    foot: str
    """Leads from a list to what is said of one of it."""
    ellipsis: str
    thumb: str
    """The part of a scroll bar that is in view."""
    previous_close: str
    """The line of the previous close in a chart."""
    braille: bool
    """Whether a chart may use dots, eight to a cell."""


UNICODE = Glyphs("▲", "▼", "▁▂▃▄▅▆▇█", "─", "●", "▌", "!", "✓", "z", "●", "└", "…", "▐", "┈", True)
ASCII = Glyphs("^", "v", "_.-'\"", "-", "o", ">", "!", "+", "z", "*", "`", "~", "#", ".", False)


def glyphs(choice: str, encoding: str | None) -> Glyphs:
    """The set for a ``[display] glyphs`` value; ``auto`` is Unicode where the terminal's encoding is UTF."""
    if choice == "auto":
        choice = "unicode" if encoding is not None and encoding.lower().startswith("utf") else "ascii"
    return UNICODE if choice == "unicode" else ASCII
