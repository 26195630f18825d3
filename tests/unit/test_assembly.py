"""A run put together: what it does before its first quote."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from datetime import date
from pathlib import Path

import pytest

from market.profile import Profile
from monitor.assembly import taped
from monitor.config import load
from monitor.profiles import Profiles
from monitor.store import Store
from tests.unit.desk import Heard

LINE = (
    '{"t":"quote","symbol":"9888.HK","ts_event":"2025-09-17T02:00:00Z","ts_recv":"2025-09-17T02:00:00Z",'
    '"last":"119","prev_close":"113.20","source":"a"}\n'
)


async def never(symbols: Sequence[str], session_date: date) -> AsyncIterator[Profile | str]:
    """A venue that takes the request and says nothing."""
    await asyncio.Event().wait()
    yield "it never came"


async def test_history_that_does_not_come_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """And holds nothing up."""
    path = tmp_path / "tape"
    path.write_text(LINE, encoding="utf-8")
    config = load(environ={"XDG_CONFIG_HOME": "/nonexistent"})
    store = Store()
    async with taped(config, store, Heard(), str(path)) as run:
        run.engine.profiles = Profiles(never)
        with caplog.at_level(logging.WARNING):
            await run.prime(0.01)
    store.close()
    assert "no history within 0 s: the first alerts may lack facts" in caplog.text
