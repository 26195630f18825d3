"""Feeds as they are found in the wild, well formed, careless, cut off and hostile."""

import contextlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.mending import MAX_ITEMS
from feeds.rss import parse_feed
from market.clock import SECOND, parse_rfc3339, rfc3339
from market.errors import ParseError
from market.headline import Headline
from tests.paths import SHARED, needs_shared

NOW = parse_rfc3339("2026-11-22T12:00:00Z")
NOW_TEXT = "2026-11-22T12:00:00.000Z"


def rss(items: str) -> bytes:
    return (
        f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel>{items}</channel></rss>'.encode()
    )


def atom(entries: str) -> bytes:
    return f'<feed xmlns="http://www.w3.org/2005/Atom">{entries}</feed>'.encode()


def parse(raw: bytes, content_type: str | None = None) -> list[Headline]:
    return parse_feed(raw, content_type, "s", NOW)


def titles(raw: bytes) -> list[str]:
    return [headline.title for headline in parse(raw)]


# -- what a headline is made of


def test_an_item_becomes_a_headline() -> None:
    raw = rss(
        "<item><title>Baidu wins a contract</title><link>https://example.com/1</link>"
        '<guid isPermaLink="false">9451ea7f-7928-44ed-a220-eae3eaa12747</guid>'
        "<pubDate>Wed, 17 Sep 2025 10:00:00 +0800</pubDate></item>"
    )
    assert parse(raw) == [
        Headline(
            id="9451ea7f-7928-44ed-a220-eae3eaa12747",
            title="Baidu wins a contract",
            link="https://example.com/1",
            ts_event=parse_rfc3339("2025-09-17T02:00:00Z"),
            ts_recv=NOW,
            source="s",
        )
    ]


@pytest.mark.parametrize(
    ("raw", "title"),
    [
        (rss("<item><title>S&amp;P 500</title></item>"), "S&P 500"),
        (rss("<item><title><![CDATA[S&amp;P <b>500</b>]]></title></item>"), "S&P 500"),
        (rss("<item><title>AT&amp;amp;T</title></item>"), "AT&T"),
        (rss("<item><title><![CDATA[first line<br/>second]]></title></item>"), "first line second"),
        (rss("<item><title>1 &lt; 2 and 3 &gt; 1</title></item>"), "1 < 2 and 3 > 1"),
        (rss("<item><title>a&nbsp;b &copy; c</title></item>"), "a b © c"),
        (rss("<item><title>two\nlines \x00\x1b[31m</title></item>"), "two lines [31m"),
        (rss("<item><title>pay&#x202e;gnp</title></item>"), "paygnp"),
        (
            rss("<item><description>&lt;p&gt;The &lt;b&gt;text&lt;/b&gt;.&lt;/p&gt;</description></item>"),
            "The text.",
        ),
        (
            rss("<item><title> </title><description>" + "word " * 50 + "</description></item>"),
            "word " * 23 + "word…",
        ),
        (atom('<entry><title type="html">&lt;b&gt;AT&amp;amp;T&lt;/b&gt;</title></entry>'), "AT&T"),
        (atom('<entry><title type="text">&lt;b&gt; &amp;amp;</title></entry>'), "<b> &amp;"),
        (
            atom(
                '<entry><title type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">a <b>b</b> &lt;</div>'
                "</title></entry>"
            ),
            "a b <",
        ),
        (atom('<entry><content type="html">&lt;p&gt;only text&lt;/p&gt;</content></entry>'), "only text"),
    ],
)
def test_titles_are_plain_text(raw: bytes, title: str) -> None:
    assert titles(raw) == [title]


