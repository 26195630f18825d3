"""Profiles: ladders, finished periods, holes, and the way to JSON and back."""

from contextlib import suppress
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.bars import Bar
from market.history import History, build
from market.profile import Ladder, Period, Profile, change_ratio
from market.session import calendar

HK = calendar("XHKG")


def bars(start: date, closes: list[str]) -> list[Bar]:
    """Bars of consecutive sessions from a session date on."""
    day = HK.previous(start)
    made = []
    for close in map(Decimal, closes):
        day = HK.next(day)
        made.append(Bar(day, close, close, close, close))
    return made


@pytest.mark.parametrize(
    ("period", "start"),
    [
        (Period.DAY, "2025-09-17"),
        (Period.WEEK, "2025-09-15"),
        (Period.MONTH, "2025-09-01"),
        (Period.QUARTER, "2025-07-01"),
        (Period.YEAR, "2025-01-01"),
    ],
)
def test_a_period_starts_on_its_first_day(period: Period, start: str) -> None:
    assert period.start(date(2025, 9, 17)) == date.fromisoformat(start)
    assert period.start(date.fromisoformat(start)) == date.fromisoformat(start)


def test_an_iso_week_may_begin_in_the_year_before() -> None:
    assert Period.WEEK.start(date(2025, 1, 2)) == date(2024, 12, 30)


def test_a_ladder_finds_the_latest_at_or_beyond() -> None:
    days = tuple(date(2025, 1, day) for day in (9, 7, 3))
    peaks = Ladder((Decimal(5), Decimal(7), Decimal(9)), days)
    asked = [4, 5, 6, 9, 10]
    assert [peaks.at_or_above(Decimal(n)) for n in asked] == [days[0], days[0], days[1], days[2], None]
    troughs = Ladder((Decimal(1), Decimal(3)), days[1:])
    assert [troughs.at_or_below(Decimal(n)) for n in (0, 1, 2, 3, 9)] == [
        None, days[1], days[1], days[2], days[2],
    ]  # fmt: skip
    assert Ladder((), ()).at_or_above(Decimal(1)) is Ladder((), ()).at_or_below(Decimal(1)) is None


@given(st.lists(st.integers(1, 12), max_size=60), st.integers(0, 13))
def test_ladders_agree_with_a_search_through_every_bar(closes: list[int], price: int) -> None:
    history = bars(date(2025, 1, 2), list(map(str, closes)))
    profile = build("1234.HK", history, date(2027, 1, 4), HK)
    above = [bar.date for bar in history if bar.close >= price]
    below = [bar.date for bar in history if bar.close <= price]
    assert profile.peaks.at_or_above(Decimal(price)) == (above[-1] if above else None)
    assert profile.troughs.at_or_below(Decimal(price)) == (below[-1] if below else None)
    assert list(profile.peaks.values) == sorted(set(profile.peaks.values))
    assert list(profile.troughs.values) == sorted(set(profile.troughs.values))


def test_equal_changes_of_different_prices_are_equal() -> None:
    # 3 to 4 and 0.003 to 0.004 are the same third; 16 digits of a float would be enough to say otherwise.
    assert change_ratio(Decimal(4), Decimal(3)) == change_ratio(Decimal("0.004"), Decimal("0.003"))
    close = change_ratio(Decimal("9999999.999999"), Decimal("3333333.333333"))
    assert close == 3
    assert change_ratio(Decimal("9999999.999998"), Decimal("3333333.333333")) < close


def test_streaks_of_finished_periods() -> None:
    # Weeks of 2025: Sep 1-5, 8-12, 15-19; the profile is Wednesday the 24th's.
    history = bars(date(2025, 9, 1), ["10"] * 5 + ["11"] * 5 + ["12"] * 4 + ["13"] + ["14", "15"])
    finished = build("1234.HK", history, date(2025, 9, 24), HK).finished
    assert (finished[Period.DAY].base, finished[Period.DAY].streak) == (Decimal(15), 3)
    assert (finished[Period.WEEK].base, finished[Period.WEEK].streak) == (Decimal(13), 2)
    assert finished[Period.WEEK].base_date == date(2025, 9, 19)
    assert finished[Period.MONTH].base is None and finished[Period.MONTH].streak is None
    assert finished[Period.DAY].ends and not finished[Period.WEEK].ends


