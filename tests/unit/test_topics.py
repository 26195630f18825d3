"""What titles are about, and the money in them: made-up titles as papers write them, in three scripts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.instrument import known
from market.matching import Matcher
from market.money import amounts
from market.topics import topic, topics

MATCHER = Matcher(known())

# kind, title, instruments, amounts
TITLES: list[tuple[str | None, str, tuple[str, ...], tuple[str, ...]]] = [
    # trading halts
    ("halt", "Trading halt in SenseTime shares ahead of an announcement", ("0020.HK",), ()),
    ("halt", "Kingdee resumes trading after clarifying report", ("0268.HK",), ()),
    ("halt", "Shares suspended: exchange acts on late accounts", (), ()),
    ("halt", "商湯早市短暫停牌，待發內幕消息", ("0020.HK",), ()),
    ("halt", "金蝶今早復牌，股價高開", ("0268.HK",), ()),
    ("halt", "商汤盘中停牌", ("0020.HK",), ()),
    # ratings
    ("rating", "Goldman raises Alibaba price target to HK$200 on AI chips", ("9988.HK",), ("HKD 200",)),
    ("rating", "UBS downgrades Meituan to neutral as rivalry bites", ("3690.HK",), ()),
    ("rating", "Xiaomi upgraded to buy at Citi", ("1810.HK",), ()),
    ("rating", "Broker initiates coverage of Horizon Robotics", ("9660.HK",), ()),
    ("rating", "大摩上調騰訊目標價至700港元，維持增持評級", ("0700.HK",), ("HKD 700",)),
    ("rating", "高盛唱好比亞迪，重申「買入」", ("1211.HK",), ()),
    ("rating", "花旗下调美团至中性", ("3690.HK",), ()),
    ("rating", "招商證券大削小米目標價", ("1810.HK",), ()),
    # results
    ("results", "Baidu's third-quarter revenue falls 7% to CNY 31.2 bn", ("9888.HK",), ("CNY 31.2 bn",)),
    ("results", "Lenovo net profit more than doubles to US$505 million", ("0992.HK",), ("USD 505 m",)),
    ("results", "NIO narrows loss, guides for record deliveries", ("9866.HK",), ()),
    ("results", "JD.com tops estimates as appliance sales pick up", ("9618.HK",), ()),
    ("results", "SMIC Q2 profit misses, capacity full", ("0981.HK",), ()),
    ("results", "聯想集團中期純利升五成，派息8.5仙", ("0992.HK",), ()),
    ("results", "快手發盈喜，料上半年多賺三成", ("1024.HK",), ()),
    ("results", "蔚来第三季度营收218亿元人民币，亏损收窄", ("9866.HK",), ("CNY 21.8 bn",)),
    ("results", "京東健康業績勝預期", ("6618.HK",), ()),
    # fundraising
    ("fundraising", "Alibaba sells US$3.2bn of convertible notes", ("9988.HK",), ("USD 3.2 bn",)),
    ("fundraising", "Tencent raises RMB9 billion in dim sum bonds", ("0700.HK",), ("CNY 9 bn",)),
    ("fundraising", "Baidu chip arm files for Hong Kong listing", ("9888.HK",), ()),
    ("fundraising", "Xiaomi share placement raises HK$42.5 billion", ("1810.HK",), ("HKD 42.5 bn",)),
    ("fundraising", "Robot maker closes US$120m funding round", (), ("USD 120 m",)),
    ("fundraising", "百度發行44億元人民幣離岸債券", ("9888.HK",), ("CNY 4.4 bn",)),
    ("fundraising", "比亞迪配股集資435億港元", ("1211.HK",), ("HKD 43.5 bn",)),
    ("fundraising", "地平线机器人配售新股，筹58亿港元", ("9660.HK",), ("HKD 5.8 bn",)),
    ("fundraising", "AI新股遞表港交所", (), ()),
    # regulation
    ("regulation", "Market regulator fines food-delivery platforms 50 million yuan", (), ("CNY 50 m",)),
    ("regulation", "China tells tech firms to stop buying Nvidia chips", (), ()),
    ("regulation", "Washington widens export curbs on chipmaking tools", (), ()),
    ("regulation", "Trip.com faces antitrust probe", ("9961.HK",), ()),
    ("regulation", "市監總局對攜程立案調查", ("9961.HK",), ()),
    ("regulation", "网信办约谈小红书、快手", ("1024.HK",), ()),
    ("regulation", "美國擬對半導體加徵關稅", (), ()),
    # deals and contracts
    ("deal", "Baidu wins chip order from China Mobile", ("9888.HK",), ()),
    ("deal", "Tencent to acquire podcast platform for US$2.4 billion", ("0700.HK",), ("USD 2.4 bn",)),
    ("deal", "BYD signs battery supply deal with carmaker", ("1211.HK",), ()),
    ("deal", "JD.com takes 30% stake in German retailer", ("9618.HK",), ()),
    ("deal", "SoftBank invests $500 million in chip designer", (), ("USD 500 m",)),
    ("deal", "京東斥22億歐元收購德國零售商", ("9618.HK",), ("EUR 2.2 bn",)),
    ("deal", "百度中標國企大模型項目，金額逾3億元", ("9888.HK",), ("HKD 300 m",)),
    ("deal", "阿里与宝马达成战略合作", ("9988.HK",), ()),
    # chips and artificial intelligence
    ("chips_ai", "Alibaba unveils its biggest AI model yet", ("9988.HK",), ()),
    ("chips_ai", "Chipmakers lead gains as SMIC hits a record", ("0981.HK",), ()),
    ("chips_ai", "Baidu's Ernie goes open source", ("9888.HK",), ()),
    ("chips_ai", "騰訊推出新一代大模型", ("0700.HK",), ()),
    ("chips_ai", "国产算力需求旺盛", (), ()),
    # none of these, however near they come
    (None, "Blue chips rise as Wall Street rallies", (), ()),
    (None, "Ten stocks to buy now", (), ()),
    (None, "Hang Seng TECH opens 1% higher, Baidu gaps up", ("HSTECH", "9888.HK"), ()),
    (None, "Chipotle opens a restaurant", (), ()),
    (None, "Said to upgrade its app: Meituan", ("3690.HK",), ()),
    (None, "Retail sales rose 3.4% in August", (), ()),
    (None, "China's industrial profits fell 1.7%", (), ()),
    (None, "US and China near trade deal, stocks gain", (), ()),
    (None, "In order to please, a casino chip, and some potato chips", (), ()),
    (None, "調查顯示港人愛網購", (), ()),
    (None, "融資買入額創新高", (), ()),
    (None, "恒指高開200點，科技股領漲", ("HSI",), ()),
    (None, "小米汽车周末交付忙", ("1810.HK",), ()),
    (None, "理想很豐滿，現實很骨感", (), ()),
    (None, "", (), ()),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "title", "symbols", "money"), TITLES, ids=[row[1][:40] for row in TITLES])
def test_what_a_title_says(
    kind: str | None, title: str, symbols: tuple[str, ...], money: tuple[str, ...]
) -> None:
    assert (topic(title), MATCHER.symbols(title), amounts(title)) == (kind, symbols, money)


def test_the_kinds_stand_in_their_order() -> None:
    assert topics() == ("halt", "rating", "results", "fundraising", "regulation", "deal", "chips_ai")


@pytest.mark.parametrize(
    ("text", "money"),
    [
        # currencies before and after, in every spelling
        ("USD 3.2 bn", ("USD 3.2 bn",)),
        ("US$3.2bn, $3.2B, 3.2 billion dollars", ("USD 3.2 bn",)),
        ("CNY 9 bn; RMB9bn; 9 billion yuan; 90亿元; 人民幣90億元; 90億元人民幣", ("CNY 9 bn",)),
        ("HK$3.2 billion, HKD 3.2bn, 32億港元, 32亿港币", ("HKD 3.2 bn",)),
        ("a 3-billion-yuan plan", ("CNY 3 bn",)),
        ("over 100 billion Hong Kong dollars", ("HKD 100 bn",)),
        ("5000亿韩元，20億歐元，3億英鎊", ("KRW 500 bn", "EUR 2 bn", "GBP 300 m")),
        # numbers
        ("HK$1,234.5 million", ("HKD 1.2345 bn",)),
        ("US$150 a share", ("USD 150",)),
        ("HK$0.50", ("HKD 0.5",)),
        ("$20k; $20\rK", ("USD 20000",)),
        ("$1.5trn", ("USD 1.5 tn",)),
        ("1.2萬億港元", ("HKD 1.2 tn",)),
        ("３０００萬美元", ("USD 30 m",)),
        # ranges
        ("$3-4 billion", ("USD 3 bn", "USD 4 bn")),
        ("between $3 billion and $4 billion", ("USD 3 bn", "USD 4 bn")),
        ("20億至30億美元", ("USD 2 bn", "USD 3 bn")),
        ("from HK$150 to HK$180", ("HKD 150", "HKD 180")),
        ("raises $3 bn and 2 stakes", ("USD 3 bn",)),
        # 元 is whose, by the script of its unit
        ("10億元", ("HKD 1 bn",)),
        ("10亿元", ("CNY 1 bn",)),
        ("200元", ()),
        # and so is a bare dollar
        ("沽空 $17.68億; 比率 20%", ("HKD 1.768 bn",)),
        ("Aus$5 m", ()),
        # no amounts
        ("¥1 trillion", ()),
        ("13 bn in 2023, 3,690 jobs, 5%, 1.5 million cars", ()),
        ("USD falls, yuan rises, 美元弱", ()),
        ("us 5 names", ()),
        ("$5%", ()),
    ],
)
def test_amounts_of_money(text: str, money: tuple[str, ...]) -> None:
    assert amounts(text) == money


def test_no_more_than_a_few_amounts() -> None:
    assert len(amounts(" ".join(f"${number}" for number in range(1, 40)))) == 8


@given(st.text(max_size=200))
def test_any_title_is_of_one_kind_or_none(title: str) -> None:
    assert topic(title) in (*topics(), None)
    assert len(amounts(title)) <= 8


@given(
    st.lists(
        st.sampled_from(["1,111", "$", "1 ", "億", " to ", "US$", "1.5", "-", "元", "bn ", "yuan", "\r", "k"])
    )
)
def test_any_figures_are_read_without_harm(pieces: list[str]) -> None:
    for amount in amounts("".join(pieces)):
        assert amount[:3].isupper()
