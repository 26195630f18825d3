"""Tencent's quote page and daily bars, on paper."""

import time
from contextlib import suppress
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.base import NoPriceError, Parsed
from feeds.tencent import BATCH, code, kline_url, parse_kline, parse_quotes, quote_urls
from market.clock import SECOND, parse_rfc3339
from market.errors import ParseError
from market.quote import Quote
from tests.paths import SHARED, needs_shared

SAMPLES = SHARED / "samples" / "feeds" / "tencent"
NOW = 1_758_075_247_180_000_000


def row(**changes: str) -> str:
    """A row of our own making in the venue's layout; ``changes`` by field, as ``f3="0.000"``."""
    fields = ["0"] * 78
    fields[0:7] = ["100", "百度集团-SW", "09888", "124.600", "113.200", "121.000", "21500000.0"]
    fields[30:38] = [
        "2025/09/17 10:14:07",
        "11.400",
        "10.07",
        "124.700",
        "120.200",
        "124.600",
        "21500000.0",
        "0",
    ]
    fields[75] = "HKD"
    for position, text in changes.items():
        fields[int(position[1:])] = text
    return "~".join(fields)


def page(*rows: str, key: str = "r_hk09888") -> bytes:
    """Rows as the venue sends them."""
    return "\n".join(f'v_{key}="{text}";' for text in rows).encode("gb18030")


def only(parsed: Parsed) -> Quote:
    """The one quote of a page without errors."""
    assert parsed.errors == []
    (quote,) = parsed.quotes
    return quote


def reasons(parsed: Parsed) -> list[str]:
    """What was refused, and why."""
    return [error.reason for error in parsed.errors]


def test_a_row() -> None:
    """Every field that a quote takes, exactly."""
    assert only(parse_quotes(page(row()), NOW)) == Quote(
        symbol="9888.HK",
        last=Decimal("124.60"),
        ts_event=parse_rfc3339("2025-09-17T02:14:07Z"),
        ts_recv=NOW,
        source="tencent",
        prev_close=Decimal("113.20"),
        open=Decimal("121.00"),
        high=Decimal("124.70"),
        low=Decimal("120.20"),
        volume=21_500_000,
        currency="HKD",
    )


def test_the_page_may_be_utf8() -> None:
    """Two of its addresses send that."""
    text = page(row()).decode("gb18030")
    assert only(parse_quotes(text.encode(), NOW)) == only(parse_quotes(page(row()), NOW))


def test_a_tilde_inside_a_chinese_character_splits_nothing() -> None:
    """In GB18030 the second byte of 亊 is the separator's own."""
    assert b"~" in "亊".encode("gb18030")
    assert only(parse_quotes(page(row(f1="亊亊")), NOW)).symbol == "9888.HK"


def test_an_index_has_no_volume_in_shares() -> None:
    """The field holds turnover in units of HK$10,000."""
    quote = only(parse_quotes(page(row(f2="HSTECH", f6="981752.2619"), key="r_hkHSTECH"), NOW))
    assert (quote.symbol, quote.volume) == ("HSTECH", None)


def test_late_codes_say_so() -> None:
    """Codes without the real-time prefix are 15 minutes behind."""
    assert only(parse_quotes(page(row(), key="hk09888"), NOW)).delay == 900
    assert only(parse_quotes(page(row()), NOW)).delay == 0


def test_no_trade_yet_is_no_price_and_no_fault() -> None:
    """Before the opening the last price is zero."""
    (error,) = parse_quotes(page(row(f3="0.000", f5="0.000", f33="0.000", f34="0.000")), NOW).errors
    assert isinstance(error, NoPriceError)


def test_a_suspended_share_keeps_its_price_and_has_no_range() -> None:
    """The venue writes zeros for the open, the high and the low."""
    quote = only(parse_quotes(page(row(f3="113.200", f5="0.000", f33="0.000", f34="0.000", f6="0")), NOW))
    assert (quote.last, quote.change) == (Decimal("113.20"), Decimal(0))
    assert (quote.open, quote.high, quote.low, quote.volume) == (None, None, None, 0)


