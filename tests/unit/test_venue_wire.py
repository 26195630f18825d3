"""What the venue's pages look like on the wire, read by small parsers of our own."""

import base64
import json
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree

import pytest

from feeds.venue import chart, news, tencent
from feeds.venue.config import config_toml
from feeds.venue.exchange import Exchange, Listing
from feeds.venue.figures import DAY, indices, stocks
from feeds.venue.history import daily_bars
from feeds.venue.hours import END, PRE_OPEN, at
from feeds.venue.plan import Plan
from feeds.venue.stream import MOST_SYMBOLS, ControlError, Subscription, frame
from market.clock import SECOND

PLAN = Plan(1)
MORNING_AT_TEN = Exchange(PLAN, at(10))
OVER = Exchange(PLAN, END)
BEFORE = Exchange(PLAN, PRE_OPEN)


def fields(exchange: Exchange, symbol: str) -> list[str]:
    return tencent.render(exchange.listings[symbol]).split("~")


def test_a_stock_row_has_the_78_fields_of_the_page() -> None:
    row = fields(OVER, "9888.HK")
    assert len(row) == 78
    expected = {
        0: "100", 1: "百度集团-SW", 2: "09888", 3: "131.000", 4: "113.200", 5: "121.000", 6: "68700000.0",
        9: "131.000", 19: "131.000", 29: "68700000.0", 31: "17.800", 32: "15.72", 33: "135.400",
        34: "120.200", 35: "131.000", 36: "68700000.0",
    }  # fmt: skip
    assert {place: row[place] for place in expected} == expected
    assert row[30].startswith("2025/09/17 16:0")
    assert 120.2 * 68.7e6 < float(row[37]) < 135.4 * 68.7e6
    assert float(row[73]) == pytest.approx(float(row[37]) / 68.7e6, abs=0.001)
    assert (row[38], row[40], row[43], row[46]) == ("0", "", "13.43", "BIDU-SW")
    assert (row[60], row[63], row[75], row[77]) == ("50", "GP", "HKD", "50")
    assert fields(MORNING_AT_TEN, "9888.HK")[77] == "30"


def test_an_index_row_counts_turnover_and_has_no_state() -> None:
    row = fields(OVER, "HSTECH")
    assert len(row) == 78
    assert (row[2], row[3], row[4], row[46], row[63], row[77]) == (
        "HSTECH", "6334.240", "6077.660", "Hang Seng TECH Index", "ZS", "",
    )  # fmt: skip
    assert row[29] == "0.0"
    assert 10_000_000 < float(row[6]) < 20_000_000  # HK$10,000


def test_before_the_opening_a_row_shows_the_previous_close() -> None:
    row = fields(BEFORE, "0700.HK")
    assert len(row) == 78
    assert (row[3], row[4], row[5], row[6], row[30], row[31]) == (
        "645.000", "645.000", "0.000", "0.0", "2025/09/17 09:00:00", "0.000",
    )  # fmt: skip


def test_every_row_is_gbk_and_is_rendered_once_while_nothing_changes() -> None:
    rows = tencent.Rows()
    exchange = Exchange(PLAN, at(11))

    def find(key: str) -> Listing | None:
        return exchange.listings.get(tencent.symbol(key.removeprefix("r_")))

    codes = [f"r_hk{tencent.code(symbol)}" for symbol in (*stocks(), *indices())]
    first = rows.of([*codes, "r_hk00001"], find)
    assert len(first) == 32
    for line, code in zip(first, codes, strict=True):
        text = line.decode("gbk")
        assert text.startswith(f'v_{code}="100~')
        assert text.endswith('";\n')
    assert all(before is after for before, after in zip(first, rows.of(codes, find), strict=True))
    changed = exchange.advance(at(11, 0, 3))
    second = rows.of(codes, find)
    moved = {code for code, a, b in zip(codes, first, second, strict=True) if a is not b}
    assert moved == {f"r_hk{tencent.code(symbol)}" for symbol in changed}


