"""Message: what a sink is given to send: one alert, a digest of several, or a trial."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import NAMESPACE_URL, uuid4, uuid5

from market.clock import SECOND, rfc3339
from market.text import clean

LATE = 5
"""Seconds after its detection from which an alert says to a person how late it is."""


@dataclass(frozen=True, slots=True)
class Message:
    """``fields`` is the JSON object a program gets, ``text`` the one line a person does.

    ``id`` is the same whenever the same is sent, so that a receiver can drop what it has. ``alerts`` are
    the objects of the alerts in it: one, or those of a digest.
    """

    id: str
    kind: str
    ts: str
    subject: str | None
    text: str
    fields: dict[str, Any]
    alerts: tuple[dict[str, Any], ...]


def alert_message(line: str, attempt: int, late: int, *, repeat: bool) -> Message:
    """An alert's JSON line as a message: its ``attempt``, from 1, and ``late``, ns since it was detected.

    ``repeat`` says that an earlier attempt may have arrived.
    """
    fields: dict[str, Any] = json.loads(line)
    seconds = max(late, 0) // SECOND
    fields |= {"attempt": attempt, "delayed_s": seconds}
    if repeat:
        fields["repeat"] = True
    text = clean(str(fields.get("message", "")), 500)
    kind, name = str(fields.get("type", "alert")), str(fields.get("event_id", ""))
    return Message(
        # A receiver that drops what it has must not drop the end of an alert for its beginning.
        id=str(uuid5(NAMESPACE_URL, f"tickwall:resolved:{name}")) if kind == "resolved" else name,
        kind=kind,
        ts=str(fields.get("ts", "")),
        subject=fields.get("symbol"),
        text=f"{text} (delayed {seconds} s)" if seconds >= LATE else text,
        fields=fields,
        alerts=(fields,),
    )


def digest(messages: Sequence[Message], now: int) -> Message:
    """Several alerts in one message, each whole; ``now`` is nanoseconds UTC.

    The same alerts give the same ``id``, in whatever order.
    """
    name = "/".join(sorted(message.id for message in messages))
    text = f"{len(messages)} alerts: " + "; ".join(message.text for message in messages)
    alerts = tuple(message.fields for message in messages)
    fields = {
        "v": 1,
        "type": "digest",
        "ts": rfc3339(now),
        "event_id": str(uuid5(NAMESPACE_URL, f"tickwall:digest:{name}")),
        "count": len(messages),
        "message": clean(text, 500),
        "alerts": list(alerts),
    }
    return Message(str(fields["event_id"]), "digest", rfc3339(now), None, clean(text, 500), fields, alerts)


def trial(sink: str, now: int) -> Message:
    """What ``tickwall notify --test`` sends at ``now`` (nanoseconds UTC): an alert of no name."""
    text = f"Tickwall can reach the sink {sink!r}: this is a test"
    fields: dict[str, Any] = {
        "v": 1,
        "type": "test",
        "ts": rfc3339(now),
        "event_id": str(uuid4()),
        "dedup_key": f"test/{sink}",
        "rule_id": "test",
        "kind": "test",
        "severity": "info",
        "symbol": None,
        "message": text,
        "attempt": 1,
        "delayed_s": 0,
    }
    return Message(fields["event_id"], "test", fields["ts"], None, text, fields, (fields,))
