"""Percent rules: exact, each step once, and silent on quotes that must not evaluate."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market.alert import Alert, Suppressed
from market.clock import SECOND, parse_rfc3339
from market.freshness import Quality
from market.outcome import Outcome
from market.quote import Quote
from market.rule import Direction, Frequency, Moment, Rule
from market.rulebook import RuleBook
from market.state import MarketState, Verdict

MORNING = parse_rfc3339("2025-09-17T02:00:00Z")
DAY = date(2025, 9, 17)
BASE = Decimal("113.20")


def steps(*percent: str) -> tuple[Decimal, ...]:
    """Thresholds."""
    return tuple(Decimal(step) for step in percent)


def rule(
    frequency: Frequency = "once_per_session", direction: Direction = "both", clear: str = "4", *at: str
) -> Rule:
    """5, 10 and 15 % on Baidu, unless said otherwise."""
    return Rule(
        "r",
        "pct_prev_close",
        ("9888.HK",),
        direction,
        steps(*(at or ("5", "10", "15"))),
        Decimal(clear),
        frequency,
    )


class Desk:
    """A state and a rule book, fed one price a second."""

    def __init__(self, *rules: Rule, base: Decimal = BASE) -> None:
        self.state = MarketState(["9888.HK"])
        self.book = RuleBook(rules)
        self.base = base
        self.alerts: list[Alert] = []
        self.suppressed: list[Suppressed] = []
        self.states: dict[str, str] = {}
        self.at = MORNING

    def price(self, text: str | Decimal, *, after: float = 1, blocked: str | None = None) -> list[str]:
        """One quote; returns the signed steps it fired."""
        self.at += int(after * SECOND)
        quote = Quote("9888.HK", Decimal(text), self.at, self.at, "a", self.base)
        if self.state.apply(quote) is not Verdict.LOUD:
            return []
        entry = self.state.entries["9888.HK"]
        moment = Moment(self.at, Quality.LIVE, entry.calendar.day_of(self.at), blocked)
        before = len(self.alerts)
        self.book.evaluate(entry, quote, moment, self.take)
        new = self.alerts[before:]
        return [f"{'+' if alert.direction == 'up' else '-'}{alert.threshold}" for alert in new]

    def take(self, out: Outcome) -> None:
        """Keep what a look has brought."""
        self.alerts += out.alerts
        self.suppressed += out.suppressed
        self.states |= out.states


def test_each_step_once_a_session() -> None:
    """Baidu's day: up through 5, 10 and 15, down, and up again."""
    desk = Desk(rule())
    fired = [desk.price(p) for p in ("121.00", "120", "124.52", "124", "124.60", "130.18", "124", "131.00")]
    assert fired == [["+5"], [], ["+10"], [], [], ["+15"], [], []]


def test_exactly_ten_is_ten_and_a_hair_less_is_not() -> None:
    """124.52 is +10 % of 113.20 to the last digit."""
    assert Desk(rule("once_per_session", "up", "8", "10")).price("124.52") == ["+10"]
    assert Desk(rule("once_per_session", "up", "8", "10")).price("124.5199999999") == []


def test_fifteen_point_seven_is_not_sixteen() -> None:
    """The papers' 16 % was a close of +15.72 %."""
    assert Desk(rule("once_per_session", "up", "12", "16")).price("131.00") == []


def test_a_jump_over_several_tells_the_highest_and_marks_the_rest() -> None:
    """Five and ten were passed: telling them now would be three alerts for one move."""
    desk = Desk(rule())
    assert desk.price("131.00") == ["+15"]
    assert [desk.price(p) for p in ("114", "120", "125", "131")] == [[], [], [], []]


def test_up_and_down_are_two_instances() -> None:
    """A name may cross both ways on one day."""
    desk = Desk(rule())
    assert [desk.price(p) for p in ("119", "113", "107.54", "101.88")] == [["+5"], [], ["-5"], ["-10"]]
    assert [alert.message.split(", ")[1] for alert in desk.alerts[1:]] == ["through -5%", "through -10%"]


