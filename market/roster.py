"""Roster: the rules on a name that sleep until its price comes to them.

A percent move that was never reached, and a level whose side is known, remember nothing: a sorted list of
their thresholds finds the two nearest by bisection, so that a hundred of them cost what two cost. Names with
the same rules share one roster.
"""

import json
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from decimal import Decimal

from market.conditions.change import DayChange
from market.conditions.cross import Cross
from market.rule import Rule
from market.session import TRADING

Key = tuple[Rule, bool]
"""A rule, and whether upwards."""


def may_sleep(rule: Rule) -> bool:
    """Whether nothing but the price can set it off, in all of trading and for ever."""
    return rule.kind in (DayChange.kind, Cross.kind) and rule.phases == TRADING and rule.expires is None


class Roster:
    """Thresholds of sleeping rules: percent upwards and downwards, and levels."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        moves = [rule for rule in rules if rule.kind == DayChange.kind]
        self._up = sorted(_moves(moves, "up"), key=lambda move: move[0])
        self._down = sorted(_moves(moves, "down"), key=lambda move: move[0])
        self.crosses = [rule for rule in rules if rule.kind == Cross.kind]
        levels = sorted(((step, rule) for rule in self.crosses for step in rule.steps), key=lambda at: at[0])
        self._levels = [level for level, _ in levels]
        self._at = [rule for _, rule in levels]

    def moved(self, base: Decimal, price: Decimal, up: int, down: int) -> tuple[list[Key], int, int]:
        """Rules whose first step a price has reached, from the ``up``-th and ``down``-th on, and where the
        sleeping ones begin now."""
        woken: list[Key] = []
        while up < len(self._up) and price >= base * (100 + self._up[up][0]) / 100:
            woken.append((self._up[up][1], True))
            up += 1
        while down < len(self._down) and price <= base * (100 - self._down[down][0]) / 100:
            woken.append((self._down[down][1], False))
            down += 1
        return woken, up, down

    def crossed(self, seen: Decimal, price: Decimal) -> list[Key]:
        """Rules with a level from one price to the other, both of them included."""
        first = bisect_left(self._levels, min(seen, price))
        last = bisect_right(self._levels, max(seen, price))
        rules = {id(rule): rule for rule in self._at[first:last]}.values()
        return [(rule, up) for rule in rules for up in _directions(rule)]

    def bounds(
        self, base: Decimal, price: Decimal, up: int, down: int
    ) -> tuple[Decimal | None, Decimal | None]:
        """The nearest prices below and above that would wake one; a price on a level leaves no room at all,
        since a move to either side of it is news."""
        below = base * (100 - self._down[down][0]) / 100 if base and down < len(self._down) else None
        above = base * (100 + self._up[up][0]) / 100 if base and up < len(self._up) else None
        upto, first = bisect_right(self._levels, price), bisect_left(self._levels, price)
        if upto and (below is None or self._levels[upto - 1] > below):
            below = self._levels[upto - 1]
        if first < len(self._levels) and (above is None or self._levels[first] < above):
            above = self._levels[first]
        return below, above

    def to_json(self, seen: Decimal) -> str:
        """On whose side of each level a price was, as the store keeps it."""
        names = sorted(map(_signature, self.crosses))
        return json.dumps({"seen": str(seen), "rules": names}, separators=(",", ":"))

    def read(self, text: str) -> tuple[Decimal, list[Rule]]:
        """The price that ``to_json`` wrote, and the rules on levels that it says nothing of.

        ``ValueError``, ``KeyError`` or ``TypeError`` for anything else.
        """
        plain = json.loads(text)
        known = set(plain["rules"])
        return Decimal(plain["seen"]), [rule for rule in self.crosses if _signature(rule) not in known]


def _signature(rule: Rule) -> str:
    return f"{rule.id}:{','.join(map(str, rule.steps))}"


def _directions(rule: Rule) -> list[bool]:
    return [up for up in (True, False) if rule.direction in ("both", "up" if up else "down")]


def _moves(rules: Sequence[Rule], side: str) -> list[tuple[Decimal, Rule]]:
    return [(rule.steps[0], rule) for rule in rules if rule.direction in (side, "both")]
