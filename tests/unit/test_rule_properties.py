"""What holds for every kind of rule, whatever the tape, the restarts, the reloads and the crashes."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from itertools import accumulate
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from market.clock import SECOND
from market.conditions import CONDITIONS
from market.profile import Period
from market.quote import Quote
from market.rule import Direction, Rule
from market.session import TRADING, Phase
from market.standing import Standing
from monitor.store import Event, Store, Stored
from tests.unit.desk import DAY, OPEN, Desk
from tests.unit.test_conditions import TODAY, profile

PROFILES = {"9888.HK": replace(profile(closes=("96", "97", "100")), mean_volume=Decimal(1000))}

THRESHOLDS = {
    "pct_prev_close": ("2", "4", "6"),
    "pct_window": ("2", "4"),
    "price_cross": ("101", "104", "97.5"),
    "gap_open": ("1", "3"),
    "new_high": ("0", "2"),
    "new_low": ("0", "2"),
    "volume_ratio": ("0.5", "1"),
    "streak": ("3",),
    "relative": ("2", "4"),
}


def rule_of(kind: str, **fields: Any) -> Rule:
    """A rule of a kind on Baidu."""
    condition = CONDITIONS[kind]
    steps = tuple(map(Decimal, THRESHOLDS[kind]))
    direction: Direction = condition.only or "both"
    known: dict[str, Any] = {
        "steps": steps,
        "clear": steps[0] * Decimal("0.8") if kind != "price_cross" else Decimal("100.5"),
        "direction": direction,
        "window": 60 * SECOND,
        "period": Period.DAY,
        "length": 3,
        "index": "HSTECH",
    }
    return Rule(kind, kind, ("9888.HK",), **(known | fields))


@st.composite
def rules(draw: st.DrawFn) -> list[Rule]:
    """One rule or two of any kind, with any of what a rule may have."""
    made = []
    for kind in draw(st.lists(st.sampled_from(sorted(CONDITIONS)), min_size=1, max_size=2, unique=True)):
        frequency = draw(st.sampled_from(CONDITIONS[kind].frequencies))
        hold = draw(st.sampled_from((0, 0, 7 * SECOND))) if "for" in CONDITIONS[kind].keys else 0
        made.append(
            rule_of(
                kind,
                frequency=frequency,
                hold=0 if frequency == "on_new_extreme" else hold,
                cooldown=draw(st.sampled_from((0, 0, 20 * SECOND))),
                confirm_within=draw(st.sampled_from((0, 0, 5 * SECOND))),
                phases=draw(st.sampled_from((TRADING, TRADING, frozenset((Phase.MORNING,))))),
            )
        )
    return made


# Seconds after the quote before; the long ones reach over lunch, the close and the night.
PACE = st.sampled_from((0, 1, 1, 1, 1, 2, 2, 3, 3, 5, 8, 8, 15, 30, 100, 3600, 80_000))
# Less than 30 % apart, so that none is an outlier.
CENTS = st.integers(min_value=9400, max_value=10_700)


@st.composite
def tapes(draw: st.DrawFn) -> list[Quote]:
    """A name and an index, two sources, some quotes late; stamps in order, several of them equal."""
    quotes: list[Quote] = []
    at, volume, opened = draw(st.sampled_from((-60, 0, 0, 0))), 0, Decimal(102)
    for _ in range(draw(st.integers(min_value=1, max_value=40))):
        at += draw(PACE)
        volume += draw(st.integers(min_value=0, max_value=200))
        received = OPEN + at * SECOND
        lag = draw(st.sampled_from((0, 0, 0, 1, 95)))
        symbol = draw(st.sampled_from(("9888.HK", "9888.HK", "9888.HK", "HSTECH")))
        price = Decimal(draw(CENTS)) / 100
        opening = draw(st.sampled_from((None, opened)))
        source = draw(st.sampled_from(("a", "a", "a", "b")))
        high = price + draw(st.sampled_from((0, 0, 1)))
        known = (Decimal(100), opening, high, price - 1, volume)
        quotes.append(Quote(symbol, price, received - lag * SECOND, received, source, *known))
    return quotes


def desk(on: list[Rule], store: Store | None = None) -> Desk:
    """A desk that has a past."""
    return Desk(*on, store=store, profiles=PROFILES)


def played(on: list[Rule], tape: list[Quote], store: Store | None = None) -> Desk:
    """A desk after a tape."""
    made = desk(on, store)
    made.send(*tape)
    return made


@settings(max_examples=40, deadline=None)
@given(rules(), tapes())
def test_the_quiet_box_hides_nothing(on: list[Rule], tape: list[Quote]) -> None:
    """Looking at every quote finds what looking at the loud ones finds."""
    quick, slow = desk(on), desk(on)
    for quote in tape:
        slow.engine.state.entries[quote.symbol].disturb()
        assert quick.send(quote) == slow.send(quote)


MOVING = st.tuples(
    st.integers(min_value=10_180, max_value=10_220), st.integers(min_value=9980, max_value=10_020)
)


@settings(max_examples=80, deadline=None)
@given(st.lists(MOVING, min_size=1, max_size=60))
def test_the_quiet_box_holds_for_a_base_that_moves(ticks: list[tuple[int, int]]) -> None:
    """Crypto counts from the price of a day ago, which is another with every tick."""
    on = replace(
        rule_of("pct_prev_close", frequency="every_cross", clear=Decimal("1.9")), symbols=("BTC-USD",)
    )
    quick, slow = (Desk(on, symbols=["BTC-USD"]) for _ in range(2))
    for at, (cents, base) in enumerate(ticks):
        told = [
            desk.quote(
                Decimal(cents) / 100, at, symbol="BTC-USD", prev_close=Decimal(base) / 100, loud=desk is slow
            )
            for desk in (quick, slow)
        ]
        assert told[0] == told[1]


@settings(max_examples=40, deadline=None)
@given(rules(), tapes(), st.lists(st.integers(min_value=0, max_value=24), max_size=3))
def test_restarts_that_read_the_tape_again_change_no_event(
    on: list[Rule], tape: list[Quote], kills: list[int]
) -> None:
    """Each begins with the tape's first line; together they tell what one run tells, and nothing twice."""
    whole = played(on, tape)
    store = Store()
    told: list[str] = []
    for killed_after in (*kills, len(tape)):
        told += played(on, tape[:killed_after], store).keys
    assert told == whole.keys or sorted(told) == sorted(whole.keys)
    assert len(set(told)) == len(told)


