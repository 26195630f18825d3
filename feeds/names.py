"""Names of hosts, looked up in threads that nobody waits for.

Where no name server answers a look-up takes ten seconds and more, and cannot be interrupted. The event loop's
own are made in a pool whose threads are waited for at the end: leaving would take as long.
"""

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from threading import Thread
from typing import Any

_NAME = "getaddrinfo"


def look_up_apart() -> None:
    """Let the running loop make its look-ups so, whoever asks for them: websockets, HTTP or mail."""
    loop = asyncio.get_running_loop()
    vars(loop).setdefault(_NAME, partial(_look_up, loop))


async def _look_up(loop: asyncio.AbstractEventLoop, *asked: Any, **more: Any) -> Any:
    """What ``loop.getaddrinfo`` gives and raises."""
    answer: asyncio.Future[Any] = loop.create_future()

    def tell(way: Callable[[Any], None], said: Any) -> None:
        if not answer.done():
            way(said)

    def look() -> None:
        try:
            told: tuple[Any, Any] = answer.set_result, socket.getaddrinfo(*asked, **more)
        except Exception as error:
            told = answer.set_exception, error
        with suppress(RuntimeError):  # the loop has gone meanwhile
            loop.call_soon_threadsafe(tell, *told)

    Thread(target=look, name="look-up", daemon=True).start()
    return await answer
