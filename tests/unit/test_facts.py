"""Facts and their sentences: what a live price means, in the tense its session allows."""

from datetime import date
from decimal import Decimal

import pytest

from market.bars import Bar
from market.facts import Facts, facts
from market.profile import Period, Profile, build
from market.sentences import TEXTS, ordinal, sentences
from market.session import calendar

HK = calendar("XHKG")


def profile(session_date: str, closes: list[str], first: str, hole: bool = False) -> Profile:
    """Of bars on consecutive sessions from ``first`` on; highs lie one above closes."""
    day = HK.previous(date.fromisoformat(first))
    history = []
    for close in map(Decimal, closes):
        day = HK.next(day)
        history.append(Bar(day, close, close + 1, close, close))
    wanted = date.fromisoformat(session_date)
    assert hole or HK.next(day) == wanted
    return build("1234.HK", history, wanted, HK)


def texts(known: Facts) -> list[str]:
    return [sentence.text for sentence in sentences(known)]


# Two falling weeks, then weeks that close at 11, 12 and 13; the profile is of Wednesday, 2025-09-17.
WEEKS = profile(
    "2025-09-17",
    ["15"] * 5 + ["10"] * 5 + ["11"] * 5 + ["12"] * 5 + ["13"] * 5 + ["13", "13"],
    "2025-08-11",
)


def test_a_live_price_extends_breaks_or_ends_a_streak() -> None:
    assert WEEKS.finished[Period.WEEK].streak == 3
    for price, streak in (("14", 4), ("13", 0), ("12.9", -1)):
        week = facts(WEEKS, Decimal(price)).week
        assert (week.streak, week.closed_streak, week.finished) == (streak, 3, False)
    assert facts(WEEKS, Decimal(14)).week.pct == Decimal(100) / 13


def test_set_for_becomes_fact_only_when_the_periods_last_session_has_closed() -> None:
    friday = profile("2025-09-19", ["10", "10", "11", "11", "11", "11", "11"] * 2 + ["13"] * 5, "2025-08-25")
    live, over = facts(friday, Decimal(14)), facts(friday, Decimal(14), final=True)
    assert live.week.closed_streak != over.week.closed_streak == over.week.streak
    assert facts(WEEKS, Decimal(14)).week.closed_streak == 3
    assert facts(WEEKS, Decimal(14), final=True).week.closed_streak == 3
    assert "set for a 4th straight weekly gain" in texts(facts(WEEKS, Decimal(14)))
    assert "4th straight weekly gain if it closes here" in texts(facts(WEEKS, Decimal(14), final=True))


def test_a_finished_week_is_told_as_done() -> None:
    friday = profile("2025-09-19", ["10"] * 5 + ["11"] * 5 + ["12"] * 5 + ["13"] * 4, "2025-08-25")
    assert "set for a 3rd straight weekly gain" in texts(facts(friday, Decimal(14)))
    assert "3rd straight weekly gain" in texts(facts(friday, Decimal(14), final=True))


def test_closes_and_highs_are_never_mixed() -> None:
    known = facts(WEEKS, Decimal("15.5"), high=Decimal("15.9"))
    assert known.record_close == Decimal("15.5") and known.record_date == WEEKS.session_date
    assert known.record_high == 16 and known.record_high_date == date(2025, 8, 11)
    above = facts(WEEKS, Decimal("15.5"), high=Decimal("16.1"))
    assert (above.record_high, above.record_high_date) == (Decimal("16.1"), WEEKS.session_date)
    assert known.highest_since is None
    assert facts(WEEKS, Decimal(15)).record_date == date(2025, 8, 11)  # the first day it was reached
    assert facts(WEEKS, Decimal(15)).highest_since == date(2025, 8, 15)  # the last


def test_record_distance_both_ways() -> None:
    known = facts(WEEKS, Decimal(12))
    assert (known.pct_below, known.pct_to_regain) == (Decimal(-20), Decimal(25))
    assert "20.0% below the record close of 2025-08-11, +25.0% to regain it" in texts(known)


def test_gains_and_losses_are_asked_for_by_their_sign() -> None:
    up = facts(WEEKS, Decimal("13.1"))
    assert up.biggest_gain_since == date(2025, 9, 8) and not up.biggest_gain
    assert up.biggest_loss_since is None and not up.biggest_loss
    down = facts(WEEKS, Decimal("1"))
    assert down.biggest_loss and down.biggest_loss_since is None and not down.biggest_gain
    flat = facts(WEEKS, Decimal(13))
    assert flat.biggest_gain_since is flat.biggest_loss_since is None
    assert not flat.biggest_gain and not flat.biggest_loss


def test_an_equal_gain_counts_as_since() -> None:
    # 10 to 11 on 2025-08-25 was exactly a tenth; so is 13 to 14.3, and nothing in between.
    assert facts(WEEKS, Decimal("14.3")).biggest_gain_since == date(2025, 8, 25)
    assert facts(WEEKS, Decimal("14.31")).biggest_gain


def test_the_exchanges_own_previous_close_is_the_days_base() -> None:
    naive, adjusted = facts(WEEKS, Decimal("12.5")), facts(WEEKS, Decimal("12.5"), prev_close=Decimal("12"))
    assert naive.day.pct is not None and naive.day.pct < 0
    assert adjusted.day.pct is not None and adjusted.day.pct > 0
    assert (adjusted.day.base, adjusted.day.streak) == (Decimal(12), 1)
    assert adjusted.week == naive.week


def test_without_history_nothing_is_claimed() -> None:
    known = facts(build("1234.HK", [], date(2025, 9, 17), HK), Decimal(5), final=True)
    for change in known.changes.values():
        assert (change.pct, change.streak, change.closed_streak, change.base) == (None, None, None, None)
    assert known.record_close == 5 and known.highest_since is None
    assert texts(known) == []


def test_a_hole_silences_all_but_itself() -> None:
    holed = profile("2025-09-18", ["10"] * 30, "2025-08-01", hole=True)
    assert holed.hole == 4
    assert texts(facts(holed, Decimal(99))) == [
        "4 sessions missing before this session, so nothing is claimed"
    ]


def test_the_rarest_comes_first_and_the_common_not_at_all() -> None:
    long_ago = profile("2025-09-17", ["20", "9"] + ["10", "9"] * 150, "2024-06-25", hole=True)
    known = facts(long_ago, Decimal("19"), final=True)
    told = sentences(known)
    assert [sentence.rarity for sentence in told] == sorted((s.rarity for s in told), reverse=True)
    assert not any("daily" in sentence.text for sentence in told)
    assert not any(sentence.text.startswith("lowest") for sentence in told)


@pytest.mark.parametrize(
    ("price", "final", "told"),
    [
        ("16", True, "record close"),
        ("16", False, "record close if it closes here"),
        ("9", True, "lowest close on file"),
        ("9", False, "lowest close on file if it closes here"),
        ("16", True, "biggest gain on file"),
        ("1", True, "biggest loss on file"),
        ("14.5", False, "highest close since 2025-08-15 if it closes here"),
        ("14.5", True, "highest close since 2025-08-15"),
    ],
)
def test_words(price: str, final: bool, told: str) -> None:
    assert told in texts(facts(WEEKS, Decimal(price), final=final))


def test_ordinals() -> None:
    numbers = (1, 2, 3, 4, 11, 12, 13, 21, 22, 103, 111)
    assert " ".join(map(ordinal, numbers)) == "1st 2nd 3rd 4th 11th 12th 13th 21st 22nd 103rd 111th"


def test_every_language_says_everything() -> None:
    assert all(words.keys() == TEXTS["en"].keys() for words in TEXTS.values())
