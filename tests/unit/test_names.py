"""Look-ups of hosts: as the event loop's own, but nobody who leaves waits for them."""

import asyncio
import socket
from contextlib import suppress
from threading import Event
from typing import Any

import pytest

from feeds.names import look_up_apart


async def test_answers_and_failures_are_those_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever way they are asked for."""
    answers: dict[str, Any] = {"there": [("an address",)], "x" * 70: UnicodeError("label too long")}
    asked: list[Any] = []

    def look(host: str, port: int, *how: Any, **more: Any) -> Any:
        asked.append((port, more))
        answer = answers.get(host, socket.gaierror(socket.EAI_NONAME, "Name or service not known"))
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(socket, "getaddrinfo", look)
    look_up_apart()
    look_up_apart()  # every connection does
    loop = asyncio.get_running_loop()
    found: Any = await loop.getaddrinfo("there", 443, type=socket.SOCK_STREAM)
    assert found == [("an address",)]
    assert asked == [(443, {"type": socket.SOCK_STREAM})]
    with pytest.raises(socket.gaierror, match="not known"):
        await loop.getaddrinfo("nowhere", 443)
    with pytest.raises(UnicodeError, match="too long"):
        await loop.getaddrinfo("x" * 70, 443)


def test_who_leaves_waits_for_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name server that is dead holds a look-up for ten seconds, and here until the loop is closed."""
    is_left = Event()
    was_left: list[bool] = []
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: was_left.append(is_left.wait(10)))

    async def leave() -> None:
        look_up_apart()
        with suppress(TimeoutError):
            async with asyncio.timeout(0.01):
                await asyncio.get_running_loop().getaddrinfo("venue.invalid", 443)

    asyncio.run(leave())
    assert was_left == []
    is_left.set()
