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
        assert state.apply(quote("60.5", 2)) is Verdict.LOUD
        assert state.entries["9888.HK"].outlier is None

    def test_its_own_repeat_confirms_nothing(self, state: MarketState) -> None:
        """A poll that sends the same bad row twice has said it once."""
        state.apply(quote("120"))
        state.apply(quote("60", 1))
        assert state.apply(quote("60", 1, ts_recv=MORNING + 9 * SECOND)) is Verdict.HELD

    def test_another_source_confirms_it(self, state: MarketState) -> None:
        """Two vendors do not make the same mistake at once."""
        state.apply(quote("120"))
        state.apply(quote("60", 1))
        assert state.apply(quote("60.1", 1, source="b")) is Verdict.LOUD
        assert state.entries["9888.HK"].quote == quote("60", 1)

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


def test_the_phase_is_the_quotes_own_time_unless_it_carries_one(state: MarketState) -> None:
    """A late quote belongs to the phase in which it was made."""
    phases = []
    for sent in (quote("120"), quote("120", 60, phase="lunch")):
        state.apply(sent)
        phases.append(state.entries["9888.HK"].phase)
    assert phases == [Phase.MORNING, Phase.LUNCH]
