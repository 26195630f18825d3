"""Rule: when something is worth an alert, as a person wrote it; and Moment, when a quote may be judged."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, NamedTuple

from market.clock import SECOND
from market.freshness import Quality
from market.profile import Period
from market.session import TRADING, Calendar, Phase

Direction = Literal["up", "down", "both"]
Frequency = Literal["once", "once_per_session", "every_cross", "on_new_extreme"]
Lookback = Literal["day", "52w", "record"]
Basis = Literal["closed", "in_progress"]


@dataclass(frozen=True, slots=True)
class Rule:
    """What to watch, whom, and how often to tell; durations are nanoseconds.

    ``steps`` are all thresholds, the first one first: percent for most kinds, a price for ``price_cross``,
    a multiple for ``volume_ratio``, nanoseconds for ``stale``. ``clear`` is where the first of them re-arms
    under ``every_cross``; a further one re-arms in the same proportion of itself.
    """

    id: str
    kind: str
    symbols: tuple[str, ...] = field(compare=False)
    """Whom it watches, which is no part of what it is."""
    direction: Direction = "both"
    steps: tuple[Decimal, ...] = (Decimal(5),)
    clear: Decimal = Decimal(4)
    frequency: Frequency = "once_per_session"
    phases: frozenset[Phase] = TRADING
    severity: str = "warning"
    sinks: tuple[str, ...] = ("*",)
    hold: int = 0
    """``for``: how long in trading time it must hold."""
    cooldown: int = 0
    """How long after an alert the next one of the same name and direction waits."""
    expires: date | datetime | None = None
    """Its last exchange day, or the instant at which it ends; without a zone the time is the exchange's."""
    confirm_within: int = 0
    """How long another source may take to agree before it is told unconfirmed; 0: it need not."""
    window: int = 0
    """``pct_window``: trading time."""
    lookback: Lookback = "day"
    """``new_high``, ``new_low``."""
    period: Period = Period.WEEK
    """``streak``, as are ``length`` and ``basis``."""
    length: int = 0
    basis: Basis = "in_progress"
    index: str = ""
    """``relative``: the canonical symbol that a move is measured against."""
    keywords: tuple[str, ...] = ()
    """``headline``: any of these."""
    feeds: tuple[str, ...] = ()
    """``feed_down`` and ``stale``: sources by name, instead of symbols."""
    everything: bool = False
    """Whether ``symbols`` were written as ``*``: a headline need not name any of them."""

    def end(self, hours: Calendar) -> int | None:
        """The instant from which it has expired on an exchange, nanoseconds UTC; ``None`` for never."""
        if self.expires is None or self.expires == date.max:  # 9999-12-31, as people write "never"
            return None
        if isinstance(self.expires, datetime):
            at = self.expires if self.expires.tzinfo else self.expires.replace(tzinfo=hours.zone)
            return int(at.timestamp()) * SECOND
        following = date.fromordinal(self.expires.toordinal() + 1)
        midnight = datetime(following.year, following.month, following.day, tzinfo=hours.zone)
        return int(midnight.timestamp()) * SECOND


OnBroken = Callable[[Rule, str | None, Exception], None]
"""Is told of a rule that has broken and is put aside: the rule, where (a symbol or a feed), and the error."""


def surrender(rule: Rule, where: str | None, error: Exception) -> None:
    """What a book of rules does with an error of its own where nobody else takes it: raise it."""
    raise error


class Moment(NamedTuple):
    """What the engine knows of a quote besides the quote: whether, and as what, it may be evaluated."""

    now: int
    quality: Quality
    current_date: date
    """The session date by the engine's own clock."""
    blocked: str | None = None
    """Why no rule may act on this quote; ``None`` when it may."""
    delay: int = 0
    """The established delay of the quote's feed, nanoseconds."""
    max_age: int = 90 * SECOND
