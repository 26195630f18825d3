"""The engine's judgements, fed by hand: what is told, what is withheld, how a feed fares."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

import msgspec
import pytest

from feeds.base import FeedStatus, QuoteSink
from market.alert import Suppressed
from market.clock import SECOND, parse_rfc3339
from market.freshness import Health, Lags, Quality
from market.headline import Headline
from market.quote import Quote
from market.rule import Rule
from market.rulebook import RuleBook
from market.session import Phase
from monitor.courier import Delivery
from monitor.engine import Engine
from monitor.health import MOST_REASONS
from monitor.intake import Intake
from monitor.listener import FeedChange, PhaseChange
from monitor.store import Store
from monitor.stories import KEPT
from tests.limit import LIMIT

TEN = parse_rfc3339("2025-09-17T02:00:00Z")
"""10:00 in Hong Kong."""


class Hand:
    """A clock that is set."""

    def __init__(self, now: int) -> None:
        self.at = now

    def now(self) -> int:
        """As set."""
        return self.at

    async def sleep(self, seconds: float) -> None:
        """Passes at once, after everybody else had a turn."""
        await asyncio.sleep(0)
        self.at += int(seconds * SECOND)


@dataclass
class Heard:
    """A listener that remembers."""

    alerts: list[dict[str, object]] = field(default_factory=list)
    withheld: list[Suppressed] = field(default_factory=list)
    headlines: list[Headline] = field(default_factory=list)
    feeds: list[FeedChange] = field(default_factory=list)
    phases: list[PhaseChange] = field(default_factory=list)
    resolutions: list[dict[str, object]] = field(default_factory=list)

    def alert(self, number: int, line: str) -> None:
        """Keep it."""
        self.alerts.append(msgspec.json.decode(line))

    def suppressed(self, suppressed: Suppressed) -> None:
        """Keep it."""
        self.withheld.append(suppressed)

    def broken(self, rule_id: str, where: str | None, reason: str) -> None:
        """None of them does."""
        raise AssertionError(rule_id)

    def headline(self, headline: Headline) -> None:
        """Keep it."""
        self.headlines.append(headline)

    def feed(self, change: FeedChange) -> None:
        """Keep it."""
        self.feeds.append(change)

    def phase(self, change: PhaseChange) -> None:
        """Keep it."""
        self.phases.append(change)

    def delivery(self, delivery: Delivery) -> None:
        """Nothing."""

    def resolved(self, line: str) -> None:
        """Keep it."""
        self.resolutions.append(msgspec.json.decode(line))


@dataclass
class ByHand:
    """A feed whose quotes the test brings itself."""

    name: str
    status: FeedStatus = field(default_factory=lambda: FeedStatus(Health.LIVE))
    brings: tuple[str, ...] = (".HK",)

    async def run(self, sink: QuoteSink) -> None:
        """Nothing."""

    def serves(self, symbol: str) -> bool:
        """All of Hong Kong, unless another ending is given."""
        return symbol.endswith(self.brings)


class Desk:
    """An engine with one rule and one feed."""

    def __init__(self, store: Store) -> None:
        self.heard = Heard()
        self.clock = Hand(TEN)
        steps = (Decimal(5), Decimal(10), Decimal(15))
        rule = Rule("big", "pct_prev_close", ("9888.HK",), "both", steps, Decimal(4))
        self.engine = Engine(
            clock=self.clock,
            symbols=["9888.HK", "0700.HK"],
            rules=RuleBook([rule]),
            store=store,
            listener=self.heard,
        )
        self.intake = self.engine.add_source(ByHand("a"))

    def quote(self, price: str, after: float, *, lag: float = 0.1, intake: Intake | None = None) -> None:
        """A quote of Baidu received some seconds after ten o'clock, made ``lag`` seconds before."""
        received = TEN + int(after * SECOND)
        self.clock.at = received
        made = received - int(lag * SECOND)
        way = intake or self.intake
        way.quotes([Quote("9888.HK", Decimal(price), made, received, way.feed.name, Decimal("113.20"))])


@pytest.fixture
def desk() -> Iterator[Desk]:
    """With a store in memory."""
    store = Store()
    yield Desk(store)
    store.close()


