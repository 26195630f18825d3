"""RuleBook: all rules, compiled per name, so that most ticks concern none of them."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal

from market.conditions import CONDITIONS
from market.conditions.base import Surroundings
from market.ladder import Ladder, Outcome
from market.profile import Profile
from market.quote import Quote
from market.rule import Moment, Rule
from market.session import calendar
from market.state import Entry
from market.symbol import mic

Judge = Callable[[Entry], Moment]
"""Says as what the last quote of a name may be evaluated now."""

_LATE = 3600 * 1_000_000_000
"""How long after a session its close is waited for, nanoseconds."""


class Desk:
    """Every ladder of one name, and the band of prices in which none of them has anything to do."""

    def __init__(self, ladders: list[Ladder]) -> None:
        self.ladders = ladders
        self.closings = [ladder for ladder in ladders if ladder.rule.basis == "closed"]
        self.timed: list[Ladder] = []
        """Those that time alone may set off: something holds, or waits for another source."""
        self._settled: tuple[object, ...] | None = None
        self._base = Decimal(0)
        self._floor: Decimal | None = None
        self._ceiling: Decimal | None = None
        self._restless = False

    def evaluate(self, entry: Entry, quote: Quote, moment: Moment, out: Outcome) -> None:
        """Let the ladders look whose prices it is; narrow the quiet box to where none has to."""
        base = quote.prev_close or Decimal(0)
        settled = (entry.session_date, moment.current_date, entry.phase)
        same = settled == self._settled and abs(base - self._base) <= self._base * entry.base_drift
        last = quote.last
        if not same or self._restless or self._is_outside(last):
            if not same:
                self._settled, self._base = settled, base
            for ladder in self.ladders:
                low, high = ladder.floor, ladder.ceiling
                if (
                    not same
                    or ladder.restless
                    or not ladder.primed
                    or (low is not None and last <= low)
                    or (high is not None and last >= high)
                ):
                    ladder.look(entry, quote, moment, out)
            self._compile()
        entry.narrow(self._floor, self._ceiling)
        if self._restless:
            entry.disturb()

    def _is_outside(self, price: Decimal) -> bool:
        return (self._floor is not None and price <= self._floor) or (
            self._ceiling is not None and price >= self._ceiling
        )

    def _compile(self) -> None:
        ladders = self.ladders
        self._floor = max((ladder.floor for ladder in ladders if ladder.floor is not None), default=None)
        self._ceiling = min(
            (ladder.ceiling for ladder in ladders if ladder.ceiling is not None), default=None
        )
        self._restless = any(ladder.restless for ladder in ladders)
        if not all(ladder.primed for ladder in ladders):
            self._settled = None  # what they lack may have come with the next loud quote
        self.timed = [ladder for ladder in ladders if ladder.waiting or ladder.standing.pending]


class RuleBook:
    """The rules that look at quotes. ``watch`` must tell it once where quotes and history are found."""

    def __init__(self, rules: Iterable[Rule] = ()) -> None:
        self.rules = tuple(rules)
        self._around = Surroundings()
        self._desks: dict[str, Desk] = {}
        ladders: dict[str, list[Ladder]] = {}
        for rule in self.rules:
            kind = CONDITIONS.get(rule.kind)
            if kind is None:
                continue
            for symbol in rule.symbols:
                for side in ("up", "down"):
                    if rule.direction in (side, "both"):
                        condition = kind(rule, symbol, side == "up", self._around)
                        ladder = Ladder(rule, symbol, condition, calendar(mic(symbol)))
                        ladders.setdefault(symbol, []).append(ladder)
        self._desks = {symbol: Desk(on_it) for symbol, on_it in ladders.items()}

    def watch(self, entries: Mapping[str, Entry], profile: Callable[[str], Profile | None]) -> None:
        """Where the quotes of other names, and what history says, are found."""
        self._around.entries = entries
        self._around.profile = profile

    # -- over restarts and reloads

    def restore(self, states: Mapping[str, str]) -> None:
        """Take up where an earlier process stopped; ``states`` as ``Outcome.states`` gave them."""
        for ladder in self._ladders():
            ladder.restore(states)

    def inherit(self, old: "RuleBook") -> None:
        """Go on with an older book's ladders where the rule has not changed: a reload forgets nothing."""
        kept = {ladder.key: ladder for ladder in old._ladders()}
        states = {key: ladder.save() for key, ladder in kept.items()}
        for symbol, desk in self._desks.items():
            ladders = []
            for ladder in desk.ladders:
                before = kept.get(ladder.key)
                if before is None or before.rule != ladder.rule:
                    ladder.restore(states)
                    before = ladder
                ladders.append(before)
            self._desks[symbol] = Desk(ladders)

    def states(self) -> dict[str, str]:
        """Every standing, by its key."""
        return {ladder.key: ladder.save() for ladder in self._ladders()}

    # -- quotes and time

    def evaluate(self, entry: Entry, quote: Quote, moment: Moment) -> Outcome:
        """What the rules say of a quote that ``MarketState`` has just applied; sets the quiet box anew."""
        out = Outcome()
        desk = self._desks.get(quote.symbol)
        if desk is not None and entry.session_date is not None:
            desk.evaluate(entry, quote, moment, out)
            self._meet(desk, entry, moment, out)
        return out

    def refuse(self, entry: Entry, quote: Quote, moment: Moment) -> Outcome:
        """What they would have said of a quote that was never applied."""
        out = Outcome()
        if (desk := self._desks.get(quote.symbol)) is not None:
            for ladder in desk.ladders:
                ladder.refuse(entry, quote, moment, out)
        return out

    def hear(self, entry: Entry, moment: Moment) -> Outcome:
        """Another source has spoken of a name: it may confirm what waits for it."""
        out = Outcome()
        if (desk := self._desks.get(entry.symbol)) is not None:
            self._meet(desk, entry, moment, out)
        return out

    def round(self, now: int, judge: Judge) -> Outcome:
        """Time has passed, without a quote; ``now`` in nanoseconds UTC."""
        out = Outcome()
        for symbol, desk in self._desks.items():
            due = desk.timed
            if not due and not desk.closings:
                continue
            entry = self._around.entries.get(symbol)
            if entry is None or entry.quote is None or entry.session_date is None:
                continue
            if desk.closings:
                session = entry.calendar.session(entry.session_date)
                if session is not None and 0 <= now - session.close < _LATE:
                    due = [*due, *desk.closings]
            if due:
                moment = judge(entry)
                for ladder in due:
                    ladder.wait(entry, entry.quote, moment, out)
                self._meet(desk, entry, moment, out)
        return out

    def finish(self, now: int) -> Outcome:
        """No other source will speak any more: tell what waits for one as it is."""
        out = Outcome()
        for ladder in self._ladders():
            ladder.give_up(now, out)
        return out

    def withheld(self, mic_of: str) -> Counter[tuple[str, str, str]]:
        """Quotes withheld on an exchange since it was last asked: by rule, kind and reason."""
        counts: Counter[tuple[str, str, str]] = Counter()
        for symbol, desk in self._desks.items():
            if mic(symbol) == mic_of:
                for ladder in desk.ladders:
                    for reason, count in ladder.withheld.items():
                        counts[ladder.rule.id, ladder.rule.kind, reason] += count
                    ladder.withheld.clear()
        return counts

    @staticmethod
    def _meet(desk: Desk, entry: Entry, moment: Moment, out: Outcome) -> None:
        if desk.timed:
            for ladder in desk.timed:
                ladder.confirm(entry, moment, out)
            desk.timed = [ladder for ladder in desk.timed if ladder.waiting or ladder.standing.pending]

    def _ladders(self) -> Iterable[Ladder]:
        for desk in self._desks.values():
            yield from desk.ladders
