"""The simulated day as a tape, without a venue: as its exchange plays it, one quote for each change."""

from decimal import Decimal
from functools import lru_cache
from pathlib import Path

from feeds.tape import tape_line
from feeds.venue.exchange import Exchange
from feeds.venue.hours import END, STEP
from feeds.venue.plan import Plan
from market.clock import MILLISECOND
from market.quote import Quote

SOURCE = "venue"


@lru_cache(maxsize=2)
def day(seed: int, stride: int) -> bytes:
    """The tape's lines; ``stride`` steps of the exchange are looked at as one, to make it shorter."""
    exchange = Exchange(Plan(seed))
    lines: list[bytes] = []
    while exchange.now < END:
        for symbol in sorted(exchange.advance(exchange.now + stride * STEP)):
            shown = exchange.listings[symbol]
            lines.append(
                tape_line(
                    Quote(
                        symbol=symbol,
                        last=_price(shown.last),
                        ts_event=shown.stamp,
                        ts_recv=exchange.now + 50 * MILLISECOND,
                        source=SOURCE,
                        prev_close=_price(shown.prev_close),
                        open=_price(shown.open),
                        high=_price(shown.high),
                        low=_price(shown.low),
                        volume=shown.volume,
                    )
                )
            )
    return b"".join(lines)


def write_day(path: Path, *, seed: int = 917, stride: int = 30) -> Path:
    """Write it to a file."""
    path.write_bytes(day(seed, stride))
    return path


def _price(mills: int) -> Decimal:
    return Decimal(mills) / 1000