def test_an_alert_carries_what_the_contract_says(desk: Desk) -> None:
    """To the field."""
    desk.quote("124.60", 847)
    [alert] = desk.heard.alerts
    assert alert["message"] == "Baidu 9888.HK +10.07% at HK$124.60, through +10%"
    wanted = {
        "v": 1, "type": "alert", "symbol": "9888.HK", "name": "Baidu", "rule_id": "big", "mic": "XHKG",
        "kind": "pct_prev_close", "direction": "up", "threshold": "10", "value": "10.070671",
        "price": "124.60", "prev_close": "113.20", "currency": "HKD", "source": "a", "quality": "live",
        "phase": "morning", "session_date": "2025-09-17", "ts": "2025-09-17T02:14:07.000Z",
        "facts": [], "headlines": [],
    }  # fmt: skip
    assert {key: alert[key] for key in wanted} == wanted


def test_a_stale_quote_does_not_fire_and_is_told(desk: Desk) -> None:
    """91 seconds old; a prompt one then fires."""
    desk.quote("124.60", 60, lag=91)
    assert [held.reason for held in desk.heard.withheld] == ["stale"]
    assert desk.heard.alerts == []
    desk.quote("124.60", 61)
    assert len(desk.heard.alerts) == 1


def test_a_delayed_feed_fires_as_delayed_once_its_delay_is_established(desk: Desk) -> None:
    """Fifteen minutes late, all alike."""
    for second in range(80):
        desk.quote("113.30", 1800 + second, lag=900)
    desk.quote("124.60", 1880, lag=900)
    assert [alert["quality"] for alert in desk.heard.alerts] == ["delayed"]
    assert desk.engine.health.judge(desk.intake, desk.clock.at)[0] is Health.DELAYED


@pytest.mark.parametrize(("before", "quality"), [(18, []), (19, ["delayed"])])
def test_the_twentieth_quote_of_a_minute_is_evaluated_with_the_delay_it_establishes(
    desk: Desk, before: int, quality: list[str]
) -> None:
    """And no quote counts twice, however often the rules look at it."""
    for number in range(before):
        desk.quote("118.90", 1800 + 3 * number, lag=900)
    desk.quote("124.60", 1857, lag=900)
    assert [alert["quality"] for alert in desk.heard.alerts] == quality


@pytest.mark.parametrize("first", ["9888.HK", "BTC-USD"])
def test_a_feed_is_late_where_it_is_late_alone(desk: Desk, first: str) -> None:
    """Coins at once and Hong Kong a quarter of an hour late, in bursts of which one is always the first."""
    desk.engine.state.watch(["BTC-USD"])
    intake = desk.engine.add_source(ByHand("vendor", brings=(".HK", "-USD")))
    second = "BTC-USD" if first == "9888.HK" else "9888.HK"
    for at in range(TEN + 1800 * SECOND, TEN + 1880 * SECOND, SECOND):
        for symbol, received in ((first, at), (second, at + 1)):
            lag = 900 * SECOND if symbol == "9888.HK" else 0
            quote = Quote(symbol, Decimal("113.30"), received - lag, received, "vendor", Decimal("113.20"))
            intake.quotes([quote])
    desk.quote("124.60", 1880, lag=900, intake=intake)
    assert [alert["quality"] for alert in desk.heard.alerts] == ["delayed"]
    assert (intake.lags.delay("XHKG"), intake.lags.delay("24/7")) == (900 * SECOND, 0)
    assert desk.engine.health.judge(intake, desk.clock.at) == (Health.DELAYED, "900 s late on XHKG")
    night = TEN + 12 * 3600 * SECOND
    intake.quotes([Quote("BTC-USD", Decimal(114), night, night, "vendor", Decimal("113.20"))])
    assert desk.engine.health.judge(intake, night) == (Health.LIVE, None)


def test_a_delay_beyond_the_limit_does_not_fire(desk: Desk) -> None:
    """Twenty minutes are the limit."""
    for second in range(80):
        desk.quote("113.30", 3600 + second, lag=1300)
    desk.quote("124.60", 3680, lag=1300)
    assert desk.heard.alerts == []
    assert [held.reason for held in desk.heard.withheld] == ["delayed"]


def test_yesterdays_quote_does_not_fire(desk: Desk) -> None:
    """It is stale first of all; no percentage of it is today's."""
    desk.quote("124.60", 0, lag=18 * 3600)
    assert desk.heard.alerts == []


