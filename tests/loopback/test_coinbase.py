"""The Coinbase feed against a websocket server, and on real traffic."""

import json
from collections import Counter
from collections.abc import Sequence

from websockets.asyncio.server import ServerConnection

from feeds.clock import SystemClock
from feeds.coinbase import CoinbaseFeed, CoinbaseSettings
from feeds.failure import PATIENCE
from market.errors import ParseError
from market.freshness import Health
from market.quote import Quote
from market.state import MarketState, Verdict
from tests.loopback.capture import plays, restamped
from tests.loopback.feeding import Collector, RushedClock, StreamServer, running, says, until
from tests.paths import needs_shared
from tests.unit.test_coinbase import ticker

PAIRS = [
    "BAND-GBP", "BAND-BTC", "YFI-BTC", "NU-GBP", "CRV-EUR",
    "SKL-GBP", "SKL-USD", "SKL-BTC", "NMR-EUR", "DASH-BTC",
]  # fmt: skip


class Applied:
    """A sink that is a market state, and counts what became of each quote."""

    def __init__(self, symbols: Sequence[str]) -> None:
        self.state = MarketState(symbols)
        self.verdicts: Counter[Verdict] = Counter()
        self.errors: list[ParseError] = []

    def quotes(self, quotes: Sequence[Quote]) -> None:
        """Apply."""
        self.verdicts.update(self.state.apply(quote) for quote in quotes)

    def rejected(self, error: ParseError) -> None:
        """Keep."""
        self.errors.append(error)


@needs_shared
async def test_every_real_ticker_is_accounted_for() -> None:
    """2,500 frames of ten pairs, a hundred times as fast: each of the 30 tickers is applied or superseded."""
    clock = SystemClock()
    frames = restamped(clock.now())
    kinds = Counter(frame.kind for frame in frames)
    assert kinds["ticker"] == 30
    sink = Applied(PAIRS)
    async with StreamServer(plays(frames, speed=100)).serving() as server:
        feed = CoinbaseFeed(CoinbaseSettings(stream_url=server.url), PAIRS, clock)
        async with running(feed.run(sink)):
            await until(lambda: feed.status.frames == len(frames))
            status = feed.status
            assert (status.quotes, status.rejected, status.missed, status.errors) == (30, 0, 0, 0)
            assert (status.state, sink.errors) == (Health.LIVE, [])
        assert json.loads(server.received[0])["product_ids"] == PAIRS
    applied = sink.verdicts[Verdict.QUIET] + sink.verdicts[Verdict.LOUD]
    assert applied + sink.verdicts[Verdict.DUPLICATE] + sink.verdicts[Verdict.OLDER] == 30
    assert set(sink.state.drain()) == set(PAIRS)
    last = sink.state.entries["SKL-USD"].quote
    assert last is not None and (str(last.last), last.currency) == ("0.792", "USD")


async def test_a_refused_pair_costs_the_others_nothing() -> None:
    """The venue refuses all of them for the sake of one that is delisted, and of one that never was."""
    asked: list[list[str]] = []
    refused = {"FAKE-USD": "FAKE-USD is not a valid product", "LOOM-USD": "LOOM-USD is delisted"}

    async def venue(connection: ServerConnection) -> None:
        async for question in connection:
            asked.append(json.loads(question)["product_ids"])
            reason = next((refused[pair] for pair in asked[-1] if pair in refused), None)
            if reason is None:
                await connection.send(ticker(product_id="BTC-USD"))
            else:
                error = {"type": "error", "message": "Failed to subscribe", "reason": reason}
                await connection.send(json.dumps(error))

    async with StreamServer(venue, greets=True).serving() as server:
        sink = Collector()
        settings = CoinbaseSettings(stream_url=server.url)
        feed = CoinbaseFeed(settings, ["LOOM-USD", "BTC-USD", "FAKE-USD"], RushedClock())
        async with running(feed.run(sink)):
            await until(lambda: len(sink.all) == 1)
            assert (feed.status.state, feed.status.errors) == (Health.LIVE, 0)
            assert feed.status.turned_down == "Failed to subscribe: FAKE-USD is not a valid product"
        assert asked == [["LOOM-USD", "BTC-USD", "FAKE-USD"], ["BTC-USD", "FAKE-USD"], ["BTC-USD"]]
        assert server.connects == 1


async def test_a_refused_pair_is_told_and_left_alone_for_minutes() -> None:
    """The same subscription would be refused again."""
    error = json.dumps(
        {"type": "error", "message": "Failed to subscribe", "reason": "FAKE-USD is not a valid product"}
    )
    async with StreamServer(says(error)).serving() as server:
        clock = RushedClock(held=True)
        feed = CoinbaseFeed(CoinbaseSettings(stream_url=server.url), ["FAKE-USD"], clock)
        async with running(feed.run(Collector())):
            await until(lambda: clock.sleeps == [PATIENCE])
            assert feed.status.state is Health.DOWN
            assert feed.status.reason == "Failed to subscribe: FAKE-USD is not a valid product"
            assert server.connects == 1
