"""Headlines as a person keeps them: what was told, and what was read, over a restart."""

import logging
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from feeds.base import FeedStatus, HeadlineFeed, HeadlineSink
from feeds.editor import Editor
from market.headline import Headline
from market.instrument import instrument, known
from market.keywords import Keywords
from market.matching import NO_ALIASES, Matcher, read_aliases
from monitor.database import Transaction
from monitor.settings import NewsSettings

log = logging.getLogger(__name__)

KEPT = 2000
"""Headlines that are kept: more than any page of a feed holds, else its older ones came as news again."""

_TABLE = """
CREATE TABLE IF NOT EXISTS headline (
    number INTEGER PRIMARY KEY,
    source TEXT NOT NULL,
    id TEXT NOT NULL,
    headline TEXT NOT NULL,
    read INTEGER NOT NULL DEFAULT 0,
    UNIQUE (source, id)
) STRICT
"""

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Headline).decode


def editor(settings: NewsSettings, symbols: Iterable[str] = ()) -> Editor:
    """Joins headlines to everything that is known or watched, by the user's own names as well; leaves out
    what is muted.

    Raises ``ValueError`` for a file of aliases that has gone bad since it was checked.
    """
    own = read_aliases(Path(settings.aliases).expanduser()) if settings.aliases else NO_ALIASES
    everyone = dict.fromkeys((*known(), *map(instrument, (*symbols, *own.names))))
    return Editor(Matcher(everyone, own), Keywords(settings.mute))


class Shelf:
    """The newest headlines in the store's file, and which of them were read.

    A disk that fails costs the memory of them, nothing else: it is logged.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._read: set[tuple[str, str]] = set()
        with _logged():
            db.execute(_TABLE)

    def headlines(self) -> list[Headline]:
        """Those that are kept, in the order in which they were told."""
        kept: list[Headline] = []
        with _logged():
            rows = self._db.execute("SELECT headline, read FROM headline ORDER BY number").fetchall()
            for text, was_read in rows:
                with suppress(msgspec.DecodeError, msgspec.ValidationError):  # another version's
                    headline = _decode(text)
                    kept.append(headline)
                    if was_read:
                        self._read.add((headline.source, headline.id))
        return kept

    def add(self, headlines: Iterable[Headline]) -> None:
        """Keep these, and forget the oldest beyond ``KEPT``."""
        rows = [(line.source, line.id, _encode(line).decode()) for line in headlines]
        with _logged(), Transaction(self._db):
            self._db.executemany(
                "INSERT OR IGNORE INTO headline (source, id, headline) VALUES (?, ?, ?)", rows
            )
            self._db.execute(
                "DELETE FROM headline WHERE number <= (SELECT max(number) FROM headline) - ?", (KEPT,)
            )

    def mark_read(self, headline: Headline) -> None:
        """A person has opened it."""
        key = headline.source, headline.id
        if key not in self._read:
            self._read.add(key)
            with _logged():
                self._db.execute("UPDATE headline SET read = 1 WHERE source = ? AND id = ?", key)

    def was_read(self, headline: Headline) -> bool:
        """Whether a person has opened it."""
        return (headline.source, headline.id) in self._read


class Marks:
    """What headlines are to a person: those opened, and those that shall stand out."""

    def __init__(self, shelf: Shelf, settings: NewsSettings) -> None:
        self._shelf = shelf
        self._highlights = Keywords(settings.highlight)

    def was_read(self, headline: Headline) -> bool:
        """Whether it was opened, now or before a restart."""
        return self._shelf.was_read(headline)

    def stands_out(self, headline: Headline) -> bool:
        """Whether it has one of the words of ``highlight``."""
        return self._highlights.first(headline.title) is not None


@contextmanager
def _logged() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        log.error("headlines cannot be kept: %s", error)


Taker = Callable[[Sequence[Headline]], object]
"""Wants headlines before they are told: a shelf, a tape."""


class KeptFeed:
    """A feed of headlines that hands them to some takers before they are told."""

    def __init__(self, feed: HeadlineFeed, *takers: Taker) -> None:
        self._feed = feed
        self._takers = takers

    @property
    def statuses(self) -> Mapping[str, FeedStatus]:
        """Those of the feed's sources."""
        return self._feed.statuses

    async def run(self, sink: HeadlineSink) -> None:
        """Feed the sink until cancelled."""
        await self._feed.run(_Keeping(sink, self._takers))


class _Keeping:
    def __init__(self, sink: HeadlineSink, takers: Sequence[Taker]) -> None:
        self._sink = sink
        self._takers = takers

    def add_headlines(self, headlines: Iterable[Headline]) -> None:
        told = list(headlines)
        for take in self._takers:
            take(told)
        self._sink.add_headlines(told)
