"""Yahoo's splits: read from the chart's events, dated by the exchange, refused when they make no sense."""

import json
from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from feeds.yahoo_splits import parse_splits, splits_url
from market.bars import Split
from market.errors import ParseError

TENCENT = {"date": 1400117400, "numerator": 5.0, "denominator": 1.0, "splitRatio": "5:1"}


def chart(events: dict[str, Any] | None) -> bytes:
    """A chart of monthly bars with these events."""
    meta = {"currency": "HKD", "symbol": "0700.HK", "exchangeTimezoneName": "Asia/Hong_Kong"}
    result: dict[str, Any] = {"meta": meta, "timestamp": [], "indicators": {"quote": [{}]}}
    if events is not None:
        result["events"] = events
    return json.dumps({"chart": {"result": [result], "error": None}}).encode()


def test_splits_are_told_oldest_first() -> None:
    reverse = {"date": 1481074200, "numerator": 1, "denominator": 10, "splitRatio": "1:10"}
    thirds = {"date": 1700000000, "numerator": 1.5, "denominator": 1, "splitRatio": "1.5:1"}
    events = {"splits": {"b": thirds, "a": reverse, "1400117400": TENCENT}, "dividends": {}}
    assert parse_splits(chart(events)) == [
        Split(date(2014, 5, 15), Fraction(5)),
        Split(date(2016, 12, 7), Fraction(1, 10)),
        Split(date(2023, 11, 15), Fraction(3, 2)),
    ]
    assert parse_splits(chart(None)) == parse_splits(chart({"dividends": {}})) == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b'{"chart":{"result":null,"error":{"code":"Not Found"}}}',
        chart({"splits": {"a": TENCENT | {"numerator": 0}}}),
        chart({"splits": {"a": TENCENT | {"denominator": 0}}}),
        chart({"splits": {"a": TENCENT | {"date": 10**18}}}),
    ],
)
def test_what_is_no_answer_is_refused(body: bytes) -> None:
    with pytest.raises(ParseError):
        parse_splits(body)


def test_the_address_asks_for_few_bars_and_all_events() -> None:
    url = splits_url("https://chart.test/", "0700.HK", date(2004, 1, 1), date(2025, 9, 17))
    assert url.startswith("https://chart.test/0700.HK?period1=1072915200&period2=")
    assert url.endswith("&interval=1mo&events=split")