def kline(exchange: Exchange, symbol: str, *, first: str = "", last: str = "", count: int = 320) -> Any:
    key = f"hk{tencent.code(symbol)}"
    answer = json.loads(
        tencent.kline(key, daily_bars(symbol, 1), exchange.listings[symbol], first, last, count)
    )
    assert answer["code"] == 0
    return answer["data"][key]


def test_k_line_rows_are_date_open_close_high_low_volume() -> None:
    found = kline(OVER, "9888.HK")
    rows = found["qfqday"]
    assert len(rows) == 320
    assert rows[-1][:6] == ["2025-09-17", "121.000", "131.000", "135.400", "120.200", "68700000.000"]
    assert rows[-2][0] == "2025-09-16"
    assert rows[-2][2] == "113.200"
    assert [row[0] for row in rows] == sorted(row[0] for row in rows)
    assert found["qt"]["hk09888"][3] == "131.000"
    bars = daily_bars("9888.HK", 1)
    assert found["prec"] == f"{bars[-320].close / 1000:.3f}"


def test_k_line_of_an_index_and_of_a_span() -> None:
    rows = kline(OVER, "HSTECH", first="2021-02-17", last="2021-02-18", count=640)["day"]
    assert [(row[0], len(row)) for row in rows] == [("2021-02-17", 6), ("2021-02-18", 6)]
    assert (rows[0][2], rows[1][3]) == ("10945.220", "11001.780")
    assert kline(BEFORE, "HSTECH", count=1)["day"][0][0] == "2025-09-16"


def chart_of(exchange: Exchange, symbol: str, vendor: str, **query: str) -> Any:
    body = chart.chart(vendor, exchange.listings[symbol], daily_bars(symbol, 1), query)
    answer = json.loads(body)["chart"]
    assert answer["error"] is None
    (result,) = answer["result"]
    assert result["meta"]["symbol"] == vendor
    return result


def test_a_daily_chart_ends_on_the_live_bar() -> None:
    result = chart_of(MORNING_AT_TEN, "9888.HK", "9888.HK", range="5d", interval="1d")
    meta, stamps = result["meta"], result["timestamp"]
    assert stamps[-1] == meta["regularMarketTime"] == MORNING_AT_TEN.listings["9888.HK"].stamp // SECOND
    assert [stamp % 86_400 for stamp in stamps[:-1]] == [5400] * 4
    (quote,) = result["indicators"]["quote"]
    assert quote["open"][-1] == 121.0
    assert quote["close"][-2] == pytest.approx(113.2, abs=1e-5)
    assert quote["close"][-2] != 113.2  # a float of four bytes
    bars = daily_bars("9888.HK", 1)
    assert meta["chartPreviousClose"] == pytest.approx(bars[-5].close / 1000, abs=1e-4)
    assert "previousClose" not in meta
    assert (meta["currency"], meta["exchangeName"], meta["priceHint"]) == ("HKD", "HKG", 3)
    assert chart_of(OVER, "9888.HK", "9888.HK")["timestamp"][0] % 86_400 == 5400


def test_a_whole_history_holds_a_null_row_of_a_day_that_never_was() -> None:
    result = chart_of(BEFORE, "HSTECH", "HSTECH.HK", range="max", interval="1d")
    (quote,) = result["indicators"]["quote"]
    dates = [datetime.fromtimestamp(stamp, UTC).date().isoformat() for stamp in result["timestamp"]]
    empty = [day for day, close in zip(dates, quote["close"], strict=True) if close is None]
    assert empty == ["2024-09-06"]
    assert dates == sorted(dates)
    assert (dates[0], dates[-1]) == ("2020-07-27", "2025-09-16")
    assert quote["close"][dates.index("2024-12-31")] == pytest.approx(4468.11, abs=1e-3)


