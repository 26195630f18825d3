"""The good word that a bad one may have been meant for."""

from collections.abc import Collection


def nearest(word: str, choices: Collection[str]) -> str:
    """The end of a message that names the choice most like a word, if one is like it."""
    from difflib import get_close_matches  # 150 kB, for nothing but a slip of the pen

    written = {choice.lower(): choice for choice in choices}
    close = get_close_matches(word.lower(), written, n=1)
    return f"; did you mean {written[close[0]]!r}?" if close else ""
