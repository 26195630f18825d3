"""JSON Feeds: as the standard has them, careless, cut off and hostile."""

import contextlib
import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.hkexnews import parse_hkexnews
from feeds.json_feed import cut
from feeds.mending import MAX_ITEMS
from feeds.rss import parse_feed
from market.clock import parse_rfc3339
from market.errors import ParseError
from market.headline import Headline
from market.text import clean

NOW = parse_rfc3339("2026-11-22T12:00:00Z")
VERSION = "https://jsonfeed.org/version/1.1"


def feed(*items: object, **changes: object) -> bytes:
    return json.dumps({"version": VERSION, "title": "t", "items": items} | changes).encode()


def parse(raw: bytes, complaints: list[str] | None = None) -> list[Headline]:
    def told(error: ParseError) -> None:
        if complaints is not None:
            complaints.append(error.reason)

    return parse_feed(raw, "application/feed+json", "s", NOW, on_error=told)


def test_an_item_becomes_a_headline() -> None:
    raw = feed(
        {
            "id": "https://example.com/1",
            "url": "https://example.com/1",
            "title": "Baidu wins <a> contract & more",
            "content_html": "<p>text</p>",
            "date_published": "2025-09-17T10:00:00+08:00",
        }
    )
    assert parse(raw) == parse(b"\xef\xbb\xbf \n" + raw)
    assert parse(raw) == [
        Headline(
            id="https://example.com/1",
            title="Baidu wins <a> contract & more",
            link="https://example.com/1",
            ts_event=parse_rfc3339("2025-09-17T02:00:00Z"),
            ts_recv=NOW,
            source="s",
        )
    ]


@pytest.mark.parametrize(
    ("item", "title", "link", "name"),
    [
        ({"id": 7, "title": "n"}, "n", "", "s:7"),
        ({"id": "a", "content_text": "only text"}, "only text", "", "s:a"),
        ({"id": "a", "summary": "only a summary"}, "only a summary", "", "s:a"),
        ({"id": "a", "content_html": "<p>only <b>html</b></p>"}, "only html", "", "s:a"),
        ({"external_url": "https://e.com/1", "title": "x"}, "x", "https://e.com/1", "https://e.com/1"),
        ({"id": "a", "url": "javascript:alert(1)", "title": "\x1b[31mred"}, "[31mred", "", "s:a"),
        ({"id": None, "url": None, "title": "x", "authors": [{}]}, "x", "", None),
    ],
)
def test_what_an_item_may_lack(item: dict[str, object], title: str, link: str, name: str | None) -> None:
    (headline,) = parse(feed(item))
    assert (headline.title, headline.link, headline.ts_event) == (title, link, NOW)
    assert name in (headline.id, None)


def test_a_bad_item_is_told_of_and_the_others_kept() -> None:
    complaints: list[str] = []
    raw = feed(
        {"id": "1", "title": "a"}, {"id": [], "title": "b"}, 17, {"id": "2", "title": "c"}, {"id": "3"}
    )
    assert [headline.title for headline in parse(raw, complaints)] == ["a", "c"]
    assert complaints == ["an item without title or text"]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (r"cut \ud83d", "cut \ufffd"),
        (r"\uDE80 \ud83d\uD83D\ude80", "\ufffd \ufffd\U0001f680"),
        (r"\\ud83d is \" no escape", '\\ud83d is " no escape'),
        (r"\u767e\u5ea6\ud7ff\ue000", "百度\ud7ff\ue000"),
    ],
)
def test_half_a_character_costs_no_other_item(written: str, read: str) -> None:
    items = ", ".join(f'{{"id": "{title}", "title": "{title}"}}' for title in ("one", written, "two"))
    found = parse(f'{{"version": "{VERSION}", "items": [{items}]}}'.encode())
    assert [headline.title for headline in found] == ["one", clean(read), "two"]
    filings = f'{{"newsInfoLst": [{items}]}}'.encode()
    assert [headline.title for headline in parse_hkexnews(filings, "s", NOW)] == ["one", clean(read), "two"]


def test_a_body_cut_short_keeps_its_whole_items() -> None:
    raw = feed(*({"id": str(n), "title": f"t{n}", "content_text": '[{"'} for n in range(30)))
    for length in range(len(raw) // 2, len(raw), 7):
        complaints: list[str] = []
        headlines = parse(raw[:length], complaints)
        assert [h.title for h in headlines] == [f"t{n}" for n in range(len(headlines))]
        assert complaints == [f"cut short, {len(headlines)} whole items kept"]


def test_filings_cut_short_are_kept_too() -> None:
    rows = [{"newsId": n, "title": f"t{n}", "relTime": "17/09/2025 08:00"} for n in range(9)]
    raw = json.dumps({"genDate": 1, "newsInfoLst": rows}).encode()
    complaints: list[ParseError] = []
    assert len(parse_hkexnews(raw[:-60], "s", NOW, on_error=complaints.append)) == 8
    assert [error.reason for error in complaints] == ["cut short, 8 whole items kept"]
    assert len(parse_hkexnews(raw.decode().encode("utf-16"), "s", NOW)) == 9


def test_only_so_many_items_are_read() -> None:
    assert len(parse(feed(*({"id": str(n), "title": "t"} for n in range(2000))))) == MAX_ITEMS


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"{}", "no JSON Feed: Object missing required field `items`"),
        (b'{"items": []}', "JSON that is no JSON Feed"),
        (b'{"error": "too many requests"}', "no JSON Feed"),
        (b'{"items": 5, "version": "https://jsonfeed.org/version/1"}', "no JSON Feed"),
        (b'{"version": "https://jsonfeed.org/version/1", "items": [{"id": "1", "ti', "no JSON Feed"),
        (b"{" * 100_000, "no JSON Feed"),
        (b'{"items":' + b"[" * 400_000, "no JSON Feed"),
        (b'{"items":[' + b'{"a":' * 400_000, "no JSON Feed"),
    ],
    ids=range(8),
)
def test_what_is_no_feed_is_refused_with_a_reason(raw: bytes, reason: str) -> None:
    with pytest.raises(ParseError, match=reason):
        parse(raw)


def test_hostile_bodies_take_no_longer_than_their_length() -> None:
    begun = time.process_time()
    for unit in ('"items":[', "1,", '{"a":1},', '"', "[],", " "):
        assert cut('{"items":[' + unit * (1_000_000 // len(unit)), "items") is None or unit
    assert time.process_time() - begun < 5


_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20), lambda inner: st.lists(inner) | inner
)
_items = st.dictionaries(
    st.sampled_from(["id", "url", "title", "content_html", "content_text", "summary", "date_published"]),
    _values,
)


@given(st.lists(_items | _values, max_size=5), st.integers(0, 400))
def test_any_items_are_headlines_or_left_out(items: list[Any], length: int) -> None:
    whole = feed(*items)
    for headline in parse(whole):
        assert headline.title
    with contextlib.suppress(ParseError):
        parse(whole[:length])
