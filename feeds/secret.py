"""Keys of vendors: from a file or the environment, never from the configuration, and never printed."""

import os
from collections.abc import Mapping
from pathlib import Path

from market.errors import FeedError

_LONGEST = 4096

_LEAST = 8
"""Characters of a key that is looked for in what a venue says; any text holds a shorter one by chance."""

_told: set[str] = set()


def secret(venue: str, file: str, variable: str, environ: Mapping[str, str] = os.environ) -> str:
    """The key in ``file`` where one is named, else in the environment ``variable``.

    ``FeedError`` where there is none, or what is there cannot be one; it says where it was looked for, and
    nothing of what was found.
    """
    if file:
        place, mend = file, "put the vendor's key into that file"
        try:
            with Path(file).expanduser().open(encoding="utf-8") as opened:
                found = opened.read(_LONGEST).strip()
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or "not text"
            raise FeedError(venue, f"no key: {file}: {why}", fatal=True, mend=mend) from None
    else:
        place, mend = (
            f"the environment's {variable}",
            f"set {variable} to the vendor's key, or name a file of it",
        )
        found = environ.get(variable, "").strip()
    if not found:
        raise FeedError(venue, f"no key in {place}", fatal=True, mend=mend)
    if not (found.isascii() and found.isprintable()) or " " in found:
        raise FeedError(
            venue, f"what is in {place} is no key: one line without blanks", fatal=True, mend=mend
        )
    if len(found) >= _LEAST:
        _told.add(found)
    return found


def hidden(text: str) -> str:
    """What a venue says, without the keys that this process has told: some repeat one that they refuse."""
    for key in _told:
        text = text.replace(key, "***")
    return text
