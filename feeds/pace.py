"""How often a venue is worth asking, and how long it may have nothing to say, by its exchange's hours."""

from collections.abc import Callable, Iterable

from market.clock import MINUTE, SECOND
from market.session import TRADING, Calendar, Phase, calendar
from market.symbol import mic

REST = 60.0
"""Seconds between two questions while nothing trades: a night is then 1,000 requests instead of 25,000."""

LINGER = 20 * MINUTE
"""Nanoseconds for which trading is followed after its end: the final price is late, on a delayed feed by
a quarter of an hour."""

BARREN = 300.0
"""Seconds without a single trade on a market that never closes, while heartbeats go on: a subscription that
was lost on the way, and is made anew."""

_QUIET = (Phase.CLOSED, Phase.LUNCH)


def silence(symbols: Iterable[str]) -> Callable[[int], bool]:
    """Whether no exchange of these canonical symbols trades at an instant (ns UTC): then nothing comes."""
    calendars = tuple(map(calendar, {mic(symbol) for symbol in symbols}))
    return lambda now: not any(hours.phase_at(now) in TRADING for hours in calendars)


def rest(hours: Calendar, now: int) -> float:
    """Seconds for which a venue may be left alone at an instant (ns UTC); 0 while anything may change.

    Never beyond the next auction or the end of lunch.
    """
    if hours.phase_at(now) not in _QUIET or hours.phase_at(now - LINGER) not in _QUIET:
        return 0.0
    return min(REST, (hours.next_change(now)[0] - now) / SECOND)
