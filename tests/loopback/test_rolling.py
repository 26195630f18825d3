"""A process left running: over closes, a half day, a night and a weekend everything rolls by itself.

The engine and what reads history are the real ones; only time and the quotes are the test's. A watch reads it
in this process: the one of its own is a nice one, which a busy machine may leave without a turn for a minute.
"""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from market.clock import SECOND, parse_rfc3339, rfc3339
from market.profile import Period, Profile
from market.quote import Quote
from market.rule import Rule
from market.rulebook import RuleBook
from market.sentences import Sentence, ordinal
from market.session import Phase, amend, calendar
from monitor.assembly import Run, taped
from monitor.config import load
from monitor.engine import Engine
from monitor.profiles import Loader, Profiles
from monitor.reducer import Request, reduce
from monitor.store import Store
from tests.limit import LIMIT
from tests.loopback.feeding import until
from tests.unit.test_engine import ByHand, Heard

BAIDU = "9888.HK"
HK = calendar("XHKG")


ALONE = {"watchlists.tech": [BAIDU], "watchlists.also": [], "watchlists.indices": []}
"""Every second of a tape's nights is a round of the engine; more names would make it a long one."""


def hk(text: str) -> int:
    """A Hong Kong time as an instant."""
    return parse_rfc3339(f"{text.replace(' ', 'T')}+08:00")


def closes() -> dict[date, Decimal]:
    """A name that has gained ten cents in each session since August."""
    day, price, made = date(2025, 7, 31), Decimal(100), {}
    while (day := HK.next(day)) < date(2026, 1, 10):
        made[day] = price = price + Decimal("0.10")
    return made


CLOSES = closes()


def history(folder: Path) -> Path:
    """That name's file. It has the days to come as well: what is told of a session must not know them."""
    rows = (f"{day},{price},{price},{price},{price},\n" for day, price in CLOSES.items())
    (folder / f"{BAIDU}.csv").write_text(
        "Date,Open,High,Low,Close,Volume\n" + "".join(rows), encoding="utf-8"
    )
    return folder


class Leaping:
    """A clock that the test sets; whoever sleeps wakes once that much has passed."""

    def __init__(self, now: int) -> None:
        self._now = now
        self._moved = asyncio.Event()

    def now(self) -> int:
        """As set."""
        return self._now

    async def sleep(self, seconds: float) -> None:
        """Until then."""
        end = self._now + int(seconds * SECOND)
        while self._now < end:
            await self._moved.wait()

    def set(self, now: int) -> None:
        """Leap."""
        self._now = now
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()


class Endless(ByHand):
    """A feed that goes on until it is cancelled."""

    async def run(self, sink: object) -> None:
        """Nothing comes but by hand."""
        await asyncio.Event().wait()


def reading(folder: Path) -> Loader:
    """Reduces a folder's files by the same function as the process that reads history."""

    async def load(symbols: Sequence[str], session_date: date) -> AsyncIterator[Profile | str]:
        for symbol in symbols:
            request = Request(symbol, str(folder / f"{symbol}.csv"), session_date)
            reply = await asyncio.to_thread(reduce, request)
            yield Profile.from_json(reply.profile) if reply.profile else reply.error

    return load


async def begin(run: Run) -> None:
    """Load history first, however long that takes here."""
    run.engine.round(run.engine.clock.now())
    assert run.engine.profiles is not None
    async with asyncio.timeout(LIMIT):
        await run.engine.profiles.settle()


class Watch:
    """A running engine on one name, from a Hong Kong time on."""

    def __init__(self, start: str, folder: Path, store: Store) -> None:
        self.clock = Leaping(hk(start))
        self.heard = Heard()
        self.profiles = Profiles(reading(folder))
        self.engine = Engine(
            clock=self.clock,
            symbols=[BAIDU],
            rules=RuleBook([Rule("big", "pct_prev_close", (BAIDU,), "up", (Decimal(5),), Decimal(4))]),
            store=store,
            listener=self.heard,
            profiles=self.profiles,
        )
        feed = Endless("a")
        self.intake = self.engine.add_source(feed)
        self.engine.add_feed(feed, self.intake)
        self.last: Quote

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Inside, it runs."""
        task = asyncio.create_task(self.engine.run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def at(self, when: str) -> None:
        """Leap to a Hong Kong time, and wait for what the engine does about it by itself."""
        now = hk(when)
        self.clock.set(now)
        await until(lambda: self.engine.next_round > now)
        async with asyncio.timeout(LIMIT):
            await self.profiles.ready()

    @property
    def session_date(self) -> date | None:
        """The session that the loaded history is for."""
        profile = self.profiles.get(BAIDU)
        return None if profile is None else profile.session_date

    async def told(self, when: str, *, stamped: str, price: Decimal | None = None) -> str:
        """The rarest sentence at a time of a quote stamped on the same day; that day's close by default."""
        await self.at(when)
        day = date.fromisoformat(when[:10])
        last = price or CLOSES[day]
        made = hk(f"{when[:10]} {stamped}")
        quote = Quote(BAIDU, last, made, self.clock.now(), "a", CLOSES[HK.previous(day)])
        self.intake.quotes([quote])
        self.last = quote
        return self.sentences(quote)[0].text

    def sentences(self, quote: Quote) -> list[Sentence]:
        """What is told of a quote now."""
        return self.profiles.sentences(quote, self.clock.now())