def test_a_flat_change_ends_a_run_and_is_one_of_none() -> None:
    rising_then_flat = bars(date(2025, 9, 1), ["1", "2", "3", "3"])
    profile = build("1234.HK", rising_then_flat, date(2025, 9, 5), HK)
    assert profile.finished[Period.DAY].streak == 0
    after = build("1234.HK", [*rising_then_flat, *bars(date(2025, 9, 5), ["4"])], date(2025, 9, 8), HK)
    assert after.finished[Period.DAY].streak == 1


@pytest.mark.parametrize(
    ("day", "ends"),
    [
        ("2025-09-19", {Period.DAY, Period.WEEK}),
        ("2023-05-25", {Period.DAY, Period.WEEK}),  # the Friday was a holiday
        ("2025-09-30", {Period.DAY, Period.MONTH, Period.QUARTER}),
        ("2025-12-31", {Period.DAY, Period.MONTH, Period.QUARTER, Period.YEAR}),
    ],
)
def test_the_calendar_says_which_session_is_a_periods_last(day: str, ends: set[Period]) -> None:
    profile = build("1234.HK", [], date.fromisoformat(day), HK)
    assert {period for period, finished in profile.finished.items() if finished.ends} == ends


def test_a_hole_is_what_the_calendar_has_and_the_file_has_not() -> None:
    history = bars(date(2025, 9, 1), ["1", "2"])  # to the 2nd
    assert build("1234.HK", history, date(2025, 9, 3), HK).hole == 0
    assert build("1234.HK", history, date(2025, 9, 5), HK).hole == 2
    assert build("1234.HK", [], date(2025, 9, 5), HK).hole == 0
    assert build("1234.HK", history, date(2030, 9, 5), HK).hole == 0  # nobody knows those sessions


def test_bars_of_the_session_and_after_are_left_out() -> None:
    history = bars(date(2025, 9, 1), ["1", "2", "9"])
    profile = build("1234.HK", history, date(2025, 9, 3), HK)
    assert profile.record_close == 2 and profile.record_high_date == date(2025, 9, 2)
    assert profile == build("1234.HK", history[:2], date(2025, 9, 3), HK)


def test_history_takes_bars_in_order_only() -> None:
    history = History("1234.HK", HK)
    first, second = bars(date(2025, 9, 1), ["1", "2"])
    history.add(second)
    with pytest.raises(ValueError, match="2025-09-01 after 2025-09-02"):
        history.add(first)
    with pytest.raises(ValueError, match="not before 2025-09-02"):
        history.profile(second.date)


@given(st.lists(st.decimals("0.001", "9999", places=3), max_size=50))
def test_json_gives_back_an_equal_profile(closes: list[Decimal]) -> None:
    profile = build("1234.HK", bars(date(2025, 1, 2), list(map(str, closes))), date(2026, 1, 5), HK)
    assert Profile.from_json(profile.to_json()) == profile


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"symbol":1}', "\x00", '"x"'])
def test_json_that_is_no_profile_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        Profile.from_json(text)


@given(st.data())
def test_damaged_json_is_refused_or_still_a_profile(data: st.DataObject) -> None:
    whole = build("1234.HK", bars(date(2025, 9, 1), ["1", "3", "2"]), date(2025, 9, 4), HK).to_json()
    at = data.draw(st.integers(0, len(whole) - 1))
    damaged = whole[:at] + data.draw(st.sampled_from(["", "x", "0", "]", '"', "null"])) + whole[at + 1 :]
    with suppress(ValueError):
        assert isinstance(Profile.from_json(damaged), Profile)
