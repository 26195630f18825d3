"""Rules: when a move is worth an alert. Exact, and evaluated on every tick."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from market.alert import Alert, Suppressed
from market.freshness import Quality
from market.quote import Quote
from market.session import TRADING, Phase
from market.state import Entry


@dataclass(frozen=True, slots=True)
class Rule:
    """A move in percent of the previous close, in one or both directions.

    ``steps`` are all thresholds, ascending, positive percent. ``clear`` is where the first step re-arms
    under ``every_cross``; a higher step re-arms in the same proportion of itself.
    """

    id: str
    kind: str
    symbols: tuple[str, ...]
    direction: str
    steps: tuple[Decimal, ...]
    clear: Decimal
    frequency: str = "once_per_session"
    phases: frozenset[Phase] = TRADING
    severity: str = "warning"
    sinks: tuple[str, ...] = ("tui",)


@dataclass(frozen=True, slots=True)
class Moment:
    """What the engine knows of a quote besides the quote: whether, and as what, it may be evaluated."""

    now: int
    quality: Quality
    current_date: date
    """The session date by the engine's own clock."""
    blocked: str | None = None
    """Why no rule may act on this quote; ``None`` when it may."""


@dataclass(slots=True)
class Ladder:
    """One rule in one direction for one instrument: how far up its steps the price has been."""

    rule: Rule
    up: bool
    session_date: date | None = None
    reached: int = 0
    """Steps told, or passed over by a jump, in this session (for ``once``: ever)."""
    crossings: dict[int, int] = field(default_factory=dict)
    """Under ``every_cross``: how often each step was told this session."""
    extreme: int | None = None
    """Under ``on_new_extreme``: the furthest whole percent told this session."""
    suppressed: set[tuple[int, str]] = field(default_factory=set)

    def level(self, base: Decimal, step: Decimal) -> Decimal:
        """The exact price at which a move of ``step`` percent from ``base`` is reached."""
        return base * (100 + step if self.up else 100 - step) / 100

    def beyond(self, price: Decimal, level: Decimal) -> bool:
        """Whether a price has reached a level, in this ladder's direction."""
        return price >= level if self.up else price <= level

    def roll(self, session_date: date) -> None:
        """A new session: everything but a ``once`` is armed again."""
        if session_date != self.session_date:
            self.session_date = session_date
            self.crossings.clear()
            self.extreme = None
            self.suppressed.clear()
            if self.rule.frequency != "once":
                self.reached = 0

    def key(self, symbol: str, step: Decimal, occurrence: int = 1) -> str:
        """The name of one event: rule, instrument, session, direction, step, occurrence."""
        when = "ever" if self.rule.frequency == "once" else str(self.session_date)
        side = "up" if self.up else "down"
        return f"{self.rule.id}/{symbol}/{when}/{side}/{step.normalize():f}/{occurrence}"

    def clear_level(self, base: Decimal, index: int) -> Decimal:
        """Where step ``index`` re-arms under ``every_cross``."""
        steps = self.rule.steps
        return self.level(base, steps[index] * self.rule.clear / steps[0])

    def cleared(self, price: Decimal, base: Decimal, index: int) -> bool:
        """Whether the price is back at, or inside, the level where step ``index`` re-arms."""
        level = self.clear_level(base, index)
        return price <= level if self.up else price >= level


class RuleBook:
    """All rules, compiled per instrument."""

    def __init__(self, rules: Iterable[Rule] = ()) -> None:
        self.rules = tuple(rules)
        self._ladders: dict[str, list[Ladder]] = {}
        for rule in self.rules:
            for symbol in rule.symbols:
                for side in ("up", "down"):
                    if rule.direction in (side, "both"):
                        self._ladders.setdefault(symbol, []).append(Ladder(rule, side == "up"))

    def restore(self, dedup_keys: Iterable[str]) -> None:
        """Take up where an earlier process stopped: events on record are never raised again."""
        told: dict[str, list[list[str]]] = {}
        for key in dedup_keys:
            parts = key.rsplit("/", 5)
            if len(parts) == 6:
                told.setdefault(parts[1], []).append(parts)
        for symbol, keys in told.items():
            for ladder in self._ladders.get(symbol, ()):
                _restore(ladder, [parts for parts in keys if parts[0] == ladder.rule.id])

    def evaluate(self, entry: Entry, quote: Quote, moment: Moment) -> tuple[list[Alert], list[Suppressed]]:
        """What the rules say of a quote that ``MarketState`` has just applied; sets the quiet box anew."""
        alerts: list[Alert] = []
        suppressed: list[Suppressed] = []
        ladders = self._ladders.get(quote.symbol)
        base = quote.prev_close
        session_date = entry.session_date
        if not ladders or session_date is None or not base or base <= 0:
            return alerts, suppressed
        for ladder in ladders:
            ladder.roll(session_date)
            _evaluate(ladder, entry, quote, base, moment, alerts, suppressed)
            _narrow(ladder, entry, quote.last, base)
        return alerts, suppressed


