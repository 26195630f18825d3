"""A feed's text made fit for a parser: begun at its root, whole items only, marked sections closed.

Everything here is linear in the length of the text, whatever the text is.
"""

import re
import sys
from typing import NamedTuple

from market.errors import ParseError

MAX_ITEMS = 500
"""Items read of one feed; the longest real ones hold 100."""

# feedparser takes up to 10 us a tag and a third of that a reference such as &amp;: without a bound, hostile
# bodies of 4 MiB keep a core busy for ten seconds and more, with it for six at the most.
_MOST_TAGS = 100_000
_REFERENCES_A_TAG = 3
# Python's SAX reader takes time with the square of a tag's attributes: 400,000 in one take it twenty minutes.
# The root of an honest feed has twenty, most of them namespaces.
_MOST_ATTRIBUTES = 64
_ATTRIBUTE = r"""\s++[^\s=<>"'/]++\s*+=\s*+(?:"[^"<]*+"|'[^'<]*+')"""
_CROWDED = re.compile(rf"<[^\s<>/!?]++(?:{_ATTRIBUTE}){{{_MOST_ATTRIBUTES + 1}}}")
_MOST_PREFIXES = 100  # of namespaces: each tag is looked for among all
_PREFIX = re.compile(r"\sxmlns:([^\s=]+)")
_LONGEST_ROOT = 4096
_LONGEST_REFERENCE = 12  # digits, zeros in front among them

_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_REFERENCE = re.compile(r"&#(?:x([0-9a-f]+)|(\d+));?", re.ASCII | re.IGNORECASE)
# Elements for which feedparser takes time with the square of their length (it looks for a mail address in a
# person's name: minutes for 250,000 letters, while nothing else runs) or of their number (it compares every
# keyword with those before). None is of use here: under another name they are unknown to it.
_COSTLY = re.compile(
    r"(</?(?:[^\s<>/:]++:)?+)"
    r"(?=(?:author|creator|publisher|managingeditor|webmaster|owner|category|subject|keywords|tags)\b)",
    re.IGNORECASE,
)
_NAME = re.compile(r"<((?:[\w.-]{1,40}:)?([\w.-]{1,40}))", re.ASCII)
_ITEM = re.compile(r"<(?:[\w.-]{1,40}:)?(?:item|entry)[\s>]", re.ASCII | re.IGNORECASE)
_ITEM_END = re.compile(r"</(?:[\w.-]{1,40}:)?(?:item|entry)\s{0,40}>", re.ASCII | re.IGNORECASE)
_SECTION, _SECTION_END = "<![CDATA[", "]]>"


class Mended(NamedTuple):
    """Text to parse, and what is wrong with what came, if anything is."""

    text: str
    complaint: str | None


def mend(text: str, source: str) -> Mended:
    """The text from its root element on, with whole items only.

    Raises ``ParseError`` for what is no feed: nothing, a web page, other XML; and for what no honest
    feed holds: declarations of entities, an outlandish number of tags.
    """
    text = _characters(_NOT_XML.sub("", text))
    at, root = _root(text, source)
    text = text[at:]
    if text.count("<") + text.count("&") // _REFERENCES_A_TAG > _MOST_TAGS:
        raise ParseError(source, f"more than {_MOST_TAGS} tags", text)
    if _CROWDED.search(text):
        raise ParseError(source, f"a tag with more than {_MOST_ATTRIBUTES} attributes", text)
    if len({match[1] for match in _PREFIX.finditer(text)}) > _MOST_PREFIXES:
        raise ParseError(source, f"more than {_MOST_PREFIXES} namespaces", text)
    text = _COSTLY.sub(r"\1x-", _close_sections(text))
    ends = [match.end() for match in _ITEM_END.finditer(text)]
    is_whole = text.rfind(f"</{root}") >= (ends[-1] if ends else 0)
    if is_whole and len(ends) <= MAX_ITEMS:
        return Mended(text, None)
    if not ends:
        raise ParseError(source, "cut short before its first whole item", text)
    kept = ends[:MAX_ITEMS]
    closing = f"</channel></{root}>" if root.lower() == "rss" else f"</{root}>"
    complaint = None if is_whole else f"cut short, {len(kept)} whole items kept"
    return Mended(text[: kept[-1]] + closing, complaint)


def apart(text: str) -> list[str]:
    """Each item of a mended text as a feed of its own, where none can swallow the next."""
    root = _NAME.match(text)
    assert root is not None
    head, tail = text[: text.find(">") + 1], f"</{root[1]}>"
    if len(head) > _LONGEST_ROOT:  # it stands before each
        head = f"<{root[1]}>"
    feeds: list[str] = []
    done = 0
    for end in _ITEM_END.finditer(text):
        if begin := _ITEM.search(text, done, end.start()):
            feeds.append(f"{head}{text[begin.start() : end.end()]}{tail}")
        done = end.end()
    return feeds


def _characters(text: str) -> str:
    """Without references to half a character, as JavaScript writes emoji, or to one that does not exist.

    A single one is enough for feedparser to give nothing of a whole feed.
    """
    mended = _REFERENCE.sub(_character, text)
    return mended if mended is text else mended.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _character(match: re.Match[str]) -> str:
    digits, base = (match[1], 16) if match[1] else (match[2], 10)
    value = int(digits, base) if len(digits) <= _LONGEST_REFERENCE else sys.maxunicode + 1
    if 0xD800 <= value < 0xE000:
        return chr(value)
    return match[0] if value <= sys.maxunicode else "\ufffd"


def _root(text: str, source: str) -> tuple[int, str]:
    """Where the root element begins, and its name as written."""
    at = 0
    while (at := text.find("<", at)) >= 0:
        if text.startswith("<!--", at):
            at = _after(text, "-->", at)
        elif text.startswith("<?", at):
            at = _after(text, "?>", at)
        elif text.startswith("<!", at):
            if text[at : at + 8].upper() == "<!ENTITY":
                raise ParseError(source, "declares entities", text)
            # A document type's own declarations follow in brackets; they are walked through like the rest.
            bracket, end = text.find("[", at, at + 500), text.find(">", at)
            at = bracket + 1 if 0 <= bracket < end else _after(text, ">", at)
        elif match := _NAME.match(text, at):
            if match[2].lower() in ("rss", "feed", "rdf"):
                return at, match[1]
            kind = "a web page" if match[2].lower() in ("html", "head", "body") else f"<{match[2]}>"
            raise ParseError(source, f"{kind} in place of a feed", text)
        else:
            break
    raise ParseError(source, "not a feed" if text.strip() else "empty answer", text)


def _after(text: str, mark: str, at: int) -> int:
    end = text.find(mark, at)
    return len(text) if end < 0 else end + len(mark)


def _close_sections(text: str) -> str:
    """End every marked section in its own item: one left open would swallow the items that follow."""
    pieces: list[str] = []
    done = end = item_end = 0
    while (start := text.find(_SECTION, done)) >= 0:
        # Found once and kept until passed: searched for anew, 400,000 open sections take minutes.
        if end <= start:
            end = text.find(_SECTION_END, start)
            end = len(text) if end < 0 else end
        if item_end <= start:
            match = _ITEM_END.search(text, start)
            item_end = match.start() if match else len(text)
        if end < item_end and text.find(_SECTION, start + len(_SECTION), end) < 0:
            at = end + len(_SECTION_END)
            pieces.append(text[done:at])
        else:
            at = text.find("</", start)
            at = len(text) if at < 0 else at
            pieces.append(text[done:at] + _SECTION_END)
        done = at
    return "".join(pieces) + text[done:]