@pytest.mark.parametrize(
    ("written", "instant"),
    [
        ("Wed, 17 Sep 2025 10:00:00 +0800", "2025-09-17T02:00:00.000Z"),
        ("Wed, 17 Sep 2025 10:00:00 GMT", "2025-09-17T10:00:00.000Z"),
        ("Wed, 17 Sep 2025 10:00:00 EST", "2025-09-17T15:00:00.000Z"),
        ("Wed, 17 Sep 2025 10:00:00 HKT", "2025-09-17T02:00:00.000Z"),
        ("Wed, 17 Sep 2025 10:00:00 -0000", "2025-09-17T10:00:00.000Z"),
        ("17 Sep 25 10:00 GMT", "2025-09-17T10:00:00.000Z"),
        ("2025-09-17T10:00:00.250Z", "2025-09-17T10:00:00.250Z"),
        ("2025-09-17T10:00:00-04:00", "2025-09-17T14:00:00.000Z"),
        # without a zone: the venue's own
        ("Wed, 17 Sep 2025 10:00:00", "2025-09-17T02:00:00.000Z"),
        ("2025-09-17 10:00:00", "2025-09-17T02:00:00.000Z"),
        ("2025-09-17", "2025-09-16T16:00:00.000Z"),
        ("2025/09/17 10:00", "2025-09-17T02:00:00.000Z"),
        ("2025年9月17日 9:05:30", "2025-09-17T01:05:30.000Z"),
        ("2025-9-17 9:05 +0900", "2025-09-17T00:05:00.000Z"),
        # by the clock of twelve hours
        ("Sep 17, 2025 2:00 PM", "2025-09-17T06:00:00.000Z"),
        ("Wed, 17 Sep 2025 12:30 a.m. EST", "2025-09-17T05:30:00.000Z"),
        ("2025-09-17 12:30pm", "2025-09-17T04:30:00.000Z"),
        # the day or the month first?
        ("09/10/2025 10:00", NOW_TEXT),
        # a little ahead is a clock, far ahead a wrong zone
        ("2026-11-22T12:05:00Z", "2026-11-22T12:05:00.000Z"),
        ("2026-11-22T20:00:00Z", NOW_TEXT),
        ("Wed, 17 Sep 2099 10:00:00 GMT", NOW_TEXT),
        ("Thu, 01 Jan 1970 00:00:00 GMT", NOW_TEXT),
        ("0001-01-01T00:00:00+14:00", NOW_TEXT),
        ("yesterday", NOW_TEXT),
        ("", NOW_TEXT),
    ],
)
def test_an_items_own_time_where_it_can_be_true(written: str, instant: str) -> None:
    (headline,) = parse(rss(f"<item><title>t</title><pubDate>{written}</pubDate></item>"))
    assert rfc3339(headline.ts_event) == instant
    assert headline.ts_recv == NOW


def test_links_lead_to_the_web_or_nowhere() -> None:
    raw = rss(
        "<item><title>a</title><link> https://example.com/a </link></item>"
        "<item><title>b</title><link>javascript:alert(1)</link></item>"
        "<item><title>c</title><link>file:///etc/passwd</link></item>"
        "<item><title>d</title><link>/d</link></item>"
    )
    links = [h.link for h in parse_feed(raw, None, "s", NOW, address="https://feeds.example.com/rss/x.xml")]
    assert links == ["https://example.com/a", "", "", "https://feeds.example.com/d"]
    assert [h.link for h in parse(raw)][3] == ""


# -- telling items apart


def test_ids_fall_back_from_guid_to_link_to_words() -> None:
    raw = rss(
        '<item><title>a</title><guid isPermaLink="false">17</guid><link>https://e.com/a</link></item>'
        "<item><title>b</title><link>https://e.com/b</link></item>"
        "<item><title>c</title></item><item><title>c</title></item><item><title>d</title></item>"
    )
    ids = [headline.id for headline in parse(raw)]
    assert ids[:2] == ["s:17", "https://e.com/b"]
    assert len(ids) == len(set(ids)) == 4
    assert ids == [headline.id for headline in parse(raw)]


def test_a_guid_that_different_items_share_names_none_of_them() -> None:
    item = (
        '<item><title>{0}</title><guid isPermaLink="false">same</guid><link>https://e.com/{0}</link></item>'
    )
    raw = rss("".join(map(item.format, "aabc")))
    assert [headline.id for headline in parse(raw)] == [f"https://e.com/{x}" for x in "abc"]
    home = rss("<item><title>a</title><link>https://e.com/</link></item>" * 2)
    assert len(parse(home)) == 1
    other = rss("".join(f"<item><title>{x}</title><link>https://e.com/</link></item>" for x in "ab"))
    assert len(parse(other)) == 2


