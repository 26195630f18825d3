"""Listener: who is told what the engine finds, and the turns that are no alerts."""

from dataclasses import dataclass
from datetime import date
from typing import Protocol

from market.alert import Suppressed
from market.freshness import Health
from market.headline import Headline
from market.session import Phase
from monitor.courier import Delivery


@dataclass(frozen=True, slots=True)
class FeedChange:
    """A feed's health ``turned``; ``reason`` says why, where there is something to say.

    Where nothing turned it is down for another reason than was told; or, with a ``symbol``, it differs from
    another feed on that name, or no longer does.
    """

    name: str
    health: Health
    reason: str | None
    ts: int
    symbol: str | None = None
    turned: bool = True


@dataclass(frozen=True, slots=True)
class PhaseChange:
    """An exchange entered a phase of its day, which lasts until ``until`` (nanoseconds UTC)."""

    mic: str
    session_date: date
    phase: Phase
    ts: int
    until: int


class Listener(Protocol):
    """Every call is synchronous, so that nothing is dropped and a slow reader slows the feed."""

    def alert(self, number: int, line: str) -> None:
        """An alert, as the store holds it, whoever detected it."""

    def resolved(self, line: str) -> None:
        """A ``resolved`` line: what an alert on a feed or a silent name was about is over."""

    def suppressed(self, suppressed: Suppressed) -> None:
        """An alert that was withheld, or after a session how many were."""

    def broken(self, rule_id: str, where: str | None, reason: str) -> None:
        """A rule was put aside for an error of its own, on a symbol or, without one, everywhere."""

    def headline(self, headline: Headline) -> None:
        """A headline, told once."""

    def feed(self, change: FeedChange) -> None:
        """A feed's health turned, or it is at odds with another."""

    def phase(self, change: PhaseChange) -> None:
        """An exchange entered a phase."""

    def delivery(self, delivery: Delivery) -> None:
        """An attempt to tell a sink has ended, well or not."""
