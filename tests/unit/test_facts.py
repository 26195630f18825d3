"""Facts and their sentences: what a live price means, in the tense its session allows."""

from datetime import date
from decimal import Decimal

import pytest

from market.bars import Bar
from market.facts import Facts, facts, runs
from market.history import build
from market.phrases import TEXTS
from market.profile import Period, Profile
from market.sentences import move, ordinal, sentences
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


SESSIONS = [day for day in map(date.fromordinal, range(738886, 739512)) if HK.is_session(day)]
"""From 2024 to 2025-09-17."""
LOST = {date(2024, 12, 31), date(2025, 9, 12)}

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


def test_an_ex_date_is_told_and_history_goes_by_closes() -> None:
    """The exchange's base wins for the day alone; the last of the sentences says so."""
    ex = facts(WEEKS, Decimal("12.9"), prev_close=Decimal("12.8"))
    assert (ex.is_adjusted, ex.is_rescaled, ex.day.streak, ex.week.streak) == (True, False, 1, -1)
    assert texts(ex)[-1] == "the day counts from the exchange's 12.8; the last close on file is 13"
    for same in (None, Decimal(13), Decimal("13.0001")):  # the third by a vendor's four-byte floats
        assert not facts(WEEKS, Decimal("12.9"), prev_close=same).is_adjusted


@pytest.mark.parametrize(("base", "rescaled"), [("2.6", True), ("26", True), ("8.6", True), ("9.8", False)])
def test_a_split_that_history_does_not_know_silences_it(base: str, rescaled: bool) -> None:
    known = facts(WEEKS, Decimal(base), prev_close=Decimal(base))
    assert known.is_rescaled is rescaled
    assert (len(texts(known)) == 1) is rescaled
    if rescaled:
        reason = f"the exchange counts from {base}, the last close on file is 13: a split, perhaps"
        assert texts(known) == [f"{reason}, so nothing is claimed"]
        assert move(known) == []


def test_a_move_is_told_as_it_passes() -> None:
    """An alert speaks of the price that set it off, not of the close to come."""
    assert move(facts(WEEKS, Decimal(16))) == ["biggest gain on file"]
    assert move(facts(WEEKS, Decimal("13.1"))) == []


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


def test_a_period_without_its_base_claims_no_run_and_no_change() -> None:
    """Friday the 12th is not on file, nor is the last session of 2024."""
    closes = {day: Decimal(place + 10) for place, day in enumerate(SESSIONS) if day not in LOST}
    history = [Bar(day, close, close, close, close) for day, close in closes.items()]
    known = facts(build("1234.HK", history, SESSIONS[-1], HK), Decimal(9000), final=True)
    holes = {period: change.hole for period, change in known.changes.items()}
    assert holes == {"day": 0, "week": 1, "month": 0, "quarter": 0, "year": 1}
    assert (known.week.base_date, known.year.base_date) == (date(2025, 9, 11), date(2024, 12, 30))
    told = texts(known)
    assert told[-2:] == [
        "1 session missing before this week, so it counts from 2025-09-11",
        "1 session missing before this year, so it counts from 2024-12-30",
    ]
    assert not any("weekly" in text or "% this year" in text for text in told)
    assert any("monthly" in text for text in told)


@pytest.mark.parametrize(
    ("price", "told"),
    [("10.04", "+0.4% this year"), ("10.004", "+0.04% this year"), ("9.99951", "-0.005% this year")],
)
def test_a_small_change_is_not_told_as_none(price: str, told: str) -> None:
    year = profile("2025-01-02", ["10"] * 3, "2024-12-27")
    assert told in texts(facts(year, Decimal(price), final=True))


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
        ("16", False, "biggest gain on file if it closes here"),
        ("1", True, "biggest loss on file"),
        ("1", False, "biggest loss on file if it closes here"),
        ("14.5", False, "highest close since 2025-08-15 if it closes here"),
        ("14.5", True, "highest close since 2025-08-15"),
    ],
)
def test_words(price: str, final: bool, told: str) -> None:
    assert told in texts(facts(WEEKS, Decimal(price), final=final))


def test_intraday_prices_are_asked_for_among_intraday_prices() -> None:
    # Highs lie one above closes: 16 in the first week, 11 to 14 later; lows are the closes.
    known = facts(WEEKS, Decimal(12), high=Decimal(14), low=Decimal(10))
    assert (known.high_since, known.low_since) == (date(2025, 9, 16), date(2025, 8, 22))
    assert facts(WEEKS, Decimal(12), high=Decimal("14.1")).high_since == date(2025, 8, 15)
    behind = facts(WEEKS, Decimal("14.1"), high=Decimal(14))  # a venue's high, late or wrong, stays a high
    assert (behind.high, behind.high_since) == (Decimal(14), date(2025, 9, 16))
    untold = facts(WEEKS, Decimal(99))
    assert (untold.high, untold.low, untold.high_since, untold.low_since) == (None, None, None, None)
    assert not any("intraday" in text for text in texts(untold))
    touched = texts(facts(WEEKS, Decimal(12), high=Decimal(17), low=Decimal(9)))
    assert "hit its highest intraday price on file" in touched
    assert "hit its lowest intraday price on file" in touched


def test_a_gap_is_an_open_against_the_previous_close() -> None:
    inside = facts(WEEKS, Decimal(14), open=Decimal("13.5"))
    assert inside.gap_pct == Decimal(50) / 13 and not inside.gapped
    assert "gapped up 15.4% at the open" in texts(facts(WEEKS, Decimal(14), open=Decimal(15)))
    assert "gapped down 7.7% at the open" in texts(facts(WEEKS, Decimal(14), open=Decimal(12)))
    ex_date = facts(WEEKS, Decimal(12), open=Decimal(12), prev_close=Decimal(12))
    assert ex_date.gap_pct == 0 and not ex_date.gapped  # yesterday's range is of another price
    assert facts(WEEKS, Decimal(14)).gap_pct is None


