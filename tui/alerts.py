"""The alerts that the screen holds: as the store has them, and which of them a person has seen to."""

import json
from collections.abc import Iterator

from market.clock import parse_rfc3339
from market.text import clean
from widgets.alerts import AlertRow

EVERY_NAME = "*"
"""What stands for all names where one is snoozed."""

KEPT = 500
"""Alerts held at most; a rule that fires without end must not grow a screen that runs for weeks."""


def told(number: int, line: str, *, acknowledged: bool = False) -> AlertRow:
    """Read an alert's JSON line, as the store has it."""
    fields = json.loads(line)
    rule = fields.get("rule_id")
    why = [*fields.get("facts", ()), *(headline["title"] for headline in fields.get("headlines", ()))]
    return AlertRow(
        number=number,
        ts=parse_rfc3339(fields["ts"]),
        symbol=fields.get("symbol") or "",
        direction=fields.get("direction") or "",
        severity=fields.get("severity") or "",
        quality=fields.get("quality") or "",
        message=clean(fields["message"]),
        why=(*why, f"rule {rule}") if rule else tuple(why),
        acknowledged=acknowledged,
        muted="came while snoozed" if fields.get("muted") else "",
    )


class AlertBook:
    """Alerts by the store's number, each once, oldest first."""

    def __init__(self) -> None:
        self._alerts: dict[int, AlertRow] = {}
        self.muted: dict[str, str] = {}
        """Names for which nobody is called now, and why; ``*`` is every name."""

    def __len__(self) -> int:
        return len(self._alerts)

    def __iter__(self) -> Iterator[AlertRow]:
        return map(self._row, self._alerts.values())

    def _row(self, alert: AlertRow) -> AlertRow:
        why = self.muted.get(alert.symbol) or self.muted.get(EVERY_NAME)
        return alert._replace(muted=why) if why else alert

    def add(self, alert: AlertRow) -> bool:
        """Take one in; whether it was not held yet."""
        if alert.number in self._alerts:
            return False
        self._alerts[alert.number] = alert
        if len(self._alerts) > KEPT:
            del self._alerts[next(iter(self._alerts))]
        return True

    @property
    def waiting(self) -> list[AlertRow]:
        """Those that somebody should see to, oldest first."""
        return [alert for alert in self if alert.waits]

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

    def acknowledge(self, *numbers: int) -> bool:
        """Mark alerts as seen to; whether any was not. A number that is not held is ignored."""
        fresh = [
            number for number in numbers if number in self._alerts and not self._alerts[number].acknowledged
        ]
        for number in fresh:
            self._alerts[number] = self._alerts[number]._replace(acknowledged=True)
        return bool(fresh)
