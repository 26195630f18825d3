"""The JSON lines of ``tickwall headless``: one object each, to the letter of ``docs/json.md``."""

from typing import Any

import msgspec

from market.alert import Alert, Resolved, Suppressed, basis, event_id, plain
from market.clock import rfc3339
from market.headline import Headline
from market.instrument import instrument

_encode = msgspec.json.Encoder(decimal_format="string").encode


def encode(line: dict[str, Any]) -> str:
    """One JSON document without a line break; a number that is none, or without end, is ``null``."""
    return _encode(line).decode()


def line(kind: str, ts: int, /, **fields: Any) -> dict[str, Any]:
    """A line of a type, with the two fields that every line has."""
    return {"v": 1, "type": kind, "ts": rfc3339(ts), **fields}


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
    """An alert with everything a receiver needs to judge it; what is on no quote has none of its fields."""
    quote = alert.quote
    known = None if alert.symbol is None else instrument(alert.symbol)
    currency = None if known is None else known.currency
    fields = line(
        "alert",
        alert.ts,
        event_id=event_id(alert.dedup_key),
        dedup_key=alert.dedup_key,
        exchange_ts=None if quote is None else rfc3339(quote.ts_event),
        received_ts=None if quote is None else rfc3339(quote.ts_recv),
        session_date=alert.session_date,
        mic=None if known is None else known.mic,
        phase=alert.phase,
        symbol=alert.symbol,
        name=None if known is None else known.name,
        rule_id=alert.rule_id,
        kind=alert.kind,
        severity=alert.severity,
        direction=alert.direction,
        threshold=None if alert.threshold is None else plain(alert.threshold),
        value=None if alert.value is None else f"{alert.value:f}",
        basis=None if alert.symbol is None else basis(alert.symbol),
        price=None if quote is None else f"{quote.last:f}",
        prev_close=None if quote is None or quote.prev_close is None else f"{quote.prev_close:f}",
        currency=currency if quote is None else quote.currency or currency,
        source=alert.source,
        quality=alert.quality,
        facts=alert.facts,
        headlines=[
            {"title": headline.title, "link": headline.link, "ts": rfc3339(headline.ts_event)}
            for headline in alert.headlines
        ],
        message=alert.message,
    )
    return fields if alert.confirmed is None else fields | {"confirmed": alert.confirmed}


def resolved_line(resolved: Resolved) -> dict[str, Any]:
    """What an alert was about is over; ``event_id`` and ``dedup_key`` are those of the alert."""
    return line(
        "resolved",
        resolved.ts,
        event_id=event_id(resolved.dedup_key),
        dedup_key=resolved.dedup_key,
        rule_id=resolved.rule_id,
        kind=resolved.kind,
        symbol=resolved.symbol,
        source=resolved.source,
        since=rfc3339(resolved.since),
        message=resolved.message,
    )


def suppressed_line(suppressed: Suppressed) -> dict[str, Any]:
    """An alert that was withheld, and why; after a session how many were, without a quote."""
    quote = suppressed.quote
    return line(
        "suppressed",
        suppressed.ts,
        reason=suppressed.reason,
        count=suppressed.count,
        symbol=None if quote is None else quote.symbol,
        rule_id=suppressed.rule_id,
        kind=suppressed.kind,
        direction=suppressed.direction,
        threshold=None if suppressed.threshold is None else plain(suppressed.threshold),
        price=None if quote is None else f"{quote.last:f}",
        exchange_ts=None if quote is None else rfc3339(quote.ts_event),
        source=None if quote is None else quote.source,
    )
