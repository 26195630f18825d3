"""The last-value cache: what is applied, what is refused, and why."""

from decimal import Decimal

import pytest

from market.clock import SECOND, parse_rfc3339
from market.quote import Quote
from market.session import Phase
from market.state import MarketState, Verdict

MORNING = parse_rfc3339("2025-09-17T02:00:00Z")
"""10:00 in Hong Kong."""


def quote(price: str, after: float = 0.0, *, source: str = "a", **fields: object) -> Quote:
    """Baidu at a price, some seconds into the morning."""
    at = MORNING + int(after * SECOND)
    base = Quote("9888.HK", Decimal(price), at, at + SECOND // 10, source, Decimal("113.20"))
    return base._replace(**fields)  # type: ignore[arg-type]


@pytest.fixture
def state() -> MarketState:
    """Watching Baidu alone."""
    return MarketState(["9888.HK"])


def test_a_newer_quote_replaces_the_last_and_marks_it_dirty(state: MarketState) -> None:
    """First values are loud, quiet ones follow, and a look at the picture empties the dirty set."""
    assert state.apply(quote("120")) is Verdict.LOUD
    assert state.drain() == {"9888.HK"}
    assert state.apply(quote("120.1", 1)) is Verdict.QUIET
    assert state.entries["9888.HK"].quote == quote("120.1", 1)
    assert state.drain() == {"9888.HK"}
    assert state.drain() == set()
    assert state.applied == 2


def test_repeats_and_older_stamps_change_nothing(state: MarketState) -> None:
    """A poll repeats what it said; a reordered frame says what was."""
    state.apply(quote("120", 10))
    state.drain()
    assert state.apply(quote("120", 10, ts_recv=MORNING + 20 * SECOND)) is Verdict.DUPLICATE
    assert state.apply(quote("119", 9)) is Verdict.OLDER
    assert state.entries["9888.HK"].quote == quote("120", 10)
    assert state.drain() == set()
    assert state.refused == {Verdict.DUPLICATE: 1, Verdict.OLDER: 1}


def test_at_an_equal_stamp_a_change_is_news_unless_volume_fell(state: MarketState) -> None:
    """Venues stamp whole seconds: two trades may share one."""
    state.apply(quote("120", 10, volume=1000))
    assert state.apply(quote("120.1", 10, volume=1500)) is Verdict.LOUD
    assert state.apply(quote("120", 10, volume=1200)) is Verdict.OLDER


def test_a_stamp_from_the_future_is_refused(state: MarketState) -> None:
    """A few seconds ahead are clock skew; a minute ahead would shut out every true quote that follows."""
    state.apply(quote("120"))
    assert state.apply(quote("120.1", 40, ts_recv=MORNING + 2 * SECOND)) is Verdict.FUTURE
    assert state.apply(quote("120.2", 20, ts_recv=MORNING + 2 * SECOND)) is Verdict.QUIET


def test_a_slow_machine_with_established_skew_hears_the_venue(state: MarketState) -> None:
    """Our clock may be minutes behind: what counts is that the feed always is that far ahead."""
    state.skew["a"] = 120 * SECOND
    assert state.apply(quote("120", 120, ts_recv=MORNING)) is Verdict.LOUD


def test_a_name_that_nobody_watches_is_counted(state: MarketState) -> None:
    """It is no error: a venue may send more than was asked."""
    assert state.apply(quote("120", symbol="0700.HK")) is Verdict.UNKNOWN
    assert state.refused == {Verdict.UNKNOWN: 1}


class TestOutliers:
    """A price more than 30 % from the last accepted one waits for a second opinion."""

    def test_a_lone_one_never_shows(self, state: MarketState) -> None:
        """The next ordinary quote puts it aside, and says which it was."""
        state.apply(quote("120"))
        assert state.apply(quote("12.0", 1)) is Verdict.HELD
        assert state.apply(quote("120.2", 2)) is Verdict.LOUD
        entry = state.entries["9888.HK"]
        assert entry.quote == quote("120.2", 2)
        assert entry.outlier == quote("12.0", 1)

    def test_a_second_agreeing_quote_confirms_it(self, state: MarketState) -> None:
        """A stock may really halve."""
        state.apply(quote("120"))
        assert state.apply(quote("60", 1)) is Verdict.HELD
        assert state.apply(quote("60.5", 2)) is Verdict.CONFIRMED
        assert state.entries["9888.HK"].quote == quote("60", 1)
        assert state.apply(quote("60.5", 2)) is Verdict.QUIET
        assert state.entries["9888.HK"].outlier is None
        assert (state.applied, state.refused) == (2, {Verdict.HELD: 1})

    def test_it_is_believed_on_the_base_of_its_confirmation(self, state: MarketState) -> None:
        """A split halves the price first, and a moment later the previous close."""
        assert state.apply(quote("60", prev_close=Decimal(120))) is Verdict.HELD
        assert state.apply(quote("60", 1, prev_close=Decimal(60))) is Verdict.CONFIRMED
        assert state.entries["9888.HK"].quote == quote("60", prev_close=Decimal(60))

    def test_a_quote_between_the_two_may_confirm_it(self, state: MarketState) -> None:
        """Less than 30 % away itself."""
        state.apply(quote("100"))
        assert state.apply(quote("131", 1)) is Verdict.HELD
        assert state.apply(quote("129", 2)) is Verdict.CONFIRMED

    def test_its_own_repeat_confirms_nothing(self, state: MarketState) -> None:
        """A poll that sends the same bad row twice has said it once."""
        state.apply(quote("120"))
        state.apply(quote("60", 1))
        assert state.apply(quote("60", 1, ts_recv=MORNING + 9 * SECOND)) is Verdict.HELD

    def test_another_source_confirms_it(self, state: MarketState) -> None:
        """Two vendors do not make the same mistake at once."""
        state.apply(quote("120"))
        state.apply(quote("60", 1))
        assert state.apply(quote("60.1", 1, source="b")) is Verdict.CONFIRMED
        assert state.entries["9888.HK"].quote == quote("60", 1)
        assert state.apply(quote("60.1", 1, source="b")) is Verdict.SUPERSEDED

    def test_exactly_thirty_percent_is_none(self, state: MarketState) -> None:
        """Further than 30 %, says the contract."""
        state.apply(quote("120"))
        assert state.apply(quote("156", 1)) is Verdict.LOUD

    def test_the_first_quote_is_judged_by_its_previous_close(self, state: MarketState) -> None:
        """There is no last price to compare with."""
        assert state.apply(quote("11.32")) is Verdict.HELD

    def test_slow_drift_is_never_one(self, state: MarketState) -> None:
        """Each step is judged from the step before, not from where the day began."""
        state.apply(quote("100"))
        for step in range(1, 60):
            assert state.apply(quote(str(100 + 2 * step), step)) in (Verdict.QUIET, Verdict.LOUD)


class TestTwoSources:
    """The fresher one leads, and two equally fresh ones never take turns."""

    def test_an_equally_fresh_one_does_not_take_over(self, state: MarketState) -> None:
        """Seconds apart is the rhythm of two polls."""
        state.apply(quote("120", 10))
        assert state.apply(quote("121", 13, source="b")) is Verdict.SUPERSEDED
        assert state.entries["9888.HK"].quote == quote("120", 10)
        assert state.entries["9888.HK"].others == {"b": quote("121", 13, source="b")}

    def test_the_other_takes_over_when_the_leader_falls_behind(self, state: MarketState) -> None:
        """And the leader, back again, has to be fresher in its turn."""
        state.apply(quote("120", 10))
        assert state.apply(quote("121", 16, source="b")) is Verdict.LOUD
        assert state.apply(quote("122", 18)) is Verdict.SUPERSEDED

    def test_a_delayed_one_never_leads(self, state: MarketState) -> None:
        """Fifteen minutes old is not fresher."""
        state.apply(quote("120", 900))
        assert state.apply(quote("118", 5, source="late")) is Verdict.SUPERSEDED


class TestPreference:
    """Of two that are alike the preferred one leads, once it has proved itself."""

    @pytest.fixture
    def state(self) -> MarketState:
        """``b`` leads, for ``a``, which is preferred, had fallen silent."""
        state = MarketState(["9888.HK"])
        state.priority = {"a": 1}
        state.apply(quote("120", 0))
        state.apply(quote("121", 10, source="b"))
        return state

    def test_it_leads_again_after_half_a_minute(self, state: MarketState) -> None:
        """Not at its first quote: one that comes and goes would take the name along each time."""
        led = []
        for second in range(11, 60, 2):
            state.apply(quote("120", second))
            state.apply(quote("120", second + 1, source="b"))
            entry = state.entries["9888.HK"]
            assert entry.quote is not None
            led.append(entry.quote.source)
        assert led == ["b"] * 15 + ["a"] * 10

    def test_time_never_goes_back(self, state: MarketState) -> None:
        """A preferred source whose quotes lag by seconds leads from where it has caught up."""
        stamps, led = [], []
        for second in range(11, 80):
            state.apply(quote("121", second, source="b"))
            state.apply(quote("120", second - 3, ts_recv=MORNING + second * SECOND))
            entry = state.entries["9888.HK"]
            assert entry.quote is not None
            stamps.append(entry.quote.ts_event)
            led.append(entry.quote.source)
        assert stamps == sorted(stamps)
        assert led[-1] == "a"
        assert led.count("a") > 30

    def test_one_that_falters_does_not(self, state: MarketState) -> None:
        """Half a minute counts from its last lapse."""
        for second in range(11, 200, 2):
            if second % 20 > 6:
                state.apply(quote("120", second))
            else:
                state.apply(quote("120", second - 10, ts_recv=MORNING + second * SECOND))
            state.apply(quote("120", second + 1, source="b"))
            entry = state.entries["9888.HK"]
            assert entry.quote is not None
            assert entry.quote.source == "b"

    def test_a_leader_that_stands_back_goes_on_when_nobody_comes(self, state: MarketState) -> None:
        """At most for five seconds, and then not again for half a minute."""
        for second in range(11, 45):
            state.apply(quote("120", second - 4, ts_recv=MORNING + second * SECOND))
            state.apply(quote("121", second + 0.5, source="b"))
        verdicts = [state.apply(quote("122", second, source="b")) for second in range(45, 90)]
        assert verdicts.count(Verdict.SUPERSEDED) <= 5
        assert verdicts[-1] is not Verdict.SUPERSEDED


class TestOneBase:
    """Two sources that differ on the previous close never make the percentage jump."""

    def test_the_first_one_given_holds_for_the_session(self, state: MarketState) -> None:
        """Whoever leads."""
        state.apply(quote("120"))
        state.apply(quote("121", 10, source="b", prev_close=Decimal("100")))
        state.apply(quote("121", 11, source="b", prev_close=Decimal("100")))
        entry = state.entries["9888.HK"]
        assert entry.quote is not None
        assert entry.quote.source == "b"
        assert entry.quote.prev_close == Decimal("113.20")

    def test_its_source_may_correct_it_and_a_preferred_one_too(self, state: MarketState) -> None:
        """A vendor that was late to roll its day sends the right one by and by."""
        state.priority = {"b": 1}
        state.apply(quote("120"))
        state.apply(quote("120", 1, prev_close=Decimal("112")))
        entry = state.entries["9888.HK"]
        assert entry.quote is not None
        assert entry.quote.prev_close == 112
        state.apply(quote("121", 10, source="b", prev_close=Decimal("111")))
        assert entry.quote is not None
        assert entry.quote.prev_close == 111

    def test_a_new_session_has_a_new_one(self, state: MarketState) -> None:
        """From whichever source comes first."""
        state.apply(quote("120"))
        state.apply(quote("121", 24 * 3600, source="b", prev_close=Decimal("119")))
        entry = state.entries["9888.HK"]
        assert entry.quote is not None
        assert entry.quote.prev_close == 119


class TestDispute:
    """Two sources that tell different prices at one time are shown to."""

    def test_a_lasting_difference_is_one(self, state: MarketState) -> None:
        """More than three ticks, for ten seconds; Baidu's tick is 0.1 there."""
        entry = state.entries["9888.HK"]
        for second in range(12):
            state.apply(quote("120", second))
            state.apply(quote("120.4", second, source="b"))
            assert (entry.dispute is not None) is (second >= 10)
        state.apply(quote("120", 13))
        state.apply(quote("120.3", 13, source="b"))
        assert entry.dispute is None

    def test_one_that_has_gone_is_none(self, state: MarketState) -> None:
        """What a source said minutes ago contradicts nobody."""
        for second in range(12):
            state.apply(quote("120", second))
            state.apply(quote("120.4", second, source="b"))
        state.apply(quote("120", 200))
        assert state.entries["9888.HK"].dispute is None

    def test_prices_of_different_moments_are_not_compared(self, state: MarketState) -> None:
        """A delayed feed tells what was, not what is not."""
        for second in range(30):
            state.apply(quote("120", second))
            state.apply(quote("125", second - 4, source="b"))
        assert state.entries["9888.HK"].dispute is None


def test_the_same_price_does_not_take_the_lead(state: MarketState) -> None:
    """Some venues stamp the poll, others the trade: taking turns would forget what a window had seen."""
    state.apply(quote("120", 0, volume=Decimal(5)))
    assert state.apply(quote("120", 60, source="b", volume=Decimal(5))) is Verdict.SUPERSEDED
    assert state.apply(quote("120", 91, source="b", volume=Decimal(5))) is Verdict.LOUD


def test_a_missing_previous_close_is_filled_within_the_session(state: MarketState) -> None:
    """Some venues send it once."""
    state.apply(quote("120"))
    state.apply(quote("121", 1, prev_close=None))
    held = state.entries["9888.HK"].quote
    assert held is not None
    assert held.prev_close == Decimal("113.20")


def test_minutes_keep_the_last_price_of_each(state: MarketState) -> None:
    """What a sparkline is drawn from; a new session starts a new line."""
    for price, after in (("120", 0), ("121", 59), ("122", 60), ("123", 125)):
        state.apply(quote(price, after))
    entry = state.entries["9888.HK"]
    assert entry.minutes == [(MORNING, Decimal(121)), (MORNING + 60 * SECOND, Decimal(122))]
    state.apply(quote("124", 24 * 3600))
    assert entry.minutes == []


def test_a_halt_is_seen_at_a_price_that_has_not_moved(state: MarketState) -> None:
    """A quiet price hides no change of phase."""
    for sent in (quote("120"), quote("120.2", 1), quote("120.2", 2, phase="halted"), quote("120.2", 3)):
        state.apply(sent)
        assert state.entries["9888.HK"].phase is Phase(sent.phase or "morning")


def test_the_phase_is_the_quotes_own_time_unless_it_carries_one(state: MarketState) -> None:
    """A late quote belongs to the phase in which it was made."""
    phases = []
    for sent in (quote("120"), quote("120", 60, phase="lunch")):
        state.apply(sent)
        phases.append(state.entries["9888.HK"].phase)
    assert phases == [Phase.MORNING, Phase.LUNCH]


def test_a_source_of_trades_alone_counts_from_the_close_of_another(state: MarketState) -> None:
    """Whoever came first; without that there would be no percentage all day, and no alert."""
    state.apply(quote("120", source="trades", prev_close=None))
    entry = state.entries["9888.HK"]
    assert entry.quote is not None
    assert entry.quote.pct is None
    state.drain()
    assert state.apply(quote("119.9", 1, source="slow")) is Verdict.SUPERSEDED
    assert (entry.quote.source, entry.quote.prev_close) == ("trades", Decimal("113.20"))
    assert state.drain() == {"9888.HK"}
    assert state.apply(quote("121", 2, source="trades", prev_close=None)) is Verdict.LOUD
    assert (entry.quote.last, entry.quote.prev_close) == (Decimal("121"), Decimal("113.20"))


def test_no_close_of_another_session_is_lent(state: MarketState) -> None:
    """Yesterday's last word of a slow source counts from the day before."""
    yesterday = quote("119", -86_400, source="slow")
    state.apply(quote("120", source="trades", prev_close=None))
    assert state.apply(yesterday) is Verdict.SUPERSEDED
    entry = state.entries["9888.HK"]
    assert entry.quote is not None
    assert entry.quote.prev_close is None
