"""Which instruments a headline names, in English and both Chinese scripts."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.headline import Headline
from market.instrument import Instrument, instrument, known
from market.matching import Matcher, read_aliases

MATCHER = Matcher((*known(), instrument("TSLA"), instrument("BIDU")))


@pytest.mark.parametrize(
    ("title", "symbols"),
    [
        # names: whole words, as a name is written
        ("Baidu's shares jump 16% on AI contract", ("9888.HK",)),
        ("BAIDU WINS ORDER", ("9888.HK",)),
        ("Li Auto up, li down, Liverpool draw", ("2015.HK",)),
        ("An ideal car and a tencentre", ()),
        ("Trip.com Group and JD.com's outlook", ("9961.HK", "9618.HK")),
        ("smic is no word, SMIC is a name", ("0981.HK",)),
        ("Nio, NIO", ("9866.HK",)),
        ("nio", ()),
        ("CATL climbs", ("3750.HK",)),
        ("Hang Seng TECH at a four-year high", ("HSTECH",)),
        # a longer name wins
        ("Tencent Music outperforms", ("1698.HK",)),
        ("Tencent Music, then Tencent", ("1698.HK", "0700.HK")),
        ("JD Health and JD Logistics", ("6618.HK", "2618.HK")),
        ("JD Vance visits", ()),
        ("JD-SW and BABA-W", ("9618.HK", "9988.HK")),
        ("BYD Electronic supplies BYD", ("0285.HK", "1211.HK")),
        ("NetEase Cloud Music lists", ("9899.HK",)),
        # Chinese, both scripts, no spaces
        ("百度股價急升近兩成", ("9888.HK",)),
        ("腾讯音乐与腾讯", ("1698.HK", "0700.HK")),
        ("京東方供應京東", ("9618.HK",)),
        ("遊客到阿里山，阿里健康回應", ("0241.HK",)),
        ("理想很美好，成績不理想，理想的SUV", ()),
        ("理想10月交付三萬輛", ("2015.HK",)),
        ("理想與現實：車主的故事", ()),
        ("蔚小理", ("2015.HK", "9866.HK", "9868.HK")),
        ("東京東部、南京東路、北京東城區，京東", ("9618.HK",)),
        ("不同程度；集中芯片資源；一百度高溫", ()),
        ("完美團隊與英美團體；美團結束優選、美團聚焦閃購", ("3690.HK",)),
        ("蘋果今年大豐收", ()),
        ("蘋果發布會", ("AAPL",)),
        ("看好理想汽車及蔚來", ("2015.HK", "9866.HK")),
        ("百度Baidu漲", ("9888.HK",)),
        ("恒生科技指數升4.2%", ("HSTECH",)),
        # codes: only in forms that leave no doubt
        ("毛戈平(01318)中期純利8.05億元", ("1318.HK",)),
        ("百度（０９８８８）獲唱好", ("9888.HK",)),
        ("Filing by 9888.HK, 0700-HK and 700.hk", ("9888.HK", "0700.HK")),
        ("HKEX: 1810 and SEHK:981", ("1810.HK", "0981.HK")),
        ("HK.09888 and hk00700", ("9888.HK", "0700.HK")),
        ("Stock code: 3690", ("3690.HK",)),
        ("股份代號：3690", ("3690.HK",)),
        ("00700與09988領漲", ("0700.HK", "9988.HK")),
        ("(HK:9988), Tencent (700 HK)", ("9988.HK", "0700.HK")),
        ("$9988.HK$ and 700:HK", ("9988.HK", "0700.HK")),
        ("股票代碼：09988，證券代號 3690", ("9988.HK", "3690.HK")),
        ("買入，9988.HK；09888,00700", ("9988.HK", "9888.HK", "0700.HK")),
        ("Li Auto (Nasdaq: LI; HKEX: 2015)", ("2015.HK",)),
        ("HKEX: 2025 was a record; HKEX：2026年展望", ()),
        ("2015 was 700 days ago, 1810 too", ()),
        ("HK$9888 bn, 3,690 jobs, 0.0981", ()),
        ("(12000 jobs), (12000元), (99999%)", ()),
        ("TENCENT (80700) and its twin (00700)", ("0700.HK",)),
        ("HK 2025 budget, 5 HK names", ()),
        ("騰訊HK.00700升", ("0700.HK",)),
        # tickers
        ("美股BIDU升5%", ("9888.HK", "BIDU")),
        ("BIDU beats", ("9888.HK", "BIDU")),
        ("(NASDAQ: BIDU)", ("9888.HK", "BIDU")),
        ("Sell $JD, buy NYSE:LI (TSLA)", ("9618.HK", "2015.HK", "TSLA")),
        ("BABA.N slips", ("9988.HK",)),
        ("ALL CAPITALS SAY TSLA AND NEXT", ()),
        ("Apple sells apples", ("AAPL",)),
        ("", ()),
    ],
)
def test_instruments_that_a_title_names(title: str, symbols: tuple[str, ...]) -> None:
    assert MATCHER.symbols(title) == symbols


def test_aliases_of_ones_own(tmp_path: Path) -> None:
    file = tmp_path / "aliases.toml"
    file.write_text(
        '[aliases]\n"hk09888" = ["Ernie Bot", "文心一言", "蘿蔔…快跑"]\nIQ = ["iQiyi", "愛奇藝"]\n'
        '9961 = ["BAT"]\n9988 = ["BAT"]\n'
        '[not]\nnames = ["Baidu Apollo", "百度貼吧", "Kunlunxin"]\n',
        encoding="utf-8",
    )
    own = Matcher(known(), read_aliases(file))
    assert own.symbols("Ernie Bot draws users; 文心一言升級") == ("9888.HK",)
    assert own.symbols("Baidu Apollo and 百度贴吧") == ()
    assert own.symbols("蘿蔔又快跑了，蘿蔔牛腩") == ("9888.HK",)
    assert own.symbols("BAT shares") == ("9961.HK", "9988.HK")  # each of those that share a name
    assert MATCHER.symbols("Kunlunxin") == ("9888.HK",) and own.symbols("Kunlunxin") == ()
    assert own.symbols("iQiyi, iqiyi or IQIYI") == own.symbols("爱奇艺") == ("IQ",)
    assert MATCHER.symbols("Ernie Bot") == ()


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        (None, "No such file"),
        ("[aliases", "not TOML"),
        ("aliases = 5", "holds"),
        ("[alias]", "holds"),
        ('[aliases]\n"9888" = "Baidu"', "9888: not a list"),
        ("[aliases]\n9888 = [5]", "9888: not a list"),
        ('[aliases]\n"??" = ["Baidu"]', "not a symbol"),
        ('[aliases]\n"2015" = ["li"]', "'li' is too short"),
        ('[aliases]\n"2015" = ["li…car"]', "too short"),
        ("[not]\nnames = 5", "not.names: not a list"),
        ("[not]\nname = []", "holds"),
    ],
)
def test_a_bad_file_of_aliases_is_named(tmp_path: Path, page: str | None, reason: str) -> None:
    file = tmp_path / "mine.toml"
    if page is not None:
        file.write_text(page, encoding="utf-8")
    with pytest.raises(ValueError, match=reason) as refused:
        read_aliases(file)
    assert "mine.toml" in str(refused.value)


def test_join_keeps_what_the_source_said_first() -> None:
    headline = Headline("1", "Tencent buys from Baidu", "", 0, 0, "x", symbols=("9888.HK",))
    assert MATCHER.join(headline).symbols == ("9888.HK", "0700.HK")
    said = Headline("1", "Trading halt at $5", "", 0, 0, "x", topic="deal", amounts=("USD 1 bn",))
    assert (MATCHER.join(said).topic, MATCHER.join(said).amounts) == ("deal", ("USD 1 bn",))


def test_join_tells_kind_and_money() -> None:
    headline = MATCHER.join(Headline("1", "Tencent raises RMB9 billion in bonds", "", 0, 0, "x"))
    assert (headline.symbols, headline.topic, headline.amounts) == (
        ("0700.HK",),
        "fundraising",
        ("CNY 9 bn",),
    )


@given(st.text(max_size=120))
def test_any_text_is_searched_without_harm(title: str) -> None:
    symbols = MATCHER.symbols(title)
    assert len(set(symbols)) == len(symbols)


@given(st.sampled_from([i for i in known() if i.symbol.endswith(".HK")]), st.text("abc 的，。", max_size=20))
def test_every_known_name_is_found_wherever_it_stands(named: Instrument, around: str) -> None:
    for name in (named.name, named.zh_hant.split("-")[0], named.zh_hans.split("-")[0]):
        assert named.symbol in MATCHER.symbols(f"{around}：{name}，{around}")
