"""Condition: what one kind of rule measures, for one name in one direction."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_DOWN, Decimal
from typing import ClassVar, Literal

from market.alert import plain
from market.profile import Profile
from market.quote import Quote
from market.rule import Moment, Rule
from market.standing import Standing
from market.state import Entry

_SIX = Decimal("0.000001")

Side = Literal["up", "down"]

COMMON = frozenset(
    ("id", "kind", "symbols", "frequency", "sessions", "expires", "severity", "sinks", "cooldown")
)
"""Keys of a ``[[rule]]`` that mean something to every kind."""

STEPPED = COMMON | {"direction", "threshold", "steps", "for", "confirm", "confirm_within"}
ONCE = ("once_per_session", "once")


@dataclass(slots=True)
class Surroundings:
    """What a condition may look at besides its own name's quote."""

    entries: Mapping[str, Entry] = field(default_factory=dict)
    profile: Callable[[str], Profile | None] = lambda symbol: None


class Condition:
    """A measure and how far it has come; steps are compared with it exactly.

    A new kind is a subclass with ``kind``, ``keys``, ``compare``, ``value`` and ``what``, listed in
    ``market.conditions``; where the measure follows from the price alone it has ``level`` as well, so that
    ticks which cannot matter are never shown to it.
    """

    kind: ClassVar[str]
    keys: ClassVar[frozenset[str]] = STEPPED
    """Keys of a ``[[rule]]`` that mean something to this kind."""
    frequencies: ClassVar[tuple[str, ...]] = ONCE
    only: ClassVar[Side | None] = None
    """The one direction that it has, where it has one."""
    unit: ClassVar[str] = "percentages"
    least: ClassVar[Decimal] = Decimal("0.001")
    most: ClassVar[Decimal] = Decimal(100_000)
    """Of thresholds; what lies beyond is a slip of the pen."""
    heeds: bool = False
    """Whether more than its own quotes may set it off: once a second it is asked whether it ``is_due``."""
    patience: ClassVar[int] = 0
    """How long, in nanoseconds of trading, what was set off without a quote of its own must hold: one may be
    on its way."""
    gathers: ClassVar[bool] = False
    """Whether it needs what came before, which a restart must not forget: ``keep`` and ``recall``."""
    usual: ClassVar[Decimal | None] = Decimal(5)
    """The threshold of a rule that names none; ``None`` where it must."""
    strict: ClassVar[bool] = False
    """Whether a step must be passed, rather than reached."""
    edge: ClassVar[bool] = False
    """Whether it takes a price on the near side of a level to cross it."""

    def __init__(self, rule: Rule, symbol: str, up: bool, around: Surroundings) -> None:
        self.rule = rule
        self.symbol = symbol
        self.up = up
        self.sign = "+" if up else "-"
        self.around = around
        self.standing = Standing()
        """As its ladder remembers; a condition may keep ``base`` there."""
        self.steps = rule.steps
        """In the order in which they are reached."""

    def take(self, entry: Entry, quote: Quote) -> None:
        """See a quote in passing, whether or not a rule may act on it."""

    def elapse(self, entry: Entry, at: int) -> None:
        """Let time pass up to ``at`` (ns UTC, by the venue's stamps) without another quote."""

    def is_due(self, entry: Entry, now: int) -> bool:
        """Whether the last quote is to be judged once more at ``now`` (ns UTC), though no other has come."""
        return False

    def keep(self) -> str | None:
        """What it has gathered, as the store keeps it; ``None`` when nothing came since the last call."""
        return None

    def recall(self, text: str) -> None:
        """Take up what an earlier process, or the rule before a reload, had gathered."""

    def ready(self, entry: Entry, quote: Quote, moment: Moment) -> bool:
        """Whether what is needed to measure is known."""
        return True

    def restless(self, spent: bool) -> bool:
        """Whether it must see every quote; ``spent`` says that nothing is left to be told this session."""
        return False

    def compare(self, mark: Decimal, quote: Quote) -> int:
        """Below zero short of ``mark``, 0 at it, above zero beyond; in this direction."""
        raise NotImplementedError

    def reaches(self, step: Decimal, quote: Quote) -> bool:
        """Whether a quote is at a step, or beyond it where it must be passed."""
        side = self.compare(step, quote)
        return side > 0 or (side == 0 and not self.strict)

    def level(self, mark: Decimal, quote: Quote) -> Decimal | None:
        """The price at which ``mark`` is reached; ``None`` where it does not follow from a price."""
        return None

    def clear(self, step: Decimal) -> Decimal:
        """Where a step that was told re-arms."""
        return step * self.rule.clear / self.rule.steps[0]

    def whole(self, quote: Quote) -> int:
        """Whole units of the measure, for ``on_new_extreme``."""
        return 0

    def value(self, quote: Quote) -> Decimal:
        """The signed measure, for people; truncated towards zero at six decimals."""
        raise NotImplementedError

    def what(self, step: Decimal, quote: Quote) -> str:
        """What has happened, in words that end a message."""
        raise NotImplementedError

    def objection(self, entry: Entry, quote: Quote, moment: Moment) -> str | None:
        """Why it may not act on a quote, if so."""
        if entry.session_date != moment.current_date:
            return "previous_session"
        return moment.blocked if entry.phase in self.rule.phases else "out_of_session"


class Percentage(Condition):
    """A price against a base price, in percent of the base."""

    frequencies: ClassVar[tuple[str, ...]] = (*ONCE, "every_cross", "on_new_extreme")
    keys = STEPPED | {"clear"}

    def base(self, quote: Quote) -> Decimal | None:
        """What the price is compared with; ``None`` while it is not known."""
        raise NotImplementedError

    def price(self, quote: Quote) -> Decimal:
        """What is compared with it."""
        return quote.last

    def ready(self, entry: Entry, quote: Quote, moment: Moment) -> bool:
        """Whether there is a base."""
        return (base := self.base(quote)) is not None and base > 0

    def compare(self, mark: Decimal, quote: Quote) -> int:
        """The price against the one that is so many percent from the base; nothing is rounded."""
        level = self._level(mark, quote)
        price = self.price(quote)
        return int(price.compare(level) if self.up else level.compare(price))

    def level(self, mark: Decimal, quote: Quote) -> Decimal | None:
        """The price so many percent from the base."""
        return self._level(mark, quote)

    def _level(self, mark: Decimal, quote: Quote) -> Decimal:
        base = self.base(quote)
        assert base is not None
        return base * (100 + mark if self.up else 100 - mark) / 100

    def whole(self, quote: Quote) -> int:
        """Whole percent, never below zero."""
        base = self.base(quote)
        assert base is not None
        move = self.price(quote) - base if self.up else base - self.price(quote)
        return int(move * 100 // base) if move > 0 else 0

    def value(self, quote: Quote) -> Decimal:
        """Percent of the base."""
        base = self.base(quote)
        assert base is not None
        return six((self.price(quote) - base) * 100 / base)

    def what(self, step: Decimal, quote: Quote) -> str:
        """Which step it passed."""
        return f"through {self.sign}{plain(step)}%"


def six(value: Decimal) -> Decimal:
    """Six decimals, truncated towards zero."""
    return value.quantize(_SIX, rounding=ROUND_DOWN)
