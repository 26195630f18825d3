"""Sources that come, go, lag and differ in any order: the lead crosses no level and moves no base."""

from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from market.clock import SECOND
from market.quote import Quote
from market.rule import Rule
from tests.unit.desk import OPEN, Desk

SYMBOL = "9888.HK"
LEVEL = Decimal("105.05")
SIDES = {"a": ("104.90", "105.00"), "b": ("105.10", "105.20"), "c": ("105.00",)}
"""What each source says: three ticks apart at the most, and none of them ever beyond the level and back."""

BASES = {"a": Decimal(100), "b": Decimal(99), "c": None}
"""The previous close that each is sure of; one tells trades alone."""


@dataclass(frozen=True)
class Step:
    """A quote: so many seconds after the one before, of a stamp so many seconds old."""

    source: str
    wait: float
    lag: float
    choice: int


steps = st.lists(
    st.builds(
        Step,
        st.sampled_from("abc"),
        st.sampled_from((0, 0.1, 1, 3, 5, 6, 31, 95)),
        st.sampled_from((0, 0.5, 2, 4, 6, 15, 90)),
        st.integers(0, 1),
    ),
    max_size=60,
)
ranks = st.fixed_dictionaries(dict.fromkeys("abc", st.integers(0, 2)))


def played(plan: list[Step], priority: dict[str, int], *rules: Rule) -> tuple[Desk, list[Quote]]:
    """The desk at the end, and the leading quote after each step."""
    desk = Desk(*rules, symbols=[SYMBOL])
    desk.engine.state.priority = priority
    led = []
    at = 60.0
    for step in plan:
        at += step.wait
        prices = SIDES[step.source]
        price = prices[step.choice % len(prices)]
        desk.quote(price, at, lag=step.lag, source=step.source, prev_close=BASES[step.source])
        leader = desk.engine.state.entries[SYMBOL].quote
        assert leader is not None
        led.append(leader)
    return desk, led


@settings(max_examples=300)
@given(steps, ranks)
def test_no_change_of_source_crosses_a_level(plan: list[Step], priority: dict[str, int]) -> None:
    """However often it may be told, in either direction."""
    crossing = Rule(
        "level", "price_cross", (SYMBOL,), "both", (LEVEL,), Decimal(105), frequency="every_cross"
    )
    desk, _ = played(plan, priority, crossing)
    assert desk.keys == []


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.sampled_from(("ab", "a", "b")), min_size=1, max_size=6),
    st.integers(1, 4),
    st.sampled_from(((0, 0), (0, 1), (0, 3), (2, 0))),
    st.dictionaries(st.sampled_from("ab"), st.integers(1, 2)),
)
def test_what_every_source_crosses_is_told_once(
    alive: list[str], pace: int, late: tuple[int, int], priority: dict[str, int]
) -> None:
    """By small steps, and whichever of the two falls silent or comes back meanwhile."""
    rising = Rule("level", "price_cross", (SYMBOL,), "up", (LEVEL,), Decimal(105))
    desk = Desk(rising, symbols=[SYMBOL])
    desk.engine.state.priority = priority
    for second in range(400):
        speaking = "ab" if second < 10 else alive[second // 8 % len(alive)]
        for source, lag in zip("ab", late, strict=True):
            if source in speaking:
                price = Decimal("104.60") + (second - lag) // (4 * pace) * Decimal("0.05")
                desk.quote(price, 60 + second + lag / 10, lag=lag, source=source)
    assert len(desk.keys) == 1


@settings(max_examples=300)
@given(steps, ranks)
def test_the_base_changes_for_a_preferred_source_alone(plan: list[Step], priority: dict[str, int]) -> None:
    """So a percentage never swings to and fro; and what is shown never goes back in time."""
    _, led = played(plan, priority)
    stamps = [quote.ts_event for quote in led]
    assert stamps == sorted(stamps)
    bases = [quote.prev_close for quote in led if quote.prev_close is not None]
    given = {base: priority[source] for source, base in BASES.items() if base is not None}
    assert all(one == other or given[one] < given[other] for one, other in pairwise(bases))
    assert all(quote.ts_event >= OPEN - 90 * SECOND for quote in led)


@settings(max_examples=200)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=60, max_size=60))
def test_two_that_are_alike_never_take_turns(lags: list[tuple[int, int]]) -> None:
    """Each says every two seconds what it knows, up to four seconds late."""
    plan = [Step(source, 1, pair["ab".index(source)], 0) for pair in lags for source in "ab"]
    _, led = played(plan, {"a": 0, "b": 0})
    assert {quote.source for quote in led} == {led[0].source}
