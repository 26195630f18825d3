"""Armed and summed up on the days that have a session, as far as anybody knows by then."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from market.clock import parse_rfc3339
from market.session import amend
from monitor.daybook import Daybook
from monitor.tally import Tally
from tests.limit import LIMIT
from tests.unit.desk import Desk


class Book:
    """What a daybook tells of Hong Kong, from an instant on."""

    def __init__(self, start: str) -> None:
        self._desk = Desk()
        self._desk.clock.at = parse_rfc3339(start)
        self._told: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._book = Daybook(self._desk.engine, self._told.put_nowait, Tally())

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """While it is written."""
        task = asyncio.create_task(self._book._follow("XHKG"))
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            self._desk.store.close()

    async def next(self) -> tuple[str, str, str, bool | None]:
        """What, of which day, when, and whether the close is final."""
        async with asyncio.timeout(LIMIT):
            line = await self._told.get()
        return line["event"], line["session_date"], line["ts"][:16], line.get("final")


@pytest.fixture
def closures(tmp_path: Path) -> Path:
    """A user's table, which holds nothing yet."""
    path = tmp_path / "closures.toml"
    path.write_text("", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("start", "opened", "closed"),
    [
        ("2025-12-24T00:00:00Z", "2025-12-24T01:30", "2025-12-24T04:12"),  # a half day
        ("2025-12-24T04:30:00Z", "2025-12-29T01:30", "2025-12-29T08:12"),  # after it, before Christmas
        ("2025-10-01T01:00:00Z", "2025-10-02T01:30", "2025-10-02T08:12"),  # a holiday
    ],
)
async def test_a_day_is_armed_and_summed_up(start: str, opened: str, closed: str) -> None:
    """By the calendar that ships: at the open, and two minutes after the close is final."""
    book = Book(start)
    async with book.kept():
        assert await book.next() == ("armed", opened[:10], opened, None)
        assert await book.next() == ("summary", closed[:10], closed, True)


async def test_a_typhoon_that_is_told_in_the_night(closures: Path) -> None:
    """A day that was to open is not armed."""
    book = Book("2025-09-23T20:00:00Z")
    try:
        async with book.kept():
            await asyncio.sleep(0)  # it waits for the day now
            closures.write_text("[XHKG]\nclosed = [2025-09-24]\n", encoding="utf-8")
            amend(closures)
            assert await book.next() == ("armed", "2025-09-25", "2025-09-25T01:30", None)
    finally:
        amend(None)


async def test_a_typhoon_that_comes_at_noon(closures: Path) -> None:
    """A day that ends early is summed up then."""
    book = Book("2025-09-24T01:00:00Z")
    try:
        async with book.kept():
            assert (await book.next())[0] == "armed"
            closures.write_text(
                '[XHKG.days]\n2025-09-24 = ["09:30 morning", "11:00 closed"]\n', encoding="utf-8"
            )
            amend(closures)
            assert await book.next() == ("summary", "2025-09-24", "2025-09-24T03:02", True)
    finally:
        amend(None)
