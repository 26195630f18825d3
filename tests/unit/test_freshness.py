"""Lag, delay and skew, judged from quotes' own timestamps."""

import pytest

from market.clock import SECOND
from market.freshness import LagMeter, age_text


def feed(meter: LagMeter, lag: float, *, start: float, seconds: int, every: float = 1.0) -> None:
    """Quotes that lag alike, for a while."""
    at = start
    while at <= start + seconds:
        meter.note(int((at - lag) * SECOND), int(at * SECOND))
        at += every


def test_a_prompt_feed_has_no_delay() -> None:
    """A second or two are the network's and the poll's."""
    meter = LagMeter()
    feed(meter, 1.5, start=0, seconds=300)
    assert meter.delay == 0


def test_a_delay_needs_twenty_quotes_and_a_minute() -> None:
    """Before that an old quote is stale, not delayed."""
    meter = LagMeter()
    feed(meter, 900, start=0, seconds=50)
    assert meter.delay == 0
    feed(meter, 900, start=51, seconds=10)
    assert meter.delay == 900 * SECOND
    even = LagMeter()
    feed(even, 900, start=0, seconds=57, every=3)  # twenty a minute
    assert even.delay == 900 * SECOND
    sparse = LagMeter()
    feed(sparse, 900, start=0, seconds=120, every=10)
    assert sparse.delay == 0


def test_a_burst_a_poll_counts_each_quote() -> None:
    """Four polls of eight quotes over a minute are more than twenty."""
    meter = LagMeter()
    for poll in range(4):
        for _ in range(8):
            meter.note(poll * 21 * SECOND, (poll * 21 + 900) * SECOND)
    assert meter.delay == 900 * SECOND


def test_a_slide_from_live_to_delayed_is_seen_within_two_minutes() -> None:
    """A vendor's downgrade does not announce itself."""
    meter = LagMeter()
    feed(meter, 1, start=0, seconds=600)
    feed(meter, 900, start=601, seconds=119)
    assert meter.delay == 900 * SECOND


def test_back_to_live_is_seen_as_well() -> None:
    """And the delay is given up."""
    meter = LagMeter()
    feed(meter, 900, start=0, seconds=300)
    feed(meter, 1, start=301, seconds=119)
    assert meter.delay == 0


def test_a_frozen_feed_is_not_delayed() -> None:
    """Its lag grows with every poll, so no two are alike."""
    meter = LagMeter()
    for second in range(600):
        meter.note(0, second * SECOND)
    assert meter.delay == 0


def test_a_declared_delay_holds() -> None:
    """The configuration knows its vendor."""
    meter = LagMeter(900 * SECOND)
    feed(meter, 1, start=0, seconds=300)
    assert meter.delay == 900 * SECOND


def test_quotes_from_the_future_that_lag_alike_are_skew() -> None:
    """Our clock is slow by that much."""
    meter = LagMeter()
    feed(meter, -45, start=0, seconds=90)
    assert meter.skew == 45 * SECOND


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (59.9, "59s"),
        (60, "1:00"),
        (133, "2:13"),
        (3600, "1h00"),
        (11_100, "3h05"),
        (345_600, "4d"),
    ],
)
def test_an_age_takes_five_cells_at_most(seconds: float, text: str) -> None:
    """Up to a day."""
    assert age_text(seconds) == text