def test_a_counter_in_another_currency_says_so() -> None:
    """Beside others, which may not say it at all."""
    parsed = parse_quotes(page(row(f75="CNY"), row(f75=""), row()), NOW)
    assert [quote.currency for quote in parsed.quotes] == ["CNY", "HKD", "HKD"]


def test_rows_of_2018_had_fewer_fields() -> None:
    """New ones are appended; the old positions stand."""
    assert only(parse_quotes(page("~".join(row().split("~")[:60])), NOW)).last == Decimal("124.60")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [({"f3": "-1.000"}, "impossible price '-1.00'"), ({"f3": "NaN"}, "not a number: 'NaN'"),
     ({"f3": "inf"}, "not a number"), ({"f3": "12,3"}, "not a number"), ({"f4": "-5"}, "impossible price"),
     ({"f33": "x"}, "not a number"), ({"f6": "12.5"}, "not a number of shares"),
     ({"f6": "-3"}, "not a number of shares"), ({"f30": "20250917101407"}, "does not match format"),
     ({"f30": ""}, "does not match format"), ({"f30": "2025/09/17 10:14:7"}, "does not match format"),
     ({"f6": "1" * 19}, "too many digits"), ({"f2": "9888"}, "not a code of ours: '9888'"),
     ({"f2": "00000"}, "not a code of ours"), ({"f2": "HSCCI"}, "not a code of ours"),
     ({"f2": "00700"}, "a row of 0700.HK under the code of 9888.HK"),
     ({"f0": "1"}, "not a Hong Kong row (market '1')")],
)  # fmt: skip
def test_a_malformed_row_is_refused_with_a_reason(changes: dict[str, str], reason: str) -> None:
    """And the good row beside it is kept."""
    parsed = parse_quotes(page(row(**changes), row()), NOW)
    assert [quote.last for quote in parsed.quotes] == [Decimal("124.60")]
    (found,) = reasons(parsed)
    assert reason in found


def test_a_cut_page_keeps_its_whole_rows() -> None:
    """A body cut short ends inside a row."""
    whole = page(row(), row(f3="124.800"))
    parsed = parse_quotes(whole[:-200], NOW)
    assert [quote.last for quote in parsed.quotes] == [Decimal("124.60")]
    assert reasons(parsed) == ["a broken row"]


def test_a_row_that_lost_its_end_does_not_swallow_the_next() -> None:
    """The next statement begins where it begins."""
    parsed = parse_quotes(page(row()).replace(b'";', b";") + b"\n" + page(row(f3="125.000")), NOW)
    assert [quote.last for quote in parsed.quotes] == [Decimal("125.00")]
    assert reasons(parsed) == ["a broken row"]


def test_unknown_codes_are_told() -> None:
    """The venue leaves them out and says so beside the others."""
    parsed = parse_quotes(page(row()) + b'v_pv_none_match="1";', NOW)
    assert len(parsed.quotes) == 1
    assert reasons(parsed) == ["no such code"]


@pytest.mark.parametrize(
    "body", [b"<html><body>Forbidden</body></html>", b'{"code":0,"msg":"x"}', b"??", b"\xff\xfe"]
)
def test_a_page_without_rows_is_refused_as_a_whole(body: bytes) -> None:
    """So that the poll takes it for a block and slows down."""
    with pytest.raises(ParseError, match=r"HTML in place of quotes|no quotes in the answer"):
        parse_quotes(body, NOW)


def test_requests_stay_within_the_request_line() -> None:
    """800 codes each; 950 were refused."""
    symbols = [f"{number:04d}.HK" for number in range(1, 1001)]
    urls = quote_urls("https://qt.gtimg.cn/q=", symbols)
    assert [url.count(",") + 1 for url in urls] == [BATCH, 200]
    assert urls[0].startswith("https://qt.gtimg.cn/q=r_hk00001,r_hk00002,")
    assert code("HSTECH") == "hkHSTECH"


