"""Every kind of rule that looks at quotes: when it fires, when it does not, and what it says."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from feeds.base import FeedStatus
from market.bars import Bar
from market.clock import MINUTE, SECOND
from market.freshness import Health
from market.headline import Headline
from market.history import History
from market.profile import Mark, Period, Profile
from market.rule import Rule
from market.session import TRADING, Phase, calendar
from monitor.profiles import Loader, Profiles
from tests.unit.desk import DAY, OPEN, ByHand, Desk

TODAY = date(2025, 9, 17)


def steps(*numbers: str | int) -> tuple[Decimal, ...]:
    """Thresholds."""
    return tuple(Decimal(number) for number in numbers)


def rule(kind: str, *at: str, **fields: Any) -> Rule:
    """One on Baidu."""
    known: dict[str, Any] = {"clear": Decimal(at[0]) * Decimal("0.8") if at else Decimal(0), **fields}
    return Rule("r", kind, known.pop("symbols", ("9888.HK",)), steps=steps(*(at or ("0",))), **known)


def short(keys: list[str]) -> list[str]:
    """``up/5/1``: direction, step and occurrence."""
    return ["/".join(key.split("/")[-3:]) for key in keys]


class TestWindow:
    """``pct_window``."""

    def test_a_move_within_the_window(self) -> None:
        """From the lowest price in it, wherever that was; exactly 4 % is 4 %."""
        desk = Desk(rule("pct_window", "4", window=5 * MINUTE))
        prices = (("101", 10), ("100", 60), ("103.9", 200), ("104", 300))
        assert [short(desk.quote(p, t)) for p, t in prices] == [[], [], [], ["up/4/1"]]
        assert "within 5:00 of trading" in desk.heard.alerts[0]["message"]
        assert desk.heard.alerts[0]["value"] == "4.000000"

    def test_a_slow_move_is_none(self) -> None:
        """One percent in two minutes, and so on."""
        desk = Desk(rule("pct_window", "4", window=5 * MINUTE))
        for step in range(10):
            assert desk.quote(str(100 + step), 120 * step + 1) == []

    def test_the_edge_of_the_window_is_in_it(self) -> None:
        """Five minutes are within five minutes, and no nanosecond more."""
        for after, fired in ((300, 1), (300.001, 0)):
            desk = Desk(rule("pct_window", "4", window=5 * MINUTE, direction="up"))
            desk.quote("100", 10)
            assert len(desk.quote("104", 10 + after)) == fired

    def test_lunch_does_not_count(self) -> None:
        """11:58 and 13:01 are three minutes apart."""
        desk = Desk(rule("pct_window", "4", window=5 * MINUTE))
        desk.quote("100", 148 * 60)
        assert short(desk.quote("104", 211 * 60)) == ["up/4/1"]

    def test_a_move_that_leaves_the_window_no_longer_holds(self) -> None:
        """After half a minute what it began from is a minute old, though the price stands."""
        for hold, fired in ((20, ["up/4/1"]), (45, [])):
            desk = Desk(rule("pct_window", "4", window=MINUTE, hold=hold * SECOND))
            desk.quote("100", 0)
            desk.quote("104", 30)
            assert short(desk.wait(100)) == fired

    def test_it_never_reaches_into_yesterday(self) -> None:
        """Yesterday's last minute and today's first are hours apart."""
        desk = Desk(rule("pct_window", "4", window=60 * MINUTE))
        desk.quote("100", 390 * 60 - 1)
        assert desk.quote("104", DAY + 1) == []

    def test_on_a_market_that_never_closes_midnight_is_a_moment_like_any(self) -> None:
        """The session is the UTC day; trading goes on."""
        desk = Desk(rule("pct_window", "4", symbols=("BTC-USD",), window=5 * MINUTE), symbols=["BTC-USD"])
        midnight = 22.5 * 3600
        desk.quote("100", midnight - 60, symbol="BTC-USD")
        assert short(desk.quote("104", midnight + 60, symbol="BTC-USD")) == ["up/4/1"]

    def test_another_source_begins_a_new_window(self) -> None:
        """Its price differs without anything having moved."""
        desk = Desk(rule("pct_window", "4", window=5 * MINUTE))
        desk.quote("100", 10)
        assert desk.quote("104", 30, source="b") == []

    def test_a_live_restart_remembers_the_minutes(self) -> None:
        """Of one that was killed those that were kept, which is every ten seconds."""
        on = rule("pct_window", "4", window=5 * MINUTE)
        first = Desk(on)
        first.quote("100", 10)
        first.quote("103", 20)
        first.wait(31)
        again = Desk(on, store=first.store)
        assert short(again.quote("104", 300)) == ["up/4/1"]
        other = Desk(on, store=first.store)
        assert other.quote("99", DAY + 10) == []

    def test_another_threshold_keeps_the_minutes(self) -> None:
        """A reload forgets nothing."""
        desk = Desk(rule("pct_window", "8", window=5 * MINUTE))
        desk.quote("100", 10)
        desk.reload(rule("pct_window", "4", window=5 * MINUTE))
        assert short(desk.quote("104", 20)) == ["up/4/1"]

    def test_after_a_restart_it_is_built_by_old_quotes_that_fire_nothing(self) -> None:
        """Read again from the start the tape says what the uninterrupted run said."""
        tape = [("100", 10), ("104", 60), ("99.84", 90), ("103.9", 120), ("108", 180)]
        whole = Desk(rule("pct_window", "4", "8", frequency="every_cross", window=5 * MINUTE))
        for price, at in tape:
            whole.quote(price, at)
        for killed_after in range(len(tape) + 1):
            killed = Desk(*whole.engine.rules.rules)
            for price, at in tape[:killed_after]:
                killed.quote(price, at)
            again = Desk(*whole.engine.rules.rules, store=killed.store)
            for price, at in tape:
                again.quote(price, at)
            assert killed.keys + again.keys == whole.keys


class TestCross:
    """``price_cross``."""

    def test_it_takes_a_price_on_either_side(self) -> None:
        """A first price beyond the level is no cross."""
        desk = Desk(rule("price_cross", "120", direction="up"))
        fired = [short(desk.quote(p, t)) for t, p in enumerate(("121", "122", "119.9", "120"), 1)]
        assert fired == [[], [], [], ["up/120/1"]]
        assert desk.heard.alerts[0]["message"] == "Baidu 9888.HK +20.00% at HK$120.00, up through HK$120.00"
        assert (desk.heard.alerts[0]["threshold"], desk.heard.alerts[0]["value"]) == ("120", "120.000000")

    def test_once_a_session_and_the_next_one_needs_a_cross_of_its_own(self) -> None:
        """What stays beyond the level is not told each day; what opens beyond it from below is."""
        desk = Desk(rule("price_cross", "110", direction="up"))
        for at, price in ((1, "109"), (2, "111"), (3, "108"), (4, "112")):
            desk.quote(price, at)
        assert desk.quote("113", DAY + 1) == []
        desk.quote("109", DAY + 60)
        assert len(desk.quote("114", 2 * DAY + 1)) == 1
        assert len(desk.keys) == 2

    def test_both_ways_and_further_levels(self) -> None:
        """Downwards the lower level is the further one; a leap tells it and marks the other."""
        desk = Desk(rule("price_cross", "100", "95", "105"))
        fired = [short(desk.quote(p, t)) for t, p in enumerate(("101", "94", "96", "101", "106"), 1)]
        assert fired == [[], ["down/95/1"], ["up/95/1"], ["up/100/1"], ["up/105/1"]]

    def test_every_cross_re_arms_as_far_off_as_clear_says(self) -> None:
        """Above the level downwards."""
        desk = Desk(rule("price_cross", "100", clear=Decimal(98), frequency="every_cross"))
        prices = ("99", "101", "99", "101", "98", "100", "102", "100")
        fired = [short(desk.quote(p, t)) for t, p in enumerate(prices, 1)]
        assert fired == [
            [], ["up/100/1"], ["down/100/1"], [], [], ["up/100/2"], [], ["down/100/2"],
        ]  # fmt: skip

    def test_a_quote_that_may_not_act_crosses_nothing_and_the_next_one_does(self) -> None:
        """The side is that of the last price that counted."""
        desk = Desk(rule("price_cross", "110", direction="up"))
        desk.quote("109", 1)
        assert desk.quote("111", 200, lag=100) == []
        assert short(desk.quote("111", 201)) == ["up/110/1"]

    def test_a_first_price_on_the_level_itself_is_left_and_crossed(self) -> None:
        """Not even a move of one tick away from it may be quiet."""
        desk = Desk(rule("price_cross", "110", direction="up"))
        fired = [short(desk.quote(p, t)) for t, p in enumerate(("110", "110", "109.9", "110"), 1)]
        assert fired == [[], [], [], ["up/110/1"]]

    def test_a_hold_goes_on_over_the_night(self) -> None:
        """Half of it before the close, and half after the next opening."""
        desk = Desk(rule("price_cross", "110", direction="up", hold=60 * SECOND))
        desk.quote("109", 6.6 * 3600)
        desk.quote("110", 6.6 * 3600 + 10)
        assert desk.quote("111", DAY + 1) == []
        assert short(desk.quote("111", DAY + 61)) == ["up/110/1"]

    @pytest.mark.parametrize("phases", [TRADING, frozenset((Phase.MORNING,))])
    def test_the_first_price_that_counts_is_its_side(self, phases: frozenset[Phase]) -> None:
        """Even where it is the same as an older one that did not count."""
        desk = Desk(rule("price_cross", "110", direction="up", phases=phases))
        desk.quote("109", 100, lag=95)
        desk.quote("109", 101)
        assert short(desk.quote("110", 102)) == ["up/110/1"]

    def test_the_first_price_that_counts_on_another_side_is_seen(self) -> None:
        """Even where an older one that did not count lay there before."""
        desk = Desk(rule("price_cross", "105", direction="down", phases=frozenset((Phase.MORNING,))))
        desk.quote("100", 1)
        desk.quote("110", 100, lag=95)
        desk.quote("110", 101)
        assert short(desk.quote("104", 102)) == ["down/105/1"]

    def test_a_crossing_that_waits_outlives_a_change_of_the_lead(self) -> None:
        """One that a cooldown withholds, and one on a quote that was too old."""
        cooling = Desk(rule("price_cross", "105", "110", direction="up", cooldown=60 * SECOND))
        cooling.quote("104", 1)
        assert short(cooling.quote("105", 2)) == ["up/105/1"]
        assert cooling.quote("110", 10) == []
        for at, price in ((10.5, "110.1"), (17, "110.2")):
            assert cooling.quote(price, at, source="b") == []
        assert short(cooling.quote("110.2", 62, source="b")) == ["up/110/1"]
        old = Desk(rule("price_cross", "110", direction="up"))
        old.quote("109", 1)
        assert old.quote("111", 200, lag=95) == []
        assert short(old.quote("111", 201, source="b")) == ["up/110/1"]

    def test_two_sources_that_differ_at_lunch_cross_nothing_after_it(self) -> None:
        """The other one takes the lead with a quote that may not act."""
        desk = Desk(rule("price_cross", "110", direction="up"))
        lunch = 2.5 * 3600
        desk.quote("109.9", lunch - 10)
        desk.quote("110", lunch - 10, source="b")
        desk.quote("110", lunch + 10, source="b")
        assert desk.quote("110", lunch + 3600, source="b") == []

    def test_a_live_restart_remembers_the_side(self) -> None:
        """The cross that came while it was away is told."""
        first = Desk(rule("price_cross", "110", direction="up"))
        first.quote("109", 1)
        again = Desk(rule("price_cross", "110", direction="up"), store=first.store)
        assert short(again.quote("111", 60)) == ["up/110/1"]


class TestGap:
    """``gap_open``."""

    def test_the_open_once_the_session_has_opened(self) -> None:
        """The opening auction's guess, and yesterday's open before it, are none."""
        desk = Desk(rule("gap_open", "5"))
        assert desk.quote("107", -300, open=Decimal(107)) == []
        assert short(desk.quote("104", 1, open=Decimal("106.9"))) == ["up/5/1"]
        assert "opened +6.90%, through +5%" in desk.heard.alerts[0]["message"]
        assert desk.quote("108", 60, open=Decimal("106.9")) == []

    def test_an_open_that_comes_late_is_seen_at_once(self) -> None:
        """Also where the price lies in the quiet box."""
        desk = Desk(rule("gap_open", "5"))
        desk.quote("104", 1)
        assert short(desk.quote("104.1", 2, open=Decimal(94))) == ["down/5/1"]


class TestExtremes:
    """``new_high`` and ``new_low``."""

    def test_the_first_quote_is_no_new_high(self) -> None:
        """Nor is what the venue's high had reached before it."""
        desk = Desk(rule("new_high", direction="up"))
        fired = [
            short(desk.quote(p, t, high=Decimal(high)))
            for t, (p, high) in enumerate(
                (("100", "103"), ("102", "103"), ("103", "103"), ("103.1", "103.1")), 1
            )
        ]
        assert fired == [[], [], [], ["up/0/1"]]
        assert "new high of the day, HK$103.10 after HK$103.00" in desk.heard.alerts[0]["message"]

    def test_the_venues_high_tells_of_what_was_traded_between_two_quotes(self) -> None:
        """The price is back, the high stands."""
        desk = Desk(rule("new_high", direction="up"))
        desk.quote("100", 1, high=Decimal(103))
        assert short(desk.quote("101", 2, high=Decimal("103.5"))) == ["up/0/1"]

    def test_on_new_extreme_tells_each_further_percent(self) -> None:
        """And no tick of it."""
        desk = Desk(rule("new_low", direction="down", frequency="on_new_extreme"))
        fired = [
            short(desk.quote(p, t)) for t, p in enumerate(("100", "99.9", "99.5", "99", "98.1", "97"), 1)
        ]
        assert fired == [[], ["down/0/0"], [], ["down/0/1"], [], ["down/0/3"]]

    def test_a_high_from_which_the_price_has_come_far_is_a_high(self) -> None:
        """More than 30 % of today's price, and less of the previous close."""
        desk = Desk(rule("new_high", direction="up"))
        desk.quote("95", 1, high=Decimal(125))
        assert desk.quote("97", 2, high=Decimal(125)) == []
        assert desk.quote("98", 3, high=Decimal(9999)) == []

    def test_a_lone_outlier_is_no_days_low(self) -> None:
        """Nothing is learnt from what was never believed."""
        desk = Desk(rule("new_low", direction="down"))
        desk.quote("100", -60)
        desk.quote("9999", 1)
        assert desk.quote("99", 2) == []
        assert short(desk.quote("98", 3)) == ["down/0/1"]

    def test_of_52_weeks_and_on_record(self) -> None:
        """From the extremes on file, which must be those before this session."""
        known = profile(year_high=Mark(Decimal(120), date(2025, 3, 3)), record_high=Decimal(150))
        for lookback, level in (("52w", "120.1"), ("record", "150.1")):
            desk = Desk(rule("new_high", direction="up", lookback=lookback), profiles={"9888.HK": known})
            assert desk.quote("119", 1) == []
            assert len(desk.quote(level, 2, prev_close=Decimal(119))) == 1
            old = replace(known, session_date=date(2025, 9, 16))
            assert Desk(rule("new_high", direction="up", lookback=lookback), profiles={"9888.HK": old}).quote(
                "151", 1
            ) == []  # fmt: skip

    def test_the_first_price_of_a_session_is_kept_over_a_restart(self) -> None:
        """A start in mid-session finds no old high new."""
        first = Desk(rule("new_high", direction="up"))
        first.quote("100", 1)
        again = Desk(rule("new_high", direction="up"), store=first.store)
        assert short(again.quote("101", 60)) == ["up/0/1"]


