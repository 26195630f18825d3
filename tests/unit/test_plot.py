"""Where prices and times fall on a chart, and how a page is shared out."""

from array import array
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.clock import MINUTE
from market.closes import Closes
from market.session import calendar
from tests.screen.market import tile
from tui.page_layout import after, lay_out_page, panel_width
from widgets.canvas import Canvas, Masks, line
from widgets.plot import Level, Scale, Span, daily, dates, hours, intraday, position, traced

DAY = date(2025, 9, 17)


def history(sessions: int) -> Closes:
    """So many sessions before the day, each a cent higher than the one before."""
    days = [DAY]
    hours = calendar("XHKG")
    while len(days) <= sessions:
        days.append(hours.previous(days[-1]))
    ordinals = [day.toordinal() for day in reversed(days[1:])]
    return Closes("9888.HK", DAY, array("l", ordinals), array("d", (100 + n / 100 for n in range(sessions))))


# -- canvas


def signs(dots: list[tuple[int, int]], *, braille: bool) -> dict[tuple[int, int], str]:
    """What they look like."""
    canvas = Canvas(9, 9, braille=braille)
    masks: Masks = {}
    canvas.add(dots, masks)
    return {cell: canvas.sign(mask) for cell, mask in masks.items()}


def test_dots_become_cells() -> None:
    assert signs([(0, 0), (1, 3)], braille=True) == {(0, 0): "⢁"}
    assert signs([(0, 0), (0, 1), (0, 2), (1, 2)], braille=False) == {(0, 0): "|", (1, 0): "."}


@given(st.tuples(*[st.integers(0, 300)] * 4))
def test_a_line_is_whole(ends: tuple[int, int, int, int]) -> None:
    x, y, to_x, to_y = ends
    path = list(line((x, y), (to_x, to_y)))
    assert (path[0], path[-1]) == ((x, y), (to_x, to_y))
    assert all(abs(a[0] - b[0]) <= 1 and abs(a[1] - b[1]) <= 1 for a, b in pairwise(path))


# -- courses


def test_a_day_begins_with_its_opening() -> None:
    shown = tile()
    assert shown.session is not None
    early = [(shown.session.open - 5 * MINUTE, Decimal("113.20")), *shown.minutes]
    assert intraday(shown._replace(minutes=early), shown.session).points == (
        intraday(shown, shown.session).points
    )


def test_a_course_of_years_leaves_its_end_to_the_live_price() -> None:
    course = daily(history(400), Span.YEAR)
    assert date.fromordinal(course.days[0]) == DAY - timedelta(days=365)
    assert date.fromordinal(course.days[-1]) == DAY
    assert course.points[0][0] == 0
    assert course.points[-1][0] < 1
    assert len(daily(history(400), Span.ALL).points) == 400


def test_a_name_listed_yesterday_has_a_course() -> None:
    course = daily(history(1), Span.ALL)
    assert [at for at, _ in course.points] == [0]
    assert len(daily(history(0), Span.ALL).points) == 0
    assert dates(course, 60) == []


@given(
    sessions=st.integers(2, 900), columns=st.integers(1, 150), rows=st.integers(1, 50), braille=st.booleans()
)
def test_every_dot_lies_on_the_field(sessions: int, columns: int, rows: int, braille: bool) -> None:
    course = daily(history(sessions), Span.ALL)
    prices = [price for _, price in course.points]
    field = traced(course, min(prices), max(prices), columns, rows, braille=braille)
    assert {x for x, _ in field} <= set(range(columns))
    assert {y for _, y in field} <= set(range(rows))


@pytest.mark.parametrize(
    ("span", "cells", "told"),
    [
        (Span.MONTHS, 60, ["2025-07", "2025-08", "2025-09"]),
        (Span.YEAR, 60, ["2024-10", "2025-01", "2025-04", "2025-07"]),
        (Span.YEARS, 60, ["2021", "2022", "2023", "2024", "2025"]),
        (Span.MONTHS, 12, ["2025-07"]),
    ],
)
def test_dates_are_as_dense_as_there_is_room(span: Span, cells: int, told: list[str]) -> None:
    assert [stamp.text for stamp in dates(daily(history(1400), span), cells)] == told


