"""A page that is polled: the way in of venues that do not push.

The loop does not end by itself: a failure is named in the feed's status and met by a wait. How long a
request may take is real time, which the network keeps; waits and intervals are the injected clock's, so
that a simulation at any speed polls at the same instants of its day.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import random
from typing import NoReturn

from feeds.backoff import delays
from feeds.base import FeedStatus, NoPriceError, Parsed, QuoteSink, SymbolFeed
from feeds.failure import PATIENCE, TURNED_AWAY, RefusedError
from feeds.http import TIMEOUT, Http
from feeds.line import Line, pause, wait
from market.clock import Clock
from market.errors import FeedError, ParseError
from market.freshness import Health


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """Pages to fetch in turn, one request at a time. ``interval`` in seconds, between two rounds.

    ``rest`` says how many seconds at the least may pass after a good round that ended at an instant (ns
    UTC): a venue whose exchange is closed has nothing new. ``headers`` go with each request,
    which may take ``timeout`` seconds of real time.
    ``parse`` turns a body and its receipt (ns UTC) into quotes and rejected rows; it raises
    ``ParseError`` for a page that is none of the venue's.
    """

    venue: str
    urls: Sequence[str]
    parse: Callable[[bytes, int], Parsed]
    interval: float
    rest: Callable[[int], float] = lambda _now: 0.0
    headers: Mapping[str, str] | None = None
    timeout: float = TIMEOUT


class PollFeed(SymbolFeed):
    """A feed of pages; what an adapter adds is the ``Poll``."""

    def __init__(self, name: str, symbols: Iterable[str], clock: Clock, poll: Poll) -> None:
        super().__init__(name, symbols, clock)
        self.poll = poll

    async def run(self, sink: QuoteSink) -> None:
        """Feed the sink until cancelled."""
        await run_poll(self.poll, sink, self.status, self._clock)


async def run_poll(
    poll: Poll,
    sink: QuoteSink,
    status: FeedStatus,
    clock: Clock,
    *,
    chance: Callable[[], float] = random,
) -> NoReturn:
    """Fetch the pages for ever. ``chance`` is the backoff's jitter."""
    waits = delays(chance)
    line = Line(status)
    interval = poll.interval
    async with Http() as http:
        while True:
            try:
                seconds = interval
                if await _round(poll, http, sink, line, clock):
                    waits = delays(chance)
                    interval = poll.interval
                    seconds = max(interval, poll.rest(clock.now()))
            except FeedError as error:
                line.fail(error)
                if isinstance(error, RefusedError):
                    # Twice as rarely each time, or as asked: asking on at the same pace prolongs a block.
                    interval = min(2 * interval, max(PATIENCE, poll.interval))
                    interval = max(interval, error.retry_after or 0)
                    seconds = interval
                else:
                    seconds = max(interval, pause(error, waits))
            await wait(seconds, status, clock)


async def _round(poll: Poll, http: Http, sink: QuoteSink, line: Line, clock: Clock) -> int:
    """Fetch each page once; the number of valid quotes."""
    status = line.status
    count = 0
    trouble: ParseError | None = None
    for url in poll.urls:
        answer = await http.get(poll.venue, url, headers=poll.headers, timeout=poll.timeout)
        received = clock.now()
        status.frames += 1
        if not answer.body.strip():
            raise RefusedError(poll.venue, "empty answer", mend=TURNED_AWAY)
        try:
            quotes, errors = poll.parse(answer.body, received)
        except ParseError as error:
            status.rejected += 1
            sink.rejected(error)
            raise RefusedError(poll.venue, error.reason, mend=TURNED_AWAY) from None
        for refused in errors:
            status.rejected += 1
            sink.rejected(refused)
            if not isinstance(refused, NoPriceError):
                trouble = refused
        if quotes:
            count += len(quotes)
            status.quotes += len(quotes)
            status.last_quote = received
            status.last_event = max(quote.ts_event for quote in quotes)
            line.prove()
            sink.quotes(quotes)
    if trouble is not None and not count:
        line.go_down(trouble.reason, Health.DOWN)
    return count