class TestVolume:
    """``volume_ratio``."""

    def test_against_a_mean_day(self) -> None:
        """So far; exactly twice is twice."""
        known = profile(mean_volume=Decimal(1000))
        desk = Desk(rule("volume_ratio", "2", "3", direction="up"), profiles={"9888.HK": known})
        fired = [
            short(desk.quote("100", t, volume=v)) for t, v in enumerate((None, 1999, 2000, 2500, 3001), 1)
        ]
        assert fired == [[], [], ["up/2/1"], [], ["up/3/1"]]
        assert "volume 3 times a 20-day average day, through 3" in desk.heard.alerts[1]["message"]


class TestStreak:
    """``streak``."""

    def test_in_progress_as_if_it_closed_here(self) -> None:
        """Two gains on file; a price above the last close makes three, the close itself does not."""
        desk = Desk(
            rule("streak", "3", period=Period.DAY, length=3, basis="in_progress"),
            profiles={"9888.HK": profile(closes=("97", "98", "100"))},
        )
        assert desk.quote("100", 1) == []
        assert short(desk.quote("100.05", 2)) == ["up/3/1"]
        assert "3rd straight daily gain if it closes here" in desk.heard.alerts[0]["message"]
        assert desk.quote("99", 60) == []

    def test_closed_waits_until_the_close_is_final(self) -> None:
        """The auction's price after 16:08, once it is 16:10; nobody need send another quote."""
        desk = Desk(
            rule("streak", "3", period=Period.DAY, length=3, basis="closed"),
            profiles={"9888.HK": profile(closes=("97", "98", "100"))},
        )
        assert desk.quote("101", 6 * 3600) == []
        assert desk.quote("102", 398.5 * 60) == []
        assert desk.wait(399.9 * 60) == []
        assert short(desk.wait(400 * 60 + 2)) == ["up/3/1"]
        assert desk.heard.alerts[0]["phase"] == "closing_auction"
        assert desk.wait(402 * 60) == []

    def test_a_reload_still_awaits_the_close(self) -> None:
        """Of a rule that told something the day before."""
        known = {"9888.HK": profile(closes=("97", "98", "100"))}
        on = rule("streak", "3", period=Period.DAY, length=3, basis="closed")
        desk = Desk(on, profiles=known)
        desk.quote("102", 398.5 * 60)
        assert short(desk.wait(400 * 60 + 2)) == ["up/3/1"]
        known["9888.HK"] = replace(known["9888.HK"], session_date=date(2025, 9, 18))
        desk.quote("102", DAY + 398.5 * 60)
        desk.reload(on)
        assert short(desk.wait(DAY + 400 * 60 + 2)) == ["up/3/1"]

    def test_a_close_at_which_the_name_is_halted_is_withheld_and_told(self) -> None:
        """Once."""
        desk = Desk(
            rule("streak", "3", period=Period.DAY, length=3, basis="closed"),
            profiles={"9888.HK": profile(closes=("97", "98", "100"))},
        )
        desk.quote("102", 398.5 * 60, phase="halted")
        assert desk.wait(402 * 60) == []
        assert [held.reason for held in desk.heard.withheld] == ["halted"]

    def test_no_run_counts_from_too_old_a_close(self) -> None:
        """Friday is not on file: the week would be one since Thursday."""
        whole = profile(closes=tuple(map(str, range(60, 101))))
        week = replace(whole.finished[Period.WEEK], hole=1)
        holed = replace(whole, finished={**whole.finished, Period.WEEK: week})
        for history, fired in ((whole, ["up/3/1"]), (holed, [])):
            desk = Desk(
                rule("streak", "3", period=Period.WEEK, length=3, basis="in_progress"),
                profiles={"9888.HK": history},
            )
            assert short(desk.quote("101", 1)) == fired

    def test_a_week_is_closed_with_its_last_session(self) -> None:
        """17 September 2025 was a Wednesday."""
        desk = Desk(
            rule("streak", "1", period=Period.WEEK, length=1, basis="closed"),
            profiles={"9888.HK": profile(closes=("97", "98", "100"))},
        )
        desk.quote("102", 398.5 * 60)
        assert desk.wait(401 * 60) == []