@settings(max_examples=40, deadline=None)
@given(rules(), tapes(), st.integers(min_value=0, max_value=24))
def test_a_restart_in_mid_tape_goes_on_where_it_stopped(on: list[Rule], tape: list[Quote], at: int) -> None:
    """Of what a rule needs only other names' quotes are not kept, and what nobody saw end is not told."""
    on = [replace(rule, confirm_within=0, hold=0) for rule in on if rule.kind != "relative"]
    tape = [quote._replace(source="a") for quote in tape if quote.symbol == "9888.HK"]
    # A new process takes a quote that has the stamp of the last one, or an older one, for news.
    newest = accumulate((quote.ts_event for quote in tape), max, initial=0)
    tape = [quote for quote, before in zip(tape, newest, strict=False) if quote.ts_event > before]
    whole = played(on, tape)
    first = played(on, tape[:at])
    first.engine.alerting.finish(first.clock.now(), ())
    again = played(on, tape[at:], first.store)
    assert first.keys + again.keys == whole.keys


class CrashError(Exception):
    """The process has died."""


class Fragile(Store):
    """A store whose process dies at one of its commits, before it or after it."""

    def __init__(self, survive: int, *, after: bool) -> None:
        super().__init__()
        self.left = survive
        self.after = after

    def record(self, event: Event, states: Mapping[str, str] = {}) -> Stored | None:
        """Commit, unless this is the one."""
        with self._dying():
            return super().record(event, states)

    def save(self, states: Mapping[str, str]) -> None:
        """Commit, unless this is the one."""
        with self._dying():
            super().save(states)

    @contextmanager
    def _dying(self) -> Iterator[None]:
        self.left -= 1
        if self.left == 0 and not self.after:
            raise CrashError
        yield
        if self.left == 0:
            raise CrashError


@settings(max_examples=40, deadline=None)
@given(rules(), tapes(), st.integers(min_value=1, max_value=12), st.booleans())
def test_a_crash_before_or_after_any_commit_loses_and_invents_nothing(
    on: list[Rule], tape: list[Quote], survive: int, after: bool
) -> None:
    """What is on record in the end is what one run puts there."""
    whole = played(on, tape)
    store = Fragile(survive, after=after)
    try:
        played(on, tape, store)
    except CrashError:
        played(on, tape, store)
    recorded = [stored.line for stored in store.journal()]
    assert sorted(_keys(recorded)) == sorted(whole.keys)


def _keys(lines: list[str]) -> list[str]:
    return [line.split('"dedup_key":"')[1].split('"')[0] for line in lines]


@settings(max_examples=40, deadline=None)
@given(rules(), tapes())
def test_repeats_older_quotes_and_lies_change_nothing(on: list[Rule], tape: list[Quote]) -> None:
    """Each line comes twice, with one from before and one from the future."""
    noisy = []
    for quote in tape:
        noisy += [quote, quote]
        noisy.append(quote._replace(ts_event=quote.ts_event - DAY * SECOND, last=Decimal(104)))
        noisy.append(quote._replace(ts_event=quote.ts_recv + 3600 * SECOND, last=Decimal(96)))
    clean = [rule for rule in on if not rule.confirm_within]
    assert played(clean, noisy).keys == played(clean, tape).keys