def test_periods_and_ranges_select_rows() -> None:
    since = int(datetime(2025, 9, 1, tzinfo=UTC).timestamp())
    until = int(datetime(2025, 9, 13, tzinfo=UTC).timestamp())
    result = chart_of(OVER, "HSI", "^HSI", period1=str(since), period2=str(until), interval="1d")
    assert len(result["timestamp"]) == 10
    assert result["meta"]["instrumentType"] == "INDEX"
    assert result["meta"]["chartPreviousClose"] == pytest.approx(25080, abs=0.01)
    year = chart_of(OVER, "HSI", "^HSI", range="ytd", interval="1d")
    assert datetime.fromtimestamp(year["timestamp"][0], UTC).date().isoformat() == "2025-01-02"
    assert year["meta"]["chartPreviousClose"] == pytest.approx(20059.95, abs=0.01)


def test_months_are_bars_of_their_days() -> None:
    days = chart_of(OVER, "HSI", "^HSI", range="ytd", interval="1d")
    months = chart_of(OVER, "HSI", "^HSI", range="ytd", interval="1mo")
    assert len(months["timestamp"]) == 9 and months["timestamp"][0] == days["timestamp"][0]
    assert months["indicators"]["quote"][0]["close"][-1] == days["indicators"]["quote"][0]["close"][-1]
    assert max(months["indicators"]["quote"][0]["high"]) == max(
        high for high in days["indicators"]["quote"][0]["high"] if high
    )