class TestRelative:
    """``relative``."""

    def test_the_excess_over_an_index(self) -> None:
        """Ten percent on a day when the index is up four are six."""
        desk = Desk(rule("relative", "5", index="HSTECH"))
        assert desk.quote("110", 1) == []  # the index is not known yet
        desk.quote("6240", 2, symbol="HSTECH", prev_close=Decimal(6000))
        assert short(desk.quote("109", 3)) == ["up/5/1"]
        assert "+5.00% over HSTECH, through +5%" in desk.heard.alerts[0]["message"]
        assert desk.heard.alerts[0]["value"] == "5.000000"

    def test_an_index_that_moves_alone(self) -> None:
        """What has stood for five seconds is told, once, whether by steps or by new extremes."""
        for frequency in ("once_per_session", "on_new_extreme"):
            desk = Desk(rule("relative", "5", index="HSTECH", frequency=frequency))
            desk.quote("106", 1)
            desk.quote("6120", 2, symbol="HSTECH", prev_close=Decimal(6000))
            for second, points in enumerate(("6060", "6059", "6058"), 10):
                assert desk.quote(points, second, symbol="HSTECH", prev_close=Decimal(6000)) == []
            assert desk.wait(14) == []
            assert [key.split("/")[3:5] for key in desk.wait(60)] == [["up", "5"]]
            assert desk.heard.alerts[0]["value"] == "5.033333"

    def test_a_name_that_follows_its_index_has_no_excess(self) -> None:
        """The index speaks first, a moment before the name; and an old index says nothing."""
        desk = Desk(rule("relative", "5", index="HSTECH"))
        desk.quote("100", 1)
        desk.quote("6000", 1.1, symbol="HSTECH", prev_close=Decimal(6000))
        desk.quote("6360", 9, symbol="HSTECH", prev_close=Decimal(6000))
        assert desk.wait(11) == desk.quote("106.5", 12) == desk.wait(80) == []
        assert desk.quote("117", 99.5, lag=4) == []

    def test_an_index_that_is_late_makes_no_move(self) -> None:
        """Ninety seconds apart at the most."""
        desk = Desk(rule("relative", "5", index="HSTECH"))
        desk.quote("6240", 2, symbol="HSTECH", prev_close=Decimal(6000))
        assert desk.quote("120", 93) == []


