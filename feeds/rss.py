"""RSS 0.9x to 2.0, Atom and JSON Feed, as they are found in the wild, into headlines.

feedparser reads those in XML; encodings, cut bodies and hostile ones are met before it.
"""

import hashlib
import html
import io
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, tzinfo
from email.utils import parsedate_to_datetime
from typing import Any
from zoneinfo import ZoneInfo

from feeds import json_feed
from feeds.charset import decode
from feeds.mending import apart, mend
from market.clock import MINUTE, SECOND
from market.errors import ParseError, SymbolError
from market.headline import Headline
from market.symbol import canonical
from market.text import clean, safe_link

HONG_KONG = ZoneInfo("Asia/Hong_Kong")

OnError = Callable[[ParseError], None]
"""Is told of what had to be left out of a feed."""

# Clocks go wrong by minutes, zones by half hours: what is further ahead is a wrong zone.
_AHEAD = 15 * MINUTE
_EARLIEST = 631_152_000 * SECOND  # 1990; a stamp of zero means that there is none

_ZONES = {"HKT": "+0800", "SGT": "+0800", "JST": "+0900", "BST": "+0100", "CET": "+0100", "CEST": "+0200"}
_ZONE_NAME = re.compile(r"\b(" + "|".join(_ZONES) + r")$")
# Year first, as Chinese publishers write; by the clock of twelve hours, as American ones do.
_YEAR_FIRST = re.compile(r"(\d{4})[-/.年](\d\d?)[-/.月](\d\d?)日?[ T]*(\d\d?)(:\d\d(?::\d\d)?) ?", re.ASCII)
_HALF_DAY = re.compile(r"\b(\d\d?)(:\d\d(?::\d\d)?) ?([AP])\.?M\b\.?", re.ASCII | re.IGNORECASE)
_BREAK = re.compile(r"<(?:br|p|div|li)\b[^<>]*>", re.IGNORECASE)
_TAG = re.compile(r"<[a-zA-Z/!?][^<>]*>")
_UNIQUE = re.compile(r"https?://|urn:|tag:|[0-9a-f]{8}-[0-9a-f]{4}-", re.IGNORECASE)
_LONGEST_TITLE = 4096
_FIRST_WORDS = 120
_LONGEST_ID = 200


def parse_feed(
    raw: bytes,
    content_type: str | None,
    source: str,
    ts_recv: int,
    *,
    zone: tzinfo = HONG_KONG,
    address: str = "",
    on_error: OnError | None = None,
) -> list[Headline]:
    """The headlines of a feed's body, in its order, each once.

    ``ts_recv`` (ns UTC) stands in for a time that is missing or lies ahead; a time without a zone is
    in ``zone``; a relative link is relative to ``address``. Raises ``ParseError`` for what is no feed.
    """
    text = decode(raw, content_type)
    if text.lstrip()[:1] == "{":
        entries, complaint = json_feed.entries(text, source)
    else:
        text, complaint = mend(text, source)
        entries, broken = _entries(text, source, address)
        complaint = complaint or broken
    items: list[_Item] = []
    for entry in entries:
        title = _title(entry)
        if title:
            items.append(_Item(entry, title))
        else:
            complaint = "an item without title or text"
    if complaint and on_error is not None:
        on_error(ParseError(source, complaint))
    headlines: dict[str, Headline] = {}
    for item, name in _named(items, source):
        headlines.setdefault(
            name,
            Headline(
                id=name,
                title=item.title,
                link=item.link,
                ts_event=_instant(item.entry, zone, ts_recv),
                ts_recv=ts_recv,
                source=source,
                symbols=_symbols(item.entry),
            ),
        )
    return list(headlines.values())


class _Item:
    """One entry: its words and the ways in which it can be told from others."""

    def __init__(self, entry: Mapping[str, Any], title: str) -> None:
        self.entry = entry
        self.title = title
        self.guid = clean(str(entry.get("id", "")), _LONGEST_ID)
        self.link = safe_link(str(entry.get("link", "")))
        self.when = _written(entry)


def _entries(text: str, source: str, address: str) -> tuple[list[Mapping[str, Any]], str | None]:
    """The entries of a feed, and why one is missing: each read by itself where one spoils others."""
    feeds = apart(text)
    try:
        entries = _parsed(text, source, address)
        if len(entries) >= len(feeds) and all(map(_title, entries)):
            return entries, None
    except ParseError:
        if not feeds:
            raise
    entries, broken = [], None
    for feed in feeds:
        try:
            entries += _parsed(feed, source, address)
        except ParseError as error:
            broken = f"an item left out: {error.reason}"
    return entries, broken


