"""One way in, a connection or a poll, and what it adds to the status of its feed."""

import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from random import random
from typing import Any, NoReturn

from feeds.backoff import delays
from feeds.base import FeedStatus, QuoteSink, TurnedDownError
from feeds.failure import PATIENCE, RefusedError, RenewalError, SilentError
from feeds.secret import hidden
from market.clock import SECOND, Clock
from market.errors import FeedError, ParseError
from market.freshness import Health
from market.quote import Quote

log = logging.getLogger(__name__)


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
        self.status.mend = error.mend
        self.go_down(hidden(error.reason), Health.STALE if isinstance(error, SilentError) else Health.DOWN)

    def go_down(self, reason: str, state: Health) -> None:
        """Nothing comes this way until a quote proves the contrary."""
        if not self.down:
            self.down = True
            self.status.failing += 1
        self.status.state = state
        self.status.reason = reason


def turn_down(status: FeedStatus, venue: str, reason: str) -> None:
    """Tell of a symbol that is refused, while others are served."""
    status.turned_down = reason
    log.warning("%s: %s", venue, reason)


def turn_down_beyond(symbols: Sequence[str], most: int, status: FeedStatus, venue: str) -> None:
    """Tell of the symbols that are more than an account may watch, if there are any."""
    if beyond := symbols[most:]:
        rest = f" and {len(beyond) - 1} more" if len(beyond) > 1 else ""
        turn_down(status, venue, f"{beyond[0]}{rest}: an account may watch {most} names")


def frame_handler(
    parse: Callable[[Any, int], Sequence[Quote]], sink: QuoteSink, line: Line, clock: Clock
) -> Callable[[Any], bool]:
    """The hot path: a frame, its quotes, the sink; no queue, no task and no log line in between.

    It returns whether the frame held quotes, or what is none of the venue's: nothing is to be said to either.
    """
    take, now, status = sink.quotes, clock.now, line.status

    def handle(frame: Any) -> bool:
        received = now()
        line.heard = True
        status.frames += 1
        try:
            quotes = parse(frame, received)
        except ParseError as error:
            error.reason, error.payload = hidden(error.reason), hidden(error.payload)
            status.rejected += 1
            if isinstance(error, TurnedDownError):
                turn_down(status, error.venue, error.reason)
            if not line.proven and status.state is not Health.LIVE:
                status.reason = error.reason  # all that a venue says which turns a subscription down
            sink.rejected(error)
            return not isinstance(error, TurnedDownError)
        if not quotes:
            return False
        status.quotes += len(quotes)
        status.last_quote = received
        status.last_event = quotes[-1].ts_event
        if not line.proven:
            line.prove()
        take(quotes)
        return True

    return handle


async def keep_open(
    connect: Callable[[Line], Awaitable[NoReturn]],
    status: FeedStatus,
    clock: Clock,
    chance: Callable[[], float] = random,
) -> NoReturn:
    """Connect for ever, each time after the wait that the failure before asks for.

    ``connect`` is one connection, which always ends in ``FeedError`` or cancellation. ``chance`` is the
    backoff's jitter.
    """
    waits = delays(chance)
    line = Line(status)
    while True:
        line.proven = False
        try:
            await connect(line)
        except FeedError as error:
            if line.proven:
                waits = delays(chance)  # earned by a quote; a handshake alone earns nothing
            if not (line.proven and isinstance(error, RenewalError)):
                line.fail(error)
            # A socket is a heavier thing to refuse than a page: without a word on when, minutes.
            refused = isinstance(error, RefusedError) and error.retry_after is None
            await wait(PATIENCE if refused else pause(error, waits), status, clock)
        status.reconnects += 1


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
