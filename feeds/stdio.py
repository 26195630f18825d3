"""A program that speaks JSON lines on its standard streams: the way in of vendors who ship one.

It is ours alone, and ends with us: its standard input closes. What it says on standard error is not read,
for it may say keys.
"""

import asyncio
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import PurePath
from random import random
from typing import NoReturn

from feeds.base import FeedStatus, QuoteSink
from feeds.failure import SilentError
from feeds.line import Line, frame_handler, keep_open
from market.clock import Clock
from market.errors import FeedError
from market.quote import Quote
from market.text import clean

_MAX_LINE = 1 << 20

_PARTING = 2.0
"""Seconds for a program to end once its standard input closed, and again once it was asked to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """A program to keep running. Times in seconds, of the machine's own clock.

    ``parse``, ``subscribe``, ``idle`` and ``excused`` are as in ``feeds.stream.Stream``; ``ask`` gives what
    is to be said after a line that was parsed.
    """

    venue: str
    command: Sequence[str]
    parse: Callable[[bytes, int], Sequence[Quote]]
    subscribe: Sequence[str]
    ask: Callable[[], Iterable[str]] = tuple
    idle: float = 300.0
    excused: Callable[[int], bool] = lambda _now: False


async def run_child(
    child: Child, sink: QuoteSink, status: FeedStatus, clock: Clock, chance: Callable[[], float] = random
) -> NoReturn:
    """Keep the program running for ever. ``chance`` is the backoff's jitter."""

    async def connect(line: Line) -> NoReturn:
        await _conversation(child, sink, line, clock)

    await keep_open(connect, status, clock, chance)


async def _conversation(child: Child, sink: QuoteSink, line: Line, clock: Clock) -> NoReturn:
    """One run of the program, until it fails: always ends in ``FeedError`` or cancellation."""
    try:
        process = await asyncio.create_subprocess_exec(
            *child.command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, limit=_MAX_LINE, start_new_session=True
        )
    except OSError as error:
        reason = f"{_name(child)} does not start: {clean(error.strerror or str(error), 60)}"
        raise FeedError(child.venue, reason, fatal=True) from error
    try:
        await _listen(process, child, sink, line, clock)
    except ConnectionError as error:
        raise FeedError(child.venue, f"{_name(child)} ended") from error
    finally:
        await _end(process)


async def _listen(process: Process, child: Child, sink: QuoteSink, line: Line, clock: Clock) -> NoReturn:
    assert process.stdin is not None
    assert process.stdout is not None
    handle = frame_handler(child.parse, sink, line, clock)
    quiet = 0
    asked: Iterable[str] = child.subscribe
    while quiet < 2:
        for text in asked:
            process.stdin.write(text.encode() + b"\n")
        await process.stdin.drain()
        asked = ()
        try:
            async with asyncio.timeout(child.idle / 2):
                said = await process.stdout.readline()
        except TimeoutError:
            quiet = 0 if child.excused(clock.now()) else quiet + 1
            continue
        except ValueError:
            raise FeedError(child.venue, f"line larger than {_MAX_LINE} bytes") from None
        if not said:
            raise FeedError(child.venue, f"{_name(child)} ended with code {await process.wait()}")
        quiet = 0
        if said.strip():
            handle(said)
        asked = child.ask()
    raise SilentError(child.venue, f"silent for {child.idle:g} s")


async def _end(process: Process) -> None:
    """Let it go by itself, ask it, or make it."""
    assert process.stdin is not None
    process.stdin.close()
    for insist in (None, process.terminate, process.kill):
        if insist is not None:
            with suppress(ProcessLookupError):
                insist()
        with suppress(TimeoutError):
            async with asyncio.timeout(_PARTING):
                await process.wait()
                return


def _name(child: Child) -> str:
    return clean(PurePath(child.command[0]).name, 40)
