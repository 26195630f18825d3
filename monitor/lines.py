"""The JSON lines of ``tickwall headless``: one object each, to the letter of ``docs/json.md``."""

import math
from typing import Any

import msgspec

from market.alert import Alert, Suppressed, plain
from market.clock import rfc3339
from market.headline import Headline
from market.instrument import instrument

_encode = msgspec.json.Encoder(decimal_format="string").encode


def encode(line: dict[str, Any]) -> str:
    """One JSON document without a line break."""
    return _encode(line).decode()


def line(kind: str, ts: int, /, **fields: Any) -> dict[str, Any]:
    """A line of a type, with the two fields that every line has."""
    finite = {
        key: None if isinstance(value, float) and not math.isfinite(value) else value
        for key, value in fields.items()
    }
    return {"v": 1, "type": kind, "ts": rfc3339(ts), **finite}


def headline_fields(headline: Headline) -> dict[str, Any]:
    """A headline as scripts get it."""
    return {
        "id": headline.id,
        "title": headline.title,
        "link": headline.link,
        "ts": rfc3339(headline.ts_event),
        "source": headline.source,
        "symbols": list(headline.symbols),
        "class": headline.topic,
        "amounts": list(headline.amounts),
    }


def alert_line(alert: Alert) -> dict[str, Any]:
    """An alert with everything a receiver needs to judge it."""
    quote = alert.quote
    known = instrument(quote.symbol)
    return line(
        "alert",
        alert.ts,
        event_id=alert.event_id,
        dedup_key=alert.dedup_key,
        exchange_ts=rfc3339(quote.ts_event),
        received_ts=rfc3339(quote.ts_recv),
        session_date=alert.session_date.isoformat(),
        mic=known.mic,
        phase=alert.phase.value,
        symbol=quote.symbol,
        name=known.name,
        rule_id=alert.rule_id,
        kind=alert.kind,
        severity=alert.severity,
        direction=alert.direction,
        threshold=plain(alert.threshold),
        value=f"{alert.value:f}",
        basis=alert.basis,
        price=f"{quote.last:f}",
        prev_close=None if quote.prev_close is None else f"{quote.prev_close:f}",
        currency=quote.currency or known.currency,
        source=quote.source,
        quality=alert.quality.value,
        facts=list(alert.facts),
        headlines=[
            {"title": headline.title, "link": headline.link, "ts": rfc3339(headline.ts_event)}
            for headline in alert.headlines
        ],
        message=alert.message,
    )


def suppressed_line(suppressed: Suppressed) -> dict[str, Any]:
    """An alert that was withheld, and why."""
    quote = suppressed.quote
    return line(
        "suppressed",
        suppressed.ts,
        reason=suppressed.reason,
        symbol=quote.symbol,
        rule_id=suppressed.rule_id,
        kind=suppressed.kind,
        direction=suppressed.direction,
        threshold=plain(suppressed.threshold),
        price=f"{quote.last:f}",
        exchange_ts=rfc3339(quote.ts_event),
        source=quote.source,
    )
