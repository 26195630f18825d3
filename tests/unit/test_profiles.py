"""Profiles in a running program: loaded by session, and asked for anew where that failed."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import date
from decimal import Decimal

from market.bars import Bar
from market.history import build
from market.profile import Profile
from market.session import calendar
from monitor.profiles import RETRY, Profiles

DAY = date(2025, 9, 17)


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
    profiles.retry(RETRY)
    reached.clear()
    again = asyncio.create_task(profiles.settle())
    async with asyncio.timeout(5):
        await reached.wait()
    again.cancel()
    await asyncio.gather(again, return_exceptions=True)
    assert asked == [("9888.HK",), ("9888.HK",)]
