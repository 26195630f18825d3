"""Standing: what a rule remembers of one name in one direction, and how it outlives the process."""

import json
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import NamedTuple

from market.quote import Quote

_encode = json.JSONEncoder(separators=(",", ":"), default=str).encode


class State(StrEnum):
    """Where one step of a rule stands, for one name in one direction.

    ``acknowledged`` is a person's word on an event and kept with it in the store; muting and suppression
    are flags of an event, not states.
    """

    UNPRIMED = "unprimed"
    """What it compares with is not known yet."""
    ARMED = "armed"
    PENDING = "pending"
    """Reached, and waiting for its ``for`` to be over."""
    FIRING = "firing"
    """Told, and not to be told again before it is re-armed."""
    REARMED = "re-armed"
    """Cleared after it was told."""
    DONE = "done"
    """Told once, for ever."""
    EXPIRED = "expired"


class Mark(NamedTuple):
    """The quote that changed a standing last: a tape read again up to it says nothing new."""

    ts_event: int
    ts_recv: int
    last: str


@dataclass(slots=True)
class Standing:
    """Everything that a restart must not forget. Steps are keys: a changed rule finds its own again."""

    session: date | None = None
    told: set[Decimal] = field(default_factory=set)
    """Steps told, or passed over by a jump, and not re-armed since."""
    crossings: dict[Decimal, int] = field(default_factory=dict)
    """How often each step was told this session."""
    extreme: int | None = None
    """Under ``on_new_extreme``: the furthest whole unit told this session."""
    base: Decimal | None = None
    """The session's first high or low, for extremes of the day."""
    seen: Decimal | None = None
    """The price on whose side of each level a crossing is judged."""
    pending: dict[Decimal, int] = field(default_factory=dict)
    """Since when a step has held, by the venue's stamps (ns UTC)."""
    fired: int = 0
    """When it was last told, by the venue's stamp (ns UTC)."""
    mark: Mark | None = None

    def roll(self, session: date, *, forget: bool) -> None:
        """A new session: all is armed again, unless the rule is told once for ever."""
        self.session = session
        self.crossings.clear()
        self.pending.clear()
        self.extreme = self.base = None
        if forget:
            self.told.clear()

    def to_json(self, kind: str, states: dict[str, State]) -> str:
        """As the store keeps it; ``states`` of each step are for people and scripts."""
        return _encode(
            {
                "kind": kind,
                "states": states,
                "session": self.session,
                "told": sorted(self.told),
                "crossings": {str(step): count for step, count in self.crossings.items()},
                "extreme": self.extreme,
                "base": self.base,
                "seen": self.seen,
                "pending": {str(step): since for step, since in self.pending.items()},
                "fired": self.fired,
                "mark": self.mark,
            }
        )

    @classmethod
    def from_json(cls, kind: str, text: str) -> "Standing | None":
        """What ``to_json`` wrote for a rule of that kind; ``None`` for anything else."""
        try:
            plain = json.loads(text)
            if plain["kind"] != kind:
                return None
            return cls(
                session=date.fromisoformat(plain["session"]) if plain["session"] else None,
                told=set(map(Decimal, plain["told"])),
                crossings={Decimal(step): int(count) for step, count in plain["crossings"].items()},
                extreme=plain["extreme"],
                base=_decimal(plain["base"]),
                seen=_decimal(plain["seen"]),
                pending={Decimal(step): int(since) for step, since in plain["pending"].items()},
                fired=int(plain["fired"]),
                mark=Mark(*plain["mark"]) if plain["mark"] else None,
            )
        except (KeyError, TypeError, ValueError, AttributeError, InvalidOperation):
            return None


def mark_of(quote: Quote) -> Mark:
    """The mark that a quote leaves."""
    return Mark(quote.ts_event, quote.ts_recv, str(quote.last))


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
