"""What ``tickwall doctor`` says of the terminal that the wall would be drawn on."""

import os
from collections.abc import Iterator, Mapping
from shutil import get_terminal_size

from monitor.finding import Finding
from tui.tty import TerminalError, demand_terminal, encoding


def screen(environ: Mapping[str, str] = os.environ) -> Iterator[Finding]:
    """The terminal and its locale. Without a terminal all but the wall works: a warning, no failure."""
    try:
        demand_terminal(environ)
    except TerminalError as error:
        trouble, _, mend = str(error).partition(": ")
        yield Finding("warn", "terminal", trouble, mend)
    else:
        columns, rows = get_terminal_size()
        colours = ", no colour (NO_COLOR)" if environ.get("NO_COLOR") else ""
        yield Finding("ok", "terminal", f"{environ.get('TERM')}, {columns}x{rows}{colours}")
    told = encoding(environ)
    if told == "utf-8":
        yield Finding("ok", "locale", told)
    else:
        lost = f"{told}, which has no blocks and no Chinese: they are drawn in ASCII"
        yield Finding("warn", "locale", lost, "set LANG to a UTF-8 locale, such as C.UTF-8")
