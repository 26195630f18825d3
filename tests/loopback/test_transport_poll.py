"""The polling transport against a venue that misbehaves, over real sockets."""

import asyncio
import gzip
from collections.abc import Callable
from decimal import Decimal

import pytest
from aiohttp import web

from feeds.base import FeedStatus, NoPriceError, Parsed
from feeds.failure import PATIENCE
from feeds.poll import Poll, run_poll
from market.clock import SECOND
from market.errors import ParseError
from market.freshness import Health
from market.quote import Quote
from tests.loopback.feeding import Collector, Page, PageServer, RushedClock, answers, is_cut, running, until


def parse(body: bytes, ts_recv: int) -> Parsed:
    """The simplest of venues: prices between commas, ``-`` for none yet; all else is none of its pages."""
    if b"," not in body:
        raise ParseError("plain", "no page of ours", body)
    parsed = Parsed([], [])
    for text in body.decode().split(","):
        if text == "-":
            parsed.errors.append(NoPriceError("plain", "no price yet"))
        elif text.isdigit():
            parsed.quotes.append(Quote("X", Decimal(text), ts_recv - SECOND, ts_recv, "plain"))
        elif text:
            parsed.errors.append(ParseError("plain", "no price", text))
    return parsed


GOOD = answers(b"1,")


class Trial:
    """One poll of one server, every two seconds."""

    def __init__(
        self, url: str, *, pages: int = 1, held: bool = False, rest: Callable[[int], float] = lambda now: 0.0
    ) -> None:
        self.clock = RushedClock(
            held=held, on_sleep=lambda: self.seen.append((self.status.state, self.status.reason))
        )
        self.seen: list[tuple[Health, str | None]] = []
        """State and reason at the beginning of each sleep."""
        self.sink = Collector()
        self.status = FeedStatus()
        self.run = run_poll(
            Poll(
                venue="plain",
                urls=[f"{url}{page}" for page in range(pages)],
                parse=parse,
                interval=2.0,
                rest=rest,
            ),
            self.sink,
            self.status,
            self.clock,
            chance=lambda: 1.0,
        )


async def polled(*pages: Page, times: int) -> Trial:
    """A trial against these pages until it has slept that many times."""
    async with PageServer(*pages).serving() as server:
        trial = Trial(server.url)
        async with running(trial.run):
            await until(lambda: len(trial.clock.sleeps) >= times)
    return trial


async def test_quotes_come_through_and_the_status_is_true() -> None:
    """A bad row is told of; the good ones, and the feed, live."""
    async with PageServer(answers(b"1,x,3,-")).serving() as server:
        trial = Trial(server.url, held=True)
        async with running(trial.run):
            await until(lambda: len(trial.clock.sleeps) == 1)
            status = trial.status
            assert [str(quote.last) for quote in trial.sink.all] == ["1", "3"]
            assert [error.reason for error in trial.sink.errors] == ["no price", "no price yet"]
            assert (status.state, status.reason) == (Health.LIVE, None)
            assert (status.frames, status.quotes, status.rejected, status.errors) == (1, 2, 2, 0)
            assert (status.last_quote, status.lag_s) == (trial.clock.time, 1.0)
            assert (trial.clock.sleeps, status.next_try) == ([2.0], trial.clock.time + 2 * SECOND)


async def test_one_request_at_a_time() -> None:
    """However many pages there are, and however slow the venue is."""

    async def slow(request: web.BaseRequest) -> web.StreamResponse:
        await asyncio.sleep(0.005)
        return await GOOD(request)

    async with PageServer(slow).serving() as server:
        trial = Trial(server.url, pages=3)
        async with running(trial.run):
            await until(lambda: len(trial.clock.sleeps) >= 3)
        assert server.paths[:6] == ["/q=0", "/q=1", "/q=2"] * 2
        assert server.at_once == 1