def test_the_range_of_52_weeks_needs_52_weeks() -> None:
    assert facts(WEEKS, Decimal(14)).year_position is None
    long = profile("2025-09-17", ["99"] * 2 + ["10", "20"] * 200, "2024-01-02", hole=True)
    known = facts(long, Decimal(13), high=Decimal(25), low=Decimal(5))
    assert known.year_high == (Decimal(25), long.session_date) and known.year_low is not None
    assert known.year_position == 40
    assert facts(long, Decimal(13)).year_high == (Decimal(21), date(2025, 8, 20))


@pytest.mark.parametrize(("price", "place"), [("5", 0), ("5.01", 1), ("13", 40), ("24.99", 99), ("25", 100)])
def test_the_ends_of_the_range_are_told_of_its_ends_alone(price: str, place: int) -> None:
    whole = profile("2025-09-17", ["10"] * (len(SESSIONS) - 1), "2024-01-02")
    known = facts(whole, Decimal(price), high=Decimal(25), low=Decimal(5))
    assert f"at {place}% of its 52-week range, 5 to 25" in texts(known)


def test_a_streak_is_measured_against_the_longest_of_its_sign() -> None:
    closes = ["10", "11", "12", "13", "12", "13", "14", "15", "14", "13"]
    of = profile("2025-09-15", closes, "2025-09-01")
    down = facts(of, Decimal(12)).day
    assert (down.streak, down.longest and down.longest.streak, down.beats) == (-3, -1, True)
    up = facts(of, Decimal(14)).day
    assert up.longest is not None and (up.longest.end, up.beats) == (date(2025, 9, 10), False)
    assert facts(of, Decimal(13)).day.longest is None
    rising = profile("2025-09-11", closes[:8], "2025-09-01")
    assert "longest run of daily gains on file" in texts(facts(rising, Decimal(16), final=True))
    assert "set for the longest run of daily gains on file" in texts(facts(rising, Decimal(16)))
    falling = profile("2025-09-05", ["13", "12", "11", "10"], "2025-09-01")
    before = profile("2025-09-12", ["13", "12", "13", "12", "12", "11", "10", "9", "8"], "2025-09-01")
    assert not any("longest" in text for text in texts(facts(falling, Decimal(9), final=True)))
    assert "longest run of daily losses on file" in texts(facts(before, Decimal(7), final=True))


@pytest.mark.parametrize(
    ("price", "told"), [("16", (3, -1, 4)), ("15", (3, -1, 3)), ("14.5", (3, -1, 3, -1))]
)
def test_the_run_in_progress_is_the_last_of_the_runs(price: str, told: tuple[int, ...]) -> None:
    of = profile("2025-09-11", ["10", "11", "12", "13", "12", "13", "14", "15"], "2025-09-01")
    live = facts(of, Decimal(price)).day
    known = runs(of, Period.DAY, live.streak, Decimal(price))
    assert tuple(run.streak for run in known) == told
    assert known[0].pct == 30


WORDS = [
    ("zh-Hant", "14", False, "若以現價收市，將連升4周"),
    ("zh-Hant", "14", True, "若期末維持現價，將連升4周"),
    ("zh-Hant", "14.5", False, "若以現價收市，將創2025年8月15日以來最高收市價"),
    ("zh-Hant", "16", True, "收市價創歷史新高"),
    ("zh-Hant", "1", True, "有紀錄以來最大跌幅"),
    ("zh-Hant", "12", True, "較2025年8月11日的最高收市價低20.0%，須升25.0%方可收復"),
    ("zh-Hans", "14", False, "若以现价收盘，将连涨4周"),
    ("zh-Hans", "14", True, "若期末维持现价，将连涨4周"),
    ("zh-Hans", "14.5", True, "创2025年8月15日以来最高收盘价"),
    ("zh-Hans", "9", False, "若以现价收盘，收盘价将为有记录以来最低"),
    ("zh-Hans", "16", True, "有记录以来最大涨幅"),
    ("zh-Hans", "12", True, "较2025年8月11日的最高收盘价低20.0%，需涨25.0%才能收复"),
]


@pytest.mark.parametrize(("language", "price", "final", "told"), WORDS)
def test_chinese_words(language: str, price: str, final: bool, told: str) -> None:
    known = facts(WEEKS, Decimal(price), final=final)
    assert told in [sentence.text for sentence in sentences(known, language)]


@pytest.mark.parametrize("language", TEXTS)
def test_nothing_is_claimed_as_done_before_the_close(language: str) -> None:
    """Whatever changes with the close is said in another way before it."""
    live = sentences(facts(WEEKS, Decimal(16)), language)
    over = sentences(facts(WEEKS, Decimal(16), final=True), language)
    assert [sentence.kind for sentence in live] == [sentence.kind for sentence in over]
    for before, after in zip(live, over, strict=True):
        assert (before.text != after.text) == (before.kind in ("streak", "level", "change"))


def test_ordinals() -> None:
    numbers = (1, 2, 3, 4, 11, 12, 13, 21, 22, 103, 111)
    assert " ".join(map(ordinal, numbers)) == "1st 2nd 3rd 4th 11th 12th 13th 21st 22nd 103rd 111th"


def test_every_language_says_everything() -> None:
    assert all(words.keys() == TEXTS["en"].keys() for words in TEXTS.values())
