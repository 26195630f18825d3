"""Keys of vendors: from a file or the environment, never from the configuration, and never printed."""

import os
from collections.abc import Mapping
from pathlib import Path

from market.errors import FeedError

_LONGEST = 4096


def secret(venue: str, file: str, variable: str, environ: Mapping[str, str] = os.environ) -> str:
    """The key in ``file`` where one is named, else in the environment ``variable``.

    ``FeedError`` where there is none, or what is there cannot be one; it says where it was looked for, and
    nothing of what was found.
    """
    if file:
        place = file
        try:
            with Path(file).expanduser().open(encoding="utf-8") as opened:
                found = opened.read(_LONGEST).strip()
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or "not text"
            raise FeedError(venue, f"no key: {file}: {why}", fatal=True) from None
    else:
        place = f"the environment's {variable}"
        found = environ.get(variable, "").strip()
    if not found:
        raise FeedError(venue, f"no key in {place}", fatal=True)
    if not (found.isascii() and found.isprintable()) or " " in found:
        raise FeedError(venue, f"what is in {place} is no key: one line without blanks", fatal=True)
    return found