class TestHold:
    """``for``."""

    def test_it_must_hold_and_the_first_quote_after_that_tells(self) -> None:
        """A price that falls back begins anew."""
        desk = Desk(rule("pct_prev_close", "5", hold=30 * SECOND))
        prices = ((0, "105"), (20, "104.9"), (25, "105"), (54, "105.2"), (55, "105.1"))
        assert [short(desk.quote(p, t)) for t, p in prices] == [[], [], [], [], ["up/5/1"]]

    def test_it_tells_though_it_broke_before_time_was_looked_at(self) -> None:
        """Of the last price that held. One that breaks it at that very moment is in time."""
        desk = Desk(rule("pct_prev_close", "5", hold=30 * SECOND))
        prices = ((0.3, "105"), (12.1, "105.2"), (30.4, "104"), (40.5, "105"), (70.5, "104"))
        assert [short(desk.quote(p, t)) for t, p in prices] == [[], [], ["up/5/1"], [], []]
        assert desk.heard.alerts[0]["price"] == "105.2"
        again = Desk(rule("pct_prev_close", "5", hold=30 * SECOND))
        assert [short(again.quote(p, t)) for t, p in ((40.5, "105"), (70.5, "104"))] == [[], []]

    def test_no_further_quote_is_needed_while_the_last_is_fresh(self) -> None:
        """Time alone sets it off."""
        desk = Desk(rule("pct_prev_close", "5", hold=30 * SECOND))
        desk.quote("105", 0)
        assert desk.wait(29) == []
        assert short(desk.wait(31)) == ["up/5/1"]

    def test_a_quote_that_has_grown_old_tells_nothing(self) -> None:
        """Nobody knows whether it holds."""
        desk = Desk(rule("pct_prev_close", "5", hold=120 * SECOND))
        desk.quote("105", 0)
        assert desk.wait(200) == []

    def test_lunch_does_not_count(self) -> None:
        """One minute before it and one after make two."""
        desk = Desk(rule("pct_prev_close", "5", hold=120 * SECOND))
        for at in (149 * 60, 211 * 60 - 1):
            assert desk.quote("105", at) == []
        assert short(desk.quote("105.1", 211 * 60)) == ["up/5/1"]

    def test_an_old_quote_is_not_waited_for_second_by_second(self) -> None:
        """A tape passes its nights at once; the next quote takes the hold up again."""
        desk = Desk(rule("pct_prev_close", "5", hold=300 * SECOND))
        desk.quote("105", 0)
        waited = desk.engine.rules.is_waiting
        desk.wait(92)
        assert (waited, desk.engine.rules.is_waiting) == (True, False)
        for at in (100, 180, 260):
            assert desk.quote("105", at) == []
        assert short(desk.wait(301)) == ["up/5/1"]

    def test_what_held_before_a_restart_has_held(self) -> None:
        """Since when is kept."""
        first = Desk(rule("pct_prev_close", "5", hold=30 * SECOND))
        first.quote("105", 0)
        again = Desk(rule("pct_prev_close", "5", hold=30 * SECOND), store=first.store)
        assert short(again.quote("105.1", 31)) == ["up/5/1"]


