"""The words of every sentence, by language: in number, and in the tense that the session allows."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import product

import pytest

from market.bars import Bar
from market.facts import Facts, facts
from market.history import build
from market.phrases import TEXTS
from market.sentences import Sentence, sentences
from market.session import calendar

HK = calendar("XHKG")
FRIDAY = date(2025, 9, 19)
"""The last session of its week, and not of its month."""


def told(
    closes: list[str],
    price: str,
    *,
    final: bool = False,
    prev_close: str | None = None,
    missing: int = 0,
    high: str | None = None,
    low: str | None = None,
) -> Facts:
    """What a price says on the Friday after sessions that closed there."""
    days = [FRIDAY]
    while len(days) <= len(closes) + missing:
        days.append(HK.previous(days[-1]))
    bars = [
        Bar(day, close, close + 1, close - 1, close)
        for day, close in zip(reversed(days[missing + 1 :]), map(Decimal, closes), strict=True)
    ]
    return facts(
        build("1234.HK", bars, FRIDAY, HK),
        Decimal(price),
        final=final,
        open=Decimal(bars[-1].high + 1),
        high=None if high is None else Decimal(high),
        low=None if low is None else Decimal(low),
        prev_close=None if prev_close is None else Decimal(prev_close),
    )


RISING = [str(100 + n) for n in range(300)]
FALLING = [str(500 - n) for n in range(300)]
WAVES = [str(200 + n % 7 - n % 5) for n in range(300)]
EN, HANT, HANS = TEXTS
SAID = [
    # A run, by the length of it: while trading, and once the session has closed.
    (RISING[-8:], "400", False, EN, "set for an 8th straight daily gain"),
    (RISING[-8:], "400", True, EN, "8th straight daily gain"),
    (RISING[-11:], "400", False, EN, "set for an 11th straight daily gain"),
    (RISING[-12:], "400", False, EN, "set for a 12th straight daily gain"),
    (RISING[-21:], "400", False, EN, "set for a 21st straight daily gain"),
    (FALLING[-22:], "200", False, EN, "set for a 22nd straight daily loss"),
    (FALLING[-23:], "200", True, EN, "23rd straight daily loss"),
    (RISING[-80:], "400", False, EN, "set for an 80th straight daily gain"),
    (RISING[-8:], "400", False, HANT, "若以現價收市，將連升8日"),
    (RISING[-8:], "400", True, HANT, "連升8日"),
    (FALLING[-8:], "200", False, HANS, "若以现价收盘，将连跌8日"),
    (FALLING[-8:], "200", True, HANS, "连跌8日"),
    # The week is over with the Friday's close; the month goes on.
    (RISING, "400", False, EN, "set for a 63rd straight weekly gain"),
    (RISING, "400", True, EN, "63rd straight weekly gain"),
    (RISING, "400", False, EN, "set for a 14th straight monthly gain"),
    (RISING, "400", True, EN, "14th straight monthly gain if it closes here"),
    (RISING, "400", True, HANT, "若期末維持現價，將連升14個月"),
    (RISING, "400", True, HANS, "若期末维持现价，将连涨4个季度"),
    (FALLING, "200", True, EN, "4th straight quarterly loss if it closes here"),
    # Closes and changes are not done before the close; what was touched is.
    (RISING, "400", False, EN, "record close if it closes here"),
    (RISING, "400", True, HANS, "收盘价创历史新高"),
    (FALLING, "200", True, EN, "lowest close on file"),
    (FALLING, "200", False, HANT, "若以現價收市，收市價將為有紀錄以來最低"),
    (WAVES, "260", False, EN, "biggest gain on file if it closes here"),
    (WAVES, "260", True, EN, "biggest gain on file"),
    (WAVES, "260", False, HANT, "若以現價收市，將為有紀錄以來最大升幅"),
    (WAVES, "150", False, HANS, "若以现价收盘，将为有记录以来最大跌幅"),
    (WAVES, "150", True, HANT, "有紀錄以來最大跌幅"),
]


@pytest.mark.parametrize(("closes", "price", "final", "language", "said"), SAID)
def test_what_is_said(closes: list[str], price: str, final: bool, language: str, said: str) -> None:
    assert said in [one.text for one in sentences(told(closes, price, final=final), language)]


@pytest.mark.parametrize(
    ("missing", "language", "said"),
    [
        (1, EN, "1 session missing before this session, so nothing is claimed"),
        (2, EN, "2 sessions missing before this session, so nothing is claimed"),
        (1, HANT, "此前欠缺1個交易日的數據，不作判斷"),
        (2, HANS, "此前缺少2个交易日的数据，不作判断"),
    ],
)
def test_a_hole_is_counted(missing: int, language: str, said: str) -> None:
    assert [one.text for one in sentences(told(RISING, "400", missing=missing), language)] == [said]


def every_kind() -> list[tuple[str, bool, Sentence]]:
    """Sentences of all kinds, in every language, before and after the close."""
    cases = [(RISING, "400", None), (FALLING, "200", None), (WAVES, "260", None), (WAVES, "150", "199")]
    found = []
    for language, final, (closes, price, base) in product(TEXTS, (False, True), cases):
        known = told(closes, price, final=final, prev_close=base, high=price, low=price)
        found += [(language, final, sentence) for sentence in sentences(known, language)]
    return found


def test_every_kind_is_whole_in_every_language() -> None:
    """No brace is left unfilled, no number has a float's tail, and no Chinese sentence has English in it."""
    found = every_kind()
    for language in TEXTS:
        kinds = {sentence.kind for spoken, _, sentence in found if spoken == language}
        assert kinds >= {"streak", "level", "intraday", "change", "gap", "year", "record", "range", "base"}
    for language, _, sentence in found:
        assert not set("{}") & set(sentence.text)
        assert "000000" not in sentence.text and "99999" not in sentence.text
        assert language == EN or not any(letter.isascii() and letter.isalpha() for letter in sentence.text)
        assert sentence.text == sentence.text.strip()


def test_before_the_close_only_what_is_done_is_told_as_done() -> None:
    """Touched prices, the gap at the open, where the price stands now, and what it counts from."""
    conditions = {EN: ("set for ", "if it closes here"), HANT: ("若", "若"), HANS: ("若", "若")}
    for language, final, sentence in every_kind():
        starts, ends = conditions[language]
        conditional = sentence.text.startswith(starts) or sentence.text.endswith(ends)
        if not final:
            assert conditional == (sentence.kind in ("streak", "level", "change")), sentence
        elif sentence.kind != "streak":
            assert not conditional, sentence


def test_dates_are_each_languages_own() -> None:
    since = FRIDAY - timedelta(days=1)
    closes = [*WAVES[:-1], "260"]
    words = {language: told(closes, "259", final=True) for language in TEXTS}
    lines = {language: [one.text for one in sentences(known, language)] for language, known in words.items()}
    assert any(f"record close of {since}" in line for line in lines[EN])
    for language in (HANT, HANS):
        assert any(f"{since.year}年{since.month}月{since.day}日" in line for line in lines[language])
