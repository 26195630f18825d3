"""Standing: what a rule remembers of one name in one direction, and how it outlives the process."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import NamedTuple


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
        self.extreme = self.base = None
        if forget:
            self.told.clear()

    def to_json(self, kind: str, states: Mapping[Decimal, State]) -> str:
        """As the store keeps it; ``states`` of each step are for people and scripts."""
        # Written out, as nothing in it needs escaping: json's encoder takes 5 µs to set up and run, after
        # idleness 20, of the 300 that an alert's line is allowed.
        of_steps = _object(states, '"')
        told = ",".join([f'"{step}"' for step in sorted(self.told)])
        extreme = "null" if self.extreme is None else self.extreme
        mark = "null" if self.mark is None else f'[{self.mark[0]},{self.mark[1]},"{self.mark.last}"]'
        return (
            f'{{"kind":"{kind}","states":{of_steps},"session":{_text(self.session)}'
            f',"told":[{told}],"crossings":{_object(self.crossings)},"extreme":{extreme}'
            f',"base":{_text(self.base)},"seen":{_text(self.seen)},"pending":{_object(self.pending)}'
            f',"fired":{self.fired},"mark":{mark}}}'
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


def _text(value: object) -> str:
    return "null" if value is None else f'"{value}"'


def _object(items: Mapping[Decimal, object], quote: str = "") -> str:
    pairs = [f'"{step}":{quote}{value}{quote}' for step, value in items.items()]
    return f"{{{','.join(pairs)}}}"


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
