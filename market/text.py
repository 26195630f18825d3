"""Strangers' text made harmless before it reaches a terminal, a log or a file."""

import unicodedata

# Bidi controls reorder what a reader sees; the rest of Cf (zero-width joiners, tags, BOM) hides text.
_KEPT_FORMAT = {"\u200d"}  # joins emoji; width libraries know it


def clean(text: str, limit: int = 300) -> str:
    """One printable line: no control, escape, bidi, private or unassigned character; at most ``limit`` long.

    White space of any kind, line breaks included, becomes one blank.
    """
    kept: list[str] = []
    for character in text[: limit * 8]:
        if character.isspace():
            kept.append(" ")
        elif character.isprintable() or character in _KEPT_FORMAT:
            kept.append(character)
        elif unicodedata.category(character) == "Cc":
            kept.append(" ")
    line = " ".join("".join(kept).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"