def test_the_minutes_of_the_day_so_far() -> None:
    result = chart_of(MORNING_AT_TEN, "9888.HK", "9888.HK", range="1d", interval="1m")
    assert len(result["timestamp"]) == 31
    assert result["timestamp"][0] == at(9, 30) // SECOND
    assert result["meta"]["previousClose"] == pytest.approx(113.2, abs=1e-5)
    late = chart_of(OVER, "9888.HK", "9888.HK", range="1d", interval="1m")
    (quote,) = late["indicators"]["quote"]
    assert [
        stamp for stamp, close in zip(late["timestamp"], quote["close"], strict=True) if close is None
    ] == [at(12) // SECOND]
    empty = chart_of(BEFORE, "9888.HK", "9888.HK", range="1d", interval="1m")
    assert "timestamp" not in empty
    assert empty["indicators"]["quote"] == [{}]


@pytest.mark.parametrize(
    ("query", "status"),
    [({"interval": "7m"}, 422), ({"range": "2w"}, 422), ({"period1": "yesterday"}, 400)],
)
def test_queries_that_the_vendor_refuses(query: dict[str, str], status: int) -> None:
    with pytest.raises(chart.ChartError) as caught:
        chart.chart("9888.HK", OVER.listings["9888.HK"], daily_bars("9888.HK", 1), query)
    assert caught.value.status == status
    assert json.loads(caught.value.body)["chart"]["result"] is None


def varint(raw: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = raw[place]
        place += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, place


def decode(text: str) -> dict[int, Any]:
    """The fields of a message by number: integers raw, four-byte floats and strings read."""
    import struct

    raw = base64.b64decode(json.loads(text)["message"], validate=True)
    found: dict[int, Any] = {}
    place = 0
    while place < len(raw):
        key, place = varint(raw, place)
        if key & 7 == 0:
            found[key >> 3], place = varint(raw, place)
        elif key & 7 == 2:
            size, place = varint(raw, place)
            found[key >> 3] = raw[place : place + size].decode()
            place += size
        else:
            assert key & 7 == 5
            (found[key >> 3],) = struct.unpack_from("<f", raw, place)
            place += 4
    return found


def test_a_frame_in_bytes() -> None:
    found = decode(frame("HSTECH.HK", OVER.listings["HSTECH"]))
    assert found[1] == "HSTECH.HK"
    assert round(found[2], found[27] // 2) == 6334.24  # sint64 is zigzag: twice the hint
    assert found[3] == PLAN.close_at // SECOND * 1000 * 2
    assert (found[5], found[6], found[7]) == ("HKG", 9, 1)
    assert round(found[2] - found[12], 2) == 6077.66
    assert found[8] == pytest.approx(4.2217, abs=1e-3)
    stock = decode(frame("9888.HK", OVER.listings["9888.HK"]))
    assert (stock[6], stock[9], stock[27]) == (8, 2 * 68_700_000, 6)
    assert 16 not in stock  # no previous close in an equity's frame


def test_version_one_is_the_bare_message() -> None:
    listing = OVER.listings["9888.HK"]
    assert json.loads(frame("9888.HK", listing))["message"] == frame("9888.HK", listing, version=1)


def test_subscriptions_add_up_to_a_hundred() -> None:
    subscription = Subscription()
    many = [f"{number:04d}.HK" for number in range(1, 151)]
    assert subscription.control(json.dumps({"subscribe": many})) == many[:MOST_SYMBOLS]
    assert subscription.control(json.dumps({"subscribe": ["9888.HK"]})) == []
    assert subscription.control(json.dumps({"unsubscribe": many[:1]})) == []
    assert subscription.control(json.dumps({"subscribe": ["9888.HK"]})) == ["9888.HK"]
    assert subscription.among({"9888.HK", "0700.HK"}) == ["9888.HK"]


@pytest.mark.parametrize("text", ["[]", "{}", '{"subscribe":[]}'])
def test_control_messages_that_do_nothing(text: str) -> None:
    assert Subscription().control(text) == []


@pytest.mark.parametrize(
    "text", ["x", "[null]", '"a"', "3", '{"subscribe":"9888.HK"}', '{"subscribe":[1]}', '{"ping":[]}', ""]
)
def test_control_messages_that_close_the_connection(text: str) -> None:
    with pytest.raises(ControlError):
        Subscription().control(text)


def titles(now: int, *, chinese: bool = False) -> list[str]:
    root = ElementTree.fromstring(news.rss(news.stories(now), chinese=chinese))
    assert "SIMULATED" in (root.findtext("channel/title") or "")
    return [item.findtext("title") or "" for item in root.iter("item")]


def test_stories_come_out_through_the_day_newest_first() -> None:
    assert len(titles(at(9))) == 3
    assert titles(at(9, 16))[0].startswith("Arete")
    assert len(titles(END)) == len(news.STORIES) == len(titles(END, chinese=True))
    assert "百度" in "".join(titles(END, chinese=True))
    assert [story.time for story in news.STORIES] == sorted(story.time for story in news.STORIES)
    root = ElementTree.fromstring(news.rss(news.stories(END), chinese=False))
    assert root.findtext("channel/item/pubDate") == "Wed, 17 Sep 2025 16:12:00 +0800"
    guids = [item.findtext("guid") for item in root.iter("item")]
    assert len(set(guids)) == len(guids)


def test_filings_are_json_with_both_counters() -> None:
    found = json.loads(news.hkexnews(news.filings(at(9)), at(9)))
    assert found["genDate"] == at(9) // SECOND
    newest, *_, oldest = found["newsInfoLst"]
    assert newest["relTime"] == "17/09/2025 08:35"
    assert oldest["stock"] == [{"sc": "00700", "sn": "TENCENT"}, {"sc": "80700", "sn": "TENCENT-R"}]
    assert oldest["webPath"] == f"/listedco/listconews/sehk/2025/0917/{DAY:%Y%m%d}00001.pdf"


def test_the_configuration_points_at_the_venue() -> None:
    import tomllib

    found = tomllib.loads(config_toml("http://127.0.0.1:8123/"))
    assert found["simulation"]["clock_url"] == "ws://127.0.0.1:8123/clock"
    assert found["feeds"]["tencent"]["quote_url"] == "http://127.0.0.1:8123/q="
    assert found["feeds"]["yahoo"]["stream_url"] == "ws://127.0.0.1:8123/?version=2"
    assert [source["kind"] for source in found["headlines"]] == ["rss", "rss", "hkexnews"]
