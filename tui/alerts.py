"""The alerts that the screen holds: as the store has them, and which of them a person has seen to."""

import json
from collections.abc import Iterator
from typing import NamedTuple

from market.clock import parse_rfc3339
from market.text import clean

KEPT = 500
"""Alerts held at most; a rule that fires without end must not grow a screen that runs for weeks."""


class Told(NamedTuple):
    """One alert as it was committed. ``number`` is the store's own."""

    number: int
    ts: int
    """When it was detected, nanoseconds UTC."""
    symbol: str
    direction: str
    severity: str
    quality: str
    message: str
    acknowledged: bool = False


def told(number: int, line: str) -> Told:
    """Read an alert's JSON line."""
    fields = json.loads(line)
    return Told(
        number=number,
        ts=parse_rfc3339(fields["ts"]),
        symbol=fields.get("symbol") or "",
        direction=fields.get("direction") or "",
        severity=fields.get("severity") or "",
        quality=fields.get("quality") or "",
        message=clean(fields["message"]),
    )


class AlertBook:
    """Alerts by the store's number, each once, oldest first."""

    def __init__(self) -> None:
        self._alerts: dict[int, Told] = {}

    def __len__(self) -> int:
        return len(self._alerts)

    def __iter__(self) -> Iterator[Told]:
        return iter(self._alerts.values())

    def add(self, alert: Told) -> bool:
        """Take one in; whether it was not held yet."""
        if alert.number in self._alerts:
            return False
        self._alerts[alert.number] = alert
        if len(self._alerts) > KEPT:
            del self._alerts[next(iter(self._alerts))]
        return True

    @property
    def waiting(self) -> list[Told]:
        """Those that nobody has acknowledged, oldest first."""
        return [alert for alert in self._alerts.values() if not alert.acknowledged]

    @property
    def symbols(self) -> frozenset[str]:
        """The names with an alert that waits."""
        return frozenset(alert.symbol for alert in self.waiting)

    def chosen(self, number: int | None, symbol: str | None) -> list[int]:
        """What a person means to see to: the alert chosen, else those of the name, else the newest."""
        if number is not None:
            return [number]
        waiting = self.waiting
        of_name = [alert.number for alert in waiting if alert.symbol == symbol]
        return of_name or [alert.number for alert in waiting[-1:]]

    def acknowledge(self, *numbers: int) -> None:
        """Mark alerts as seen to; a number that is not held is ignored."""
        for number in numbers:
            if number in self._alerts:
                self._alerts[number] = self._alerts[number]._replace(acknowledged=True)
