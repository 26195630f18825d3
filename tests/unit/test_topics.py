"""What titles are about, and the money in them: made-up titles as papers write them, in three scripts."""

import csv
import re
import tomllib
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.instrument import known
from market.matching import Matcher
from market.money import amounts
from market.topics import topic, topics
from tests.paths import ROOT

MATCHER = Matcher(known())


def labelled() -> Iterator[tuple[str | None, tuple[str, ...], tuple[str, ...], str]]:
    """What titles made up after the papers' manner say, by a reader's judgement: kind, names, money."""
    with (ROOT / "tests" / "data" / "headlines.tsv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            kind, names, money = (None if row[key] == "-" else row[key] for key in ("kind", "names", "money"))
            yield kind, tuple((names or "").split()), tuple(money.split(", ") if money else ()), row["title"]


LABELLED = list(labelled())


@pytest.mark.parametrize(
    ("kind", "names", "money", "title"), LABELLED, ids=[row[-1][:40] for row in LABELLED]
)
def test_what_a_title_says(
    kind: str | None, names: tuple[str, ...], money: tuple[str, ...], title: str
) -> None:
    assert (topic(title), MATCHER.symbols(title), amounts(title)) == (kind, names, money)


def test_an_entry_can_be_found_by_what_it_begins_with() -> None:
    """A first word that may be missing or end otherwise, or one Chinese character, is never looked up."""
    page = tomllib.loads((ROOT / "market" / "topics.toml").read_text("utf-8"))
    for entry in [
        entry for entries in (*page["topics"].values(), page["not"]["entries"]) for entry in entries
    ]:
        begin = re.match(r"\((?P<several>[^()]+)\)|[a-z\d]+|[^\x00-\x7f]+", entry)
        assert begin is not None and entry[begin.end() : begin.end() + 1] not in ("?", "*", "{"), entry
        for word in (begin["several"] or begin[0]).split("|"):
            assert word.isascii() or len(word) > 1, entry


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
        # one number in several parts, and numbers in words
        ("1億5000萬港元、12億5千萬元", ("HKD 150 m", "HKD 1.25 bn")),
        ("3萬億5千億元，1億零500萬元，3億2,500萬元", ("HKD 3.5 tn", "HKD 105 m", "HKD 325 m")),
        ("5萬3000元人民幣，12万5千美元", ("CNY 53000", "USD 125000")),
        ("兩億歐元，三百億港元，十五億港元", ("EUR 200 m", "HKD 30 bn", "HKD 1.5 bn")),
        ("二億五千萬港元", ("HKD 250 m",)),
        ("US$5億2025年", ("USD 500 m",)),
        ("３０００萬美元", ("USD 30 m",)),
        # ranges
        ("$3-4 billion", ("USD 3 bn", "USD 4 bn")),
        ("between $3 billion and $4 billion", ("USD 3 bn", "USD 4 bn")),
        ("20億至30億美元", ("USD 2 bn", "USD 3 bn")),
        ("from HK$150 to HK$180", ("HKD 150", "HKD 180")),
        ("priced at HK$18-20", ("HKD 18", "HKD 20")),
        ("raises $3 bn and 2 stakes", ("USD 3 bn",)),
        # 元 is whose, by the script of its unit
        ("10億元", ("HKD 1 bn",)),
        ("10亿元", ("CNY 1 bn",)),
        ("200元", ()),
        # and so is a bare dollar
        ("沽空 $17.68億; 比率 20%", ("HKD 1.768 bn",)),
        ("Aus$5 m", ()),
        # parts that make no number: 1億5千 is said of 1.5億 too
        ("3億5千元，5億5億元，1億20萬億元，1萬2345億韓元", ()),
        ("數十億港元，三百五十億港元，第一億元，逾百億元", ()),
        ("3億至5億港元", ("HKD 300 m", "HKD 500 m")),
        # ¥ is the yuan of who says so, or writes 亿; of others the yen or the yuan
        ("CN¥9bn, ￥90亿", ("CNY 9 bn",)),
        ("¥90億, ¥9bn", ()),
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