class TestOtherKeys:
    """What holds for every kind."""

    def test_a_cooldown_delays_what_still_stands(self) -> None:
        """And says that it did."""
        desk = Desk(rule("pct_prev_close", "5", "6", cooldown=60 * SECOND))
        prices = ((0, "105"), (10, "106"), (59, "106.1"), (60, "106.2"))
        assert [short(desk.quote(p, t)) for t, p in prices] == [["up/5/1"], [], [], ["up/6/1"]]
        assert [held.reason for held in desk.heard.withheld] == ["cooldown"]

    def test_a_cooldown_ends_by_itself(self) -> None:
        """No further quote is needed."""
        desk = Desk(rule("pct_prev_close", "5", "6", cooldown=60 * SECOND))
        desk.quote("105", 0)
        desk.quote("106", 10)
        assert desk.wait(59) == []
        assert short(desk.wait(61)) == ["up/6/1"]

    def test_a_cooldown_begins_when_an_alert_is_told(self) -> None:
        """Not with the quote that had held until then."""
        desk = Desk(rule("pct_prev_close", "5", "6", hold=30 * SECOND, cooldown=60 * SECOND))
        desk.quote("105", 0)
        assert short(desk.wait(31)) == ["up/5/1"]
        desk.quote("106", 32)
        desk.quote("106", 80)
        assert desk.wait(89) == []
        assert short(desk.wait(92)) == ["up/6/1"]

    def test_what_passes_during_a_cooldown_is_seen(self) -> None:
        """The price goes back across the level meanwhile: it may cross it again."""
        desk = Desk(
            rule("price_cross", "110", frequency="every_cross", clear=Decimal(109), cooldown=60 * SECOND)
        )
        prices = ((0, "109"), (1, "110"), (2, "109"), (90, "110"))
        assert [short(desk.quote(p, t)) for t, p in prices] == [[], ["up/110/1"], [], ["up/110/2"]]

    def test_a_hold_is_broken_during_a_cooldown(self) -> None:
        """From when it holds again it must hold."""
        desk = Desk(rule("pct_prev_close", "5", "6", hold=10 * SECOND, cooldown=60 * SECOND))
        prices = ((0, "105"), (9, "106"), (10, "106"), (12, "105"), (80, "106"), (90, "106.1"))
        assert [short(desk.quote(p, t)) for t, p in prices] == [[], [], ["up/5/1"], [], [], ["up/6/1"]]

    @pytest.mark.parametrize(
        ("expires", "alive"),
        [
            (date(2025, 9, 16), False),
            (TODAY, True),
            (date.max, True),
            (datetime(2025, 9, 17, 9, 30, 2), True),  # noqa: DTZ001 - the exchange's own time
            (datetime(2025, 9, 17, 9, 30), False),  # noqa: DTZ001
            (datetime.fromisoformat("2025-09-17T01:30:00Z"), False),
        ],
    )
    def test_an_expired_rule_is_silent(self, expires: date, alive: bool) -> None:
        """Its last day is one of its days."""
        desk = Desk(rule("pct_prev_close", "5", expires=expires))
        assert bool(desk.quote("105", 1)) is alive
        if not alive:
            assert '"5":"expired"' in desk.store.states()["r/9888.HK/up"]

    def test_sessions_of_its_own(self) -> None:
        """The afternoon alone."""
        desk = Desk(rule("pct_prev_close", "5", phases=frozenset((Phase.AFTERNOON,))))
        assert desk.quote("105", 1) == []
        assert len(desk.quote("105.1", 3.5 * 3600)) == 1


