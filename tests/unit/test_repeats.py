"""One story is told once; two stories are told twice; a doubt keeps both."""

from dataclasses import replace

import pytest

from feeds.repeats import WITHIN, Repeats, fold
from market.clock import SECOND
from market.headline import Headline

NOON = 1_758_075_247 * SECOND
FIRST = Headline("a:1", "Baidu wins a contract from China Mobile", "https://a.com/1", NOON, NOON, "a")


@pytest.mark.parametrize(
    ("second", "is_new"),
    [
        (FIRST, False),
        # the same source
        (replace(FIRST, title="Baidu wins a contract (corrected)"), False),
        (replace(FIRST, id="a:2"), False),
        (replace(FIRST, id="a:2", link="https://a.com/2"), True),
        (replace(FIRST, id="a:2", title="Another on the same page"), True),
        # another source
        (replace(FIRST, id="b:1", source="b", link="https://b.com/9"), False),
        (
            replace(
                FIRST, id="b:1", source="b", link="", title="BAIDU wins — a contract from “China Mobile”"
            ),
            False,
        ),
        (
            replace(FIRST, id="b:1", source="b", link="https://A.com/1?utm_source=b#top", title="Reworded"),
            False,
        ),
        (replace(FIRST, id="b:1", source="b", link="https://a.com/1?page=2", title="Reworded"), True),
        (replace(FIRST, id="b:1", source="b", link="https://b.com/9", ts_event=NOON + WITHIN + 1), True),
        (replace(FIRST, id="b:1", source="b", link="https://b.com/9", title="Tencent wins a contract"), True),
    ],
)
def test_what_follows_a_headline(second: Headline, is_new: bool) -> None:
    repeats = Repeats()
    assert repeats.is_new(FIRST)
    assert repeats.is_new(second) is is_new
    assert not repeats.is_new(second)


def test_short_titles_and_front_pages_are_no_proof() -> None:
    repeats = Repeats()
    assert repeats.is_new(Headline("1", "Market wrap", "https://a.com/", NOON, NOON, "a"))
    assert (
        repeats.is_new(Headline("2", "Market wrap", "https://a.com/", NOON + 1, NOON, "b")) is False
    )  # link, title
    assert repeats.is_new(Headline("3", "Market wrap", "https://b.com/", NOON, NOON, "b"))
    assert repeats.is_new(Headline("4", "Something else", "https://a.com/", NOON, NOON, "b"))


def test_filings_of_two_companies_under_one_title_are_two() -> None:
    repeats = Repeats()
    filing = Headline(
        "1", "MONTHLY RETURN OF EQUITY ISSUER", "", NOON, NOON, "hkexnews", symbols=("9888.HK",)
    )
    assert repeats.is_new(filing)
    assert repeats.is_new(replace(filing, id="2", source="b", symbols=("0700.HK",)))
    assert not repeats.is_new(replace(filing, id="3", source="c", symbols=("9888.HK", "9988.HK")))


def test_memory_is_bounded_and_what_is_still_seen_stays() -> None:
    repeats = Repeats(most=40)
    assert repeats.is_new(FIRST)
    for number in range(200):
        item = replace(
            FIRST,
            id=f"a:{number + 10}",
            title=f"News number {number} of today",
            link=f"https://a.com/n{number}",
        )
        assert repeats.is_new(item)
        assert not repeats.is_new(FIRST)
    assert repeats.is_new(replace(FIRST, id="a:10", title="News number 0 of today", link="https://a.com/n0"))


def test_fold_keeps_letters_and_digits_alone() -> None:
    assert fold("Ｂａｉｄｕ “wins” — 16%！ 百度") == "baiduwins16百度"
    assert fold("騰訊：發債") == fold("腾讯 发债")