@asynccontextmanager
async def watching(start: str, folder: Path) -> AsyncIterator[Watch]:
    """A watch from a Hong Kong time on, its history loaded."""
    store = Store()
    watch = Watch(start, history(folder), store)
    try:
        async with watch.running():
            await watch.at(start)
            yield watch
    finally:
        store.close()


def nth(day: str) -> str:
    """Which of its gains in a row that day's is."""
    return ordinal(HK.between(date(2025, 8, 1), date.fromisoformat(day)))


@pytest.mark.parametrize(
    ("day", "trading", "auction", "late", "final"),
    [
        pytest.param("2025-09-17", "15:59:58", "16:00:00", "16:09:59", "16:10:00", id="a whole day"),
        pytest.param("2025-12-24", "11:59:58", "12:00:00", "12:09:59", "12:10:00", id="a half day"),
    ],
)
async def test_set_for_becomes_fact_with_the_auctions_own_price(
    tmp_path: Path, day: str, trading: str, auction: str, late: str, final: str
) -> None:
    """Not when trading stops, not before the auction is over, and not by a price from before it."""
    printed = f"{final[:2]}:08:30"
    async with watching(f"{day} 10:00:00", tmp_path) as watch:
        before = [
            await watch.told(f"{day} {trading}", stamped=trading),
            await watch.told(f"{day} {auction}", stamped=trading),
            await watch.told(f"{day} {late}", stamped=printed),
        ]
        after = await watch.told(f"{day} {final}", stamped=printed)
        unproven = watch.sentences(
            Quote(BAIDU, CLOSES[date.fromisoformat(day)], hk(f"{day} {trading}"), 0, "a")
        )
    fact = f"{nth(day)} straight daily gain"
    assert {*before, unproven[0].text} == {f"set for a {fact}"}
    assert after == fact


async def test_three_sessions_a_weekend_and_the_next_monday(tmp_path: Path) -> None:
    """Phases, history, previous closes and once-a-session alerts turn with each session, and not before."""
    days = ["2025-09-17", "2025-09-18", "2025-09-19", "2025-09-22"]
    spike = Decimal("1.06")
    dates: dict[str, date | None] = {}
    async with watching("2025-09-17 08:59:00", tmp_path) as watch:
        dates["before the first auction"] = watch.session_date
        for day in days:
            await watch.told(f"{day} 09:00:00", stamped="09:00:00")
            dates[day] = watch.session_date
            base = CLOSES[HK.previous(date.fromisoformat(day))]
            await watch.told(f"{day} 10:00:00", stamped="10:00:00", price=(base * spike).quantize(base))
            closing = await watch.told(f"{day} 16:10:00", stamped="16:08:30")
            assert closing == f"{nth(day)} straight daily gain"
            await watch.at(f"{date.fromisoformat(day) + timedelta(days=1)} 03:00:00")
            dates[f"the night after {day}"] = watch.session_date
            if day == "2025-09-19":
                await watch.at("2025-09-21 11:00:00")
                friday = watch.last
                weekly = [one.text for one in watch.sentences(friday) if "weekly" in one.text]
                assert weekly[0].endswith("th straight weekly gain")
        assert watch.sentences(friday) == []  # another session's price says nothing of this one
    known = {f"the night after {day}": date.fromisoformat(day) for day in days}
    known |= {day: date.fromisoformat(day) for day in days}
    assert dates == known | {"before the first auction": date(2025, 9, 16)}
    assert [(alert["session_date"], alert["prev_close"]) for alert in watch.heard.alerts] == [
        (day, f"{CLOSES[HK.previous(date.fromisoformat(day))]}") for day in days
    ]
    rhythm = [
        Phase.PRE_OPEN, Phase.MORNING, Phase.LUNCH, Phase.AFTERNOON, Phase.CLOSING_AUCTION, Phase.CLOSED,
    ]  # fmt: skip
    assert [change.phase for change in watch.heard.phases] == [Phase.CLOSED, *rhythm * len(days)]
    opened = [
        change.session_date.isoformat() for change in watch.heard.phases if change.phase is Phase.PRE_OPEN
    ]
    assert opened == days