class TestConfirmation:
    """``confirm``."""

    def test_a_second_source_that_is_there_already_agrees_at_once(self) -> None:
        """Both have reached the step."""
        desk = Desk(rule("pct_prev_close", "5", confirm_within=10 * SECOND))
        desk.quote("104", 0)
        desk.quote("105.1", 1, source="b")
        assert len(desk.quote("105", 2)) == 1
        assert desk.heard.alerts[0]["confirmed"] is True

    def test_what_waited_over_the_night_is_told_with_the_next_price(self) -> None:
        """Of a day whose history is another one: nothing is measured against yesterday's."""
        on = rule("streak", "3", period=Period.DAY, length=3, confirm_within=5 * SECOND)
        desk = Desk(on, profiles={"9888.HK": profile(closes=("97", "98", "100"))})
        assert desk.quote("101", 6.6 * 3600) == []
        assert short(desk.quote("102", DAY + 1)) == ["up/3/1"]

    def test_a_source_at_which_the_name_is_halted_agrees_with_nobody(self) -> None:
        """Its price is one at which nobody may trade."""
        desk = Desk(rule("pct_prev_close", "5", confirm_within=10 * SECOND))
        desk.quote("104", 0)
        desk.quote("105.1", 1, source="b", phase="halted")
        desk.quote("105", 2)
        assert len(desk.wait(13)) == 1
        assert desk.heard.alerts[0]["confirmed"] is False

    def test_one_that_comes_within_the_wait(self) -> None:
        """It does not lead, and is heard all the same."""
        desk = Desk(rule("pct_prev_close", "5", confirm_within=10 * SECOND))
        assert desk.quote("105", 0) == []
        assert desk.quote("104.9", 1, source="b") == []
        assert len(desk.quote("105", 2, source="b")) == 1
        assert desk.heard.alerts[0]["confirmed"] is True

    def test_nobody_agrees(self) -> None:
        """It is told all the same, and said to be unconfirmed, though the price is back."""
        desk = Desk(rule("pct_prev_close", "5", confirm_within=10 * SECOND))
        desk.quote("105", 0)
        desk.quote("104", 1)
        assert desk.wait(9) == []
        assert len(desk.wait(11)) == 1
        assert desk.heard.alerts[0]["confirmed"] is False
        assert desk.heard.alerts[0]["message"].endswith("through +5% (unconfirmed)")

    def test_while_one_waits_the_next_waits_for_it(self) -> None:
        """Ten percent come two seconds after five, and are told once the five are."""
        desk = Desk(rule("pct_prev_close", "5", "10", confirm_within=10 * SECOND))
        desk.quote("105", 0)
        desk.quote("110", 2)
        assert short(desk.wait(11)) == ["up/5/1"]
        assert desk.quote("110.1", 12) == []
        assert short(desk.wait(23)) == ["up/10/1"]

    def test_a_tape_that_ends_tells_what_waits(self) -> None:
        """Nobody will agree any more."""
        desk = Desk(rule("pct_prev_close", "5", confirm_within=10 * SECOND))
        desk.quote("105", 0)
        desk.engine.alerting.finish(desk.clock.at, ())
        assert [alert["confirmed"] for alert in desk.heard.alerts] == [False]

    def test_a_crash_while_it_waits_loses_nothing(self) -> None:
        """What is not told is not remembered."""
        tape = (("105", 0), ("105.1", 20))
        first = Desk(rule("pct_prev_close", "5", confirm_within=10 * SECOND))
        first.quote(*tape[0])
        again = Desk(rule("pct_prev_close", "5", confirm_within=10 * SECOND), store=first.store)
        told = [key for price, at in tape for key in again.quote(price, at)]
        assert short(told) == ["up/5/1"]