def _parsed(text: str, source: str, address: str) -> list[Mapping[str, Any]]:
    import feedparser

    headers = {"content-type": "application/xml; charset=utf-8", "content-location": address}
    try:
        parsed = feedparser.parse(
            # As a stream: bytes are taken for the name of a file first.
            io.BytesIO(text.encode("utf-8", "replace")),
            response_headers=headers,
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except Exception as error:  # what it raises on hostile input changes from version to version
        raise ParseError(source, f"cannot be parsed: {type(error).__name__}", text) from error
    entries: list[Mapping[str, Any]] = parsed.entries
    return entries


def _title(entry: Mapping[str, Any]) -> str:
    """The title, or else the first words of the text, as plain text."""
    title = clean(_plain(entry.get("title_detail", {})))
    if title:
        # Google appends the paper's name, which would make another story of each paper's copy.
        paper = clean(str(entry.get("source", {}).get("title", "")), 80)
        return title.removesuffix(f" - {paper}") if paper else title
    for detail in (entry.get("summary_detail", {}), *entry.get("content", ())):
        if words := clean(_plain(detail), _FIRST_WORDS):
            return words
    return ""


def _plain(detail: Mapping[str, Any]) -> str:
    text = _BREAK.sub(" ", str(detail.get("value", ""))[:_LONGEST_TITLE])
    return html.unescape(_TAG.sub("", text)) if "html" in str(detail.get("type", "")) else text


def _named(items: Iterable[_Item], source: str) -> Iterable[tuple[_Item, str]]:
    """Each item with its id: the guid, else the link, else a hash of title and date.

    A guid or link that items share which are not the same names none of them.
    """
    items = list(items)
    guids: dict[str, set[tuple[str, str]]] = {}
    links: dict[str, set[str]] = {}
    for item in items:
        guids.setdefault(item.guid, set()).add((item.link, item.title))
        links.setdefault(item.link, set()).add(item.title)
    for item in items:
        if item.guid and len(guids[item.guid]) == 1:
            # 4711 is 4711 in this feed only; an address or a UUID is the same item in any.
            yield item, item.guid if _UNIQUE.match(item.guid) else f"{source}:{item.guid}"
        elif item.link and len(links[item.link]) == 1:
            yield item, item.link
        else:
            digest = hashlib.sha256(f"{item.title}\n{item.when}".encode()).hexdigest()
            yield item, f"{source}:{digest[:16]}"


def _written(entry: Mapping[str, Any]) -> str:
    """The entry's time as its feed wrote it."""
    for key in ("published", "updated", "created"):
        if key in entry:
            return str(entry[key]).strip()[:80]
    return ""


def _instant(entry: Mapping[str, Any], zone: tzinfo, ts_recv: int) -> int:
    """The entry's own time, nanoseconds UTC, where it can be true."""
    moment = _moment(_written(entry))
    if moment is None:
        return ts_recv
    try:
        moment = moment if moment.tzinfo else moment.replace(tzinfo=zone)
        instant = int(moment.timestamp()) * SECOND + moment.microsecond * 1000
    except (ValueError, OverflowError):
        return ts_recv
    return believable(instant, ts_recv)


def believable(instant: int, ts_recv: int) -> int:
    """A time that a publisher gives (ns UTC), or the receipt's where that is none or lies ahead."""
    return instant if _EARLIEST <= instant <= ts_recv + _AHEAD else ts_recv


def _moment(written: str) -> datetime | None:
    """ISO 8601, or RFC 822 with its many misspellings; naive where no zone is named."""
    written = _HALF_DAY.sub(_by_24_hours, written)
    try:
        return datetime.fromisoformat(_YEAR_FIRST.sub(_iso, written, count=1))
    except ValueError:
        pass
    try:
        moment = parsedate_to_datetime(_ZONE_NAME.sub(lambda match: _ZONES[match[1]], written))
        return moment.replace(tzinfo=UTC) if written.endswith("-0000") else moment
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _by_24_hours(match: re.Match[str]) -> str:
    return f"{int(match[1]) % 12 + 12 * (match[3] in 'Pp'):02}{match[2]}"


def _iso(match: re.Match[str]) -> str:
    year, month, day, hour, minutes = match.groups()
    return f"{year}-{month:0>2}-{day:0>2}T{hour:0>2}{minutes}"


def _symbols(entry: Mapping[str, Any]) -> tuple[str, ...]:
    """What the publisher itself says it is about (Nasdaq's feeds do)."""
    symbols: list[str] = []
    for written in str(entry.get("nasdaq_tickers", "")).split(",")[:20]:
        try:
            symbols.append(canonical(written))
        except SymbolError:
            continue
    return tuple(dict.fromkeys(symbols))
