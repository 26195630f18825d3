"""Sina's quote page, on paper."""

from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.base import NoPriceError
from feeds.sina import BATCH, code, parse_quotes, quote_urls
from market.clock import parse_rfc3339
from market.errors import ParseError
from market.quote import Quote
from tests.paths import SHARED, needs_shared
from tests.unit.fuzzing import NOW, mutated, survives

SAMPLES = SHARED / "samples" / "feeds" / "sina"
ROW = (
    "BIDU-SW,百度集團,121.000,113.200,124.700,120.200,124.600,11.400,10.071,124.600,124.700,2600000000.123,"
    "21500000,15.701,0.000,135.000,70.000,2025/09/17,10:14:07,100|0,N|Y|Y,124.600|118.400|130.800,"
    "0|||0|0|0, |0,Y"
)


def row(**changes: str) -> str:
    """A row of our own making; ``f6`` is its field 6."""
    fields = ROW.split(",")
    for name, value in changes.items():
        fields[int(name[1:])] = value
    return ",".join(fields)


def page(*rows: str, key: str = "rt_hk09888") -> bytes:
    """The venue's page of these rows."""
    return "".join(f'var hq_str_{key}="{one}";\n' for one in rows).encode("gb18030")


def only(raw: bytes) -> Quote:
    """The one quote of a page without a fault."""
    quotes, errors = parse_quotes(raw, NOW)
    assert errors == []
    [quote] = quotes
    return quote


def test_a_row() -> None:
    """The order of the fields is proven by the change that the venue writes itself."""
    quote = only(page(row()))
    assert quote == Quote(
        symbol="9888.HK", last=Decimal("124.60"), ts_event=parse_rfc3339("2025-09-17T02:14:07Z"), ts_recv=NOW,
        source="sina", prev_close=Decimal("113.20"), open=Decimal("121.00"), high=Decimal("124.70"),
        low=Decimal("120.20"), volume=21_500_000, currency="HKD",
    )  # fmt: skip
    assert str(quote.change) == "11.40"


def test_either_encoding() -> None:
    """The page was GB18030 for years, and UTF-8 once."""
    assert only(page(row()).decode("gb18030").encode()) == only(page(row()))


def test_an_index_has_no_volume_in_shares() -> None:
    """And the fields of auctions are empty."""
    index = row(f19="", f20="", f21="", f22="", f9="0.000", f10="0.000")
    quote = only(page(index, key="rt_hkHSTECH"))
    assert (quote.symbol, quote.volume) == ("HSTECH", None)


def test_codes_and_addresses() -> None:
    """Real-time codes in batches."""
    assert [code(s) for s in ("9888.HK", "HSI")] == ["rt_hk09888", "rt_hkHSI"]
    urls = quote_urls("http://x/list=", [f"{n:04d}.HK" for n in range(1, BATCH + 2)])
    assert [url.count(",") + 1 for url in urls] == [BATCH, 1]
    assert max(map(len, urls)) < 8000


def test_no_trade_yet_is_no_fault() -> None:
    """Before the opening the last price is zero."""
    [error] = parse_quotes(page(row(f6="0.000")), NOW).errors
    assert isinstance(error, NoPriceError)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [(b"Kinsoku jikou desu!", "access forbidden"), (b"<html>", "HTML"), (b"", "no quotes"),
     (b"{}", "no quotes"), (b'var hq_str_rt_hk09888="unended', "no quotes")],
)  # fmt: skip
def test_pages_of_a_block(raw: bytes, reason: str) -> None:
    """Refused whole, with what they are."""
    with pytest.raises(ParseError, match=reason):
        parse_quotes(raw, NOW)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [({"f6": "-1"}, "impossible price"), ({"f6": "x"}, "not a number"), ({"f12": "1.5"}, "number of shares"),
     ({"f17": "2025-09-17"}, "does not match format"), ({"f18": "10:14"}, "does not match format"),
     ({"f17": "1025/09/17"}, "no plausible time"), ({"f18": "10:14:7"}, "does not match format"),
     ({"f12": "1" * 19}, "too many digits")],
)  # fmt: skip
def test_a_malformed_row_is_refused_and_the_others_are_kept(changes: dict[str, str], reason: str) -> None:
    """With its reason."""
    quotes, [error] = parse_quotes(page(row(**changes), row()), NOW)
    assert [quote.symbol for quote in quotes] == ["9888.HK"]
    assert reason in error.reason


@pytest.mark.parametrize("key", ["hk09888", "rt_hk9888", "rt_hk00000", "gb_bidu", "rt_hkHSCCI"])
def test_rows_of_other_codes_are_refused(key: str) -> None:
    """The late codes among them: their last price misses the closing auction."""
    [error] = parse_quotes(page(row(), key=key), NOW).errors
    assert "not a code of ours" in error.reason


FIELDS = st.fixed_dictionaries({
    "f2": st.sampled_from(["121.000", "0.000", "x"]), "f4": st.sampled_from(["124.700", "125.000", "-1"]),
    "f6": st.sampled_from(["124.600", "0.000"]), "f12": st.sampled_from(["7", "8.0", "x"]),
    "f24": st.sampled_from(["Y", "N", "Y,1"]),
})  # fmt: skip


@given(st.lists(st.lists(FIELDS, min_size=1, max_size=4), min_size=1, max_size=4))
def test_a_row_reads_the_same_in_any_company(pages: list[list[dict[str, str]]]) -> None:
    """Alone, on a page of others with and without a fault, and whatever the page before said."""
    for rows in pages:
        quotes, errors = parse_quotes(page(*(row(**fields) for fields in rows)), NOW)
        alone = [parse_quotes(page(row(**fields)), NOW) for fields in rows]
        assert quotes == [quote for parsed in alone for quote in parsed.quotes]
        assert [e.reason for e in errors] == [e.reason for parsed in alone for e in parsed.errors]


@given(st.binary(max_size=300) | mutated(page(row(), row())))
def test_any_bytes_are_refused_politely(raw: bytes) -> None:
    """Nothing but ``ParseError``."""
    survives(lambda frame, now: parse_quotes(frame, now).quotes, raw)


@pytest.mark.parametrize("piece", [b'var hq_str_rt_hk00700="', b'var hq_str_a="";', b"<", b'"' * 3])
def test_hostile_pages_take_linear_time(piece: bytes) -> None:
    """Four megabytes of the worst that the pattern knows."""
    with suppress(ParseError):
        parse_quotes(piece * (400_000 // len(piece)), NOW)


@needs_shared
def test_real_rows() -> None:
    """Five rows of ten years, in both encodings, of which the change proves the fields."""
    for name in ("rt_hk_full_lines.gbk.bin", "rt_hk_full_lines.txt"):
        quotes, errors = parse_quotes((SAMPLES / name).read_bytes(), NOW)
        assert errors == []
        assert [(q.symbol, str(q.last), str(q.change)) for q in quotes] == [
            ("0700.HK", "432.00", "-7.80"), ("0700.HK", "455.20", "7.40"), ("9992.HK", "265.60", "-1.20"),
            ("3690.HK", "172.50", "0.10"), ("1288.HK", "3.27", "-0.10"),
        ]  # fmt: skip


@needs_shared
def test_real_refusals() -> None:
    """An unknown code is an empty row; a block is a word."""
    assert len(parse_quotes((SAMPLES / "empty_unknown_code.txt").read_bytes(), NOW).errors) == 2
    with pytest.raises(ParseError, match="access forbidden"):
        parse_quotes((SAMPLES / "forbidden_body.txt").read_bytes(), NOW)
