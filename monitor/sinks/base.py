"""Sink: where alerts are sent; and what can come of sending one."""

from dataclasses import dataclass
from typing import Protocol

from market.errors import TickwallError
from monitor.sinks.message import Message


class SinkError(TickwallError):
    """A sink that cannot be made of its settings; the message names the key, and never a secret."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one attempt. A failure is tried again, unless it is ``permanent``.

    ``ambiguous``: it failed here and may have arrived there; ``unreachable``: nobody was there to take it.
    ``retry_after`` (seconds) is how long the receiver wants to be left alone.
    """

    sent: bool
    reason: str = ""
    permanent: bool = False
    ambiguous: bool = False
    unreachable: bool = False
    retry_after: float | None = None


SENT = Outcome(sent=True)


def failed(reason: str, *, ambiguous: bool = False, retry_after: float | None = None) -> Outcome:
    """To be tried again."""
    return Outcome(False, reason, ambiguous=ambiguous, retry_after=retry_after)


def unreachable(reason: str) -> Outcome:
    """To be tried again; nothing was sent."""
    return Outcome(False, reason, unreachable=True)


def refused(reason: str) -> Outcome:
    """Not to be tried again: it would be refused again."""
    return Outcome(False, reason, permanent=True)


class Sink(Protocol):
    """One way out. It keeps no queue and tries once; ``timeout`` is how many seconds that may take."""

    timeout: float

    async def send(self, message: Message) -> Outcome:
        """Try once; whatever goes wrong is an outcome, told without any secret."""
        ...
