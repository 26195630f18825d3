"""A run put together: what it does before its first quote."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from datetime import date
from pathlib import Path

import pytest

from market.profile import Profile
from monitor.assembly import taped
from monitor.config import ConfigError, load
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


async def test_a_file_that_is_gone_changes_nothing(tmp_path: Path) -> None:
    """Its rules would else give way to those that hold without a file, and its feeds to the keyless ones."""
    tape, home = tmp_path / "tape", {"XDG_CONFIG_HOME": str(tmp_path)}
    tape.write_text(LINE, encoding="utf-8")
    file = tmp_path / "tickwall" / "config.toml"
    file.parent.mkdir()
    file.write_text('[[rule]]\nid = "mine"\nkind = "price_cross"\nsymbols = ["9888"]\nthreshold = "120"\n')
    config = load(environ=home)
    file.unlink()
    store = Store()
    async with taped(config, store, Heard(), str(tape)) as run:
        with pytest.raises(ConfigError, match="is gone; what it said holds on"):
            run.reload(load(environ=home))
        assert [rule.id for rule in run.engine.rules.rules] == ["mine"]
    store.close()