def test_a_lone_outlier_is_withheld_and_told(desk: Desk) -> None:
    """With the step that it would have fired."""
    desk.quote("113.30", 0)
    desk.quote("160", 1)
    desk.quote("113.40", 2)
    assert desk.heard.alerts == []
    assert [(held.reason, held.quote and held.quote.last) for held in desk.heard.withheld] == [
        ("outlier", Decimal(160))
    ]


def test_a_confirmed_outlier_fires(desk: Desk) -> None:
    """It was a move."""
    desk.quote("113.30", 0)
    desk.quote("160", 1)
    desk.quote("160.2", 2)
    assert [alert["threshold"] for alert in desk.heard.alerts] == ["15"]
    assert desk.heard.withheld == []


def test_an_outlier_that_was_confirmed_counts_as_it_was(desk: Desk) -> None:
    """The quote that confirms it had come back from the step already."""
    desk.quote("99.99", 0)
    desk.quote("130.3", 1)
    desk.quote("129.9", 2)
    assert [(alert["price"], alert["threshold"]) for alert in desk.heard.alerts] == [
        ("99.99", "10"),
        ("130.3", "15"),
    ]


def test_a_restart_repeats_nothing(desk: Desk) -> None:
    """The store knows."""
    desk.quote("124.60", 0)
    again = Desk(desk.engine.store)
    again.quote("124.70", 1)
    again.quote("131", 2)
    assert [alert["threshold"] for alert in again.heard.alerts] == ["15"]


def test_a_headline_explains_an_alert_on_its_name(desk: Desk) -> None:
    """The newest first, and only those of the last day."""
    ours = Headline("1", "Baidu signs a contract", "https://example.com/1", TEN, TEN, "x", ("9888.HK",))
    other = Headline("2", "Tencent sells bonds", "", TEN, TEN, "x", ("0700.HK",))
    desk.engine.add_headlines([ours, other])
    desk.quote("124.60", 5)
    assert desk.heard.headlines == [ours, other]
    assert desk.heard.alerts[0]["headlines"] == [
        {"title": "Baidu signs a contract", "link": "https://example.com/1", "ts": "2025-09-17T02:00:00.000Z"}
    ]


def test_an_open_feed_over_a_dead_symbol_is_stale(desk: Desk) -> None:
    """Its socket says live; its quotes' own time does not."""
    desk.quote("113.30", 0)
    healths = []
    for seconds in (60, 91):
        desk.engine.round(TEN + seconds * SECOND)
        healths.append(desk.intake.health)
    assert healths == [Health.LIVE, Health.STALE]
    assert desk.heard.feeds[-1].reason == "newest quote is 1:31 old"


def test_a_feed_that_brings_nothing_at_all_is_stale(desk: Desk) -> None:
    """Connected, and silent from the start: calm it is not."""
    desk.intake.feed.status.state = Health.CONNECTING
    healths = []
    for seconds in (90, 91):
        desk.engine.round(TEN + seconds * SECOND)
        healths.append(desk.intake.health)
    assert healths == [Health.CONNECTING, Health.STALE]
    assert desk.heard.feeds[-1].reason == "no quote yet"


def test_a_feed_that_is_refused_all_it_asks_for_is_stale_for_that(desk: Desk) -> None:
    """It has never brought a quote, and its venue says why."""
    desk.intake.feed.status.state, desk.intake.feed.status.reason = Health.CONNECTING, "FAKE is no product"
    assert desk.engine.health.judge(desk.intake, TEN + 91 * SECOND) == (Health.STALE, "FAKE is no product")


def test_each_reason_why_a_feed_is_down_is_told_once(desk: Desk) -> None:
    """The connection is lost, the next try says that the key is refused; a venue that says another thing each
    time is not told of for ever."""
    status = desk.intake.feed.status
    reasons = ["connection lost", "answered HTTP 401", "connection lost", "timed out"]
    for second, reason in enumerate([*reasons, *map(str, range(20))]):
        status.state, status.reason = Health.DOWN, reason
        desk.engine.round(TEN + second * SECOND)
    told = [(change.reason, change.turned) for change in desk.heard.feeds]
    assert told[:3] == [("connection lost", True), ("answered HTTP 401", False), ("timed out", False)]
    assert len(told) == MOST_REASONS
    desk.quote("113.30", 60)
    status.state, status.reason = Health.LIVE, None
    desk.engine.round(TEN + 60 * SECOND)
    status.state, status.reason = Health.DOWN, "timed out"
    desk.engine.round(TEN + 61 * SECOND)
    assert [change.health for change in desk.heard.feeds[MOST_REASONS:]] == [Health.LIVE, Health.DOWN]


