"""Blocking libraries beside the event loop."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from threading import Thread
from typing import TypeVar

T = TypeVar("T")


async def in_thread(call: Callable[[], T]) -> T:
    """What a blocking call returns or raises.

    In a thread that the end of the program does not wait for, unlike ``asyncio.to_thread``: a mail server
    that does not answer must not hold up a stop by its whole time-out.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: Exception | None) -> None:
        if future.done():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)  # type: ignore[arg-type]  # None is a T here

    def work() -> None:
        result, problem = None, None
        try:
            result = call()
        except Exception as error:
            problem = error
        with suppress(RuntimeError):  # the loop has ended, and nobody waits
            loop.call_soon_threadsafe(settle, result, problem)

    Thread(target=work, daemon=True, name="sink").start()
    return await future
