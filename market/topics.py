"""What kind of news a title is, by the entries of ``topics.toml``."""

import re
import tomllib
import unicodedata
from functools import cache
from importlib import resources
from typing import NamedTuple

from market.script import simplified

_TOKEN = re.compile(r"[a-z\d]+|[^\x00-\u2e7f]", re.ASCII)
# The words that an entry may begin with, in brackets where they are several, and what follows them.
_ENTRY = re.compile(r"\((?P<several>[^()?\[]+)\)(?P<rest>.*)|(?P<all>.*)", re.DOTALL)
_PASSED_OVER = -1
# A Latin word ends where it is matched; a Chinese one may have anything behind it.
_END = r"(?:(?<=[^\x00-\x7f])|(?![a-z\d]))"


class _Entry(NamedTuple):
    rank: int
    """Its topic's place in the order of precedence; ``_PASSED_OVER`` for what is none."""
    pattern: str


class _Table(NamedTuple):
    topics: tuple[str, ...]
    entries: dict[str, list[_Entry]]
    """By the first Latin word, or by the first two characters."""
    token: re.Pattern[str]
    """A Latin word, or a character with which an entry begins."""


def topics() -> tuple[str, ...]:
    """Every kind of news there is, in the order of precedence."""
    return _table().topics


def topic(title: str) -> str | None:
    """The kind of news that a title is; of several the first in precedence, ``None`` for no kind of ours."""
    text = simplified(unicodedata.normalize("NFKC", title)).lower()
    table = _table()
    best = len(table.topics)
    done = 0
    for token in table.token.finditer(text):
        at = token.start()
        if at < done:
            continue
        word = token[0] if token[0].isascii() else text[at : at + 2]
        for rank, pattern in table.entries.get(word, ()):
            if rank < best and (match := _compiled(pattern).match(text, at)):
                if rank == _PASSED_OVER:
                    done = match.end()
                    break
                best = rank
    return table.topics[best] if best < len(table.topics) else None


@cache
def _table() -> _Table:
    page = tomllib.loads((resources.files("market") / "topics.toml").read_text("utf-8"))
    signs: dict[str, str] = page["signs"]
    sign = re.compile("|".join(map(re.escape, signs)))
    entries: dict[str, list[_Entry]] = {}
    rows = [(_PASSED_OVER, page["not"]["entries"]), *enumerate(page["topics"].values())]
    for rank, written in rows:
        for entry in written:
            pattern = sign.sub(lambda match: signs[match[0]], entry)
            pattern = sign.sub(lambda match: signs[match[0]], pattern)  # one sign may stand in another
            for begin in _begins(entry):
                entries.setdefault(begin, []).append(_Entry(rank, pattern + _END))
    firsts = re.escape("".join({begin[0] for begin in entries if not begin.isascii()}))
    return _Table(tuple(page["topics"]), entries, re.compile(rf"[a-z\d]+|[{firsts}]", re.ASCII))


def _begins(entry: str) -> set[str]:
    """What the text begins with wherever an entry can match."""
    match = _ENTRY.match(entry)
    assert match is not None
    starts = match["several"].split("|") if match["several"] else [match["all"]]
    found = {start: _TOKEN.match(start) for start in starts}
    return {
        token[0] if token[0].isascii() else start[:2] for start, token in found.items() if token is not None
    }


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """Compiled when first needed: all of them take 40 ms."""
    return re.compile(pattern)