def test_every_cross_needs_the_clear_level_first() -> None:
    """Hysteresis: oscillation between 4 and 5 % is silent; at 4 % exactly the step is armed again."""
    desk = Desk(rule("every_cross", "up", "4", "5"))
    assert desk.price("118.86") == ["+5"]
    assert [desk.price(p) for p in ("118", "118.86", "117.74", "119")] == [[], [], [], []]
    assert desk.price("117.728") == []  # 4 %
    assert desk.price("118.86") == ["+5"]
    assert [alert.dedup_key[-1] for alert in desk.alerts] == ["1", "2"]


def test_once_is_once_for_ever() -> None:
    """The next day does not arm it."""
    desk = Desk(rule("once", "up", "4", "5"))
    assert desk.price("119") == ["+5"]
    desk.price("113", after=86_400)
    assert desk.price("119") == []


def test_a_new_session_arms_again() -> None:
    """By the exchange's own date."""
    desk = Desk(rule("once_per_session", "up", "4", "5"))
    assert desk.price("119") == ["+5"]
    assert desk.price("119.1", after=86_400) == ["+5"]


def test_on_new_extreme_tells_each_further_whole_percent() -> None:
    """From the threshold on."""
    desk = Desk(rule("on_new_extreme", "up", "4", "5"))
    fired = [len(desk.price(p)) for p in ("118", "119", "119.5", "120", "119", "121.2", "121.3")]
    assert fired == [0, 1, 0, 1, 0, 1, 0]


@pytest.mark.parametrize("reason", ["stale", "delayed"])
def test_what_must_not_evaluate_is_said_once_and_fires_later(reason: str) -> None:
    """The first quote that may evaluate fires, if the move still holds."""
    desk = Desk(rule())
    assert [desk.price("119", blocked=reason), desk.price("119.1", blocked=reason)] == [[], []]
    assert [(held.reason, held.threshold) for held in desk.suppressed] == [(reason, Decimal(5))]
    assert desk.price("119.2") == ["+5"]


def test_outside_the_rules_sessions_nothing_fires() -> None:
    """Lunch begins at 12:00: the morning's last instant is not in it."""
    desk = Desk(rule())
    desk.price("113.5")
    noon = parse_rfc3339("2025-09-17T04:00:00Z")
    assert desk.price("119", after=(noon - desk.at) / SECOND) == []
    assert desk.suppressed[0].reason == "out_of_session"


def test_restored_from_its_keys_a_book_repeats_nothing() -> None:
    """Also not the steps that a jump had only passed."""
    first = Desk(rule())
    first.price("125")
    again = Desk(rule())
    again.book.restore(first.states)
    assert [again.price(p) for p in ("119", "125", "131")] == [[], [], ["+15"]]


@pytest.mark.parametrize("frequency", ["once_per_session", "once", "every_cross", "on_new_extreme"])
@pytest.mark.parametrize("killed_after", range(9))
def test_a_tape_played_again_after_a_kill_ends_with_the_same_events(
    frequency: Frequency, killed_after: int
) -> None:
    """Whenever it was killed: what was told is not told again, what was not is told."""
    tape = ("119", "117", "119", "117", "125", "107", "119", "126", "119")
    whole, killed, again = (Desk(rule(frequency)) for _ in range(3))
    for price in tape:
        whole.price(price)
    for price in tape[:killed_after]:
        killed.price(price)
    again.book.restore(killed.states)
    for price in tape:
        again.price(price)
    told = [alert.dedup_key for alert in (*killed.alerts, *again.alerts)]
    assert told == [alert.dedup_key for alert in whole.alerts]


def test_a_late_quote_of_yesterday_re_arms_nothing() -> None:
    """It comes from another source, or after a restart."""
    desk = Desk(rule("every_cross", "up", "4", "5"))
    desk.price("119")
    entry = desk.state.entries["9888.HK"]
    today, entry.session_date = entry.session_date, date(2025, 9, 16)
    yesterday = Quote("9888.HK", Decimal("119"), MORNING - 86_400 * SECOND, desk.at, "a", BASE)
    told: list[Outcome] = []
    desk.book.evaluate(entry, yesterday, Moment(desk.at, Quality.LIVE, DAY), told.append)
    assert told[0].alerts == []
    entry.session_date = today
    assert desk.price("119.1") == []