def test_what_the_publisher_says_it_is_about() -> None:
    raw = (
        b'<rss version="2.0" xmlns:nasdaq="https://www.nasdaq.com/"><channel><item><title>t</title>'
        b"<nasdaq:tickers>AMAT, AAPL,??,AMAT</nasdaq:tickers></item></channel></rss>"
    )
    assert parse(raw)[0].symbols == ("AMAT", "AAPL")


# -- careless feeds


def test_the_papers_name_behind_a_title_is_taken_off() -> None:
    raw = rss(
        '<item><title>Baidu wins - The Paper</title><source url="https://p.example">The Paper</source></item>'
        '<item><title>Tencent - a view</title><source url="https://p.example">The Paper</source></item>'
        "<item><title>No paper - at all</title></item>"
    )
    assert titles(raw) == ["Baidu wins", "Tencent - a view", "No paper - at all"]


def test_rss_1_0_and_old_document_types() -> None:
    rdf = (
        b'<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        b'xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>'
        b'<title>c</title></channel><item rdf:about="http://a/1"><title>first</title><link>http://a/1</link>'
        b"<dc:date>2025-09-17T10:00:00+08:00</dc:date></item></rdf:RDF>"
    )
    (headline,) = parse(rdf)
    assert (headline.title, headline.link, headline.ts_event) == (
        "first",
        "http://a/1",
        parse_rfc3339("2025-09-17T02:00:00Z"),
    )
    netscape = (
        b'<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://my.netscape.com/0.91.dtd">'
        b'<rss version="0.91"><channel><item><title>old</title></item></channel></rss>'
    )
    assert titles(netscape) == ["old"]


@pytest.mark.parametrize(
    "raw",
    [
        b"\n\n  <?xml version='1.0'?>" + rss("<item><title>t</title></item>")[38:],
        b"\xef\xbb\xbf" + rss("<item><title>t</title></item>"),
        rss("<item><title>t</title><media:x>undeclared</media:x></item>"),
        rss("<item><title>t</title><link>http://a/?b=1&c=2</link></item>"),
        rss("<item><title>t</title><description>a <b>b</i> c</description></item>"),
        b"<!-- a comment --><!-- <feed> --><?pi?>" + rss("<item><title>t</title></item>"),
        rss("<item><title>t</title></item>").replace(b"utf-8", b"utf-16"),
        "<rss><channel><item><title>t</title></item></channel></rss>".encode("utf-16"),
    ],
)
def test_careless_xml_is_read(raw: bytes) -> None:
    assert titles(raw) == ["t"]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("&#55357;&#56960; up", "\U0001f680 up"),
        ("&#xD83D;&#xDE80; up", "\U0001f680 up"),
        ("&#x1F680; up", "\U0001f680 up"),
        ("<![CDATA[&#55357;&#56960; up]]>", "\U0001f680 up"),
        ("cut &#55357;", "cut \ufffd"),
        ("&#xD800 x &#56960; y", "\ufffd x \ufffd y"),
        ("&#x110000;&#99999999999999999;", "\ufffd\ufffd"),
        ("&#0;t&#1;", "t"),
    ],
)
def test_a_reference_to_no_character_costs_no_other_item(written: str, read: str) -> None:
    items = "".join(f"<item><title>{title}</title></item>" for title in ("one", written, "two"))
    assert titles(rss(items)) == ["one", read, "two"]


@pytest.mark.parametrize("encoding", ["big5", "gb18030", "utf-16", "utf-8"])
def test_undeclared_encodings(encoding: str) -> None:
    body = "<rss><channel><item><title>百度股價急升近兩成，騰訊發債</title></item></channel></rss>"
    assert titles(body.encode(encoding)) == ["百度股價急升近兩成，騰訊發債"]


def test_a_body_cut_short_keeps_its_whole_items() -> None:
    whole = rss("".join(f"<item><title>item {n}</title></item>" for n in range(3)))
    for at in range(whole.index(b"<channel>"), len(whole) - len("</channel></rss>")):
        errors: list[ParseError] = []
        kept = whole[:at].count(b"</item>")
        if not kept:
            with pytest.raises(ParseError, match="cut short before its first whole item"):
                parse(whole[:at])
            continue
        headlines = parse_feed(whole[:at], None, "s", NOW, on_error=errors.append)
        assert [h.title for h in headlines] == [f"item {n}" for n in range(kept)]
        assert [error.reason for error in errors] == [f"cut short, {kept} whole items kept"]