def _evaluate(
    ladder: Ladder,
    entry: Entry,
    quote: Quote,
    base: Decimal,
    moment: Moment,
    alerts: list[Alert],
    suppressed: list[Suppressed],
) -> None:
    rule = ladder.rule
    index = _highest(ladder, quote.last, base)
    if rule.frequency == "every_cross" and _may_act(ladder, entry, moment) is None:
        # A step that the price has cleared may be crossed, and told, once more.
        while ladder.reached and ladder.cleared(quote.last, base, ladder.reached - 1):
            ladder.reached -= 1
    whole = _whole_percent(ladder, quote.last, base)
    if rule.frequency == "on_new_extreme":
        if index == 0 or (ladder.extreme is not None and whole <= ladder.extreme):
            return
    elif index <= ladder.reached:
        return
    step = rule.steps[index - 1]
    if (reason := _may_act(ladder, entry, moment)) is not None:
        if (index, reason) not in ladder.suppressed:
            ladder.suppressed.add((index, reason))
            side = "up" if ladder.up else "down"
            suppressed.append(Suppressed(rule.id, rule.kind, side, step, quote, reason, moment.now))
        return
    occurrence = 1
    if rule.frequency == "every_cross":
        for passed in range(ladder.reached, index):
            ladder.crossings[passed] = ladder.crossings.get(passed, 0) + 1
        occurrence = ladder.crossings[index - 1]
    elif rule.frequency == "on_new_extreme":
        ladder.extreme = occurrence = whole
    ladder.reached = index
    alerts.append(
        Alert(
            dedup_key=ladder.key(quote.symbol, step, occurrence),
            rule_id=rule.id,
            kind=rule.kind,
            direction="up" if ladder.up else "down",
            threshold=step,
            severity=rule.severity,
            quote=quote,
            session_date=moment.current_date,
            phase=entry.phase,
            quality=moment.quality,
            ts=moment.now,
            sinks=rule.sinks,
        )
    )


def _may_act(ladder: Ladder, entry: Entry, moment: Moment) -> str | None:
    if entry.session_date != moment.current_date:
        return "previous_session"
    return moment.blocked if entry.phase in ladder.rule.phases else "out_of_session"


def _highest(ladder: Ladder, price: Decimal, base: Decimal) -> int:
    """How many steps the price is beyond."""
    index = 0
    for step in ladder.rule.steps:
        if not ladder.beyond(price, ladder.level(base, step)):
            break
        index += 1
    return index


def _whole_percent(ladder: Ladder, price: Decimal, base: Decimal) -> int:
    move = price - base if ladder.up else base - price
    return int(move * 100 // base) if move > 0 else 0


def _narrow(ladder: Ladder, entry: Entry, price: Decimal, base: Decimal) -> None:
    """Take out of the quiet box every price at which this ladder would act or re-arm."""
    rule = ladder.rule
    if rule.frequency == "on_new_extreme" and ladder.extreme is not None:
        ahead: Decimal | None = ladder.level(base, Decimal(ladder.extreme + 1))
    else:
        ahead = ladder.level(base, rule.steps[ladder.reached]) if ladder.reached < len(rule.steps) else None
    behind = (
        ladder.clear_level(base, ladder.reached - 1)
        if ladder.reached and rule.frequency == "every_cross"
        else None
    )
    floor, ceiling = (behind, ahead) if ladder.up else (ahead, behind)
    drift = entry.base_drift
    if drift:
        # Levels move with the base; the box must hold for every base inside it.
        floor = floor * (1 + drift) if floor is not None else None
        ceiling = ceiling * (1 - drift) if ceiling is not None else None
    entry.narrow(floor, ceiling)


def _restore(ladder: Ladder, keys: Sequence[Sequence[str]]) -> None:
    """Keys of this ladder's rule and instrument, split; the newest session among them is taken up."""
    side = "up" if ladder.up else "down"
    mine = [parts for parts in keys if parts[3] == side]
    if not mine:
        return
    newest = max(parts[2] for parts in mine)
    if newest != "ever":
        ladder.session_date = date.fromisoformat(newest)
    steps = {f"{step.normalize():f}": index for index, step in enumerate(ladder.rule.steps)}
    for parts in mine:
        index = steps.get(parts[4])
        if parts[2] != newest or index is None:
            continue
        occurrence = int(parts[5])
        ladder.reached = max(ladder.reached, index + 1)
        ladder.crossings[index] = max(ladder.crossings.get(index, 0), occurrence)
        if ladder.rule.frequency == "on_new_extreme":
            ladder.extreme = max(ladder.extreme or 0, occurrence)
