"""How old and how late a value is, judged by its own timestamp."""

from collections import deque
from enum import StrEnum

from market.clock import MINUTE, SECOND

ENOUGH = 20
"""Quotes that must lag alike before a delay is believed; fewer, and an old quote is stale, not delayed."""

SPAN = MINUTE * (ENOUGH - 1) // ENOUGH
"""Over how long they must: twenty quotes a minute are 57 seconds from the first to the last."""

WINDOW = 2 * MINUTE
ALIKE = 30 * SECOND
"""How far the lags of one window may lie apart."""

PROMPT = 20 * SECOND
"""A lag below this is the way of the network and the poll, not a delay."""


class Health(StrEnum):
    """The state of a feed, as its status line and the ``feed`` lines say it."""

    CONNECTING = "connecting"
    LIVE = "live"
    DELAYED = "delayed"
    STALE = "stale"
    DOWN = "down"
    CLOSED = "closed"


class Quality(StrEnum):
    """How far a quote, and an alert raised on it, can be trusted."""

    LIVE = "live"
    DELAYED = "delayed"
    STALE = "stale"
    REPLAY = "replay"
    SIMULATED = "simulated"


class LagMeter:
    """Learns by how much one feed's quotes of one exchange lag our clock.

    A delay is established by at least 20 quotes over a minute that lag alike, and given up the same
    way; a feed that slides from real time to 15 minutes late is seen within two minutes. Lags that are
    alike but negative are clock skew. ``declared`` is the delay its configuration names (ns).
    """

    def __init__(self, declared: int = 0) -> None:
        self.delay = declared
        """Established delay, nanoseconds."""
        self.skew = 0
        """By how much the venue's clock runs ahead of ours, nanoseconds; 0 while not established."""
        self.lag: int | None = None
        """Of the last quote, nanoseconds."""
        self.declared = declared
        self._seconds: deque[tuple[int, int, int, int]] = deque()  # start, quotes, least and greatest lag

    def note(self, ts_event: int, ts_recv: int) -> None:
        """Learn from one quote."""
        lag = self.lag = ts_recv - ts_event
        seconds = self._seconds
        # Merged by the second, so that a fast feed costs no more memory than a slow one.
        if seconds and ts_recv - seconds[-1][0] < SECOND:
            start, count, least, greatest = seconds[-1]
            seconds[-1] = (start, count + 1, min(least, lag), max(greatest, lag))
            return
        seconds.append((ts_recv, 1, lag, lag))
        while seconds[0][0] < ts_recv - WINDOW:
            seconds.popleft()
        self._judge(ts_recv)

    def _judge(self, now: int) -> None:
        start = now
        quotes = 0
        least = greatest = self._seconds[-1][2]
        # Backwards over as long a run as is alike: the newest minute speaks, not the slide before it.
        for at, count, low, high in reversed(self._seconds):
            if max(greatest, high) - min(least, low) > ALIKE:
                break
            start, quotes = at, quotes + count
            least, greatest = min(least, low), max(greatest, high)
        if quotes < ENOUGH or now - start < SPAN:
            return
        if not self.declared:
            self.delay = least if least >= PROMPT else 0
        self.skew = -greatest if greatest < -SECOND else 0


class Lags:
    """How late one feed is, exchange by exchange: one that is prompt in New York may be a quarter of an hour
    late in Hong Kong. ``declared`` is as a meter's, and holds for all of them."""

    def __init__(self, declared: int = 0) -> None:
        self.declared = declared
        self._meters: dict[str, LagMeter] = {}

    def note(self, mic: str, ts_event: int, ts_recv: int) -> None:
        """Learn from one quote of an exchange."""
        meter = self._meters.get(mic)
        if meter is None:
            meter = self._meters[mic] = LagMeter(self.declared)
        meter.note(ts_event, ts_recv)

    def delay(self, mic: str) -> int:
        """The established delay on an exchange, nanoseconds."""
        meter = self._meters.get(mic)
        return self.declared if meter is None else meter.delay

    @property
    def are_many(self) -> bool:
        """Whether the feed has brought quotes of several exchanges."""
        return len(self._meters) > 1

    @property
    def longest(self) -> int:
        """The longest delay on any, nanoseconds."""
        return max(map(self.delay, self._meters), default=self.declared)

    @property
    def skew(self) -> int:
        """By how much the feed's clock runs ahead of ours, nanoseconds; 0 while not established."""
        return max((meter.skew for meter in self._meters.values()), default=0)


def age_text(seconds: float) -> str:
    """``7s``, ``2:13``, ``3h05``, ``4d``: an age in at most five cells."""
    whole = max(0, int(seconds))
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02d}"
    if whole < 86_400:
        return f"{whole // 3600}h{whole % 3600 // 60:02d}"
    return f"{whole // 86_400}d"
