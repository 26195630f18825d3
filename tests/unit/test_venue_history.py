"""The invented past against the streaks and records that were published, counted here by plain loops."""

from collections.abc import Callable
from datetime import date
from itertools import pairwise
from typing import NamedTuple

import pytest

from feeds.venue.anchors import PUBLISHED
from feeds.venue.figures import DAY, figures, indices, stocks
from feeds.venue.history import daily_bars
from market.session import calendar

SEEDS = (1, 9)


class Truth(NamedTuple):
    """One published row: streaks with the day itself counted, and what it is the highest or biggest since."""

    day: int
    week: int
    month: int
    year: float
    highest: str
    record: float
    record_date: str
    gain: str


TRUTH = {
    "HSTECH": Truth(4, 7, 5, 41.77, "2021-11-25", -42.13, "2021-02-17", "2025-05-12"),
    "HSI": Truth(1, 3, 5, 34.14, "2021-07-23", -18.84, "2018-01-26", "2025-09-01"),
    "9888.HK": Truth(2, 4, 4, 58.40, "2023-10-12", -48.02, "2021-03-23", "2022-03-17"),
    "9988.HK": Truth(1, 3, 1, 96.12, "2021-11-17", -47.43, "2020-10-28", "2025-09-12"),
    "0700.HK": Truth(2, 3, 5, 58.63, "2021-03-11", -13.70, "2021-01-25", "2025-08-13"),
    "3690.HK": Truth(3, 1, 1, -30.65, "2025-08-27", -76.69, "2021-02-17", "2025-05-29"),
    "9618.HK": Truth(1, 3, 1, 0.51, "2025-05-14", -67.20, "2021-02-17", "2025-05-12"),
    "0981.HK": Truth(3, 2, 4, 112.89, "", 0.0, "2025-09-17", "2025-08-28"),
}


def closes(symbol: str, seed: int) -> dict[date, int]:
    """Every close up to and with the day's own."""
    known = figures(symbol)
    assert known is not None
    return {bar.day: bar.close for bar in daily_bars(symbol, seed)} | {DAY: known.close}


def streak(series: dict[date, int], period: Callable[[date], object]) -> int:
    last = {period(day): close for day, close in series.items()}
    run = 0
    for before, after in reversed(list(pairwise(last.values()))):
        if after <= before:
            break
        run += 1
    return run


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("symbol", TRUTH)
def test_the_published_row(symbol: str, seed: int) -> None:
    series = closes(symbol, seed)
    truth = TRUTH[symbol]
    today = series[DAY]
    assert streak(series, lambda day: day) == truth.day
    assert streak(series, lambda day: day.isocalendar()[:2]) == truth.week
    assert streak(series, lambda day: (day.year, day.month)) == truth.month
    assert (today / series[date(2024, 12, 31)] - 1) * 100 == pytest.approx(truth.year, abs=0.006)
    higher = [day for day, close in series.items() if close >= today and day < DAY]
    assert (higher[-1].isoformat() if higher else "") == truth.highest
    record = max(series.values())
    assert (today / record - 1) * 100 == pytest.approx(truth.record, abs=0.006)
    assert next(day for day, close in series.items() if close == record).isoformat() == truth.record_date
    moves = {day: after / before for (_, before), (day, after) in pairwise(series.items())}
    bigger = [day for day, move in moves.items() if move >= moves[DAY] and day < DAY]
    assert bigger[-1].isoformat() == truth.gain


@pytest.mark.parametrize("seed", SEEDS)
def test_the_bases_and_the_record_of_hstech(seed: int) -> None:
    bars = {bar.day: bar for bar in daily_bars("HSTECH", seed)}
    assert bars[date(2024, 12, 31)].close == 4_468_110
    assert bars[date(2025, 8, 29)].close == 5_674_310
    assert bars[date(2025, 9, 12)].close == 5_989_270
    assert bars[date(2025, 9, 16)].close == 6_077_660
    highest = max(bars.values(), key=lambda bar: bar.high)
    assert (highest.day, highest.high) == (date(2021, 2, 18), 11_001_780)
    weeks = streak({day: bar.close for day, bar in bars.items()}, lambda day: day.isocalendar()[:2])
    assert weeks == 7  # the sixth closed one and the one in progress


def test_baidus_biggest_day_before() -> None:
    series = closes("9888.HK", 1)
    assert series[date(2022, 3, 17)] / series[date(2022, 3, 16)] == pytest.approx(1.162, abs=0.0001)


def test_every_name_has_whole_bars_up_to_its_previous_close() -> None:
    exchange = calendar("XHKG")
    for symbol in (*stocks(), *indices()):
        known = figures(symbol)
        assert known is not None
        bars = daily_bars(symbol, 1)
        assert bars[-1].day == date(2025, 9, 16)
        assert bars[-1].close == known.prev_close
        assert all(exchange.next(before.day) == after.day for before, after in pairwise(bars)), symbol
        assert all(bar.low <= min(bar.open, bar.close) for bar in bars)
        assert all(bar.high >= max(bar.open, bar.close) for bar in bars)
        assert all((bar.volume > 0) == (symbol in stocks()) for bar in bars)


def test_the_published_pasts_are_of_names_that_the_venue_plays() -> None:
    exchange = calendar("XHKG")
    for symbol, past in PUBLISHED.items():
        assert figures(symbol) is not None
        assert all(exchange.is_session(date.fromisoformat(day)) for day in past.closes), symbol


def test_an_unknown_name() -> None:
    with pytest.raises(KeyError):
        daily_bars("3750.HK", 1)
