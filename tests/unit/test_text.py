"""Strangers' text is harmless before it reaches a terminal, a log or a file."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.text import clean, safe_link

HOSTILE = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from(
            "\x1b\x9b\x07\x08\r\n\t\x00\x7f\u202e\u2066\u2069\u200b\u200d\ufeff\u2028\ue000\ud800[]\u0301"
        ),
    ),
    max_size=400,
)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("plain 中文 ▲", "plain 中文 ▲"),
        ("two\nlines\r\n\tand  more", "two lines and more"),
        ("\x1b[31mred\x1b[0m", "[31mred [0m"),
        ("\x1b]0;title\x07text", "]0;title text"),
        ("\x9b31m", "31m"),
        ("pay\u202egnp.exe", "paygnp.exe"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("a\u2028b\xa0c\u3000d", "a b c d"),
        ("\ue000\ud800\U000e0041x", "x"),
        ("[bold]markup[/bold] stays text", "[bold]markup[/bold] stays text"),
        ("👩\u200d💻", "👩\u200d💻"),
        ("", ""),
    ],
)
def test_one_printable_line(text: str, line: str) -> None:
    assert clean(text) == line


def test_a_long_line_is_cut_with_a_mark() -> None:
    assert clean("x" * 400) == "x" * 299 + "…"
    assert clean("word " * 100, 10) == "word word…"


def test_a_pile_of_accents_is_cut_down() -> None:
    assert clean("a" + "\u0301" * 200 + "b") == "a" + "\u0301" * 3 + "b"


@given(HOSTILE, st.integers(1, 350))
def test_nothing_but_printable_characters_survives(text: str, limit: int) -> None:
    line = clean(text, limit)
    assert len(line) <= limit
    assert line == line.strip()
    for character in line:
        assert character.isprintable() or character == "\u200d"
        assert unicodedata.category(character) not in ("Cc", "Cs", "Co", "Cn", "Zl", "Zp")
    assert clean(line, limit) == line
    line.encode()


@pytest.mark.parametrize(
    ("written", "link"),
    [
        ("https://example.com/a?b=c#d", "https://example.com/a?b=c#d"),
        (" \nHTTP://example.com/\t", "HTTP://example.com/"),
        ("https://example.com/百度", "https://example.com/百度"),
        ("javascript:alert(1)", ""),
        ("file:///etc/passwd", ""),
        ("//example.com/", ""),
        ("/relative", ""),
        ("https://", ""),
        ("https://exa mple.com", ""),
        ("https://example.com/\x1b]8;;", ""),
        ("https://example.com/\u202e", ""),
        ("https://[bad", ""),
        ("https://example.com/" + "x" * 2000, ""),
        ("", ""),
    ],
)
def test_only_web_addresses_are_links(written: str, link: str) -> None:
    assert safe_link(written) == link


@given(HOSTILE)
def test_a_link_is_harmless_or_empty(text: str) -> None:
    for candidate in (text, "https://example.com/" + text):
        link = safe_link(candidate)
        assert link == "" or (link.lower().startswith(("http://", "https://")) and link.isprintable())