@pytest.mark.parametrize("status", [403, 429, 456])
async def test_refusals_double_the_interval_up_to_a_cap(status: int) -> None:
    """And the first success brings it back."""
    refusal = answers(b"no", status)
    trial = await polled(*[refusal] * 9, GOOD, times=10)
    assert trial.clock.sleeps[:10] == [4, 8, 16, 32, 64, 128, 256, 300, 300, 2]
    assert (trial.status.state, trial.status.reason) == (Health.LIVE, None)
    assert trial.status.errors == 9


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        (answers(b""), "empty answer"),
        (answers(b" \r\n"), "empty answer"),
        (answers(b"<html>Access denied</html>", Content_Type="text/html"), "no page of ours"),
        (answers(b"\xff\xfe\x00"), "no page of ours"),
    ],
)
async def test_a_page_that_is_none_of_the_venues_is_a_refusal(page: Page, reason: str) -> None:
    """It is how a block looks: slow down, and say why."""
    trial = await polled(GOOD, page, page, GOOD, times=4)
    assert trial.clock.sleeps[:4] == [2, 4, 8, 2]
    assert trial.seen[:4] == [(Health.LIVE, None), *[(Health.DOWN, reason)] * 2, (Health.LIVE, None)]


async def test_retry_after_is_honoured() -> None:
    """Where it is longer than the doubled interval."""
    trial = await polled(
        answers(status=429, Retry_After="45"), answers(status=503, Retry_After="30"), GOOD, times=3
    )
    assert trial.clock.sleeps[:3] == [45, 45, 2]


async def test_other_failures_back_off() -> None:
    """Never below the interval, with jitter, back after a success."""
    trial = await polled(*[answers(status=500)] * 4, GOOD, answers(status=502), GOOD, times=7)
    assert trial.clock.sleeps[:7] == [2, 2, 4, 8, 2, 2, 2]


async def test_a_closed_exchange_is_asked_rarely() -> None:
    """After a good round only: a failure is tried again as soon as on any day."""
    async with PageServer(GOOD, answers(status=500), GOOD).serving() as server:
        trial = Trial(server.url, rest=lambda now: 60.0)
        async with running(trial.run):
            await until(lambda: len(trial.clock.sleeps) >= 3)
    assert trial.clock.sleeps[:3] == [60, 2, 60]


async def test_a_wrong_address_waits_minutes() -> None:
    """Asking again every two seconds does not make it right."""
    trial = await polled(answers(status=404), answers(status=414), GOOD, times=3)
    assert trial.clock.sleeps[:3] == [PATIENCE, PATIENCE, 2]


async def test_a_body_cut_short() -> None:
    """The connection ends before the promised length: nothing of it is taken."""
    async with PageServer(is_cut(b"1,2,3"), GOOD).serving() as server:
        trial = Trial(server.url)
        async with running(trial.run):
            await until(lambda: trial.status.quotes >= 1)
        assert trial.seen[0] == (Health.DOWN, "answer cut short")
        assert trial.status.errors == 1
        assert {str(quote.last) for quote in trial.sink.all} == {"1"}


async def test_a_body_too_large() -> None:
    """Counted as it is unpacked, so that a small bomb is met as well."""
    bomb = gzip.compress(b"1," * (4 << 20))
    async with PageServer(answers(bomb, Content_Encoding="gzip")).serving() as server:
        trial = Trial(server.url, held=True)
        async with running(trial.run):
            await until(lambda: len(trial.clock.sleeps) == 1)
            assert trial.status.reason == "answer larger than 4194304 bytes"
    assert trial.sink.all == []


async def test_rows_without_a_price_yet_are_no_fault() -> None:
    """Before the opening a feed has nothing to say, and is not down."""
    trial = await polled(answers(b"-,-"), times=2)
    assert (trial.status.state, trial.status.errors) == (Health.CONNECTING, 0)
    trial = await polled(GOOD, answers(b"-,-"), times=3)
    assert trial.status.state is Health.LIVE


async def test_only_bad_rows_are_a_fault() -> None:
    """The venue answers, and none of it can be used: the last value must not look live."""
    trial = await polled(GOOD, answers(b"x,y"), times=3)
    assert (trial.status.state, trial.status.reason) == (Health.DOWN, "no price")


async def test_nobody_there() -> None:
    """A port where nothing listens; and the venue comes back."""
    async with PageServer(GOOD).serving() as server:
        url = server.url
    trial = Trial(url)
    async with running(trial.run):
        await until(lambda: len(trial.clock.sleeps) >= 4)
        assert (trial.status.state, trial.status.reason) == (Health.DOWN, "connection refused")
    assert trial.clock.sleeps[:4] == [2, 2, 4, 8]
