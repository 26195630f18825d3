"""One way in, a connection or a poll, and what it adds to the status of its feed."""

from collections.abc import Iterator

from feeds.base import FeedStatus
from feeds.failure import PATIENCE, SilentError
from market.clock import SECOND, Clock
from market.errors import FeedError
from market.freshness import Health


class Line:
    """One connection, or one poll, and its share in the status of a feed that may have several."""

    __slots__ = ("down", "heard", "proven", "status")

    def __init__(self, status: FeedStatus) -> None:
        self.status = status
        self.down = False
        self.heard = False
        """Whether any frame came since this was last cleared."""
        self.proven = False
        """Whether this connection has brought a valid quote."""

    def prove(self) -> None:
        """A valid quote came, which is what makes a feed live."""
        self.proven = True
        if self.down:
            self.down = False
            self.status.failing -= 1
        if not self.status.failing:
            self.status.state = Health.LIVE
            self.status.reason = None

    def fail(self, error: FeedError) -> None:
        """The connection, or a request, failed."""
        self.status.errors += 1
        self.go_down(error.reason, Health.STALE if isinstance(error, SilentError) else Health.DOWN)

    def go_down(self, reason: str, state: Health) -> None:
        """Nothing comes this way until a quote proves the contrary."""
        if not self.down:
            self.down = True
            self.status.failing += 1
        self.status.state = state
        self.status.reason = reason


def pause(error: FeedError, waits: Iterator[float]) -> float:
    """Seconds until the next try: the backoff's, the venue's wish, or minutes where trying is pointless."""
    if error.fatal:
        return max(PATIENCE, error.retry_after or 0)
    return max(next(waits), error.retry_after or 0)


async def wait(seconds: float, status: FeedStatus, clock: Clock) -> None:
    """Sleep on the clock, with the next try told in the status."""
    status.next_try = clock.now() + int(seconds * SECOND)
    await clock.sleep(seconds)
    status.next_try = None
