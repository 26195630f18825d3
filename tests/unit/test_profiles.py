"""Profiles in a running program: loaded by session, and asked for anew where that failed."""

import asyncio
from array import array
from collections.abc import AsyncIterator, Sequence
from datetime import date
from decimal import Decimal

from market.bars import Bar
from market.clock import MINUTE, parse_rfc3339
from market.closes import Closes
from market.history import build
from market.profile import Profile
from market.quote import Quote
from market.session import calendar
from market.state import MarketState
from monitor.profiles import RETRY, Profiles
from tests.limit import LIMIT

DAY = date(2025, 9, 17)


def flat(day: int, price: int) -> Bar:
    """A day of September at one price."""
    close = Decimal(price)
    return Bar(date(2025, 9, day), close, close, close, close, 1)


class Vendor:
    """Fails for a name until it is well."""

    def __init__(self) -> None:
        self.ill = {"0700.HK"}
        self.asked: list[tuple[str, ...]] = []

    async def load(self, symbols: Sequence[str], session_date: date) -> AsyncIterator[Profile | str]:
        """A profile of one bar, or a reason."""
        self.asked.append(tuple(symbols))
        price = Decimal(100)
        bar = Bar(date(2025, 9, 16), price, price, price, price, 1)
        for symbol in symbols:
            if symbol in self.ill:
                yield f"{symbol}: HTTP 429"
            else:
                yield build(symbol, [bar], session_date, calendar("XHKG"))


async def test_what_failed_is_asked_for_once_more_after_a_while() -> None:
    """And only that."""
    vendor = Vendor()
    profiles = Profiles(vendor.load)
    profiles.retry(0)
    profiles.want(["9888.HK", "0700.HK"], DAY)
    await profiles.settle()
    assert profiles.get("9888.HK") is not None
    assert (profiles.get("0700.HK"), profiles.problems) == (None, ["0700.HK: HTTP 429"])
    vendor.ill.clear()
    profiles.retry(RETRY - 1)
    await profiles.settle()
    profiles.retry(RETRY)
    await profiles.settle()
    profiles.retry(3 * RETRY)
    await profiles.settle()
    assert vendor.asked == [("9888.HK", "0700.HK"), ("0700.HK",)]
    assert profiles.get("0700.HK") is not None


async def test_what_was_not_waited_for_is_asked_for_once_more() -> None:
    """A vendor that stalls holds nobody up for ever."""
    asked: list[tuple[str, ...]] = []
    reached = asyncio.Event()

    async def stall(symbols: Sequence[str], session_date: date) -> AsyncIterator[Profile | str]:
        asked.append(tuple(symbols))
        reached.set()
        await asyncio.Event().wait()
        yield "never"

    profiles = Profiles(stall)
    profiles.retry(0)
    profiles.want(["9888.HK"], DAY)
    waiting = asyncio.create_task(profiles.settle())
    await reached.wait()
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    async with asyncio.timeout(LIMIT):
        await profiles.ready()  # nor does a tape wait for what nobody loads any more
    profiles.retry(RETRY)
    reached.clear()
    again = asyncio.create_task(profiles.settle())
    async with asyncio.timeout(LIMIT):
        await reached.wait()
    again.cancel()
    await asyncio.gather(again, return_exceptions=True)
    assert asked == [("9888.HK",), ("9888.HK",)]


async def test_a_base_of_another_session_is_taken_away() -> None:
    """A venue that has turned its day and not its base: a dash, not a percentage over two sessions."""

    async def load(symbols: Sequence[str], session_date: date) -> AsyncIterator[Profile | str]:
        bars = [flat(day, close) for day, close in ((12, 120), (15, 110), (16, 113))]
        yield build("9888.HK", bars, session_date, calendar("XHKG"))

    profiles = Profiles(load)
    profiles.want(["9888.HK"], DAY)
    await profiles.settle()
    state = MarketState(["9888.HK"])
    state.is_old_base = profiles.is_old_base
    for second, (base, taken) in enumerate(
        [("110", None), ("110", None), ("113", "113"), ("110", "113"), ("112.5", "112.5"), ("120", "120")]
    ):
        at = parse_rfc3339("2025-09-17T10:00:00+08:00") + second * MINUTE
        state.apply(Quote("9888.HK", Decimal(115), at, at, "a", prev_close=Decimal(base)))
        quote = state.entries["9888.HK"].quote
        assert quote is not None and quote.ts_event == at
        assert quote.prev_close == (None if taken is None else Decimal(taken))
    before = parse_rfc3339("2025-09-16T10:00:00+08:00")
    assert not profiles.is_old_base("9888.HK", calendar("XHKG").day_of(before), Decimal(110))


async def test_crypto_counts_its_day_from_the_last_utc_close() -> None:
    """Its previous close is the price of a day ago, at any hour: no ex-date."""

    async def load(symbols: Sequence[str], session_date: date) -> AsyncIterator[Profile | str]:
        bars = [flat(day, 100 + day) for day in range(1, 17)]
        yield build("BTC-USD", bars, session_date, calendar("24/7"))

    profiles = Profiles(load)
    profiles.want(["BTC-USD"], DAY)
    await profiles.settle()
    at = parse_rfc3339("2025-09-17T10:00:00Z")
    known = profiles.facts(Quote("BTC-USD", Decimal(120), at, at, "a", prev_close=Decimal(60)), at)
    assert known is not None
    assert (known.day.base, known.is_adjusted, known.day.streak) == (Decimal(116), False, 16)


async def test_after_hours_history_is_silent() -> None:
    """What is paid then is no close; and Yahoo's change counts from the close of the same day."""

    async def load(symbols: Sequence[str], session_date: date) -> AsyncIterator[Profile | str]:
        yield build("AAPL", [flat(15, 230), flat(16, 238)], session_date, calendar("XNYS"))

    profiles = Profiles(load)
    profiles.want(["AAPL"], DAY)
    await profiles.settle()
    close, later = (parse_rfc3339(f"2025-09-17T{at}-04:00") for at in ("16:00:01", "17:00:00"))
    quote = Quote("AAPL", Decimal(240), close, close, "a", prev_close=Decimal(238))
    known = profiles.facts(quote, later)
    assert known is not None and known.final
    assert profiles.facts(quote._replace(phase="post"), later) is None
    assert profiles.facts(quote._replace(ts_event=later, prev_close=Decimal(240)), later) is None


async def test_closes_are_at_hand_when_somebody_looks_again() -> None:
    """Of the last eight names, until the next session is asked for."""
    asked: list[str] = []

    async def read(symbol: str, session_date: date) -> AsyncIterator[Closes]:
        asked.append(symbol)
        for notes in ((), ("yahoo differs",)):
            yield Closes(symbol, session_date, array("l", [1]), array("d", [2.0]), "a vendor", notes)

    profiles = Profiles(Vendor().load, read)

    async def look(symbol: str) -> list[int]:
        return [len(closes.notes) async for closes in profiles.closes(symbol, DAY)]

    assert await look("0700.HK") == [0, 1], "read, and then compared"
    assert await look("0700.HK") == [1]
    names = [f"{number:04}.HK" for number in range(1, 9)]
    for name in names:
        await look(name)
    assert asked == ["0700.HK", *names]
    assert await look("0700.HK") == [0, 1], "the ninth is not kept"
    profiles.want(["0700.HK"], DAY)
    assert await look(names[-1]) == [0, 1]
