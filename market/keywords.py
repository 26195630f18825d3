"""Keywords: words and phrases to look for in a title, in any script."""

import re
import unicodedata
from collections.abc import Iterable

from market.script import simplified

_LATIN = re.compile(r"[a-z\d]", re.ASCII)


class Keywords:
    """Finds in a text the first of some words or phrases; built once, used for every headline.

    Case, width, the number of blanks and the Chinese script do not matter. A Latin word is matched whole
    (``chip`` is not in ``chipotle``; ``chip*`` is), a Chinese one wherever it stands. Raises ``ValueError``
    for a word that would match everything: an empty one, a lone ``*``.
    """

    def __init__(self, words: Iterable[str]) -> None:
        self._words = tuple(words)
        patterns = [f"({_pattern(word)})" for word in self._words]
        self._found = re.compile("|".join(patterns), re.ASCII) if patterns else None

    def __bool__(self) -> bool:
        return bool(self._words)

    def first(self, text: str) -> str | None:
        """The word that stands first in the text, as it was given; ``None`` where there is none."""
        match = self._found and self._found.search(folded(text))
        return self._words[(match.lastindex or 1) - 1] if match else None


def _pattern(word: str) -> str:
    whole = folded(word)
    stem = whole.removesuffix("*")
    if not stem.strip():
        raise ValueError(f"not a word to look for: {word[:40]!a}")
    begins = r"(?<![a-z\d])" if _LATIN.match(stem) else ""
    ends = r"(?![a-z\d])" if stem == whole and _LATIN.match(stem[-1]) else ""
    return begins + re.escape(stem) + ends


def folded(text: str) -> str:
    """A text as it is compared: lower-case, of one width, in Simplified characters, with single blanks."""
    return simplified(" ".join(unicodedata.normalize("NFKC", text).casefold().split()))
