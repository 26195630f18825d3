"""Tally: what was told since the start, counted; for metrics, and by difference for a session's summary."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from monitor.engine import Engine


@dataclass(slots=True)
class Tally:
    """Counts of one process, none of which ever falls."""

    alerts: int = 0
    """Told, whichever process detected them; a repeated line counts once."""
    suppressed: Counter[str] = field(default_factory=Counter)
    """By reason."""
    deliveries: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By sink and what became of the attempt."""
    silences: Counter[str] = field(default_factory=Counter)
    """By feed, how often it turned stale or went down."""
    reloads: Counter[bool] = field(default_factory=Counter)
    """By whether they were taken over."""
    reloaded: bool = True
    """Whether the last one was."""

    def reload(self, *, taken: bool) -> None:
        """Count a reload."""
        self.reloads[taken] += 1
        self.reloaded = taken


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a tally, and the feeds, had come at one moment."""

    alerts: int
    suppressed: Counter[str]
    silences: Counter[str]
    quotes: int

    @classmethod
    def of(cls, tally: Tally, engine: Engine) -> "Mark":
        """That of now."""
        quotes = sum(intake.feed.status.quotes for intake in engine.intakes.values())
        return cls(tally.alerts, tally.suppressed.copy(), tally.silences.copy(), quotes)

    def since(self, earlier: "Mark") -> Mapping[str, object]:
        """What came between two moments, as a line tells it."""
        return {
            "alerts": self.alerts - earlier.alerts,
            "suppressed": dict(self.suppressed - earlier.suppressed),
            "quotes": self.quotes - earlier.quotes,
            "silences": dict(self.silences - earlier.silences),
        }