@pytest.mark.parametrize(
    "items",
    [
        "<item><title><![CDATA[a</title></item><item><title>b</title></item>",
        "<item><title><![CDATA[a</title></item><item><title><![CDATA[b]]></title></item>",
        "<item><title><![CDATA[a</title><description><![CDATA[x]]></description></item><item><title>b</title></item>",
        "<item><title><![CDATA[a]]></title></item><item><title><![CDATA[b</title></item>",
    ],
)
def test_a_marked_section_left_open_ends_in_its_own_element(items: str) -> None:
    assert titles(rss(items)) == ["a", "b"]


@pytest.mark.parametrize(
    "broken",
    [
        "<title>t</title><description>a</title>",  # closed and never opened
        "<title>t</title></content:encoded>",
        "<title>t</title><content:encoded>",  # opened and never closed
        "<title>t</title><!-- a comment",
        "<title>t</title><image><a href='x",
        "<title>t</title><gml:pos>1 x</gml:pos>",  # at which feedparser raises
    ],
)
def test_a_broken_item_spoils_no_other(broken: str) -> None:
    items = "".join(f"<item>{item}</item>" for item in ("<title>one</title>", broken, "<title>two</title>"))
    found = titles(rss(items))
    assert [found[0], found[-1]] == ["one", "two"]
    assert set(found) <= {"one", "t", "two"}


def test_items_without_any_words_are_told_of() -> None:
    errors: list[ParseError] = []
    raw = rss("<item><link>https://e.com</link></item><item><title>b</title></item>")
    assert [h.title for h in parse_feed(raw, None, "s", NOW, on_error=errors.append)] == ["b"]
    assert [error.reason for error in errors] == ["an item without title or text"]


def test_a_feed_without_items_is_a_feed() -> None:
    assert parse(rss("")) == []
    assert parse(atom("<title>empty</title>")) == []


def test_only_so_many_items_are_read() -> None:
    raw = rss("".join(f"<item><title>{n}</title></item>" for n in range(MAX_ITEMS + 10)))
    assert len(parse(raw)) == MAX_ITEMS


# -- what is refused


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "empty answer"),
        (b" \n\t", "empty answer"),
        (b"not found", "not a feed"),
        (b'{"items": []}', "JSON that is no JSON Feed"),
        (
            b"<!DOCTYPE html><html><body><item>x</item><rss></rss></body></html>",
            "a web page in place of a feed",
        ),
        (b"<?xml version='1.0'?>\n<HTML><head/></HTML>", "a web page in place of a feed"),
        (b"<opml version='1.0'></opml>", "<opml> in place of a feed"),
        (b"<!-- <rss>", "not a feed"),
        (
            (
                b'<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;&lol;">]>'
                b"<rss><channel><item><title>&lol2;</title></item></channel></rss>"
            ),
            "declares entities",
        ),
        (
            (
                b'<!DOCTYPE rss [<!ATTLIST x "]>"><!entity xxe SYSTEM "file:///etc/passwd">]>'
                b"<rss><channel><item><title>&xxe;</title></item></channel></rss>"
            ),
            "declares entities",
        ),
        (rss("<item><title>" + "<a>" * 125_000 + "</title></item>"), "more than 100000 tags"),
        (
            rss("<item><title " + " ".join(f"a{n}='>'" for n in range(65)) + ">t</title></item>"),
            "a tag with more than 64 attributes",
        ),
        (
            rss("<item>" + "".join(f"<a xmlns:百{n}='u'/>" for n in range(101)) + "</item>"),
            "more than 100 namespaces",
        ),
        (b"/etc/passwd", "not a feed"),
    ],
    ids=lambda value: str(value)[:40],  # one of them is long
)
def test_what_is_no_feed_is_refused_with_a_reason(raw: bytes, reason: str) -> None:
    with pytest.raises(ParseError) as refused:
        parse(raw)
    assert refused.value.reason == reason
    assert refused.value.venue == "s"


