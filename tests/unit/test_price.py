"""Prices and durations, read from text."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.duration import parse_duration
from market.price import HIGHEST, LOWEST, number, price, price_or_none, unpadded


@pytest.mark.parametrize("text", ["136.40", "0.00001303", "0.385", "95000", "1e-8", "26908.390"])
def test_a_price_is_kept_as_written(text: str) -> None:
    """Digit for digit, trailing zeros included."""
    assert price(text) == Decimal(text)
    assert str(price(text)) == str(Decimal(text))


@pytest.mark.parametrize(
    "text",
    ["", "0", "0.000", "-1", "NaN", "nan", "Infinity", "inf", "1_000", " 1 ", "١", "1,000", "0x10", "1e99",
     "1e-99", "9" * 30, "1." + "0" * 30, "--", "1.", ".5", "+1", "1e999999999"],
)  # fmt: skip
def test_what_no_market_trades_at_is_refused(text: str) -> None:
    """Not a number, not finite, not positive, or of an impossible size."""
    with pytest.raises(ValueError, match=r"not a number|impossible price"):
        price(text)


@given(st.text(max_size=40))
def test_any_text_is_a_sane_price_or_refused(text: str) -> None:
    """Whatever passes can be divided by and formatted."""
    try:
        value = price(text)
    except ValueError:
        return
    assert value.is_finite() and LOWEST <= value <= HIGHEST
    assert len(f"{value:f}") < 60


@pytest.mark.parametrize("text", ["", "0", "0.00", "0.000000"])
def test_nothing_and_zero_are_no_price(text: str) -> None:
    """How venues write that there is none."""
    assert price_or_none(text) is None


def test_a_change_may_be_negative() -> None:
    """A number need not be a price."""
    assert number("-36.900") == Decimal("-36.900")


@pytest.mark.parametrize(
    ("text", "kept"),
    [("136.400", "136.40"), ("0.385", "0.385"), ("46.460", "46.46"), ("3944.3700", "3944.37"), ("120", "120"),
     ("9.5", "9.5"), ("1.100000", "1.10"), ("12.3450", "12.345")],
)  # fmt: skip
def test_padding_is_dropped_beyond_two_decimals(text: str, kept: str) -> None:
    """A vendor's third decimal stays where it means something."""
    assert unpadded(text) == kept
    assert Decimal(unpadded(text)) == Decimal(text)


@pytest.mark.parametrize(
    ("text", "seconds"), [("500ms", 0.5), ("2s", 2), ("1.5m", 90), ("20m", 1200), ("1h", 3600), (" 5s ", 5)]
)
def test_durations(text: str, seconds: float) -> None:
    """A number and its unit."""
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "2", "s", "0s", "-1s", "2 seconds", "1e3s", "2sec", "٢s"])
def test_what_is_no_duration(text: str) -> None:
    """The message shows how to write one."""
    with pytest.raises(ValueError, match="write 500ms, 2s"):
        parse_duration(text)