def test_an_outlier_that_nothing_follows_is_told() -> None:
    """After ten seconds, once."""
    desk = Desk(rule("pct_prev_close", "5"))
    desk.quote("100", 0)
    desk.quote("140", 1)
    desk.wait(9)
    assert desk.heard.withheld == []
    desk.wait(60)
    assert [(held.reason, held.count) for held in desk.heard.withheld] == [("outlier", 1)]


def test_after_a_session_the_withheld_are_counted() -> None:
    """By rule and reason."""
    desk = Desk(rule("pct_prev_close", "5"))
    for at in range(5):
        desk.quote(f"105.{at}", -60 + at)
    desk.wait(-50)
    desk.wait(7 * 3600)
    first, last = desk.heard.withheld
    assert (first.reason, first.count, first.threshold) == ("out_of_session", 1, Decimal(5))
    assert (last.reason, last.count, last.quote) == ("out_of_session", 5, None)


@pytest.mark.parametrize(
    ("kind", "threshold", "price"), [("pct_prev_close", "5", "106"), ("price_cross", "106", "107")]
)
def test_a_halted_name_sets_nothing_off(kind: str, threshold: str, price: str) -> None:
    """However its price moves; it is told by the first quote of trading, if it still stands there."""
    desk = Desk(rule(kind, threshold, direction="up"))
    assert desk.quote("100", 10) == []
    assert desk.quote(price, 20, phase="halted") == desk.quote(price, 21, phase="halted") == []
    assert [held.reason for held in desk.heard.withheld] == ["halted"]
    assert desk.quote(price, 22) == [f"r/9888.HK/2025-09-17/up/{threshold}/1"]


def test_a_halt_without_a_move_holds_up_what_is_pending() -> None:
    """Within the same minute, at the same price: the clock must not go on for it."""
    desk = Desk(rule("pct_prev_close", "5", hold=30 * SECOND))
    desk.quote("106", 10)
    desk.quote("106", 15, phase="halted")
    assert desk.wait(60) == []
    assert [held.reason for held in desk.heard.withheld] == ["halted"]


class TestHeadline:
    """``headline``."""

    @staticmethod
    def _headline(title: str, name: str = "1", *symbols: str, age: float = 60) -> Headline:
        return Headline(name, title, "", OPEN - round(age * SECOND), OPEN, "rthk", symbols)

    def test_words_in_two_languages_each_headline_once(self) -> None:
        """Whichever source brings it, however often."""
        desk = Desk(rule("headline", keywords=("convertible bond*", "可換股債券"), everything=True))
        desk.engine.add_headlines(
            [
                self._headline("Baidu prices Convertible Bonds", "1", "9888.HK"),
                self._headline("Baidu prices Convertible Bonds", "1", "9888.HK"),
                self._headline("某公司發行可換股債券", "2"),
                self._headline("Baidu buys back shares", "3", "9888.HK"),
                self._headline("Old convertible bond", "4", age=13 * 3600),
            ]
        )
        told = [(alert["symbol"], alert["price"], alert["threshold"]) for alert in desk.heard.alerts]
        assert told == [("9888.HK", None, None), (None, None, None)]
        again = Desk(*desk.engine.rules.rules, store=desk.store)
        again.engine.add_headlines([self._headline("Baidu prices Convertible Bonds", "1", "9888.HK")])
        assert again.keys == []

    def test_with_symbols_it_must_name_one(self) -> None:
        """Others' placings are others'."""
        desk = Desk(rule("headline", keywords=("placing",)))
        desk.engine.add_headlines(
            [self._headline("Placing", "1", "0700.HK"), self._headline("Placing", "2", "9888.HK")]
        )
        assert [alert["symbol"] for alert in desk.heard.alerts] == ["9888.HK"]


