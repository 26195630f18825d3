"""Names of hosts, looked up in threads that nobody waits for.

Where no name server answers a look-up takes ten seconds and more, and cannot be interrupted. The event loop's
own are made in a pool whose threads are waited for at the end: leaving would take as long.
"""

import asyncio
import socket
from functools import partial
from typing import Any

from feeds.threads import in_thread


def look_up_apart() -> None:
    """Let the running loop make its look-ups so, whoever asks for them: websockets, HTTP or mail."""
    vars(asyncio.get_running_loop()).setdefault("getaddrinfo", _look_up)


async def _look_up(*asked: Any, **more: Any) -> Any:
    """What ``loop.getaddrinfo`` gives and raises."""
    return await in_thread(partial(socket.getaddrinfo, *asked, **more), "look-up")