def test_a_reload_keeps_the_state_of_a_rule_that_has_not_changed() -> None:
    """Crossed, cleared, reloaded, crossed again: the store alone would not know that it was cleared."""
    desk = Desk(rule("every_cross", "up", "4", "5"))
    assert [desk.price("119"), desk.price("117")] == [["+5"], []]
    old, desk.book = (
        desk.book,
        RuleBook([rule("every_cross", "up", "4", "5"), replace(rule("once", "up", "4", "6"), id="s")]),
    )
    desk.book.inherit(old)
    assert desk.price("118.5") == []
    assert desk.price("119") == ["+5"]


def test_no_previous_close_no_percentage() -> None:
    """Missing, it stays silent; zero would divide."""
    state = MarketState(["9888.HK"])
    for base in (None, Decimal(0)):
        quote = Quote("9888.HK", Decimal(131), MORNING, MORNING, "a", base)
        state.apply(quote)
        entry = state.entries["9888.HK"]
        told: list[Outcome] = []
        RuleBook([rule()]).evaluate(entry, quote, Moment(MORNING, Quality.LIVE, DAY), told.append)
        assert told == [Outcome()]


# Less than 30 % apart, so that none is an outlier.
PRICES = st.lists(st.integers(min_value=9750, max_value=12650), min_size=1, max_size=60)
FREQUENCIES: st.SearchStrategy[Frequency] = st.sampled_from(
    ["once_per_session", "once", "every_cross", "on_new_extreme"]
)


@settings(max_examples=200)
@given(PRICES, FREQUENCIES)
def test_the_quiet_box_hides_nothing(cents: list[int], frequency: Frequency) -> None:
    """Evaluating every tick gives the same alerts as evaluating the loud ones."""
    quick, slow = Desk(rule(frequency)), Desk(rule(frequency))
    for cent in cents:
        price = Decimal(cent) / 100
        slow.state.entries["9888.HK"].disturb()
        assert quick.price(price) == slow.price(price)
    assert len({alert.dedup_key for alert in quick.alerts}) == len(quick.alerts)


@settings(max_examples=200)
@given(PRICES)
def test_once_per_session_against_a_naive_oracle(cents: list[int]) -> None:
    """Exact fractions and no cleverness."""
    desk = Desk(rule())
    reached = {"+": 0, "-": 0}
    for cent in cents:
        move = Fraction(cent, 100) / Fraction(BASE) * 100 - 100
        expected = []
        for sign in "+-":
            passed = sum(1 for step in (5, 10, 15) if (move if sign == "+" else -move) >= step)
            if passed > reached[sign]:
                expected.append(f"{sign}{(5, 10, 15)[passed - 1]}")
                reached[sign] = passed
        assert desk.price(Decimal(cent) / 100) == expected


@settings(max_examples=100)
@given(PRICES, st.integers(min_value=1, max_value=40))
def test_scaling_prices_and_base_changes_no_event(cents: list[int], factor: int) -> None:
    """A percentage has no currency."""
    plain, scaled = Desk(rule()), Desk(rule(), base=BASE * factor)
    for cent in cents:
        price = Decimal(cent) / 100
        assert plain.price(price) == scaled.price(price * factor)


@settings(max_examples=100)
@given(PRICES, st.integers(min_value=1, max_value=9))
def test_a_lower_threshold_removes_no_fire(cents: list[int], threshold: int) -> None:
    """A single step, once a session."""
    high = Desk(rule("once_per_session", "up", "0", str(threshold + 1)))
    low = Desk(rule("once_per_session", "up", "0", str(threshold)))
    for cent in cents:
        high.price(Decimal(cent) / 100)
        low.price(Decimal(cent) / 100)
    assert len(low.alerts) >= len(high.alerts)