def spent(raw: bytes) -> float:
    """Seconds of the processor that a page costs, at best: what else goes on only adds to them."""
    tries = []
    for _ in range(3):
        began = time.process_time()
        with contextlib.suppress(ParseError):
            parse(raw)
        tries.append(time.process_time() - began)
    return min(tries)


@pytest.mark.parametrize(
    "unit", ["<![CDATA[", "<![CDATA[]]>", "<!--", "</item", "</", "<?", "<", "&", "]]>", "<!["]
)
@pytest.mark.parametrize(
    "around", ["<rss><channel><item><title>{}", "<rss><item><title>{}</title></item></rss>", "{}"]
)
def test_hostile_repetition_takes_no_longer_than_its_length(unit: str, around: str) -> None:
    little, much = (spent(around.format(unit * (size // len(unit))).encode()) for size in (100_000, 400_000))
    assert much < 12 * little + 0.1  # quadratic would be 16 times, and soon minutes


@pytest.mark.parametrize(
    "element",
    [
        "<author>{letters}</author>",
        "<dc:creator>{letters}@</dc:creator>",
        "<l" + "o" * 50 + "ng:creator xmlns:l" + "o" * 50 + "ng='http://purl.org/dc/elements/1.1/'>{letters}",
        "<managingEditor>{letters}</managingEditor>",
        "<media:keywords>{words}</media:keywords>",
        "<itunes:\u212aeywords>{words}</itunes:\u212aeywords>",  # a Kelvin sign, and in lower case a k
        "{categories}",
        "<pubDate>{letters}</pubDate>",
        "<title>{letters}</title>",
    ],
)
def test_an_element_takes_no_longer_than_its_length(element: str) -> None:
    def filled(size: int) -> bytes:
        numbers = range(size // 2)
        item = element.format(
            letters="a" * 4 * size,
            words=",".join(map(str, numbers)),
            categories="".join(f"<category>{number}</category>" for number in numbers),
        )
        return rss(f"<item><title>t</title>{item}</item>")

    assert titles(filled(10_000))
    assert spent(filled(10_000)) < 12 * spent(filled(2_500)) + 0.1


@given(st.binary(max_size=300))
def test_any_bytes_are_headlines_or_a_parse_error(raw: bytes) -> None:
    try:
        parse(raw)
    except ParseError:
        return


PIECES = st.sampled_from(
    [
        "<rss>",
        "</rss>",
        "<channel>",
        "</channel>",
        "<item>",
        "</item>",
        "<title>",
        "</title>",
        "<title/>",
        "<link>",
        "<guid>",
        "</guid>",
        "<pubDate>",
        "</pubDate>",
        "<![CDATA[",
        "]]>",
        "<!--",
        "-->",
        "<?xml",
        "?>",
        "&",
        "&amp;",
        "&#x41;",
        "&#xd800;",
        "&#0;",
        "&lt;b&gt;",
        "<",
        ">",
        '"',
        "'",
        "百度",
        "\x1b",
        "\x00",
        "\ufffe",
        "<a:b>",
        "<description>",
        "</description>",
        "<feed>",
        "<entry>",
        "</entry>",
        "<content",
        'type="html">',
        "</content>",
        "<div>",
        'xmlns="x"',
        "<!DOCTYPE",
        "<link",
        'href="//[bad"/>',
        "<link",
        'rel="alternate"',
        'href="https://e.com"/>',
        "2025-09-17T10:00:00Z",
        "<enclosure",
        'url="x"/>',
        "<media:title>",
        "<itunes:image",
        'href="x"/>',
        "<georss:point>1",
        "</georss:point>",
        "<category>",
        "<author>a@b",
        "(c)</author>",
    ]
)


@given(
    st.lists(PIECES, max_size=25), st.sampled_from(["<rss><channel><item>", '<feed xmlns="x"><entry>', ""])
)
def test_any_pieces_of_feeds_are_headlines_or_a_parse_error(pieces: list[str], begin: str) -> None:
    raw = (begin + " ".join(pieces) + "</item></entry>").encode("utf-8", "replace")
    try:
        headlines = parse(raw)
    except ParseError:
        return
    assert len({headline.id for headline in headlines}) == len(headlines)
    for headline in headlines:
        assert headline.title
        assert headline.title.replace("\u200d", "").isprintable()
        assert headline.id.replace("\u200d", "").isprintable()
        assert headline.ts_event > 0


# -- real samples

SAMPLES = SHARED / "samples" / "rss"


@needs_shared
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("01_chardet_big5_no_declaration.xml", []),
        ("03_big5_declared.xml", []),
        ("05_invalid_bytes_with_bom.xml", []),
        ("07_incomplete_cdata.xml", "cut short before its first whole item"),
        ("09_undeclared_namespace.xml", []),
        ("11_whitespace_before_xml_declaration.xml", []),
        ("13_missing_guid.xml", [("foo", "", NOW_TEXT), ("bar", "", NOW_TEXT)]),
        (
            "15_sax_error.xml",
            [
                ("Good Item", "http://example.com/good", NOW_TEXT),
                ("Bad Item", "http://example.com/bad?foo=1&bar=2", NOW_TEXT),
                ("Item After Error", "http://example.com/after", NOW_TEXT),
            ],
        ),
        (
            "17_bbc_cdata_real.xml",
            [("Marcus Aurelius", "http://www.bbc.co.uk/programmes/m000sjxt", "2021-02-25T10:15:00.000Z")],
        ),
        (
            "19_items_without_titles.xml",
            [
                ("some content", f"http://example.com/{page}", f"2008-12-30T20:{minute}:15.000Z")
                for page, minute in (
                    ("a-gentle-introduction-to-testing.html", "04"),
                    ("a_missing_rel_attribute.php", "14"),
                    ("alternate-link-isnt-first.aspx", "24"),
                    ("a-test-for-htm-extension.htm", "24"),
                    ("alternate-link-isn%27t-first.aspx", "24"),
                )
            ],
        ),
        (
            "21_finance_excerpts_2026-09-10_yahoo.xml",
            [
                (
                    "Why hardware will attract buyers to Apple's new lineup over AI features",
                    "https://finance.yahoo.com/video/why-hardware-attract-buyers-192906871.html?.tsrc=rss",
                    "2026-09-10T19:29:06.000Z",
                ),
                ("No title on this one.", "https://example.com/untitled", NOW_TEXT),
            ],
        ),
        (
            "23_finance_excerpts_2026-09-11_nasdaq.xml",
            [
                (
                    "Stocks Settle Lower as S&P 500 Slides",
                    "https://www.nasdaq.com/articles/stocks-settle-lower",
                    "2026-09-11T01:54:04.000Z",
                )
            ],
        ),
        (
            "25_yahoo_hk_1318HK_no_guid.xml",
            [
                (
                    "毛戈平(01318)中期純利8.05億元人民幣升20.26% 派息62分",
                    "https://hk.finance.yahoo.com/news/maogeping-interim",
                    "2026-08-27T23:18:11.000Z",
                ),
                (
                    "招商證券大削毛戈平化妝品(01318)目標價50% 維持「增持」",
                    "https://hk.finance.yahoo.com/news/cms-maogeping",
                    "2026-09-01T03:20:54.000Z",
                ),
            ],
        ),
        ("26_hkexnews_latest_lcisehk1relsde.json", "no JSON Feed"),
        ("27_not_a_feed_soft_error.html", "a web page in place of a feed"),
    ],
)
def test_real_samples(name: str, expected: list[tuple[str, str, str]] | str) -> None:
    raw = (SAMPLES / name).read_bytes()
    if isinstance(expected, str):
        with pytest.raises(ParseError, match=expected):
            parse(raw)
        return
    headlines = parse(raw)
    assert [(h.title, h.link, rfc3339(h.ts_event)) for h in headlines] == expected
    assert len({h.id for h in headlines}) == len(headlines)


@needs_shared
def test_every_sample_is_accounted_for() -> None:
    for path in SAMPLES.iterdir():
        try:
            parse(path.read_bytes())
        except ParseError as error:
            assert error.reason


def test_seconds_are_nanoseconds() -> None:
    assert NOW % SECOND == 0
