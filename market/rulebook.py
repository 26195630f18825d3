"""RuleBook: all rules, compiled per name, so that most ticks concern none of them."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import partial

from market.conditions import CONDITIONS
from market.conditions.base import Surroundings
from market.desk import Desk
from market.ladder import Ladder
from market.outcome import Outcome
from market.profile import Profile
from market.quote import Quote
from market.roster import Roster, may_sleep
from market.rule import Moment, OnBroken, Rule, surrender
from market.session import calendar
from market.state import Entry
from market.symbol import mic

Judge = Callable[[Entry], Moment]
"""Says as what the last quote of a name may be evaluated now."""

Tell = Callable[[Outcome], object]
"""Takes what a look at a quote has brought."""

_KEPT_IN = 10
"""In so many rounds what has been gathered for each name is kept once, a part of the names in each."""


class RuleBook:
    """The rules that look at quotes. ``watch`` must tell it once where quotes and history are found."""

    def __init__(self, rules: Iterable[Rule] = ()) -> None:
        self.rules = tuple(rules)
        self.on_broken: OnBroken = surrender
        self._order = {rule.id: place for place, rule in enumerate(self.rules)}
        self._around = Surroundings()
        self._on: dict[str, dict[str, Rule]] = {}
        for rule in self.rules:
            if rule.kind in CONDITIONS:
                for symbol in rule.symbols:
                    self._on.setdefault(symbol, {})[rule.id] = rule
        rosters: dict[tuple[int, ...], Roster] = {}
        self._desks: dict[str, Desk] = {}
        for symbol, concerned in self._on.items():
            asleep = [rule for rule in concerned.values() if may_sleep(rule)]
            alike = tuple(map(id, asleep))
            if alike not in rosters:
                rosters[alike] = Roster(asleep)
            awake = [rule for rule in concerned.values() if not may_sleep(rule)]
            make = partial(self._ladder, symbol)
            self._desks[symbol] = Desk(symbol, awake, rosters[alike], make, self._put_aside)
        self._gathering = [desk for desk in self._desks.values() if desk.gathering]
        self._rounds = 0

    def _ladder(self, symbol: str, rule: Rule, up: bool) -> Ladder:
        condition = CONDITIONS[rule.kind](rule, symbol, up, self._around)
        return Ladder(rule, symbol, condition, calendar(mic(symbol)))

    def _put_aside(self, rule: Rule, where: str | None, error: Exception) -> None:
        self.on_broken(rule, where, error)

    def watch(self, entries: Mapping[str, Entry], profile: Callable[[str], Profile | None]) -> None:
        """Where the quotes of other names, and what history says, are found."""
        self._around.entries = entries
        self._around.profile = profile

    # -- over restarts and reloads

    def restore(self, states: Mapping[str, str]) -> None:
        """Take up where an earlier process stopped; ``states`` as ``Outcome.states`` gave them."""
        for key in states:
            rule_id, _, rest = key.partition("/")
            symbol, _, side = rest.rpartition("/")
            rule = self._on.get(symbol, {}).get(rule_id)
            if rule is not None and rule.direction in (side, "both"):
                self._desks[symbol].wake((rule, side == "up"))
        for desk in self._desks.values():
            desk.restore(states)
        for ladder in self._ladders():
            ladder.restore(states)

    def inherit(self, old: "RuleBook") -> None:
        """Go on with an older book's ladders where the rule has not changed: a reload forgets nothing."""
        for symbol, desk in self._desks.items():
            before = old._desks.get(symbol)
            for ladder in before.ladders.values() if before is not None else ():
                if self._on[symbol].get(ladder.rule.id) == ladder.rule:
                    desk.adopt(ladder)

    def states(self) -> dict[str, str]:
        """Every standing, by its key."""
        return {key: state for desk in self._desks.values() for key, state in desk.states().items()}

    # -- quotes and time

    def evaluate(self, entry: Entry, quote: Quote, moment: Moment, tell: Tell) -> None:
        """Tell what the rules say of a quote that ``MarketState`` has just applied; sets the quiet box anew.

        In this order: a reader of alerts need not wait for the box.
        """
        desk = self._desks.get(quote.symbol)
        if desk is None or entry.session_date is None:
            return
        out = Outcome()
        desk.evaluate(entry, quote, moment, out)
        self._meet(desk, entry, moment, out)
        tell(self._ordered(out))
        desk.narrow(entry, quote)

    def refuse(self, entry: Entry, quote: Quote, moment: Moment) -> Outcome:
        """What they would have said of a quote that was never applied."""
        out = Outcome()
        if (desk := self._desks.get(quote.symbol)) is not None:
            desk.refuse(entry, quote, moment, out)
        return out

    def hear(self, entry: Entry, moment: Moment) -> Outcome:
        """Another source has spoken of a name: it may confirm what waits for it."""
        out = Outcome()
        if (desk := self._desks.get(entry.symbol)) is not None:
            self._meet(desk, entry, moment, out)
        return self._ordered(out)

    def round(self, now: int, judge: Judge) -> Outcome:
        """Time has passed, without a quote; ``now`` in nanoseconds UTC."""
        out = Outcome()
        for symbol, desk in self._desks.items():
            if not desk.timed and not desk.heeding:
                continue
            entry = self._around.entries.get(symbol)
            if entry is None or entry.quote is None or entry.session_date is None:
                continue
            stirred = [ladder for ladder in desk.heeding if ladder.condition.is_due(entry, now)]
            desk.timed += [ladder for ladder in stirred if ladder not in desk.timed]
            if desk.timed:
                self._wait(desk, entry, judge(entry), out)
        self._rounds += 1
        self._keep(self._gathering[self._rounds % _KEPT_IN :: _KEPT_IN], out)
        return self._ordered(out)

    def finish(self, now: int) -> Outcome:
        """Nothing more will come: tell what waits for another source as it is, and keep what was gathered."""
        out = Outcome()
        for symbol, desk in self._desks.items():
            if desk.timed:
                entry = self._around.entries[symbol]
                desk.ask(desk.timed, partial(Ladder.give_up, entry=entry, now=now, out=out))
        self._keep(self._gathering, out)
        return self._ordered(out)

    @property
    def is_waiting(self) -> bool:
        """Whether time alone may set a rule off."""
        return any(desk.timed for desk in self._desks.values())

    def withheld(self, mic_of: str) -> Counter[tuple[str, str, str]]:
        """Quotes withheld on an exchange since it was last asked, by rule, kind and reason.

        What was told of each of them already is left out.
        """
        counts: Counter[tuple[str, str, str]] = Counter()
        told: Counter[tuple[str, str, str]] = Counter()
        for symbol, desk in self._desks.items():
            if mic(symbol) == mic_of:
                for ladder in desk.ladders.values():
                    for step, reason in ladder.withheld:
                        what = ladder.rule.id, ladder.rule.kind, reason
                        counts[what] += ladder.withheld[step, reason]
                        told[what] += ladder.withheld[step, reason] > 0
                        ladder.withheld[step, reason] = 0
        return Counter({what: count for what, count in counts.items() if count > told[what]})

    def _ordered(self, out: Outcome) -> Outcome:
        """Alerts in the order of the configuration, whichever rule woke first."""
        if len(out.alerts) > 1:
            places = self._order
            out.alerts.sort(key=lambda alert: (places[alert.rule_id], alert.symbol, alert.direction != "up"))
        return out

    @staticmethod
    def _keep(desks: Iterable[Desk], out: Outcome) -> None:
        for desk in desks:
            desk.ask(desk.gathering, lambda ladder: ladder.keep(out.states))

    def _wait(self, desk: Desk, entry: Entry, moment: Moment, out: Outcome) -> None:
        quote = entry.quote
        if quote is not None:
            desk.ask(desk.timed, lambda ladder: ladder.wait(entry, quote, moment, out))
            self._meet(desk, entry, moment, out)

    @staticmethod
    def _meet(desk: Desk, entry: Entry, moment: Moment, out: Outcome) -> None:
        if desk.timed:
            desk.ask(desk.timed, lambda ladder: ladder.confirm(entry, moment, out))
            if moment.blocked is None:
                desk.timed = [ladder for ladder in desk.timed if ladder.is_timed]
            else:  # time alone sets nothing off any more, and a tape need not pass a night second by second
                desk.timed = [ladder for ladder in desk.timed if ladder.waiting]
                entry.disturb()

    def _ladders(self) -> Iterable[Ladder]:
        for desk in self._desks.values():
            yield from desk.ladders.values()
