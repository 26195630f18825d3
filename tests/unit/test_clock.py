"""Instants and the stamps they are written as."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.clock import MILLISECOND, SECOND, parse_rfc3339, rfc3339

NOON = 1_758_075_247 * SECOND
"""2025-09-17T02:14:07Z."""

INSTANTS = st.integers(0, 250_000_000_000 * SECOND)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2025-09-17T02:14:07Z", NOON),
        ("2025-09-17T02:14:07.180Z", NOON + 180 * MILLISECOND),
        ("2025-09-17T02:14:07.123456789Z", NOON + 123_456_789),
        ("2025-09-17T10:14:07.1+08:00", NOON + 100 * MILLISECOND),
        ("2025-09-16T21:44:07-04:30", NOON),
        ("2025-09-17t02:14:07z", NOON),
        ("2025-09-17 02:14:07Z", NOON),
        ("1969-12-31T23:59:59.5Z", -500 * MILLISECOND),
    ],
)
def test_a_stamp_is_read_exactly(text: str, instant: int) -> None:
    assert parse_rfc3339(text) == instant


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Z",
        "now",
        "2025-09-17",
        "2025-09-17T02:14Z",
        "2025-09-17T02:14:07",
        "2025-09-17T02:14:07+0800",
        "2025-09-17T02:14:07+08:00:00.5",
        "2025-09-17T02:14:07,120Z",
        "2025-09-17T02:14:07.Z",
        "2025-09-17T02:14:07.1234567890Z",
        "2025-09-17T02:14:60Z",
        "2025-09-17T24:00:00Z",
        "2025-02-30T00:00:00Z",
        "2025-W38-3T02:14:07Z",
        "20250917T021407Z",
        "2025-09-17T02:14:+7Z",
        "1758075247",
    ],
)
def test_anything_else_names_no_instant(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_rfc3339(text)


def test_a_stamp_is_written_in_utc_with_milliseconds_cut_off() -> None:
    assert rfc3339(NOON + 180_999_999) == "2025-09-17T02:14:07.180Z"
    assert rfc3339(0) == "1970-01-01T00:00:00.000Z"


@given(INSTANTS)
def test_what_is_written_is_read_back(instant: int) -> None:
    assert parse_rfc3339(rfc3339(instant)) == instant // MILLISECOND * MILLISECOND


@given(st.text(max_size=40))
def test_any_text_is_an_instant_or_a_value_error(text: str) -> None:
    with contextlib.suppress(ValueError):
        parse_rfc3339(text)


@given(INSTANTS, st.text("0123456789-:TtZz+., W", max_size=3), st.integers(0, 30))
def test_a_damaged_stamp_is_an_instant_or_a_value_error(instant: int, damage: str, at: int) -> None:
    text = rfc3339(instant)
    with contextlib.suppress(ValueError):
        parse_rfc3339(text[:at] + damage + text[at + len(damage) :])