def test_a_silent_socket_is_stale_at_once(desk: Desk) -> None:
    """Its transport knows before the quotes are old."""
    desk.quote("113.30", 0)
    desk.intake.feed.status.state, desk.intake.feed.status.reason = Health.STALE, "silent for 60 s"
    assert desk.engine.health.judge(desk.intake, TEN + SECOND) == (Health.STALE, "silent for 60 s")


def test_a_slow_machine_is_told_so_once(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    """Its quotes come from the future, all by as much."""
    for second in range(70):
        desk.quote("113.30", second, lag=-45)
    desk.engine.round(TEN + 71 * SECOND)
    reasons = [change.reason for change in desk.heard.feeds if change.reason]
    assert reasons == ["its clock is 45 s ahead of this machine's"]
    assert caplog.text.count("set this machine's clock") == 1


def test_quotes_without_a_previous_close_keep_a_feed_alive(desk: Desk) -> None:
    """It is filled in, and the feed is no staler for it."""
    desk.quote("113.30", 0)
    for seconds in (60, 120):
        received = TEN + seconds * SECOND
        desk.intake.quotes([Quote("9888.HK", Decimal(114), received, received, "a")])
    assert desk.engine.health.judge(desk.intake, TEN + 121 * SECOND)[0] is Health.LIVE


def test_lunch_is_no_fault(desk: Desk) -> None:
    """A feed that says nothing between 12:00 and 13:00 is closed, and has 90 seconds when it opens."""
    desk.quote("113.30", 7199)
    healths = []
    for minutes in (130, 181, 181.6):
        desk.engine.round(TEN + int(minutes * 60 * SECOND))
        healths.append(desk.intake.health)
    assert healths == [Health.CLOSED, Health.LIVE, Health.STALE]


def test_a_feed_that_slides_behind_is_found_out_within_two_minutes(desk: Desk) -> None:
    """All that it says is older than what it said before, so that none of it becomes the price."""
    for seconds in range(0, 60, 2):
        desk.quote("113.30", seconds)
    found = None
    for seconds in range(60, 600, 2):
        at = TEN + seconds * SECOND
        desk.intake.quotes([Quote("9888.HK", Decimal("113.40"), at - 900 * SECOND, at, "a")])
        desk.engine.round(at)
        if found is None and desk.intake.health is Health.DELAYED:
            found = seconds - 60
    assert found is not None
    assert found <= 120
    healths = [desk.intake.health]
    for seconds in range(600, 720, 2):
        desk.quote("113.50", seconds)
        desk.engine.round(TEN + seconds * SECOND)
    assert [*healths, desk.intake.health] == [Health.DELAYED, Health.LIVE]


def test_a_feed_that_is_late_is_not_closed_after_lunch(desk: Desk) -> None:
    """By its own time, a quarter of an hour ago, it is lunch still; its prices are late, and it says so."""
    desk.quote("113.30", 7199)
    desk.intake.lags = Lags(900 * SECOND)
    for minutes, health in ((140, Health.CLOSED), (181, Health.DELAYED)):
        at = TEN + minutes * 60 * SECOND
        desk.intake.quotes([Quote("9888.HK", Decimal(114), at - 900 * SECOND, at, "a")])
        assert desk.engine.health.judge(desk.intake, at)[0] is health
    assert desk.engine.health.judge(desk.intake, at)[1] == "900 s late"


def test_the_closing_auction_is_no_fault(desk: Desk) -> None:
    """Nothing prints from 16:00 until the match after 16:08; a feed that died before is stale still."""
    desk.quote("113.30", 6 * 3600 - 1)
    dead = desk.engine.add_source(ByHand("dead"))
    dead.newest = TEN + 5 * 3600 * SECOND
    desk.engine.round(TEN + (6 * 3600 + 420) * SECOND)
    assert desk.intake.health is Health.LIVE
    assert dead.health is Health.STALE


def test_phases_are_told_in_order_also_over_a_gap(desk: Desk) -> None:
    """A tape that leaps from the morning into the next day passes every phase."""
    desk.engine.round(TEN)
    desk.engine.round(TEN + 24 * 3600 * SECOND)
    hong_kong = [change.phase for change in desk.heard.phases if change.mic == "XHKG"]
    assert hong_kong == [
        Phase.MORNING, Phase.LUNCH, Phase.AFTERNOON, Phase.CLOSING_AUCTION, Phase.CLOSED,
        Phase.PRE_OPEN, Phase.MORNING,
    ]  # fmt: skip
    ends = [change.until for change in desk.heard.phases if change.mic == "XHKG"]
    assert [later.ts for later in desk.heard.phases if later.mic == "XHKG"][1:] == ends[:-1]
    assert ends[:2] == [TEN + 2 * 3600 * SECOND, TEN + 3 * 3600 * SECOND]


def test_two_sources_never_make_a_false_cross(desk: Desk) -> None:
    """A late source's old price beyond a threshold is not today's move."""
    late = desk.engine.add_source(ByHand("late"))
    desk.quote("113.30", 1000)
    desk.quote("124.60", 1001, lag=900, intake=late)
    assert desk.heard.alerts == []
    entry = desk.engine.state.entries["9888.HK"]
    assert entry.quote is not None
    assert (entry.quote.source, entry.quote.last) == ("a", Decimal("113.30"))


def test_the_headlines_of_an_alert_are_the_newest_whatever_order_they_came_in(desk: Desk) -> None:
    """Two sources asked at the same moment answer in any order."""

    def headline(name: str, before: int) -> Headline:
        at = TEN - before * SECOND
        return Headline(name, name, "", at, TEN, "x", ("9888.HK",))

    desk.engine.add_headlines(
        [headline("b", 60), headline("d", 7200), headline("c", 3600), headline("a", 60)]
    )
    desk.quote("124.60", 5)
    told = desk.heard.alerts[0]["headlines"]
    assert isinstance(told, list)
    assert [headline["title"] for headline in told] == ["a", "b", "c"]


async def test_feeds_are_replaced_and_taken_away_while_others_run(desk: Desk) -> None:
    """As a reload does; the engine ends with the last of them."""

    class Waiting(ByHand):
        def __init__(self, name: str) -> None:
            super().__init__(name)
            self.begun = asyncio.Event()

        async def run(self, sink: QuoteSink) -> None:
            self.begun.set()
            await asyncio.Event().wait()

    old, new, other = Waiting("w"), Waiting("w"), Waiting("o")
    intake = desk.engine.add_source(old)
    desk.engine.add_feed(old, intake)
    async with asyncio.timeout(LIMIT), asyncio.TaskGroup() as group:
        running = group.create_task(desk.engine.run())
        await old.begun.wait()
        assert desk.engine.add_source(new, 900 * SECOND) is intake
        desk.engine.add_feed(new, intake)
        desk.engine.add_feed(other, desk.engine.add_source(other))
        await new.begun.wait()
        await other.begun.wait()
        assert (intake.feed, intake.lags.longest) == (new, 900 * SECOND)
        for feed in (new, other):
            assert not running.done()
            desk.engine.remove_feed(feed.name)
    assert "w" not in desk.engine.intakes


async def test_a_feed_that_breaks_takes_nothing_with_it(desk: Desk) -> None:
    """Its failure is told; the engine goes on until the others end."""

    class Broken(ByHand):
        async def run(self, sink: QuoteSink) -> None:
            raise RuntimeError("boom")

    broken = Broken("broken")
    desk.engine.add_feed(broken, desk.engine.add_source(broken))
    await desk.engine.run()
    assert (broken.status.state, broken.status.reason) == (Health.DOWN, "internal error: RuntimeError")
    assert [change.name for change in desk.heard.feeds if change.health is Health.DOWN] == ["broken"]
    assert desk.engine.quality is Quality.LIVE


def test_the_oldest_headlines_go_first_by_their_own_time(desk: Desk) -> None:
    today = [Headline(f"new{n}", "t", "", TEN - n, TEN, "rthk") for n in range(10)]
    year = [Headline(f"old{n}", "t", "", n, TEN, "archive") for n in range(KEPT)]
    desk.engine.add_headlines(today)
    desk.engine.add_headlines(year)
    assert len(desk.engine.headlines) == KEPT
    assert set(today) <= set(desk.engine.headlines)
    assert desk.engine.headlines.newest == year[-1]
