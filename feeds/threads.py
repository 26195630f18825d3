"""Calls that block, beside the event loop, in threads that nobody waits for."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from threading import Thread
from typing import Any, TypeVar

T = TypeVar("T")


async def in_thread(call: Callable[[], T], name: str) -> T:
    """What a blocking call returns or raises; ``name`` is its thread's.

    The end of the program does not wait for it, unlike ``asyncio.to_thread``: a mail server or a name server
    that does not answer must not hold up a stop by its whole time-out.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[T] = loop.create_future()

    def settle(way: Callable[[Any], None], said: Any) -> None:
        if not answer.done():
            way(said)

    def work() -> None:
        try:
            told: tuple[Callable[[Any], None], Any] = answer.set_result, call()
        except Exception as error:
            told = answer.set_exception, error
        with suppress(RuntimeError):  # the loop has ended, and nobody waits
            loop.call_soon_threadsafe(settle, *told)

    Thread(target=work, daemon=True, name=name).start()
    return await answer