@settings(max_examples=40, deadline=None)
@given(rules(), tapes())
def test_every_event_falls_in_an_open_session_and_none_twice(on: list[Rule], tape: list[Quote]) -> None:
    """By the venue's own time, and with that day's date."""
    made = played(on, tape)
    assert len(set(made.keys)) == len(made.keys)
    hours = made.engine.hours
    for alert in made.heard.alerts:
        assert alert["phase"] in {phase.value for phase in TRADING}
        assert alert["session_date"] == alert["exchange_ts"][:10]
        assert hours.is_session(TODAY.fromisoformat(alert["session_date"]))


@settings(max_examples=40, deadline=None)
@given(rules(), tapes(), st.lists(st.integers(min_value=0, max_value=24), max_size=3))
def test_a_reload_of_the_same_rules_changes_no_event(
    on: list[Rule], tape: list[Quote], at: list[int]
) -> None:
    """Whenever it comes."""
    made = desk(on)
    for number, quote in enumerate(tape):
        if number in at:
            made.reload(*on)
        made.send(quote)
    assert made.keys == played(on, tape).keys


@settings(max_examples=40, deadline=None)
@given(rules(), rules(), tapes(), st.integers(min_value=0, max_value=24))
def test_a_reload_of_other_rules_tells_nothing_twice(
    on: list[Rule], others: list[Rule], tape: list[Quote], at: int
) -> None:
    """There and back again."""
    made = desk(on)
    for number, quote in enumerate(tape):
        if number in (at, at + 5):
            made.reload(*(others if number == at else on))
        made.send(quote)
    assert len(set(made.keys)) == len(made.keys)


@settings(max_examples=40, deadline=None)
@given(tapes(), st.integers(min_value=2, max_value=40), st.sampled_from(("pct_prev_close", "pct_window")))
def test_scaling_prices_and_base_changes_no_event(tape: list[Quote], factor: int, kind: str) -> None:
    """A percentage has no currency."""
    scaled = [_scaled(quote, factor) for quote in tape]
    on = [rule_of(kind, frequency="every_cross")]
    assert played(on, tape).keys == played(on, scaled).keys


def _scaled(quote: Quote, factor: int) -> Quote:
    prices = {
        name: price * factor
        for name in ("last", "prev_close", "open", "high", "low")
        if (price := getattr(quote, name)) is not None
    }
    return quote._replace(**prices)


@settings(max_examples=40, deadline=None)
@given(tapes(), st.sampled_from(sorted(set(CONDITIONS) - {"price_cross", "streak"})))
def test_a_lower_threshold_removes_no_fire(tape: list[Quote], kind: str) -> None:
    """A single step, once a session, told by session and direction."""
    high, low = ([rule_of(kind, steps=(Decimal(step),), clear=Decimal(0))] for step in ("1.5", "1"))

    def fired(on: list[Rule]) -> set[tuple[str, str]]:
        return {(key.split("/")[2], key.split("/")[3]) for key in played(on, tape).keys}

    assert fired(high) <= fired(low)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(min_value=0, max_value=99), min_size=1, max_size=40))
def test_oscillation_between_clear_and_threshold_is_silent(cents: list[int]) -> None:
    """Once at 2 %, and then between 1.6 % and all but 4 %."""
    made = desk([rule_of("pct_prev_close", frequency="every_cross")])
    made.quote("102", 0)
    for at, cent in enumerate(cents, 1):
        made.quote(Decimal("101.601") + Decimal(cent) * Decimal("0.024"), at)
    assert made.keys == ["pct_prev_close/9888.HK/2025-09-17/up/2/1"]


@given(
    st.builds(
        Standing,
        session=st.none() | st.just(TODAY),
        told=st.sets(st.decimals(min_value=0, max_value=1000, places=3)),
        crossings=st.dictionaries(st.decimals(min_value=0, max_value=1000, places=3), st.integers(0, 99)),
        extreme=st.none() | st.integers(0, 99),
        base=st.none() | st.decimals(min_value=0, max_value=1000, places=3),
        seen=st.none() | st.decimals(min_value=0, max_value=1000, places=3),
        pending=st.dictionaries(st.decimals(min_value=0, max_value=1000, places=3), st.integers(0, 2**62)),
        fired=st.integers(0, 2**62),
    )
)
def test_a_standing_is_read_back_as_it_was_written(standing: Standing) -> None:
    """And by no rule of another kind."""
    text = standing.to_json("gap_open", {})
    assert Standing.from_json("gap_open", text) == standing
    assert Standing.from_json("streak", text) is None
