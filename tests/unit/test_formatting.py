"""Numbers and text as the screen shows them."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from market.freshness import Quality
from widgets import formatting

FINITE = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=4)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("131.00", "131.00"),
        ("1234.5", "1,234.5"),
        ("0.001", "0.001"),
        ("1E+3", "1,000"),
        ("NaN", "-"),
    ],
)
def test_a_price_keeps_its_decimals(value: str, text: str) -> None:
    assert formatting.price(Decimal(value)) == text


def test_what_is_absent_is_a_hyphen() -> None:
    absent = (formatting.price, formatting.signed, formatting.percent, formatting.volume)
    assert [show(None) for show in absent] == ["-"] * 4


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("15.724381", "+15.72%"),
        ("-2.885", "-2.88%"),
        ("0", "0.00%"),
        ("-0.0004", "-0.00%"),
        ("1234.5", "+1,234.50%"),
        ("Infinity", "-"),
    ],
)
def test_a_percentage_carries_the_sign_of_the_exact_value(value: str, text: str) -> None:
    assert formatting.percent(Decimal(value)) == text


def test_one_decimal_is_for_prose() -> None:
    assert formatting.percent(Decimal("41.765534"), 1) == "+41.8%"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (950, "950"),
        (12_340, "12.3K"),
        (999_950, "1.0M"),
        (68_712_957, "68.7M"),
    ],
)
def test_a_volume_has_one_decimal_and_a_unit(value: int, text: str) -> None:
    assert formatting.volume(value) == text


def test_coins_are_traded_in_parts() -> None:
    assert formatting.volume(Decimal("1.25")) == "1.2"


@given(st.integers(0, 10**15 - 10**12))
def test_a_volume_takes_six_cells_at_most(value: int) -> None:
    assert len(formatting.volume(value)) <= 6


@given(FINITE)
def test_no_number_is_ever_called_nan(value: Decimal) -> None:
    for text in (formatting.price(value), formatting.signed(value), formatting.percent(value)):
        assert "nan" not in text.lower()
        assert (value < 0) == text.startswith("-")


@given(st.text(st.characters(exclude_categories=["C", "M", "Z"])), st.integers(0, 40))
def test_fitted_text_takes_exactly_its_cells(text: str, cells: int) -> None:
    assert cell_len(formatting.fit(text, cells)) == cells


def test_text_is_cut_by_cells_and_says_so() -> None:
    assert formatting.fit("百度集團-SW", 8) == "百度集… "
    assert formatting.fit("百度集團-SW", 8, "~") == "百度集~ "
    assert formatting.fit("Baidu", 8) == "Baidu   "


def test_half_a_number_is_not_shown() -> None:
    assert formatting.fit_right("1,234.50", 6) == " " * 6
    assert formatting.fit_right("131.00", 8) == "  131.00"


def test_a_tag_says_why_a_price_is_not_simply_live() -> None:
    assert formatting.tag(Quality.LIVE, 1) == ""
    assert formatting.tag(Quality.DELAYED, 900, 900) == "D15"
    assert formatting.tag(Quality.STALE, 133) == "STALE 2:13"
    assert formatting.tag(Quality.SIMULATED, 1, mark="SIM") == "SIM"
    assert formatting.tag(Quality.STALE, 133, mark="SIM") == "SIM STALE 2:13"


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "now"), (9.9, "now"), (27, "20s"), (133, "2m"), (7300, "2h"), (200_000, "2d")]
)
def test_an_age_changes_seldom(seconds: float, text: str) -> None:
    assert formatting.coarse_age(seconds) == text


def test_codes_are_those_that_traders_say() -> None:
    assert [formatting.code(symbol) for symbol in ("9888.HK", "HSTECH", "BTC-USD")] == [
        "9888",
        "HSTECH",
        "BTC-USD",
    ]
