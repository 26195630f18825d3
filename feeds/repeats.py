"""Headlines told once, though many feeds carry them and every poll brings them again."""

import unicodedata
from collections import OrderedDict
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit

from market.clock import MINUTE
from market.headline import Headline
from market.script import simplified

WITHIN = 6 * 60 * MINUTE
"""How far apart (ns) two sources may print one story; beyond it the same words are another day's news."""

_LONG = 16  # of a folded title, Chinese characters counted twice: "Market wrap" is any day's title

_TRACKING = ("utm_", ".tsrc", "ref", "cmpid")


class _Seen(NamedTuple):
    source: str
    ts_event: int
    symbols: tuple[str, ...]


class Repeats:
    """Remembers the headlines of late, and tells which are new.

    Within one source an id, or a link with its title, is one item. Across sources the same link or the
    same long title within hours is one story, unless it is about different companies. A doubt keeps
    both. ``most`` bounds the memory: four marks a headline, the least lately seen forgotten first.
    """

    def __init__(self, most: int = 40_000) -> None:
        self._most = most
        # By hash: 64 bits tell 40,000 marks apart, at a third of the memory.
        self._seen: OrderedDict[int, _Seen] = OrderedDict()

    def is_new(self, headline: Headline) -> bool:
        """Whether this headline was not told before; it is remembered either way."""
        title, page = fold(headline.title), _page(headline.link)
        own = [
            hash(("id", headline.id)),
            hash(("item", headline.link or (headline.source, headline.ts_event), title)),
        ]
        shared = [hash(("page", page))] if page else []
        if _weight(title) >= _LONG:
            shared.append(hash(("title", title)))
        known = any(mark in self._seen for mark in own) or any(
            mark in self._seen and self._is_same_story(self._seen[mark], headline) for mark in shared
        )
        record = _Seen(headline.source, headline.ts_event, headline.symbols)
        for mark in (*own, *shared):
            self._seen.setdefault(mark, record)
            self._seen.move_to_end(mark)
        while len(self._seen) > self._most:
            self._seen.popitem(last=False)
        return not known

    def _is_same_story(self, seen: _Seen, headline: Headline) -> bool:
        return (
            seen.source != headline.source
            and abs(seen.ts_event - headline.ts_event) <= WITHIN
            and not (seen.symbols and headline.symbols and set(seen.symbols).isdisjoint(headline.symbols))
        )


def fold(title: str) -> str:
    """A title without case, width, Chinese script, punctuation and blanks."""
    return simplified("".join(filter(str.isalnum, unicodedata.normalize("NFKC", title).casefold())))


def _weight(folded: str) -> int:
    return sum(2 if character >= "\u2e80" else 1 for character in folded)


def _page(link: str) -> str:
    """A link without what only tells where the reader came from; empty for a site's front page."""
    parts = urlsplit(link)
    query = [(key, value) for key, value in parse_qsl(parts.query) if not key.startswith(_TRACKING)]
    if parts.path in ("", "/") and not query:
        return ""
    return f"{parts.netloc.lower()}{parts.path}?{urlencode(query)}"
