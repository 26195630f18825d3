"""Memory: what the C library would keep of a burst is given back to the system.

glibc gives each thread an arena of its own, and keeps there, as in its heap, what was freed. Of a process
that has read its headlines in three threads and a session's history that is 3 MB of 62. Under another C
library nothing is done.
"""

import asyncio
import sys
from functools import cache
from typing import Any

PERIOD = 1.0
"""Seconds between two looks, each of half a millisecond in a thread."""

_ARENA_MAX = -8  # M_ARENA_MAX of mallopt


@cache
def _libc() -> Any:
    """The C library, where it is glibc; ``ctypes`` itself costs 0.3 MB."""
    if not sys.platform.startswith("linux"):
        return None
    import ctypes

    libc = ctypes.CDLL(None)
    return libc if hasattr(libc, "mallopt") and hasattr(libc, "malloc_trim") else None


def give_back() -> None:
    """Give freed pages back."""
    if (libc := _libc()) is not None:
        libc.malloc_trim(0)


async def keep_small() -> None:
    """Keep this process as small as what it holds, until cancelled.

    All threads to come share one arena: the interpreter lets but one of them run at a time.
    """
    if (libc := _libc()) is not None:
        libc.mallopt(_ARENA_MAX, 1)
    while True:
        await asyncio.sleep(PERIOD)
        await asyncio.to_thread(give_back)
