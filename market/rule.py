"""Rules: when a move is worth an alert. Exact, and evaluated on every tick."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

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
    symbols: tuple[str, ...] = field(compare=False)
    """Whom it watches, which is no part of what it is."""
    direction: str
    steps: tuple[Decimal, ...]
    clear: Decimal
    frequency: str = "once_per_session"
    phases: frozenset[Phase] = TRADING
    severity: str = "warning"
    sinks: tuple[str, ...] = ("*",)


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
    judged: int = 0
    """The venue's stamp (ns UTC) up to which an earlier process has judged this session's quotes."""

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
            self.judged = 0
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

    def restore(self, events: Iterable[tuple[str, int]]) -> None:
        """Take up where an earlier process stopped: what is on record is never raised again.

        ``events`` are ``dedup_key`` and the venue's stamp (ns UTC) of the quote that raised it. Quotes up to
        the newest of them were judged then, and a tape that is played once more is not judged anew.
        """
        told: dict[tuple[str, str], list[_Told]] = {}
        for key, ts_event in events:
            parts = key.rsplit("/", 5)
            if len(parts) == 6:
                rule_id, symbol, session, side, step, occurrence = parts
                event = _Told(session, side == "up", step, int(occurrence), ts_event)
                told.setdefault((rule_id, symbol), []).append(event)
        for (rule_id, symbol), events_told in told.items():
            for ladder in self._ladders.get(symbol, ()):
                if ladder.rule.id == rule_id:
                    _restore(ladder, [event for event in events_told if event.up is ladder.up])

    def inherit(self, old: "RuleBook") -> None:
        """Go on with an older book's ladders where the rule has not changed: a reload forgets nothing."""
        for symbol, ladders in self._ladders.items():
            kept = {(ladder.rule, ladder.up): ladder for ladder in old._ladders.get(symbol, ())}
            self._ladders[symbol] = [kept.get((ladder.rule, ladder.up), ladder) for ladder in ladders]

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
            # A late quote of an earlier session must not re-arm what this one has told.
            if session_date == moment.current_date:
                ladder.roll(session_date)
            if quote.ts_event > ladder.judged:
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
        occurrence = ladder.crossings[index - 1] = ladder.crossings.get(index - 1, 0) + 1
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


class _Told(NamedTuple):
    """An event on record, read back from its key; ``ts_event`` in nanoseconds UTC."""

    session: str
    up: bool
    step: str
    occurrence: int
    ts_event: int


def _restore(ladder: Ladder, told: Sequence[_Told]) -> None:
    """Events of this ladder's rule, instrument and direction; the newest session among them is taken up."""
    newest = max((event.session for event in told), default="")
    if not newest:
        return
    if newest != "ever":
        ladder.session_date = date.fromisoformat(newest)
    steps = {f"{step.normalize():f}": index for index, step in enumerate(ladder.rule.steps)}
    for event in sorted(told, key=lambda event: event.ts_event):
        index = steps.get(event.step)
        if event.session != newest or index is None:
            continue
        ladder.judged = event.ts_event
        ladder.reached = index + 1
        ladder.crossings[index] = max(ladder.crossings.get(index, 0), event.occurrence)
        if ladder.rule.frequency == "on_new_extreme":
            ladder.extreme = max(ladder.extreme or 0, event.occurrence)
