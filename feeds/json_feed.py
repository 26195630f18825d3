"""JSON Feed (jsonfeed.org, 1 and 1.1), and what is common to feeds in JSON: a body that was cut short."""

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from feeds.mending import MAX_ITEMS
from market.errors import ParseError
from market.text import clean

# Half a character by an escape of its own, as JavaScript writes where it cut a title in an emoji; what else
# begins with a backslash is the group, and stays.
_HEX = r"[0-9a-fA-F]{2}"
_ESCAPE = re.compile(
    rf"(\\u[dD][89abAB]{_HEX}\\u[dD][c-fC-F]{_HEX}|\\[^u]|\\u[^dD]|\\u[dD][0-7])|\\u[dD][89a-fA-F]{_HEX}",
    re.DOTALL,
)
_BLANKS = re.compile(r"[\s,]*")
_MOST_KEPT = 2000  # whole items of a body that was cut, whatever it is a list of


class _Feed(msgspec.Struct):
    items: list[msgspec.Raw]
    version: str = ""


class _Item(msgspec.Struct):
    """``id`` shall be text, and is a number in many a feed."""

    id: str | int | float | None = None
    url: str | None = None
    external_url: str | None = None
    title: str | None = None
    content_text: str | None = None
    content_html: str | None = None
    summary: str | None = None
    date_published: str | None = None
    date_modified: str | None = None


class Entries(NamedTuple):
    """The items in the words of feedparser, and what is wrong with the feed, if anything is."""

    entries: list[Mapping[str, Any]]
    complaint: str | None


_decode_feed = msgspec.json.Decoder(_Feed).decode
_decode_item = msgspec.json.Decoder(_Item).decode


def entries(text: str, source: str) -> Entries:
    """The items of a JSON Feed, at most ``MAX_ITEMS``; ``ParseError`` for other JSON, and for none."""
    complaint = None
    text = with_whole_characters(text)
    try:
        feed = _decode_feed(text)
    except (msgspec.DecodeError, RecursionError) as error:
        mended = cut(text, "items")
        if mended is None:
            raise ParseError(source, f"no JSON Feed: {clean(str(error), 80)}", text) from None
        try:
            feed = _decode_feed(mended.text)
        except (msgspec.DecodeError, RecursionError):
            raise ParseError(source, f"no JSON Feed: {clean(str(error), 80)}", text) from None
        complaint = mended.complaint
    if "jsonfeed.org" not in feed.version:
        raise ParseError(source, "JSON that is no JSON Feed", text)
    found: list[Mapping[str, Any]] = []
    for raw in feed.items[:MAX_ITEMS]:
        try:
            found.append(_entry(_decode_item(raw)))
        except (msgspec.DecodeError, RecursionError) as error:
            complaint = f"an item left out: {clean(str(error), 80)}"
    return Entries(found, complaint)


def _entry(item: _Item) -> Mapping[str, Any]:
    entry: dict[str, Any] = {
        "id": "" if item.id is None else item.id,
        "link": item.url or item.external_url or "",
        "title_detail": {"value": item.title or "", "type": "text/plain"},
        "summary_detail": {"value": item.content_text or item.summary or "", "type": "text/plain"},
    }
    if item.content_html:
        entry["content"] = [{"value": item.content_html, "type": "text/html"}]
    if written := item.date_published or item.date_modified:
        entry["published"] = written
    return entry


def with_whole_characters(text: str) -> str:
    """JSON in which no escape stands for half a character: one would make all of it malformed."""
    if "\\ud" not in text and "\\uD" not in text:
        return text
    return _ESCAPE.sub(lambda match: match[1] or "\\ufffd", text)


class Cut(NamedTuple):
    """JSON made whole again, and what became of it."""

    text: str
    complaint: str


def cut(text: str, key: str) -> Cut | None:
    """An object whose list under ``key`` breaks off, closed after its last whole item.

    ``None`` where not even one is whole. Linear in the length of the text.
    """
    begin = re.search(rf'"{key}"\s*:\s*\[', text)
    if begin is None:
        return None
    decode = json.JSONDecoder().raw_decode
    end = begin.end()
    count = 0
    while count < _MOST_KEPT:
        blanks = _BLANKS.match(text, end)
        try:
            _, end = decode(text, blanks.end() if blanks else end)
        except (ValueError, RecursionError):
            break
        count += 1
    return Cut(text[:end] + "]}", f"cut short, {count} whole items kept") if count else None
