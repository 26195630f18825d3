"""The heading of a list, a panel or a page: its title in a rule over the whole width."""

from rich.cells import cell_len

from widgets.formatting import fit
from widgets.glyphs import Glyphs


def heading(title: str, width: int, glyphs: Glyphs, *, count: str = "", hint: str = "") -> str:
    """``─ Journal: 9 alerts ───── / search  Esc back ─ 1/9 ``: without the hint where there is no room."""
    head = f"{glyphs.rail} {title} "
    tail = f" {count} " if count else ""
    told = f" {hint} {glyphs.rail}" if hint else ""
    if cell_len(f"{head}{glyphs.rail}{told}{tail}") > width:
        told = ""
    rule = glyphs.rail * (width - cell_len(f"{head}{told}{tail}"))
    return fit(f"{head}{rule}{told}{tail}", width, glyphs.ellipsis)
