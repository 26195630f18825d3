"""The simulated day against the published figures."""

from datetime import date
from decimal import Decimal
from itertools import pairwise

import pytest

from feeds.venue.exchange import Exchange
from feeds.venue.figures import DAY, WEIGHTS, figures, indices, stocks
from feeds.venue.hours import (
    AFTERNOON,
    CLOSE_EARLIEST,
    CLOSE_LATEST,
    CLOSING_AUCTION,
    END,
    LUNCH,
    MORNING,
    OPENING_PRINT,
    PRE_OPEN,
    STEP,
    STEPS,
    at,
    hong_kong,
    trading_step,
)
from feeds.venue.path import Path, ladder
from feeds.venue.plan import Plan
from market.clock import MINUTE
from market.ticks import tick_size

# Percent of the previous close, from the day's reports: open, high, low, close.
PUBLISHED = {
    "0700.HK": (645.0, 0.23, 2.87, 0.00, 2.56),
    "0981.HK": (63.2, 1.74, 7.28, 0.79, 7.12),
    "3690.HK": (100.3, 0.80, 6.38, 0.70, 4.89),
    "9618.HK": (130.0, 3.08, 6.46, 2.85, 5.15),
    "9866.HK": (51.05, 7.44, 11.95, 7.25, 11.46),
    "9888.HK": (113.2, 6.89, 19.61, 6.18, 15.72),
    "9988.HK": (153.5, 2.74, 5.73, 2.08, 5.28),
    "0522.HK": (70.82, -0.07, 0.14, -2.16, -0.63),
    "HSTECH": (6077.66, 0.91, 4.51, 0.91, 4.22),
    "HSI": (26438.51, 0.44, 1.88, 0.39, 1.78),
}

SEEDS = (1, 2, 77)


def prices(symbol: str, seed: int) -> list[int]:
    known = stocks()[symbol]
    path = Path(known, seed)
    return [path.price(step) for step in range(STEPS)]


def test_there_are_thirty_members_and_two_indices() -> None:
    assert len(stocks()) == 30
    assert set(indices()) == {"HSTECH", "HSI"}
    assert set(WEIGHTS["HSTECH"]) == set(stocks())
    assert set(WEIGHTS["HSI"]) < set(stocks())


def test_figures_are_the_published_ones_within_a_tick() -> None:
    for symbol, (prev, *percents) in PUBLISHED.items():
        known = figures(symbol)
        assert known is not None
        assert known.prev_close == round(prev * 1000)
        for price, percent in zip((known.open, known.high, known.low, known.close), percents, strict=True):
            if symbol in indices():
                assert abs((price / known.prev_close - 1) * 100 - percent) <= 0.0051
            else:
                tick = tick_size(Decimal(price) / 1000, DAY) * 1000
                assert abs(price - known.prev_close * (1 + percent / 100)) <= tick, symbol


def test_baidu_is_exact() -> None:
    baidu = stocks()["9888.HK"]
    shown = (baidu.prev_close, baidu.open, baidu.high, baidu.low, baidu.close, baidu.volume)
    assert shown == (113_200, 121_000, 135_400, 120_200, 131_000, 68_700_000)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_whole_day_meets_every_figure(seed: int) -> None:
    plan = Plan(seed)
    exchange = Exchange(plan, END)
    for symbol, listing in exchange.listings.items():
        known = figures(symbol)
        assert known is not None
        assert (listing.open, listing.high, listing.low, listing.last) == (
            known.open,
            known.high,
            known.low,
            known.close,
        ), symbol
        assert listing.volume == known.volume
        assert listing.final
        assert listing.stamp == plan.close_at


@pytest.mark.parametrize("seed", SEEDS)
def test_every_price_stands_on_the_grid_and_the_last_one_is_not_the_close(seed: int) -> None:
    for symbol, known in stocks().items():
        walk = prices(symbol, seed)
        for price in set(walk):
            assert price % int(tick_size(Decimal(price) / 1000, DAY) * 1000) == 0, (symbol, price)
        assert walk[0] == known.open
        assert walk[-1] != known.close
        assert max(walk) == known.high
        assert min(walk) == known.low


def test_a_ladder_crosses_a_band_of_ticks() -> None:
    assert ladder(99_900, 100_200) == [99_900, 99_950, 100_000, 100_100, 100_200]


@pytest.mark.parametrize("seed", SEEDS)
def test_baidu_crosses_its_steps_at_the_known_times(seed: int) -> None:
    walk = prices("9888.HK", seed)

    def minutes(step: int) -> int:
        return 570 + step // 20 + (60 if step >= 3000 else 0)

    first = {
        percent: next(step for step, price in enumerate(walk) if price * 100 >= 113_200 * (100 + percent))
        for percent in (5, 10, 15)
    }
    assert first[5] == 0
    assert 9 * 60 + 45 <= minutes(first[10]) <= 10 * 60 + 15
    assert 10 * 60 + 30 <= minutes(first[15]) < 12 * 60
    assert 13 * 60 <= minutes(walk.index(135_400)) < 14 * 60