@given(cells=st.integers(10, 300))
def test_times_below_a_chart_do_not_touch(cells: int) -> None:
    session = calendar("XHKG").session(DAY)
    assert session is not None
    stamps = hours(session, cells)
    assert {"09:30", "13:00", "16:10"} <= {stamp.text for stamp in stamps}
    if len(stamps) > 3:
        places = [position(stamp, cells) for stamp in stamps]
        assert all(b - a >= 7 for a, b in pairwise(places))


# -- the scale


def test_levels_in_reach_are_taken_in() -> None:
    near, far = Level(Decimal(95), "near"), Level(Decimal(200), "far")
    scale = Scale(100, 120, [near, far])
    assert (scale.low, scale.high) == (95, 120)
    assert (scale.holds(near.price), scale.holds(far.price)) == (True, False)
    assert Scale(100, 120, [far._replace(daily=True)]).high == 200


@given(
    low=st.decimals(1, 10_000, places=3),
    more=st.decimals("0.001", 10_000, places=3),
    height=st.integers(2, 400),
)
def test_the_edges_are_exact(low: Decimal, more: Decimal, height: int) -> None:
    scale = Scale(float(low), float(low + more))
    assert scale.row(float(low + more), height) == 0
    assert scale.row(float(low), height) == height - 1


def test_a_price_that_never_moved_has_a_scale() -> None:
    scale = Scale(5, 5)
    assert scale.low < 5 < scale.high


@given(
    low=st.decimals("0.01", 30_000, places=2),
    more=st.decimals("0.01", 30_000, places=2),
    most=st.integers(1, 20),
)
def test_round_prices_are_few_and_in_range(low: Decimal, more: Decimal, most: int) -> None:
    scale = Scale(float(low), float(low + more))
    steps = scale.steps(most)
    assert len(steps) <= most + 1
    assert all(scale.low <= float(step) <= scale.high for step in steps)


# -- the page


@given(
    width=st.integers(1, 300),
    height=st.integers(1, 100),
    sheet=st.integers(2, 8),
    facts=st.integers(2, 60),
    context=st.integers(2, 60),
    panel=st.sampled_from(["facts", "headlines", "chart"]),
)
def test_a_page_is_shared_out(
    width: int, height: int, sheet: int, facts: int, context: int, panel: str
) -> None:
    wanted = {"facts": facts, "runs": 11, "twin": 5, "context": context}
    plan = lay_out_page(width, height, sheet, wanted, panel)
    rest = max(1, height - sheet)
    assert min(plan.chart, plan.headlines, plan.tabs, *plan.panels.values()) >= 0
    if plan.wide:
        assert plan.chart + plan.headlines == rest
        assert plan.left + plan.right == width
        assert sum(plan.panels.values()) <= rest
    else:
        shown = sum(plan.panels.values()) + plan.headlines
        # The chart is a panel on the smallest alone; elsewhere the page asks for another one.
        assert plan.chart + shown + plan.tabs == rest or panel == "chart"


def test_the_sizes_that_people_have() -> None:
    wanted = {"facts": 16, "runs": 11, "twin": 5, "context": 13}
    small = lay_out_page(80, 24, 4, wanted, "facts")
    assert (small.wide, small.chart, small.panels["facts"], small.tabs) == (False, 9, 10, 1)
    usual = lay_out_page(120, 40, 4, wanted, "facts")
    assert usual.panels == {"facts": 10, "runs": 11, "twin": 5, "context": 10}
    assert lay_out_page(200, 60, 4, wanted, "facts").panels == wanted
    assert (panel_width(80, 24), panel_width(120, 40), panel_width(200, 60)) == (80, 48, 80)


def test_panels_go_round() -> None:
    assert after(("a", "b"), "b", 1) == "a"
    assert after(("a", "b"), "gone", 1) == "a"
