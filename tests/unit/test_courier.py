"""The courier on time of its own: attempts, waits, digests, and an outbox that always comes to its end."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market.clock import SECOND
from monitor.courier import BRISK, Courier, Delivery
from monitor.outbox import State
from monitor.route import Route
from monitor.sinks.base import SENT, Outcome, failed, refused, unreachable
from monitor.sinks.message import Message
from monitor.store import Event, Store
from tests.limit import LIMIT

START = 1_758_075_247 * SECOND


class Leaping:
    """Time that leaps to the next moment somebody waits for, once nothing else is to be done."""

    def __init__(self, now: int = START) -> None:
        self._now = now

    def now(self) -> int:
        """The present instant, nanoseconds UTC."""
        return self._now

    async def sleep(self, seconds: float) -> None:
        """Whoever has something to do does it first."""
        for _ in range(20):
            await asyncio.sleep(0)
        self._now += int(seconds * SECOND)


@dataclass
class Scripted:
    """A sink that ends each attempt as it is told to; when the script is over it takes everything."""

    clock: Leaping
    script: Iterator[Outcome | Callable[[], Awaitable[Outcome]]]
    timeout: float = 1.0
    attempts: list[tuple[float, Message]] = field(default_factory=list)

    async def send(self, message: Message) -> Outcome:
        """Keep it, and when it came: seconds since the start."""
        self.attempts.append(((self.clock.now() - START) / SECOND, message))
        outcome = next(self.script, SENT)
        return outcome if isinstance(outcome, Outcome) else await outcome()

    @property
    def times(self) -> list[float]:
        """When each came."""
        return [round(at, 3) for at, _ in self.attempts]


@dataclass
class Post:
    """A store, one sink, and a courier between them."""

    route: dict[str, int] = field(default_factory=dict)
    script: list[Outcome | Callable[[], Awaitable[Outcome]]] = field(default_factory=list)
    told: list[Delivery] = field(default_factory=list)
    heard: asyncio.Event = field(default_factory=asyncio.Event)

    def hear(self, delivery: Delivery) -> None:
        """Of an attempt that has ended."""
        self.told.append(delivery)
        self.heard.set()

    def __post_init__(self) -> None:
        self.clock = Leaping()
        self.store = Store(now=self.clock.now)
        self.sink = Scripted(self.clock, iter(self.script))

    def record(self, *keys: str) -> None:
        """Alerts for the sink."""
        for key in keys:
            self.store.record(Event(key, f'{{"event_id":"{key}","message":"{key} up"}}', START, ("desk",)))

    async def drained(self) -> None:
        """Carry until the outbox is empty."""
        with closing(self.store):
            route = Route(self.sink, **self.route)
            await drained(Courier(self.store, {"desk": route}, self.clock, self.hear, chance=int))

    @property
    def states(self) -> list[tuple[str, str, int]]:
        """What was told."""
        return [(one.event_id, one.state.value, one.attempt) for one in self.told]


async def drained(courier: Courier) -> None:
    """Run a courier until its outbox is empty."""
    working = asyncio.create_task(courier.run())
    try:
        async with asyncio.timeout(LIMIT):
            await courier.drain()
    finally:
        working.cancel()
        with suppress(asyncio.CancelledError):
            await working


async def test_each_is_sent_once_and_in_order() -> None:
    """And told as sent."""
    post = Post()
    post.record("a", "b", "c")
    await post.drained()
    assert [message.id for _, message in post.sink.attempts] == ["a", "b", "c"]
    assert post.states == [("a", "sent", 1), ("b", "sent", 1), ("c", "sent", 1)]


async def test_failures_wait_longer_and_longer() -> None:
    """1, 2, 5, 15, 60 seconds; then every 60, until it is too old."""
    post = Post({"max_age": 200 * SECOND}, [failed("no")] * 99)
    post.record("a")
    await post.drained()
    assert post.sink.times == [0, 1, 3, 8, 23, 83, 143]
    assert [delivery.state for delivery in post.told] == [State.PENDING] * 7 + [State.EXPIRED]
    assert post.told[-1].delayed_s >= 200


async def test_a_refusal_is_final() -> None:
    """It is a dead letter, which can be sent once more."""
    post = Post(script=[refused("answered HTTP 404")])
    post.record("a")
    with closing(post.store):
        courier = Courier(post.store, {"desk": Route(post.sink)}, post.clock, post.hear)
        await drained(courier)
        [dead] = post.store.outbox.dead()
        assert (dead.state, dead.reason, dead.attempts) == (State.FAILED, "answered HTTP 404", 1)
        assert post.store.outbox.revive(post.clock.now(), dead.alert) == 1
        await drained(courier)
        assert post.store.outbox.dead() == []
    assert post.states == [("a", "failed", 1), ("a", "sent", 2)]


async def test_a_receiver_that_asks_for_time_gets_it() -> None:
    """For the alerts behind too."""
    post = Post(script=[failed("answered HTTP 429", retry_after=30)])
    post.record("a", "b")
    await post.drained()
    assert post.sink.times[0] == 0
    assert min(post.sink.times[1:]) >= 30
    assert {message.id for _, message in post.sink.attempts} == {"a", "b"}


async def test_no_process_is_in_such_a_hurry_that_it_forgets() -> None:
    """Another one, which is about to end, leaves it alone as well."""
    post = Post(script=[failed("answered HTTP 429", retry_after=1000)])
    post.record("a")
    with closing(post.store):
        for _ in range(2):
            courier = Courier(post.store, {"desk": Route(post.sink)}, post.clock, post.hear)
            working = asyncio.create_task(courier.run())
            await post.heard.wait()
            await courier.flush(5)
            working.cancel()
        assert post.store.outbox.open() == {"desk": 1}
    assert post.states == [("a", "pending", 1)]


async def test_what_is_too_many_comes_in_one_digest() -> None:
    """Two messages at once, then one a minute; every alert is in one of them."""
    post = Post({"rate": 1, "burst": 3})
    post.record(*"abcdef")
    await post.drained()
    kinds = [
        (message.kind, [alert["event_id"] for alert in message.alerts]) for _, message in post.sink.attempts
    ]
    assert kinds == [("alert", ["a"]), ("alert", ["b"]), ("digest", ["c", "d", "e", "f"])]
    assert post.told[-1].reason == "in a digest of 4"


async def test_one_that_stalls_does_not_hold_up_the_next() -> None:
    """For longer than a second."""
    over = asyncio.Event()

    async def stall() -> Outcome:
        await over.wait()
        return SENT

    post = Post(script=[stall])
    post.record("a", "b")

    async def release() -> None:
        await post.heard.wait()
        over.set()

    await asyncio.gather(post.drained(), release())
    assert post.states == [("b", "sent", 1), ("a", "sent", 1)]
    assert post.sink.times == [0, 1]


async def test_a_repeat_says_so() -> None:
    """When an attempt before it may have arrived, and else not; late ones say how late."""
    post = Post(script=[failed("refused"), failed("timed out", ambiguous=True)])
    post.record("a")
    await post.drained()
    fields = [message.fields for _, message in post.sink.attempts]
    assert [sent["attempt"] for sent in fields] == [1, 2, 3]
    assert [sent.get("repeat") for sent in fields] == [None, None, True]
    assert [sent["delayed_s"] for sent in fields] == [0, 1, 3]


async def test_a_sink_that_breaks_is_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    """And what it said in its agony, which may hold an address, is not logged."""

    async def broken() -> Outcome:
        raise ZeroDivisionError("https://hooks.example/T0KEN")

    post = Post(script=[broken])
    post.record("a")
    await post.drained()
    assert post.states == [("a", "pending", 1), ("a", "sent", 2)]
    assert "ZeroDivisionError" in caplog.text and "T0KEN" not in caplog.text


async def test_a_stop_tries_what_waits_once_more() -> None:
    """And does not wait for what fails again."""
    post = Post(script=[failed("no")])
    post.record("a")
    with closing(post.store):
        courier = Courier(post.store, {"desk": Route(post.sink)}, post.clock, post.hear, backoff=[1e6])
        working = asyncio.create_task(courier.run())
        await post.heard.wait()
        await courier.flush(5)
        working.cancel()
    assert post.states == [("a", "pending", 1), ("a", "sent", 2)]


async def test_other_sinks_hold_from_a_reload_on() -> None:
    """For what waits, too."""
    post = Post(script=[failed("no")])
    post.record("a")
    other = Scripted(post.clock, iter(()))
    with closing(post.store):
        courier = Courier(post.store, {"desk": Route(post.sink)}, post.clock, post.hear, chance=int)
        working = asyncio.create_task(courier.run())
        await post.heard.wait()
        courier.assign({"desk": Route(other), "phone": Route(other)})
        post.store.record(Event("b", '{"event_id":"b"}', START, ("*",)))
        await courier.drain()
        working.cancel()
    assert [message.id for _, message in post.sink.attempts] == ["a"]
    assert Counter(message.id for _, message in other.attempts) == {"a": 1, "b": 2}


async def test_the_end_of_a_tape_does_not_wait_for_nobody() -> None:
    """What could not be sent stays in the outbox."""
    post = Post(script=[unreachable("connection refused")] * 99)
    post.record("a")
    with closing(post.store):
        ways = {"desk": Route(post.sink)}
        await drained(Courier(post.store, ways, post.clock, post.hear, backoff=BRISK, chance=int))
        assert post.store.outbox.open() == {"desk": 1}
    assert post.sink.times == [0, 1, 3, 8]


async def test_two_processes_send_each_alert_once(tmp_path: Path) -> None:
    """Each leases what it sends."""
    clock, told = Leaping(), list[Delivery]()
    stores = [Store(tmp_path / "alerts.db", clock.now) for _ in range(2)]
    sinks = [Scripted(clock, iter(())) for _ in stores]
    for number in range(20):
        line = f'{{"event_id":"{number}"}}'
        stores[number % 2].record(Event(str(number), line, START, ("desk",)))
    couriers = [
        Courier(store, {"desk": Route(sink)}, clock, told.append)
        for store, sink in zip(stores, sinks, strict=True)
    ]
    await asyncio.gather(*map(drained, couriers))
    assert Counter(delivery.event_id for delivery in told) == {str(number): 1 for number in range(20)}
    assert all(sink.attempts for sink in sinks)
    for store in stores:
        store.close()


async def test_a_sink_that_is_no_more_leaves_nothing_behind() -> None:
    """What was addressed to it grows too old, and is said to have."""
    post = Post()
    post.store.record(Event("a", '{"event_id":"a"}', START, ("gone",)))
    post.clock = Leaping(START + 901 * SECOND)
    with closing(post.store):
        courier = Courier(post.store, {"desk": Route(post.sink)}, post.clock, post.hear)
        working = asyncio.create_task(courier.run())
        async with asyncio.timeout(LIMIT):
            await post.heard.wait()
        working.cancel()
        assert post.store.outbox.open() == {}
    assert post.states == [("a", "expired", 0)]


async def test_that_an_alert_is_over_comes_after_it() -> None:
    """However often the alert has to be sent; once, under a name of its own, to those that were sent it."""
    post = Post(script=[failed("no"), failed("no")])
    post.record("a")
    for _ in range(2):
        post.store.resolve("a", '{"type":"resolved","event_id":"a","message":"a is back"}')
    post.store.resolve("none", "{}")
    await post.drained()
    *_, alert, over = [message for _, message in post.sink.attempts]
    assert len(post.sink.attempts) == 4
    assert (alert.kind, over.kind, over.text) == ("alert", "resolved", "a is back")
    assert over.id != alert.id and over.fields["event_id"] == alert.id


# -- whatever happens

ENDINGS = ("sent", "unheard", "failed", "refused", "late", "killed before", "killed after")


async def live(path: Path, clock: Leaping, script: Iterator[str], received: Counter[str]) -> bool:
    """One process: until the outbox is empty, or it is killed."""
    killed = asyncio.Event()

    class Receiver:
        timeout = 1.0

        async def send(self, message: Message) -> Outcome:
            ending = next(script, "sent")
            if ending in ("sent", "unheard", "killed after"):
                received[message.id] += 1
            if ending.startswith("killed"):
                killed.set()
                await asyncio.Event().wait()
            return {
                "sent": SENT,
                "unheard": failed("timed out", ambiguous=True),
                "failed": failed("connection refused"),
                "refused": refused("answered HTTP 400"),
                "late": failed("timed out", ambiguous=True),
            }[ending]

    store = Store(path, clock.now)
    courier = Courier(store, {"desk": Route(Receiver(), 60 * SECOND)}, clock, lambda _: None, chance=int)
    working = asyncio.create_task(courier.run())
    tasks = [asyncio.create_task(courier.drain()), asyncio.create_task(killed.wait())]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED, timeout=LIMIT)
    store.close()  # before anything is told of its end: nothing more is written
    for task in (working, *tasks):
        task.cancel()
    await asyncio.gather(working, *tasks, return_exceptions=True)
    return not killed.is_set()


@settings(max_examples=60, deadline=None)
@given(alerts=st.integers(1, 5), endings=st.lists(st.sampled_from(ENDINGS), max_size=14))
def test_every_row_comes_to_its_end(alerts: int, endings: list[str]) -> None:
    """Sent, failed or expired; and no more copies arrive than attempts whose end nobody knew, and one."""

    async def lives(path: Path) -> None:
        clock, script, received = Leaping(), iter(endings), Counter[str]()
        with closing(Store(path, clock.now)) as store:
            for number in range(alerts):
                store.record(Event(str(number), f'{{"event_id":"{number}"}}', START, ("desk",)))
        while not await live(path, clock, script, received):
            pass
        with closing(Store(path, clock.now)) as store:
            rows = store.db.execute(
                "SELECT dedup_key, state, ambiguous FROM outbox JOIN alert ON alert = number"
            ).fetchall()
        assert len(rows) == alerts
        for key, state, ambiguous in rows:
            assert state in ("sent", "failed", "expired")
            assert received[key] <= ambiguous + 1
            assert state != "sent" or received[key] >= 1

    with TemporaryDirectory() as folder:
        asyncio.run(lives(Path(folder) / "alerts.db"))