class TestSilence:
    """``stale`` and ``feed_down``."""

    def test_a_name_that_falls_silent_and_comes_back(self) -> None:
        """Once a session; what is over is said."""
        desk = Desk(rule("stale", str(120 * SECOND)), symbols=["9888.HK"])
        desk.quote("100", 1)
        assert desk.wait(120) == []
        assert short(desk.wait(122)) == ["stale/120/1"]
        alert = desk.heard.alerts[0]
        assert (alert["symbol"], alert["quality"], alert["price"], alert["threshold"]) == (
            "9888.HK", "stale", None, "120",
        )  # fmt: skip
        assert alert["message"] == "Baidu 9888.HK has had no quote for 2:00"
        desk.quote("100.1", 130)
        desk.wait(132)
        assert [line["dedup_key"] for line in desk.heard.resolutions] == [alert["dedup_key"]]
        assert desk.wait(300) == []

    def test_lunch_and_night_are_no_silence(self) -> None:
        """Only trading counts."""
        desk = Desk(rule("stale", str(120 * SECOND)), symbols=["9888.HK"])
        desk.quote("100", 150 * 60 - 10)
        assert desk.wait(211 * 60) == []
        assert len(desk.wait(212 * 60)) == 1

    def test_a_restart_neither_repeats_nor_forgets_it(self) -> None:
        """It is resolved by whoever hears the name again."""
        first = Desk(rule("stale", str(120 * SECOND)), symbols=["9888.HK"])
        first.quote("100", 1)
        first.wait(125)
        again = Desk(rule("stale", str(120 * SECOND)), symbols=["9888.HK"], store=first.store)
        again.quote("100", 130)
        again.wait(135)
        assert (again.keys, len(again.heard.resolutions)) == ([], 1)

    def test_a_feed_that_is_down(self) -> None:
        """For as long as the rule wants it to be."""
        desk = Desk(rule("feed_down", hold=5 * SECOND), symbols=["9888.HK"])
        desk.quote("100", 1)
        status = desk.engine.intakes["a"].feed.status
        status.state = Health.DOWN
        assert desk.wait(5) == []
        assert short(desk.wait(9)) == ["down/0/1"]
        assert desk.heard.alerts[0]["message"] == "a is down"
        status.state = Health.LIVE
        desk.quote("100.1", 10)
        desk.wait(12)
        assert desk.heard.resolutions[0]["source"] == "a"

    @pytest.mark.parametrize(
        "silent", [rule("stale", str(120 * SECOND)), rule("stale", str(120 * SECOND), feeds=("a",))]
    )
    def test_a_restart_is_no_end_of_a_silence(self, silent: Rule) -> None:
        """The new process has heard nothing either: only a quote says that it is over."""
        first = Desk(silent, symbols=["9888.HK"])
        first.quote("100", 1)
        first.wait(125)
        again = Desk(silent, symbols=["9888.HK"], store=first.store)
        again.clock.at = first.clock.at
        again.engine.add_source(ByHand("a", FeedStatus()))
        again.wait(200)
        assert (len(first.keys), again.keys, again.heard.resolutions) == (1, [], [])
        again.engine.intakes["a"].feed.status.state = Health.LIVE
        again.quote("100", 201)
        again.wait(203)
        assert (again.keys, len(again.heard.resolutions)) == ([], 1)

    def test_a_restart_is_no_end_of_an_outage(self) -> None:
        """A feed that the new process still connects to has not come back."""
        down = rule("feed_down", hold=5 * SECOND)
        first = Desk(down, symbols=["9888.HK"])
        first.quote("100", 1)
        first.engine.intakes["a"].feed.status.state = Health.DOWN
        first.wait(9)
        again = Desk(down, symbols=["9888.HK"], store=first.store)
        again.clock.at = first.clock.at
        status = again.engine.add_source(ByHand("a", FeedStatus())).feed.status
        again.wait(12)
        status.state = Health.DOWN
        again.wait(30)
        assert (len(first.keys), again.keys, again.heard.resolutions) == (1, [], [])
        status.state = Health.LIVE
        again.quote("100.1", 31)
        again.wait(33)
        assert (again.keys, len(again.heard.resolutions)) == ([], 1)


def profile(closes: tuple[str, ...] = ("99", "100"), **fields: Any) -> Profile:
    """History up to the day before."""
    hours = calendar("XHKG")
    days = [hours.previous(TODAY)]
    while len(days) < len(closes):
        days.append(hours.previous(days[-1]))
    history = History("9888.HK", hours)
    for day, close in zip(reversed(days), closes, strict=True):
        price = Decimal(close)
        history.add(Bar(day, price, price, price, price, 1000))
    return replace(history.profile(TODAY), **fields)


def test_a_standing_reads_as_words() -> None:
    """What the store keeps of a rule tells where each step is."""
    desk = Desk(rule("pct_prev_close", "5", "10", frequency="every_cross", direction="up"))
    states: list[Mapping[str, str]] = []
    for at, price in enumerate(("105", "103", "111")):
        desk.quote(price, at)
        states.append(desk.store.states())
    assert '"states":{"5":"firing","10":"armed"}' in states[0]["r/9888.HK/up"]
    assert '"states":{"5":"re-armed","10":"armed"}' in states[1]["r/9888.HK/up"]
    assert '"states":{"5":"firing","10":"firing"}' in states[2]["r/9888.HK/up"]


async def test_a_hole_in_history_is_no_fact_of_a_move() -> None:
    """What is missing says nothing of why it moves."""

    def loading(missing: int) -> Loader:
        async def load(symbols: Sequence[str], session_date: date) -> AsyncIterator[Profile | str]:
            yield profile(closes=("100",) * 60, hole=missing)

        return load

    told = []
    for missing in (0, 3):
        profiles = Profiles(loading(missing))
        profiles.want(["9888.HK"], TODAY)
        await profiles.settle()
        desk = Desk(rule("pct_prev_close", "5"))
        desk.engine.alerting.profiles = profiles
        desk.quote("105", 1)
        told.append(bool(desk.heard.alerts[0]["facts"]))
    assert told == [True, False]
