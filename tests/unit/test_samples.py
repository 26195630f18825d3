"""Every real sample, by its own parser: what it gives, or why it is refused. None is left out."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sized
from pathlib import Path

import pytest

from feeds import alpaca, binance, coinbase, eastmoney, finnhub, glance, kraken, massive, sina, tencent, yahoo
from feeds.hkexnews import parse_hkexnews
from feeds.longbridge import Conversation
from feeds.rss import parse_feed
from market.errors import FeedError, ParseError
from tests.paths import SHARED, needs_shared
from tests.unit.fuzzing import NOW

SAMPLES = SHARED / "samples"

_NAMES = {"BTC-USD": "BTC-USD", "0700.HK": "0700.HK", "AAPL": "AAPL"}
_TRADED = frozenset({"RCL", "BINANCE:ETHUSDT", "BINANCE:BTCUSDT", "FAKEPACA"})

PARSERS: dict[str, Callable[[bytes], object]] = {
    "alpaca": lambda raw: alpaca.parse_frame(_TRADED, raw, NOW),
    "bars": lambda raw: tencent.parse_kline(raw, "0700.HK"),
    "binance": lambda raw: binance.Parser({"BNBBTC": "BNB-BTC"}).quotes(raw, NOW),
    "chart": yahoo.parse_chart,
    "coinbase": lambda raw: coinbase.parse_frame(raw, NOW),
    "eastmoney": lambda raw: eastmoney.parse_quotes(raw, NOW),
    "feed": lambda raw: parse_feed(raw, None, "sample", NOW),
    "filings": lambda raw: parse_hkexnews(raw, "sample", NOW),
    "finnhub": lambda raw: finnhub.parse_frame(_TRADED, raw, NOW),
    "glance": lambda raw: [glance.parse_glance(raw, "0700.HK", NOW)],
    "kraken": lambda raw: kraken.parse_frame(raw, NOW),
    "longbridge": lambda raw: Conversation(["0700.HK"]).parse(raw, NOW),
    "massive": lambda raw: massive.parse_frame(_TRADED, raw, NOW),
    "sina": lambda raw: sina.parse_quotes(raw, NOW),
    "tencent": lambda raw: tencent.parse_quotes(raw, NOW),
    "yahoo": lambda raw: yahoo.Parser(_NAMES).quotes(raw, NOW),
}


def pieces(path: Path) -> Iterator[bytes]:
    """What came at once: a line of a capture, what a transcript has after its arrow, or the whole file."""
    raw = path.read_bytes()
    if path.parent.name == "ws":
        for line in raw.splitlines():
            yield json.dumps(json.loads(line)["msg"]).encode()
    elif path.suffix == ".jsonl":
        yield from raw.splitlines()
    elif raw.startswith(b"< "):
        yield from (line[2:] for line in raw.splitlines() if line.startswith(b"< "))
    else:
        yield raw


def read(path: Path, parser: str) -> tuple[Counter[str], list[str]]:
    """How many quotes, bars or headlines a sample gives, how many pieces hold none, and every refusal."""
    found: Counter[str] = Counter()
    reasons: list[str] = []
    for piece in pieces(path):
        try:
            told = PARSERS[parser](piece)
        except (ParseError, FeedError) as error:
            reasons.append(error.reason)
            continue
        match told:
            case (list() as results, list() as errors):  # a page: its quotes, and the rows that are none
                reasons += [error.reason for error in errors]
                found["told"] += len(results)
            case Sized():
                found["told"] += len(told)
                found["silent"] += not told
    return found, reasons


OUTCOMES: dict[str, tuple[str, int, int, int]] = {
    "feeds/alpaca/doc_session_test_stream.txt": ("alpaca", 0, 6, 0),
    "feeds/alpaca/errors.jsonl": ("alpaca", 0, 0, 2),
    "feeds/alpaca/subscription_ack.json": ("alpaca", 0, 1, 0),
    "feeds/binance/combined_stream_2021-10-12.jsonl": ("binance", 0, 10, 0),
    "feeds/binance/doc_miniticker_serverShutdown_ack.jsonl": ("binance", 1, 1, 1),
    "feeds/coinbase/exchange_errors.jsonl": ("coinbase", 0, 0, 3),
    "feeds/coinbase/exchange_feed_2021-04-17.jsonl": ("coinbase", 6, 4, 0),
    "feeds/coinbase/exchange_subscribe_sent.json": ("coinbase", 0, 0, 1),
    "feeds/eastmoney/kline_empty_jsonp.txt": ("eastmoney", 0, 0, 1),
    "feeds/eastmoney/sse_ulist_full.txt": ("eastmoney", 0, 0, 1),
    "feeds/eastmoney/stock_get_00700_2026-08-07_scaled.json": ("eastmoney", 0, 0, 1),
    "feeds/finnhub/messages.jsonl": ("finnhub", 6, 1, 1),
    "feeds/kraken/v2_capture_2026-08.jsonl": ("kraken", 1, 3, 1),
    "feeds/longbridge/serve_jsonrpc_doc.jsonl": ("longbridge", 0, 3, 1),
    "feeds/longbridge/serve_notifications_doc_elided.txt": ("longbridge", 0, 0, 1),
    "feeds/massive/status_errors.jsonl": ("massive", 0, 0, 3),
    "feeds/sina/empty_unknown_code.txt": ("sina", 0, 0, 2),
    "feeds/sina/forbidden_body.txt": ("sina", 0, 0, 1),
    "feeds/sina/rt_hk_full_lines.gbk.bin": ("sina", 5, 0, 0),
    "feeds/sina/rt_hk_full_lines.txt": ("sina", 5, 0, 0),
    "feeds/tencent/hkHSTECH_2023-11-14.txt": ("tencent", 1, 0, 0),
    "feeds/tencent/hk_2026-04-17_close.txt": ("tencent", 2, 0, 0),
    "feeds/tencent/hkkline_bars_2026-08.json": ("bars", 2, 0, 0),
    "feeds/tencent/kline_param_error.json": ("bars", 0, 0, 1),
    "feeds/tencent/mixed_2026-09-28_hk_delayed_vs_cn.gbk.bin": ("tencent", 2, 0, 2),
    "feeds/tencent/mixed_2026-09-28_hk_delayed_vs_cn.txt": ("tencent", 2, 0, 2),
    "feeds/tencent/none_match.txt": ("tencent", 0, 0, 1),
    "feeds/tencent/r_hk_2018-03-29.txt": ("tencent", 2, 0, 0),
    "feeds/tencent/suspended_bj830799_2026-09-28.txt": ("tencent", 0, 0, 1),
    "feeds/yahoo/chart_v8_0700HK_5d_2026-08-07.json": ("chart", 5, 0, 0),
    "feeds/yahoo/chart_v8_AAPL_1m_empty_day.json": ("glance", 1, 0, 0),
    "feeds/yahoo/chart_v8_response_headers.json": ("yahoo", 0, 0, 1),
    "feeds/yahoo/crumb_error_bodies.txt": ("yahoo", 0, 0, 1),
    "feeds/yahoo/errors.jsonl": ("yahoo", 0, 0, 2),
    "feeds/yahoo/stream_frame_index.txt": ("yahoo", 0, 0, 1),
    "feeds/yahoo/stream_v2_frames.jsonl": ("yahoo", 5, 0, 0),
    "rss/01_chardet_big5_no_declaration.xml": ("feed", 0, 1, 0),
    "rss/03_big5_declared.xml": ("feed", 0, 1, 0),
    "rss/05_invalid_bytes_with_bom.xml": ("feed", 0, 1, 0),
    "rss/07_incomplete_cdata.xml": ("feed", 0, 0, 1),
    "rss/09_undeclared_namespace.xml": ("feed", 0, 1, 0),
    "rss/11_whitespace_before_xml_declaration.xml": ("feed", 0, 1, 0),
    "rss/13_missing_guid.xml": ("feed", 2, 0, 0),
    "rss/15_sax_error.xml": ("feed", 3, 0, 0),
    "rss/17_bbc_cdata_real.xml": ("feed", 1, 0, 0),
    "rss/19_items_without_titles.xml": ("feed", 5, 0, 0),
    "rss/21_finance_excerpts_2026-09-10_yahoo.xml": ("feed", 2, 0, 0),
    "rss/23_finance_excerpts_2026-09-11_nasdaq.xml": ("feed", 1, 0, 0),
    "rss/25_yahoo_hk_1318HK_no_guid.xml": ("feed", 2, 0, 0),
    "rss/26_hkexnews_latest_lcisehk1relsde.json": ("filings", 2, 0, 0),
    "rss/27_not_a_feed_soft_error.html": ("feed", 0, 0, 1),
    "ws/coinbase_2021-04-17_first2500.jsonl": ("coinbase", 30, 2470, 0),
}
"""By sample: its parser, results, pieces without any, refusals."""


@needs_shared
@pytest.mark.parametrize("sample", OUTCOMES)
def test_it_parses_or_is_refused_with_a_reason(sample: str) -> None:
    parser, told, silent, refused = OUTCOMES[sample]
    found, reasons = read(SAMPLES / sample, parser)
    assert (found["told"], found["silent"], len(reasons)) == (told, silent, refused), reasons
    assert all(reason and reason.isprintable() for reason in reasons)


@needs_shared
def test_none_is_left_out() -> None:
    there = {str(path.relative_to(SAMPLES)) for path in SAMPLES.rglob("*") if path.is_file()}
    assert there - OUTCOMES.keys() == {name for name in there if name.endswith("PROVENANCE.md")}
