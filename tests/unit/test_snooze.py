"""When a snooze ends, by what a person says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.clock import SECOND, parse_rfc3339, rfc3339
from market.session import calendar
from market.snooze import LONGEST_S, SnoozeError, snoozed_until


@pytest.mark.parametrize(
    ("mic", "now", "text", "until"),
    [
        ("XHKG", "2025-09-17T02:14:00Z", "15m", "2025-09-17T02:29:00.000Z"),
        ("XHKG", "2025-09-17T02:14:00Z", " 1H ", "2025-09-17T03:14:00.000Z"),
        ("XHKG", "2025-09-17T02:14:00Z", "close", "2025-09-17T08:10:00.000Z"),
        ("XHKG", "2025-09-17T08:10:00Z", "close", "2025-09-18T08:10:00.000Z"),
        ("XHKG", "2025-09-19T12:00:00Z", "close", "2025-09-22T08:10:00.000Z"),  # Friday evening
        ("XHKG", "2025-12-24T02:00:00Z", "close", "2025-12-24T04:10:00.000Z"),  # half a day
        ("XHKG", "2025-09-17T02:14:00Z", "14:30", "2025-09-17T06:30:00.000Z"),
        ("XHKG", "2025-09-17T02:14:00Z", "10:14", "2025-09-18T02:14:00.000Z"),  # now: tomorrow's
        ("XNYS", "2025-09-17T14:00:00Z", "9:45", "2025-09-18T13:45:00.000Z"),
        ("24/7", "2025-09-17T14:00:00Z", "close", "2025-09-18T00:00:00.000Z"),
    ],
)
def test_a_snooze_ends_when_it_is_said_to(mic: str, now: str, text: str, until: str) -> None:
    assert rfc3339(snoozed_until(text, parse_rfc3339(now), calendar(mic))) == until


@pytest.mark.parametrize("text", ["", "soon", "15", "0m", "25:00", "12:60", "8d", "-1h", "999999999d"])
def test_what_is_no_end_is_refused(text: str) -> None:
    with pytest.raises(SnoozeError, match="snooze"):
        snoozed_until(text, parse_rfc3339("2025-09-17T02:14:00Z"), calendar("XHKG"))


@given(
    text=st.one_of(
        st.text(max_size=8),
        st.sampled_from(["close", "7d", "1ms"]),
        st.builds("{:02}:{:02}".format, st.integers(0, 23), st.integers(0, 59)),
    ),
    second=st.integers(0, 60 * 86_400),
    mic=st.sampled_from(["XHKG", "XNYS", "24/7"]),
)
def test_a_snooze_always_ends_and_lies_ahead(text: str, second: int, mic: str) -> None:
    now = parse_rfc3339("2025-09-01T00:00:00Z") + second * SECOND
    try:
        until = snoozed_until(text, now, calendar(mic))
    except SnoozeError:
        return
    assert now < until <= now + 2 * LONGEST_S * SECOND
