"""The day's headlines, in our own words from published facts, each out at a plausible time in Hong Kong."""

import json
from collections.abc import Iterable, Sequence
from email.utils import format_datetime
from typing import NamedTuple
from xml.sax.saxutils import escape

from feeds.venue.figures import DAY
from feeds.venue.hours import at, hong_kong
from market.clock import SECOND

RSS_TYPE = "text/xml; charset=utf-8"
FILINGS_TYPE = "application/json; charset=utf-8"


class Story(NamedTuple):
    """A headline in English and Traditional Chinese; ``time`` is when it comes out, nanoseconds UTC."""

    time: int
    english: str
    chinese: str


class Filing(NamedTuple):
    """A company's announcement; ``stocks`` are (five-digit code, short name)."""

    time: int
    category: str
    title: str
    stocks: tuple[tuple[str, str], ...]


STORIES = (
    Story(
        at(8, 6),
        "Tencent returns to the bond market after four years with CNY 9 bn of dim sum notes",
        "騰訊四年來首度發債，點心債規模90億元人民幣",
    ),
    Story(
        at(8, 24),
        "Baidu raises USD 618.5 m in an offshore bond sale",
        "百度離岸發債集資6.185億美元",
    ),
    Story(
        at(8, 47),
        "Alibaba's USD 3.2 bn convertible bond leads a busy month for technology issuers",
        "阿里巴巴32億美元可換股債領跑科技股集資潮",
    ),
    Story(
        at(9, 3),
        "Goldman lifts its target for Alibaba's shares",
        "高盛上調阿里巴巴目標價",
    ),
    Story(
        at(9, 16),
        "Arete turns on Baidu: rating goes from sell straight to buy",
        "Arete將百度評級由沽售升至買入",
    ),
    Story(
        at(9, 33),
        "Hang Seng TECH opens 0.9% higher as Baidu gaps up almost 7%",
        "恒生科技指數高開0.9%，百度高開近7%",
    ),
    Story(
        at(9, 52),
        "China Mobile to buy AI chips from Baidu's chip unit",
        "百度旗下晶片業務獲中國移動供貨訂單",
    ),
    Story(
        at(10, 27),
        "Baidu signs an artificial intelligence contract with a state-owned company",
        "百度與國企簽訂人工智能合約",
    ),
    Story(
        at(10, 58),
        "JPMorgan upgrades battery maker CATL",
        "摩根大通上調寧德時代評級",
    ),
    Story(
        at(11, 21),
        "China Unicom's Sanjiangyuan data centre signs up for home-made AI chips, T-Head's among them",
        "中國聯通三江源數據中心簽約採用國產AI晶片，平頭哥在列",
    ),
    Story(
        at(12, 9),
        "Midday: Hang Seng TECH up 3.5%, Baidu leads with a gain of some 16%",
        "午盤：恒生科技指數升3.5%，百度升約16%領先",
    ),
    Story(
        at(13, 24),
        "SMIC said to be trying out the mainland's first advanced chipmaking equipment",
        "消息指中芯國際試用內地首套先進製程設備",
    ),
    Story(
        at(14, 2),
        "Capital spending of Alibaba, Tencent, Baidu and JD.com seen at USD 32 bn in 2025; 2023 was 13 bn",
        "阿里、騰訊、百度、京東2025年資本開支料達320億美元，2023年為130億",
    ),
    Story(
        at(14, 41),
        "Baidu on course for its best day since March 2022",
        "百度料創2022年3月以來最大單日升幅",
    ),
    Story(
        at(15, 18),
        "Hang Seng TECH trades at 21 times forward earnings; its five-year average is 23.3, Nasdaq 100's 27",
        "恒生科技指數預測市盈率約21倍，五年平均23.3倍，納指100為27倍",
    ),
    Story(
        at(16, 12),
        "Close: Hang Seng TECH up 4.2%, highest since November 2021; seventh weekly gain in sight",
        "收市：恒生科技指數升4.2%，創2021年11月以來新高，料連升七周",
    ),
)  # fmt: skip

_NOTES = "Announcements and Notices - [Other - Issue of Debt Securities]"
_UPDATE = "Announcements and Notices - [Other - Business Update]"
_TENCENT = (("00700", "TENCENT"), ("80700", "TENCENT-R"))
_BAIDU = (("09888", "BIDU-SW"), ("89888", "BIDU-SWR"))
_ALIBABA = (("09988", "BABA-W"), ("89988", "BABA-WR"))
_UNICOM = (("00762", "CHINA UNICOM"),)

FILINGS = (
    Filing(at(7, 58), _NOTES, "ISSUE OF CNY 9 BILLION NOTES", _TENCENT),
    Filing(at(8, 18), _NOTES, "COMPLETION OF OFFSHORE\nBOND OFFERING", _BAIDU),
    Filing(at(8, 35), _NOTES, "CONVERTIBLE SENIOR NOTES OF USD 3.2 BILLION", _ALIBABA),
    Filing(at(12, 14), _UPDATE, "VOLUNTARY ANNOUNCEMENT\nARTIFICIAL INTELLIGENCE CONTRACT", _BAIDU),
    Filing(at(12, 31), _UPDATE, "VOLUNTARY ANNOUNCEMENT\nSANJIANGYUAN DATA CENTRE", _UNICOM),
)


def stories(now: int) -> list[Story]:
    """What has come out by an instant, newest first."""
    return [story for story in reversed(STORIES) if story.time <= now]


def filings(now: int) -> list[Filing]:
    """What has been filed by an instant, newest first."""
    return [filing for filing in reversed(FILINGS) if filing.time <= now]


def rss(out: Sequence[Story], *, chinese: bool) -> bytes:
    """An RSS 2.0 document of stories, in the order given."""
    title = "模擬 SIMULATED 財經新聞" if chinese else "SIMULATED finance news"
    items = "".join(_item(story, chinese=chinese) for story in out)
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0"><channel>'
        f"<title>{title}</title><link>https://simulated.example/</link>"
        f"<description>{title}</description><ttl>1</ttl>\n{items}</channel></rss>\n"
    ).encode()


def _item(story: Story, *, chinese: bool) -> str:
    number = STORIES.index(story) + 1
    link = f"https://simulated.example/{'c' if chinese else 'e'}/{DAY:%Y%m%d}{number:02d}"
    title = story.chinese if chinese else story.english
    return (
        f"<item><title><![CDATA[{title}]]></title><link>{escape(link)}</link>"
        f'<guid isPermaLink="true">{escape(link)}</guid>'
        f"<description><![CDATA[{title} (SIMULATED)]]></description>"
        f"<pubDate>{format_datetime(hong_kong(story.time))}</pubDate></item>\n"
    )


def hkexnews(out: Iterable[Filing], now: int) -> bytes:
    """The filings' JSON, in the order given."""
    listed = [
        {
            "newsId": 11_850_000 + FILINGS.index(filing),
            "lTxt": filing.category,
            "title": filing.title,
            "webPath": f"/listedco/listconews/sehk/{DAY:%Y/%m%d/%Y%m%d}{FILINGS.index(filing) + 1:05d}.pdf",
            "stock": [{"sc": code, "sn": name} for code, name in filing.stocks],
            "relTime": f"{hong_kong(filing.time):%d/%m/%Y %H:%M}",
        }
        for filing in out
    ]
    return json.dumps({"genDate": now // SECOND, "maxNumOfFile": 1, "newsInfoLst": listed}).encode()