def test_a_seed_repeats_and_another_differs() -> None:
    assert prices("9988.HK", 5) == prices("9988.HK", 5)
    assert prices("9988.HK", 5) != prices("9988.HK", 6)
    one, two = Exchange(Plan(5), at(10, 7)), Exchange(Plan(5), at(10, 7))
    assert one.listings == two.listings


def test_the_state_does_not_depend_on_where_the_day_was_entered() -> None:
    plan = Plan(1)
    stepped = Exchange(plan)
    for minute in range(9 * 60 + 1, 13 * 60 + 30):
        stepped.advance(at(0, minute))
    assert stepped.listings == Exchange(plan, at(13, 29)).listings


def test_before_the_opening_print_nothing_has_traded() -> None:
    exchange = Exchange(Plan(1), OPENING_PRINT - STEP)
    baidu = exchange.listings["9888.HK"]
    assert (baidu.last, baidu.open, baidu.volume, baidu.stamp) == (113_200, 0, 0, PRE_OPEN)
    changed = exchange.advance(OPENING_PRINT)
    assert changed == set(stocks())
    assert (baidu.last, baidu.open, baidu.stamp) == (121_000, 121_000, OPENING_PRINT)
    assert baidu.volume > 0
    assert exchange.listings["HSTECH"].open == 0
    assert exchange.advance(MORNING - STEP) == set()


def test_auctions_and_lunch_are_quiet() -> None:
    plan = Plan(1)
    assert CLOSE_EARLIEST < plan.close_at < CLOSE_LATEST
    exchange = Exchange(plan, LUNCH - STEP)
    noon = {symbol: listing.last for symbol, listing in exchange.listings.items()}
    assert exchange.advance(AFTERNOON - STEP) == set()
    assert exchange.next_news() == AFTERNOON
    exchange.advance(CLOSING_AUCTION)
    assert exchange.next_news() == plan.close_at
    before = {symbol: listing.last for symbol, listing in exchange.listings.items()}
    assert exchange.advance(plan.close_at - STEP) == set()
    assert exchange.advance(plan.close_at) == {*stocks(), *indices()}
    assert all(exchange.listings[symbol].last != before[symbol] for symbol in stocks())
    assert before != noon


@pytest.mark.parametrize("index", ["HSTECH", "HSI"])
def test_an_index_moves_with_its_members(index: str) -> None:
    """The level is a rising function of the members' weighted mean, worked out here from the bare prices."""
    exchange = Exchange(Plan(1), MORNING)
    weights = WEIGHTS[index]
    seen = []
    while exchange.now < CLOSING_AUCTION:
        changed = exchange.advance(exchange.now + STEP)
        if changed:
            moves = (
                (exchange.listings[s].last / exchange.listings[s].prev_close, w) for s, w in weights.items()
            )
            seen.append((sum(move * weight for move, weight in moves), exchange.listings[index].last))
    seen.sort()
    assert all(low <= high for (_, low), (_, high) in pairwise(seen))
    assert len({level for _, level in seen}) > 1000


def test_volume_is_u_shaped() -> None:
    bars = Exchange(Plan(1), END).listings["0700.HK"].bars

    def mean(first: int, last: int) -> float:
        held = [bar.volume for bar in bars if first <= (bar.start - MORNING) // MINUTE < last]
        return sum(held) / len(held)

    opening, noon, closing = mean(0, 15), mean(90, 140), mean(375, 390)
    assert opening > 1.7 * noon
    assert closing > 1.4 * noon
    assert sum(bar.volume for bar in bars) < stocks()["0700.HK"].volume  # the opening auction is in no bar


def test_minute_bars_hold_each_other() -> None:
    bars = Exchange(Plan(1), END).listings["9988.HK"].bars
    assert len(bars) == 330 + 1  # and the closing auction's print
    assert all(bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high for bar in bars)
    assert [hong_kong(bars[i].start).strftime("%H:%M") for i in (0, 149, 150, 329)] == [
        "09:30",
        "11:59",
        "13:00",
        "15:59",
    ]


def test_trading_steps() -> None:
    assert trading_step(MORNING) == 0
    assert trading_step(LUNCH - STEP) == 2999
    assert trading_step(LUNCH) is None
    assert trading_step(AFTERNOON) == 3000
    assert trading_step(CLOSING_AUCTION - STEP) == STEPS - 1
    assert trading_step(CLOSING_AUCTION) is None


def test_tick_sizes_by_price_and_day() -> None:
    old, new = date(2025, 8, 1), date(2025, 8, 4)
    for price, before, after in (
        ("0.25", "0.001", "0.001"),
        ("0.255", "0.005", "0.005"),
        ("10", "0.01", "0.01"),
        ("10.02", "0.02", "0.01"),
        ("38.84", "0.05", "0.02"),
        ("50", "0.05", "0.02"),
        ("50.05", "0.05", "0.05"),
        ("131", "0.1", "0.1"),
        ("515.5", "0.5", "0.5"),
        ("6000", "5", "5"),
    ):
        assert tick_size(Decimal(price), old) == Decimal(before), price
        assert tick_size(Decimal(price), new) == Decimal(after), price