async def test_a_closure_that_is_amended_on_the_day_holds_from_then_on(tmp_path: Path) -> None:
    """Before the open: no auction, no morning, no session's history; and the next one comes by itself."""
    closures = tmp_path / "closures.toml"
    closures.write_text("[XHKG]\nclosed = [2025-09-18]\n", encoding="utf-8")
    async with watching("2025-09-17 16:20:00", tmp_path) as watch:
        await watch.at("2025-09-18 08:30:00")
        try:
            assert amend(closures)
            watch.engine.forget_phases()
            assert not amend(closures), "read anew, and found the same"
            for when in ("2025-09-18 09:05:00", "2025-09-18 11:00:00"):
                await watch.at(when)
                assert watch.session_date == date(2025, 9, 17)
                assert watch.engine.phase("XHKG") is Phase.CLOSED
            await watch.at("2025-09-19 09:05:00")
            opened = watch.engine.phase("XHKG")
            known = watch.profiles.get(BAIDU)
        finally:
            amend(None)
    assert known is not None and opened is Phase.PRE_OPEN
    assert (known.session_date, known.hole, known.finished[Period.DAY].base_date) == (
        date(2025, 9, 19), 0, date(2025, 9, 17),
    )  # fmt: skip


def quote_at(when: str) -> str:
    """A tape's line at a Hong Kong time: six per cent above the previous close."""
    base = CLOSES[HK.previous(date.fromisoformat(when[:10]))]
    stamp = rfc3339(hk(when))
    fields = {
        "t": "quote", "symbol": BAIDU, "ts_event": stamp, "ts_recv": stamp, "source": "desk",
        "last": f"{(base * Decimal('1.06')).quantize(base)}", "prev_close": f"{base}",
    }  # fmt: skip
    return json.dumps(fields) + "\n"


async def test_a_tape_waits_for_the_history_of_its_next_session(tmp_path: Path) -> None:
    """At full speed too: the same tape tells the same facts, on its second day as on its first."""
    history(tmp_path)
    tape = tmp_path / "two.jsonl"
    times = ("2025-09-17 16:05:00", "2025-09-18 09:00:00", "2025-09-18 09:30:00")
    tape.write_text("".join(map(quote_at, times)), encoding="utf-8")
    config = load(os.devnull, flags={"history.dir": str(tmp_path)} | ALONE, environ={})
    store, heard = Store(), Heard()
    async with taped(config, store, heard, str(tape)) as run:
        await begin(run)
        await run.run()
    store.close()
    assert [(alert["session_date"], bool(alert["facts"])) for alert in heard.alerts] == [
        ("2025-09-17", True),
        ("2025-09-18", True),
    ]


async def test_a_surprise_closure_holds_for_alerts_and_history_alike(tmp_path: Path) -> None:
    """The 18th was no session: no alert on it, its row is a ghost, and the 19th follows the 17th."""
    closures = tmp_path / "closures.toml"
    closures.write_text("[XHKG]\nclosed = [2025-09-18]\n", encoding="utf-8")
    tape = tmp_path / "three.jsonl"
    times = ("2025-09-18 15:00:00", "2025-09-19 09:00:00", "2025-09-19 09:30:00")
    tape.write_text("".join(map(quote_at, times)), encoding="utf-8")
    flags = {"history.dir": str(history(tmp_path)), "calendar.file": str(closures)} | ALONE
    store, heard = Store(), Heard()
    try:
        async with taped(load(os.devnull, flags=flags, environ={}), store, heard, str(tape)) as run:
            await begin(run)
            await run.run()
            quote = run.engine.state.entries[BAIDU].quote
            assert quote is not None
            assert run.engine.profiles is not None
            known = run.engine.profiles.facts(quote, quote.ts_recv)
    finally:
        amend(None)
        store.close()
    assert [alert["session_date"] for alert in heard.alerts] == ["2025-09-19"]
    assert known is not None
    assert (known.hole, known.day.base_date) == (0, date(2025, 9, 17))