def kline(*rows: str, key: str = "day", symbol: str = "hk00700") -> bytes:
    """A daily answer."""
    return f'{{"code":0,"msg":"","data":{{"{symbol}":{{"{key}":[{",".join(rows)}]}}}}}}'.encode()


def test_daily_bars_have_the_close_before_the_high() -> None:
    """Date, open, close, high, low, volume; shares carry more after that."""
    body = kline('["2026-08-07","479.000","478.800","483.200","475.400","16319939.000",{},"0.18","781003.2"]')
    (bar,) = parse_kline(body, "0700.HK")
    assert (bar.date, bar.open, bar.close) == (date(2026, 8, 7), Decimal("479.00"), Decimal("478.80"))
    assert (bar.high, bar.low, bar.volume) == (Decimal("483.20"), Decimal("475.40"), 16_319_939)
    assert parse_kline(b"kline_dayqfq=" + body.replace(b'"day"', b'"qfqday"'), "0700.HK") == [bar]


def test_an_index_bar_has_no_volume_in_shares() -> None:
    """It is turnover, as on the quote page."""
    body = kline('["2026-08-07","6000.1","6010.2","6020.3","5990.4","981752.26"]', symbol="hkHSTECH")
    assert parse_kline(body, "HSTECH")[0].volume is None


@pytest.mark.parametrize(
    "body",
    [b'{"code":0,"msg":"param error"}', b'{"code":0,"data":[]}', b'{"code":0,"data":{}}', b"", b"[]", b"{",
     kline('["2026-08-07","479.000"]'), kline('["nonsense","1","1","1","1","1"]'), kline("{}"), kline("7"),
     kline('["2026-08-07",1,2,3,4,5]')],
)  # fmt: skip
def test_bad_daily_answers_are_refused(body: bytes) -> None:
    """By reason, never by a stray exception."""
    with pytest.raises(ParseError, match="no daily bars of"):
        parse_kline(body, "0700.HK")


def test_the_daily_address() -> None:
    """Unadjusted bars of two dates and between."""
    url = kline_url("https://web.ifzq.gtimg.cn/kline", "0700.HK", date(2020, 1, 2), date(2025, 9, 17))
    assert url == "https://web.ifzq.gtimg.cn/kline?param=hk00700,day,2020-01-02,2025-09-17,2000,"


# -- strangers


@given(st.binary(max_size=400))
def test_any_bytes_are_refused_politely(body: bytes) -> None:
    """Nothing but ``ParseError`` leaves a parser."""
    for parse in (lambda: parse_quotes(body, NOW), lambda: parse_kline(body, "0700.HK")):
        with suppress(ParseError):
            parse()


@given(st.data())
def test_mutated_pages_never_break_the_parser(data: st.DataObject) -> None:
    """A page with bytes changed, dropped and repeated gives quotes or reasons."""
    body = bytearray(page(row(), row(f2="00700"), key="hk00700"))
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, len(body) - 1))
        body[at : at + data.draw(st.integers(0, 6))] = data.draw(st.binary(max_size=6))
    try:
        parsed = parse_quotes(bytes(body), NOW)
    except ParseError:
        return
    for quote in parsed.quotes:
        assert quote.last > 0 and quote.symbol.endswith(".HK")


