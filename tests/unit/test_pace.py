"""When a venue is asked rarely: over lunch, nights and holidays, and never into trading."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.pace import REST, rest
from market.clock import MINUTE, SECOND, parse_rfc3339
from market.session import Phase, calendar

HK = calendar("XHKG")


def hk(text: str) -> int:
    """A Hong Kong time as an instant."""
    return parse_rfc3339(f"{text.replace(' ', 'T')}+08:00")


@pytest.mark.parametrize(
    ("when", "seconds"),
    [
        pytest.param("2025-09-17 08:58:30", REST, id="before the opening auction"),
        pytest.param("2025-09-17 08:59:45", 15, id="up to its first second"),
        pytest.param("2025-09-17 09:00:00", 0, id="auction"),
        pytest.param("2025-09-17 11:00:00", 0, id="morning"),
        pytest.param("2025-09-17 12:19:59", 0, id="the last prices of the morning"),
        pytest.param("2025-09-17 12:20:00", REST, id="lunch"),
        pytest.param("2025-09-17 12:59:59.500", 0.5, id="up to the afternoon's first second"),
        pytest.param("2025-09-17 13:00:00", 0, id="afternoon"),
        pytest.param("2025-09-17 16:29:59", 0, id="the close comes late"),
        pytest.param("2025-09-17 16:30:00", REST, id="night"),
        pytest.param("2025-09-20 11:00:00", REST, id="Saturday"),
        pytest.param("2025-10-01 11:00:00", REST, id="holiday"),
        pytest.param("2025-12-24 12:05:00", 0, id="a half day's auction"),
        pytest.param("2025-12-24 12:30:00", REST, id="a half day's afternoon"),
        pytest.param("2025-12-24 14:00:00", REST, id="no afternoon"),
    ],
)
def test_published_days(when: str, seconds: float) -> None:
    """Closures and half days that were announced."""
    assert rest(HK, hk(when)) == seconds


def test_a_market_that_never_closes_is_never_left_alone() -> None:
    """At midnight neither."""
    midnight = parse_rfc3339("2025-09-17T00:00:00Z")
    assert [rest(calendar("24/7"), midnight + step) for step in (-1, 0, MINUTE)] == [0, 0, 0]


@given(st.integers(hk("2023-01-01 00:00:00") // SECOND, hk("2026-12-31 00:00:00") // SECOND))
def test_nobody_sleeps_into_trading(second: int) -> None:
    """Whatever the instant, there is no other phase than the quiet ones before the next question."""
    now = second * SECOND
    until = now + int(rest(HK, now) * SECOND)
    last = until - 1 if until > now else now
    quiet = (Phase.CLOSED, Phase.LUNCH)
    assert until == now or {HK.phase_at(now), HK.phase_at((now + last) // 2), HK.phase_at(last)} <= set(quiet)
