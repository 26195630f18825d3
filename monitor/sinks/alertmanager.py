"""Alertmanager: alerts as Prometheus has them, posted to its v2 API."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from monitor.settings import SinkSettings
from monitor.sinks.base import Outcome
from monitor.sinks.message import Message
from monitor.sinks.post import post
from monitor.sinks.secrets import address, secret

HOLD = timedelta(hours=1)
"""How long an alert about a price stays active there: it is an event, and nobody will say that it is over."""

HOLD_FEED = timedelta(hours=24)
"""How long one about a feed does, which is ended by its ``resolved``."""

_LABELS = ("symbol", "kind", "direction", "threshold", "severity", "mic", "source", "dedup_key")
_FEED = ("stale", "feed_down")


class Alertmanager:
    """``url`` is where Alertmanager's pages are, without ``/api``."""

    def __init__(self, settings: SinkSettings, timeout: float) -> None:
        self.timeout = timeout
        self._url = address(settings).rstrip("/") + "/api/v2/alerts"
        self._token = secret(settings, "token")

    async def send(self, message: Message) -> Outcome:
        """Post it; a digest is a list of alerts like any other."""
        now = datetime.now(UTC)
        body = json.dumps([_alert(fields, now) for fields in message.alerts], allow_nan=False).encode()
        headers = {"Content-Type": "application/json"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        return await post(self._url, body, headers, self.timeout)


def _alert(fields: dict[str, Any], now: datetime) -> dict[str, Any]:
    """One alert. ``dedup_key`` is a label, since alerts of the same labels are one to Alertmanager."""
    hold = HOLD_FEED if fields.get("kind") in _FEED else HOLD
    ends = now if fields.get("type") == "resolved" else now + hold
    labels = {"alertname": fields.get("rule_id") or "tickwall"}
    labels |= {name: fields.get(name) for name in _LABELS}
    annotations = {
        "summary": fields.get("message"),
        "facts": "; ".join(fields.get("facts") or ()),
        "price": fields.get("price"),
        "quality": fields.get("quality"),
        "event_id": fields.get("event_id"),
    }
    return {
        "labels": {name: str(value) for name, value in labels.items() if value},
        "annotations": {name: str(value) for name, value in annotations.items() if value},
        "startsAt": fields["ts"],
        "endsAt": ends.isoformat(timespec="milliseconds"),
        "generatorURL": f"urn:uuid:{fields.get('event_id')}",
    }
