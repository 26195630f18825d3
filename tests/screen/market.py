"""A small market for the screen's tests: tiles that look like a day."""

from decimal import Decimal

from market.clock import MINUTE, parse_rfc3339
from market.freshness import Quality
from market.quote import Quote
from market.session import Session, calendar
from widgets.tile import Tile

NOW = parse_rfc3339("2025-09-17T03:00:00Z")  # 11:00 in Hong Kong


def session() -> Session:
    """Hong Kong's 2025-09-17."""
    found = calendar("XHKG").session_at(NOW)
    assert found is not None
    return found


def quote(
    symbol: str = "9888.HK", last: str = "131.00", prev_close: str | None = "113.20", **changes: object
) -> Quote:
    """A quote of 11:00 that trades between 120.20 and 135.40."""
    made = Quote(
        symbol,
        Decimal(last),
        NOW,
        NOW,
        "tencent",
        None if prev_close is None else Decimal(prev_close),
        Decimal("121.00"),
        Decimal("135.40"),
        Decimal("120.20"),
        68_712_957,
    )
    return made._replace(**changes)  # type: ignore[arg-type]


def tile(symbol: str = "9888.HK", last: str = "131.00", **changes: object) -> Tile:
    """A live tile that has risen evenly since the open."""
    begun = session().open
    minutes = [(begun + minute * MINUTE, Decimal(121) + Decimal(minute) / 10) for minute in range(90)]
    made = Tile(symbol, symbol, quote(symbol, last), minutes, session(), Quality.LIVE, "", "now")
    return made._replace(**changes)  # type: ignore[arg-type]
