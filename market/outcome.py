"""Outcome: what the rules have to say of one quote, or of one round of the clock."""

from dataclasses import dataclass, field

from market.alert import Alert, Resolved, Suppressed


@dataclass(slots=True)
class Outcome:
    """What one look has brought."""

    alerts: list[Alert] = field(default_factory=list)
    suppressed: list[Suppressed] = field(default_factory=list)
    resolved: list[Resolved] = field(default_factory=list)
    states: dict[str, str] = field(default_factory=dict)
    """Standings that changed, by their key, as the store keeps them."""
