"""What the screen needs of a terminal, asked before anything is drawn."""

import codecs
import os
import sys
from collections.abc import Mapping

from market.errors import TickwallError

DUMB = ("", "dumb", "unknown")
"""Values of TERM that promise no cursor movement."""


class TerminalError(TickwallError):
    """There is no terminal that the wall could be drawn on; the message says what to run instead."""

    exit_code = 64


def demand_terminal(environ: Mapping[str, str] = os.environ) -> None:
    """Raise ``TerminalError`` where the wall could not be drawn, or could not be left again."""
    for stream, name in ((sys.__stdin__, "standard input"), (sys.__stdout__, "standard output")):
        if stream is None or not stream.isatty():
            raise TerminalError(
                f"the wall needs a terminal, and {name} is none: `tickwall headless` tells alerts"
                " as JSON lines, `tickwall quote` takes one look"
            )
    term = environ.get("TERM", "")
    if term in DUMB:
        raise TerminalError(
            f"the wall needs a terminal that can move its cursor, and TERM={term!r} cannot:"
            " set TERM (xterm-256color suits most), or use `tickwall headless`"
        )


def encoding(environ: Mapping[str, str] = os.environ) -> str:
    """The terminal's character encoding as its locale tells it; UTF-8 where nothing is told."""
    told = [environ[name] for name in ("LC_ALL", "LC_CTYPE", "LANG") if environ.get(name)]
    if told[:1] == ["C.UTF-8"] and told[-1] in ("C", "POSIX"):
        del told[0]  # Python itself put LC_CTYPE there, to write UTF-8 under a C locale (PEP 538)
    if not told:
        return "utf-8"
    named = told[0].partition(".")[2].partition("@")[0]
    try:
        return codecs.lookup(named or "ascii").name
    except LookupError:
        return "ascii"
