"""Memory that was freed goes back to the system."""

import asyncio
import sys
from pathlib import Path

import pytest

from monitor import memory
from tests.limit import LIMIT

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux") or memory._libc() is None, reason="only glibc keeps what is freed"
)


def resident() -> int:
    """Pages of this process that lie in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1])


def burst() -> list[bytes]:
    """What is left of some ten thousand pages: the last of many blocks, too large for Python's own pools."""
    blocks = [bytes(2000) for _ in range(20_000)]
    del blocks[:-1]
    return blocks


def test_what_was_freed_is_given_back() -> None:
    left = burst()
    before = resident()
    memory.give_back()
    assert before - resident() > 5000
    assert len(left) == 1


async def test_it_is_given_back_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "PERIOD", 0.01)
    left = burst()
    before = resident()
    task = asyncio.create_task(memory.keep_small())
    async with asyncio.timeout(LIMIT):
        while before - resident() <= 5000:  # noqa: ASYNC110 - nobody announces it
            await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(left) == 1
