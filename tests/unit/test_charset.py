"""What bytes say, whatever encoding they declare."""

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.charset import decode

TRADITIONAL = "<title>百度股價急升近兩成，騰訊發行點心債券</title>"
SIMPLIFIED = "<title>中芯国际试产设备，阿里巴巴发行可转债</title>"
WESTERN = "<title>Crédit Agricole relève sa prévision – l’année à 5 €</title>"


def declared(encoding: str, text: str) -> str:
    return f'<?xml version="1.0" encoding="{encoding}"?>{text}'


@pytest.mark.parametrize("text", [TRADITIONAL, SIMPLIFIED, WESTERN])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("mark", [True, False])
def test_unicode_with_or_without_its_mark(text: str, encoding: str, mark: bool) -> None:
    begin = "\ufeff".encode(encoding) if mark else b""
    assert decode(begin + text.encode(encoding)) == text
    assert decode(begin + text.encode(encoding), "text/xml; charset=ISO-8859-1") == text


@pytest.mark.parametrize(
    ("text", "encoding"),
    [(TRADITIONAL, "big5"), (TRADITIONAL, "gb18030"), (SIMPLIFIED, "gb2312"), (WESTERN, "cp1252")],
)
def test_nothing_is_declared(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding)) == text


@pytest.mark.parametrize(
    "label", ["big5", "Big5-HKSCS", "gb2312", "utf-8", "iso-8859-1", "utf-16", "nonsense"]
)
@pytest.mark.parametrize(
    ("text", "encoding"), [(TRADITIONAL, "big5"), (SIMPLIFIED, "gbk"), (TRADITIONAL, "utf-8")]
)
def test_a_false_declaration_is_passed_over(label: str, text: str, encoding: str) -> None:
    assert decode(text.encode(encoding), f"text/xml; charset={label}") == text
    whole = declared(label, text)
    assert decode(whole.encode(encoding), "application/xml") == whole


def test_http_comes_before_the_declaration() -> None:
    text = declared("windows-1251", "<title>Прибыль банка выросла</title>")
    assert decode(text.encode("koi8-r"), 'text/xml; charset="koi8-r"') == text
    assert decode(text.encode("cp1251")) == text


def test_a_byte_order_mark_comes_before_http() -> None:
    assert decode(codecs.BOM_UTF8 + TRADITIONAL.encode(), "text/xml; charset=big5") == TRADITIONAL
    assert "Espa\ufffda" in decode(codecs.BOM_UTF8 + "Ѩ".encode() + b"Espa\xf1a")


def test_bytes_lost_on_the_way_spoil_a_character_and_not_the_text() -> None:
    assert decode(TRADITIONAL.encode()[:-10] + b"\xe7\x99").startswith("<title>百度股價急升")
    assert "急升近兩成" in decode(TRADITIONAL.encode("big5") + b"\xff\xff")
    assert decode(b"Espa\xf1a", "text/xml; charset=utf-8") == "España"


@pytest.mark.parametrize(
    "label", ["unicode_escape", "punycode", "rot13", "zlib", "utf-7", "idna", "hz", "undefined"]
)
def test_a_codec_that_is_no_encoding_of_text_is_not_used(label: str) -> None:
    assert decode(b"+AGE- \\x41 \xe9", f"text/xml; charset={label}") == "+AGE- \\x41 é"


@given(
    st.binary(max_size=400),
    st.none() | st.sampled_from(["text/xml; charset=big5", "charset=", "x; charset=\xe9"]),
)
def test_any_bytes_are_some_text(raw: bytes, content_type: str | None) -> None:
    decode(raw, content_type).encode()
