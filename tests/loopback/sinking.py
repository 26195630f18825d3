"""What the tests of sinks share: an alert to send, and settings to send it by."""

import json
from typing import Any

from market.clock import rfc3339
from monitor.settings import SinkSettings
from monitor.sinks import build
from monitor.sinks.base import Outcome
from monitor.sinks.message import Message, alert_message

NOW = 1_758_075_247_180_000_000
ID = "5f0c9c0e-3b1d-5a3c-9f10-0123456789ab"


def line(**fields: object) -> str:
    """An alert's line."""
    alert = {
        "v": 1,
        "type": "alert",
        "ts": rfc3339(NOW),
        "event_id": ID,
        "dedup_key": "big/9888.HK/2025-09-17/up/10/1",
        "exchange_ts": rfc3339(NOW),
        "symbol": "9888.HK",
        "rule_id": "big",
        "kind": "pct_prev_close",
        "direction": "up",
        "threshold": "10",
        "severity": "critical",
        "price": "124.60",
        "facts": ["biggest gain since 2025-03-18"],
        "headlines": [{"title": "百度 soars", "link": "https://news.example/1", "ts": rfc3339(NOW)}],
        "message": "Baidu 9888.HK +10.07% at HK$124.60, through +10%",
    }
    return json.dumps(alert | fields, ensure_ascii=False)


def alert(attempt: int = 1, late: int = 0, *, repeat: bool = False, **fields: object) -> Message:
    """An alert to be sent."""
    return alert_message(line(**fields), attempt, late, repeat=repeat)


def desk(kind: str, **keys: Any) -> SinkSettings:
    """A ``[[sink]]`` of a kind."""
    return SinkSettings(id="desk", kind=kind, **({"timeout": "3m"} | keys))  # type: ignore[arg-type]


async def send(settings: SinkSettings, message: Message | None = None) -> Outcome:
    """One attempt."""
    return await build(settings).send(message or alert())
