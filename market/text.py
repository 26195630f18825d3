"""Strangers' text made harmless before it reaches a terminal, a log or a file."""

import unicodedata
from urllib.parse import urlsplit

# Bidi controls reorder what a reader sees; the rest of Cf (zero-width joiners, tags, BOM) hides text.
_KEPT_FORMAT = {"\u200d"}  # joins emoji; width libraries know it

# More accents than any script puts on one letter run over the lines above and below.
_MOST_MARKS = 3

LONGEST_LINK = 2000


def clean(text: str, limit: int = 300) -> str:
    """One printable line: no control, escape, bidi, private or unassigned character; at most ``limit`` long.

    White space of any kind, line breaks included, becomes one blank.
    """
    kept: list[str] = []
    marks = 0
    for character in text[: limit * 8]:
        category = unicodedata.category(character)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if character.isspace() or category == "Cc":
            kept.append(" ")
        elif (character.isprintable() or character in _KEPT_FORMAT) and marks <= _MOST_MARKS:
            kept.append(character)
    line = " ".join("".join(kept).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def safe_link(text: str) -> str:
    """A web address as it was written, or nothing where it is none or holds what is not printed."""
    link = text.strip()
    if len(link) > LONGEST_LINK or " " in link or not link.isprintable():
        return ""
    try:
        parts = urlsplit(link)
        return link if parts.scheme in ("http", "https") and parts.hostname else ""
    except ValueError:
        return ""
