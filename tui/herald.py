"""Herald: when to ring for alerts. The first one at once, those that follow closely together."""

import time
from collections.abc import Callable, Sequence

from widgets.alerts import AlertRow

EVERY_S = 2.0
"""Seconds between two bells, and two toasts, at least: an opening jump fires a dozen alerts at once."""


class Herald:
    """Passes alerts on to ``tell``, in batches; ``later`` calls something after so many seconds."""

    def __init__(
        self,
        tell: Callable[[Sequence[AlertRow]], None],
        later: Callable[[float, Callable[[], None]], object],
    ) -> None:
        self._tell = tell
        self._later = later
        self._waiting: list[AlertRow] = []
        self._next = 0.0

    def add(self, alert: AlertRow) -> None:
        """One more to ring for."""
        self._waiting.append(alert)
        wait = self._next - time.monotonic()
        if wait <= 0:
            self._ring()
        elif len(self._waiting) == 1:
            self._later(wait, self._ring)

    def _ring(self) -> None:
        alerts, self._waiting = self._waiting, []
        if alerts:
            self._next = time.monotonic() + EVERY_S
            self._tell(alerts)
