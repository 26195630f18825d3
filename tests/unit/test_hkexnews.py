"""The exchange's list of filings."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.hkexnews import parse_hkexnews
from market.clock import parse_rfc3339, rfc3339
from market.errors import ParseError
from market.headline import Headline
from tests.paths import SHARED, needs_shared

NOW = parse_rfc3339("2026-11-22T12:00:00Z")


def page(*filings: object) -> bytes:
    return json.dumps({"genDate": 1, "maxNumOfFile": 1, "newsInfoLst": filings}).encode()


def parse(raw: bytes) -> list[Headline]:
    return parse_hkexnews(raw, "hkexnews", NOW)


@needs_shared
def test_the_real_sample() -> None:
    first, second = parse(
        (SHARED / "samples" / "rss" / "26_hkexnews_latest_lcisehk1relsde.json").read_bytes()
    )
    assert first == Headline(
        id="hkexnews:12247523",
        title="VOLUNTARY ANNOUNCEMENT SIGNED MULTIPLE LLM PROJECTS",
        link="https://www1.hkexnews.hk/listedco/listconews/sehk/2026/0717/2026071700075.pdf",
        ts_event=parse_rfc3339("2026-07-17T08:13:00+08:00"),
        ts_recv=NOW,
        source="hkexnews",
        symbols=("9678.HK",),
        topic="chips_ai",
    )
    assert second.symbols == ("0700.HK",)
    assert rfc3339(second.ts_event) == "2026-07-17T00:10:00.000Z"


@pytest.mark.parametrize(
    ("stock", "symbols"),
    [
        ([{"sc": "00700", "sn": "TENCENT"}, {"sc": "80700", "sn": "TENCENT-R"}], ("0700.HK",)),
        ([{"sc": "80700", "sn": "TENCENT-R"}, {"sc": "00700", "sn": "TENCENT"}], ("0700.HK",)),
        ([{"sc": "89988", "sn": "BABA-WR-R"}], ("9988.HK",)),
        ([{"sc": "87001", "sn": "HUI XIAN REIT"}], ("87001.HK",)),
        ([{"sc": "00005"}, {"sc": "09888"}], ("0005.HK", "9888.HK")),
        ([{"sc": "00000"}, {"sc": "N/A"}, {"sc": ""}, {"sc": "123456"}], ()),
        ([], ()),
    ],
)
def test_counters_stand_for_the_ordinary_share(stock: list[dict[str, str]], symbols: tuple[str, ...]) -> None:
    (headline,) = parse(page({"newsId": 1, "title": "T", "stock": stock}))
    assert headline.symbols == symbols


def test_what_a_filing_may_lack() -> None:
    bare, untitled = parse(
        page({"title": "ONLY\nA TITLE"}, {"title": " ", "lTxt": "Circulars", "webPath": "/a.pdf"})
    )
    assert (bare.title, bare.link, bare.ts_event) == ("ONLY A TITLE", "", NOW)
    assert (untitled.title, untitled.link) == ("Circulars", "https://www1.hkexnews.hk/a.pdf")
    assert bare.id != untitled.id


def test_a_bad_filing_is_told_of_and_the_others_kept() -> None:
    errors: list[ParseError] = []
    raw = page(
        {"newsId": 1, "title": "first"},
        {"newsId": 2},
        {"title": 5},
        "x",
        {"title": ""},
        {"newsId": 1, "title": "again"},
    )
    headlines = parse_hkexnews(raw, "hkexnews", NOW, on_error=errors.append)
    assert [headline.title for headline in headlines] == ["first"]
    assert len(errors) == 4
    assert all("a filing left out" in error.reason for error in errors)


@pytest.mark.parametrize("written", ["31/02/2026 08:13", "2026-07-17", "", "17/07/2126 08:13"])
def test_a_time_that_cannot_be_true(written: str) -> None:
    (headline,) = parse(page({"title": "T", "relTime": written}))
    assert headline.ts_event == NOW


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "empty answer"),
        (b"<html></html>", "not the exchange's list"),
        (b"{}", "not the exchange's list"),
        (b'{"newsInfoLst": 5}', "not the exchange's list"),
        (b'{"newsInfoLst": [{"title": "cut', "not the exchange's list"),
        (b"[" * 100_000, "not the exchange's list"),
    ],
)
def test_what_is_no_list_is_refused_with_a_reason(raw: bytes, reason: str) -> None:
    with pytest.raises(ParseError, match=reason):
        parse(raw)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["sc", "sn", "x"]), inner, max_size=3)
    ),
    max_leaves=6,
)
KEYS = st.sampled_from(["newsId", "title", "lTxt", "webPath", "stock", "relTime", "x"])


@given(st.lists(st.dictionaries(KEYS, VALUES, max_size=6), max_size=4))
def test_any_filings_are_headlines_or_left_out(filings: list[dict[str, object]]) -> None:
    for headline in parse(page(*filings)):
        assert headline.title.replace("\u200d", "").isprintable()


@given(st.binary(max_size=200))
def test_any_bytes_are_filings_or_a_parse_error(raw: bytes) -> None:
    try:
        parse(raw)
    except ParseError:
        return


@pytest.mark.parametrize(
    ("heading", "kind"),
    [
        ("Announcements and Notices - [Final Results / Dividend or Distribution]", "results"),
        ("公告及通告 - [盈利警告]", "results"),
        ("Announcements and Notices - [Trading Halt]", "halt"),
        ("Announcements and Notices - [Resumption]", "halt"),
        ("Announcements and Notices - [Placing]", "fundraising"),
        ("Announcements and Notices - [Issue of Convertible Securities]", "fundraising"),
        ("Announcements and Notices - [Discloseable Transaction]", "deal"),
        ("公告及通告 - [須予披露的交易]", "deal"),
        ("Announcements and Notices - [Overseas Regulatory Announcement - Business Update]", None),
        ("公告及通告 - [海外監管公告]", None),
        ("Announcements and Notices - [Results of AGM]", None),
        ("Next Day Disclosure Returns - [Share Buyback]", None),
    ],
)
def test_a_filing_is_of_the_kind_that_its_heading_says(heading: str, kind: str | None) -> None:
    (headline,) = parse(page({"newsId": 1, "title": "ANNOUNCEMENT", "lTxt": heading}))
    assert headline.topic == kind