@pytest.mark.parametrize(
    "piece", [b"v_", b'v_a="', b'"1~', b"v_aaaaaaaaaaaaaaaa", b'v_a="~~~~";', b"\x81", b"~"]
)
def test_hostile_pages_take_linear_time(piece: bytes) -> None:
    """Two megabytes of the beginnings of rows."""
    began = time.process_time()
    with suppress(ParseError):
        parse_quotes(piece * (2_000_000 // len(piece)), NOW)
    assert time.process_time() - began < 30, "quadratic, it would be an hour"


# -- the real thing


def sample(name: str) -> bytes:
    """A stored answer."""
    return (SAMPLES / name).read_bytes()


@needs_shared
def test_real_rows_at_a_close() -> None:
    """Two shares on the delayed codes."""
    parsed = parse_quotes(sample("hk_2026-04-17_close.txt"), NOW)
    assert parsed.errors == []
    alibaba, kuaishou = parsed.quotes
    assert (alibaba.symbol, str(alibaba.last), str(alibaba.prev_close)) == ("9988.HK", "136.40", "135.80")
    assert (str(alibaba.high), str(alibaba.low), alibaba.volume) == ("137.20", "134.60", 83_379_143)
    assert alibaba.ts_event == parse_rfc3339("2026-04-17T08:08:23Z")
    assert (kuaishou.symbol, str(kuaishou.last), kuaishou.change) == ("1024.HK", "46.46", Decimal("-0.60"))
    assert alibaba.delay == kuaishou.delay == 900


@needs_shared
def test_real_rows_of_2018() -> None:
    """Sixty fields, the real-time codes, and a share below HK$10."""
    parsed = parse_quotes(sample("r_hk_2018-03-29.txt"), NOW)
    assert [(quote.symbol, str(quote.last), quote.delay) for quote in parsed.quotes] == [
        ("0700.HK", "409.60", 0),
        ("0980.HK", "2.39", 0),
    ]
    assert parsed.errors == []


@needs_shared
@pytest.mark.parametrize(
    "name", ["mixed_2026-09-28_hk_delayed_vs_cn.gbk.bin", "mixed_2026-09-28_hk_delayed_vs_cn.txt"]
)
def test_a_real_page_of_three_markets(name: str) -> None:
    """Hong Kong's rows are taken; the mainland's and New York's are refused by name, in either encoding."""
    parsed = parse_quotes(sample(name), NOW)
    tencent, index = parsed.quotes
    assert (tencent.symbol, str(tencent.last), tencent.volume) == ("0700.HK", "440.00", 9_925_676)
    assert (index.symbol, str(index.last), str(index.prev_close), index.volume) == (
        "HSI",
        "24643.59",
        "24510.09",
        None,
    )
    assert index.ts_event - tencent.ts_event == 11 * SECOND
    assert reasons(parsed) == ["not a Hong Kong row (market '1')", "not a Hong Kong row (market '200')"]


@needs_shared
def test_a_real_index_row() -> None:
    """Stored without the code it came under; its fields say which it is."""
    quote = only(parse_quotes(sample("hkHSTECH_2023-11-14.txt"), NOW))
    assert (quote.symbol, str(quote.last), str(quote.prev_close)) == ("HSTECH", "3944.37", "3981.27")
    assert quote.ts_event == parse_rfc3339("2023-11-14T05:06:02Z")


@needs_shared
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("none_match.txt", "no such code"),
        ("suspended_bj830799_2026-09-28.txt", "not a Hong Kong row (market '62')"),
    ],
)
def test_real_rows_that_are_not_for_us(name: str, reason: str) -> None:
    """No code known; a suspended share of Beijing."""
    assert parse_quotes(sample(name), NOW).quotes == []
    assert reasons(parse_quotes(sample(name), NOW)) == [reason]


@needs_shared
def test_every_real_row_keeps_the_price_identity() -> None:
    """Last minus previous close is the change that the row also writes: the layout is read right."""
    checked = 0
    for path in sorted(SAMPLES.glob("*hk*.txt")):
        for text in Path(path).read_text("utf-8", "replace").split('"')[1::2]:
            fields = text.split("~")
            if fields[0] == "100":
                [quote] = parse_quotes(f'"{text}";'.encode(), NOW).quotes
                assert quote.change == Decimal(fields[31])
                checked += 1
    assert checked >= 5


@needs_shared
def test_real_daily_bars() -> None:
    """And the venue's way to say no."""
    first, last = parse_kline(sample("hkkline_bars_2026-08.json"), "0700.HK")
    assert (first.date, str(first.close), first.volume) == (date(2026, 8, 7), "478.80", 16_319_939)
    assert (str(last.open), str(last.high), str(last.low)) == ("479.00", "483.60", "476.40")
    with pytest.raises(ParseError):
        parse_kline(sample("kline_param_error.json"), "0700.HK")
