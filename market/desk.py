"""Desk: every rule on one name, those that sleep and those that are awake."""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal, InvalidOperation

from market.ladder import Ladder, key_of
from market.outcome import Outcome
from market.quote import Quote
from market.roster import Key, Roster
from market.rule import Moment, OnBroken, Rule
from market.session import TRADING
from market.state import Entry

Make = Callable[[Rule, bool], Ladder]
"""Makes the ladder of a rule in one direction, upwards or not."""


class Desk:
    """Wakes rules when the price comes to them, asks those that are awake, and narrows the quiet box.

    ``rules`` are those that may not sleep. A ladder that breaks is put aside, and ``on_broken`` told of it:
    no error of one rule is another's, or its feed's.
    """

    def __init__(
        self, symbol: str, rules: Iterable[Rule], roster: Roster, make: Make, on_broken: OnBroken
    ) -> None:
        self.ladders: dict[str, Ladder] = {}
        self.roster = roster
        self.seen: Decimal | None = None
        """The price on whose side of each level sleeping rules were seen last."""
        self.timed: list[Ladder] = []
        """Those that time alone may set off: something holds, or waits for another source."""
        self._symbol = symbol
        self._key = f"seen/{symbol}"
        self._make = make
        self._on_broken = on_broken
        self._aside: set[str] = set()
        self._up = self._down = 0
        self._settled: tuple[object, ...] | None = None
        self._base = Decimal(0)
        self._floor: Decimal | None = None
        self._ceiling: Decimal | None = None
        self._restless = False
        self._looked: list[Ladder] | None = None
        """The ladders that judged the quote at hand; ``None`` where all bands are as they were."""
        for rule in rules:
            for up in (True, False):
                if rule.direction in ("both", "up" if up else "down"):
                    self.wake((rule, up))
        self.heeding = [ladder for ladder in self.ladders.values() if ladder.condition.heeds]
        self.gathering = [ladder for ladder in self.ladders.values() if ladder.condition.gathers]

    def wake(self, key: Key) -> Ladder:
        """The ladder of a rule, from now on asked by name."""
        name = key_of(*key, self._symbol)
        if name not in self.ladders:
            self.ladders[name] = self._make(*key)
        return self.ladders[name]

    def adopt(self, ladder: Ladder) -> None:
        """Go on with a ladder of the rules before a reload."""
        self.ladders[ladder.key] = ladder
        self.heeding = [self.ladders[each.key] for each in self.heeding]
        self.gathering = [self.ladders[each.key] for each in self.gathering]
        if ladder.is_timed:
            self.timed.append(ladder)

    def restore(self, states: Mapping[str, str]) -> None:
        """On which side of sleeping levels the price was; a rule that was not there then is asked anew."""
        try:
            self.seen, new = self.roster.read(states[self._key])
        except (KeyError, TypeError, ValueError, InvalidOperation):
            return
        for rule in new:
            for up in (True, False):
                if rule.direction in ("both", "up" if up else "down"):
                    self.wake((rule, up))

    def states(self) -> dict[str, str]:
        """Every standing, by its key."""
        states = {ladder.key: ladder.save() for ladder in self.ladders.values()}
        for ladder in self.gathering:
            ladder.keep(states)
        if self.seen is not None:
            states[self._key] = self.roster.to_json(self.seen)
        return states

    def evaluate(self, entry: Entry, quote: Quote, moment: Moment, out: Outcome) -> None:
        """Let the ladders look whose prices it is; ``narrow`` must follow."""
        base = quote.prev_close or Decimal(0)
        settled = (entry.session_date, moment.current_date, entry.phase)
        same = settled == self._settled and base == self._base
        last = quote.last
        if not same or self._restless or self._is_outside(last):
            if not same:
                self._settled, self._base = settled, base
                self._up = self._down = 0
            new = self._stir(quote)
            self._looked = []
            for ladder in self.ladders.values():
                concerned = not same or ladder.key in new or ladder.is_concerned(last)
                try:  # written out, here and below: a call more for each ladder costs 80 ns
                    if concerned and ladder.look(entry, quote, moment, out):
                        self._looked.append(ladder)
                except Exception as error:
                    self._put_aside(ladder, error)
            self._see(entry, quote, moment, out)

    def narrow(self, entry: Entry, quote: Quote) -> None:
        """Shrink the quiet box to where no ladder has to look."""
        if self._looked is not None:
            for ladder in self._looked:
                try:
                    ladder.narrow(entry, quote)
                except Exception as error:
                    self._put_aside(ladder, error)
            self._looked = None
            self._compile(entry, quote)
        entry.narrow(self._floor, self._ceiling)
        if self._restless:
            entry.disturb()

    def refuse(self, entry: Entry, quote: Quote, moment: Moment, out: Outcome) -> None:
        """Tell what a quote that was never applied would have set off."""
        self._stir(quote)
        self.ask(self.ladders.values(), lambda ladder: ladder.refuse(entry, quote, moment, out))

    def ask(self, ladders: Iterable[Ladder], question: Callable[[Ladder], object]) -> None:
        """Ask some of its ladders something."""
        for ladder in ladders:
            try:
                question(ladder)
            except Exception as error:
                self._put_aside(ladder, error)

    def _put_aside(self, ladder: Ladder, error: Exception) -> None:
        """Ask a ladder nothing more before the rules are read anew."""
        self._aside.add(ladder.key)
        # Others than those at hand, which somebody is walking through.
        self.ladders = {key: each for key, each in self.ladders.items() if each is not ladder}
        self.timed = [each for each in self.timed if each is not ladder]
        self.heeding = [each for each in self.heeding if each is not ladder]
        self.gathering = [each for each in self.gathering if each is not ladder]
        self._on_broken(ladder.rule, self._symbol, error)

    def _stir(self, quote: Quote) -> set[str]:
        """Wake the rules that a price has come to; their keys."""
        woken: list[Key] = []
        if base := quote.prev_close:
            woken, self._up, self._down = self.roster.moved(base, quote.last, self._up, self._down)
        if self.seen is not None:
            woken += self.roster.crossed(self.seen, quote.last)
        new = set()
        for key in woken:
            if key_of(*key, self._symbol) in self._aside:
                continue
            ladder = self.wake(key)
            if ladder.condition.edge and ladder.standing.seen is None:
                ladder.standing.seen = self.seen
            new.add(ladder.key)
        return new

    def _see(self, entry: Entry, quote: Quote, moment: Moment, out: Outcome) -> None:
        """Remember on which side of sleeping levels the price is, if it is one that counts."""
        acts = moment.blocked is None and entry.phase in TRADING
        if not self.roster.crosses or not acts or entry.session_date != moment.current_date:
            return
        if self.seen is None:
            out.states[self._key] = self.roster.to_json(quote.last)
        self.seen = quote.last

    def _is_outside(self, price: Decimal) -> bool:
        return (self._floor is not None and price <= self._floor) or (
            self._ceiling is not None and price >= self._ceiling
        )

    def _compile(self, entry: Entry, quote: Quote) -> None:
        self._restless = bool(self.roster.crosses) and self.seen is None
        self.timed = []
        for ladder in self.ladders.values():
            self._restless |= ladder.restless
            if not ladder.primed:
                self._settled = None  # what it lacks may have come with the next loud quote
            if ladder.is_timed:
                self.timed.append(ladder)
        self._floor = self._ceiling = None
        if self._restless:
            return  # there is no box while every quote is looked at
        low, high = self.roster.bounds(quote.prev_close or Decimal(0), quote.last, self._up, self._down)
        # Levels move with the base; the box must hold for every base inside it.
        drift = entry.base_drift
        floors = [] if low is None else [low * (1 + drift)]
        ceilings = [] if high is None else [high * (1 - drift)]
        for ladder in self.ladders.values():
            if ladder.floor is not None:
                floors.append(ladder.floor)
            if ladder.ceiling is not None:
                ceilings.append(ladder.ceiling)
        self._floor = max(floors, default=None)
        self._ceiling = min(ceilings, default=None)
