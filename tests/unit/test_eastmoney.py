"""EastMoney's list page, on paper."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.base import NoPriceError
from feeds.eastmoney import code, parse_quotes, quote_urls
from market.clock import parse_rfc3339
from market.errors import ParseError
from market.quote import Quote
from tests.paths import SHARED, needs_shared
from tests.unit.fuzzing import DEEP, NOW, mutated, survives

SAMPLES = SHARED / "samples" / "feeds" / "eastmoney"
STAMP = 1_758_075_247


def row(**changes: Any) -> dict[str, Any]:
    """A row of our own making."""
    return {
        "f2": 124.6, "f3": 10.07, "f5": 21500000, "f12": "09888", "f13": 116, "f14": "百度集团-SW",
        "f15": 124.7, "f16": 120.2, "f17": 121.0, "f18": 113.2, "f124": STAMP,
    } | changes  # fmt: skip


def page(*rows: dict[str, Any], **changes: Any) -> bytes:
    """The venue's page of these rows."""
    answer = {"rc": 0, "rt": 11, "svr": 1, "lt": 1, "full": 1, "dlmkts": "8,10,128",
              "data": {"total": len(rows), "diff": list(rows)}}  # fmt: skip
    return json.dumps(answer | changes, ensure_ascii=False).encode()


def only(raw: bytes) -> Quote:
    """The one quote of a page without a fault."""
    quotes, errors = parse_quotes(raw, NOW)
    assert errors == []
    [quote] = quotes
    return quote


def test_a_row() -> None:
    """With the digits that were written, though JSON calls them numbers."""
    assert only(page(row())) == Quote(
        symbol="9888.HK", last=Decimal("124.6"), ts_event=parse_rfc3339("2025-09-17T02:14:07Z"), ts_recv=NOW,
        source="eastmoney", prev_close=Decimal("113.2"), open=Decimal("121.0"), high=Decimal("124.7"),
        low=Decimal("120.2"), volume=21_500_000, currency="HKD",
    )  # fmt: skip


def test_a_list_may_be_an_object() -> None:
    """The page that pushes numbers its rows."""
    assert only(page(data={"total": 1, "diff": {"0": row()}})) == only(page(row()))


def test_indices_have_markets_of_their_own() -> None:
    """And no volume in shares."""
    quote = only(page(row(f12="HSTECH", f13=124, f2=6334.24, f18=6077.66, f3=4.22)))
    assert (quote.symbol, quote.volume) == ("HSTECH", None)
    assert [code(s) for s in ("9888.HK", "HSI", "HSTECH")] == ["116.09888", "100.HSI", "124.HSTECH"]
    [url] = quote_urls("http://x/get", ["9888.HK", "HSI"])
    assert url.startswith("http://x/get?secids=116.09888,100.HSI&fields=")
    assert "fltt=2" in url


def test_no_trade_yet_is_no_fault() -> None:
    """A stroke stands for what there is none of."""
    empty = dict.fromkeys(("f2", "f3", "f5", "f15", "f16", "f17"), "-")
    [error] = parse_quotes(page(row(**empty)), NOW).errors
    assert isinstance(error, NoPriceError)


def test_scaled_prices_are_seen() -> None:
    """In thousandths, as the venue sends them to whoever does not ask otherwise; percent in hundredths."""
    scaled = row(f2=124600, f3=1007, f15=124700, f16=120200, f17=121000, f18=113200)
    quotes, [error] = parse_quotes(page(scaled), NOW)
    assert quotes == []
    assert "are they scaled?" in error.reason


@pytest.mark.parametrize(
    ("changes", "reason"),
    [({"f2": -5}, "impossible price"), ({"f2": [1]}, "not a number"), ({"f2": True}, "not a number"),
     ({"f2": "x"}, "not a number"), ({"f5": -1}, "impossible volume"), ({"f12": "700"}, "not a code of ours"),
     ({"f13": 1}, "in the market"), ({"f124": None}, "no plausible time"),
     ({"f124": "x"}, "no plausible time"), ({"f124": 0}, "no plausible time"),
     ({"f124": 10**15}, "no plausible time"), ({"f3": {}}, "not a number")],
)  # fmt: skip
def test_a_malformed_row_is_refused_and_the_others_are_kept(changes: dict[str, Any], reason: str) -> None:
    """With its reason."""
    quotes, [error] = parse_quotes(page(row(**changes), row()), NOW)
    assert [quote.symbol for quote in quotes] == ["9888.HK"]
    assert reason in error.reason


@pytest.mark.parametrize(
    ("raw", "reason"),
    [(b"<html>", "HTML"), (b"", "truncated"), (page(data=None), "rc 0"), (page(rc=102), "rc 102"),
     (b"[]", "Expected"), (page(row(f12=None)), "Expected"), (DEEP, "Expected"),
     (b'{"rc":0,"x":' + DEEP, "recursion")],
)  # fmt: skip
def test_pages_that_are_none(raw: bytes, reason: str) -> None:
    """Refused whole."""
    with pytest.raises(ParseError, match=reason):
        parse_quotes(raw, NOW)


@given(st.binary(max_size=300) | mutated(page(row(), row())))
def test_any_bytes_are_refused_politely(raw: bytes) -> None:
    """Nothing but ``ParseError``."""
    survives(lambda frame, now: parse_quotes(frame, now).quotes, raw)


@needs_shared
def test_real_payloads_of_other_pages_are_refused() -> None:
    """One name's page in thousandths, bars behind a function's name, a list of the mainland."""
    for name in ("stock_get_00700_2026-08-07_scaled.json", "kline_empty_jsonp.txt"):
        with pytest.raises(ParseError):
            parse_quotes((SAMPLES / name).read_bytes(), NOW)
    pushed = (SAMPLES / "sse_ulist_full.txt").read_bytes().removeprefix(b"data: ")
    quotes, errors = parse_quotes(pushed, NOW)
    assert quotes == []
    assert ["not a code of ours" in error.reason for error in errors] == [True] * 4
