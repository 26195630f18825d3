"""The floor: the venue's time, who is listening, and when the market may go on.

The day begins when the first client asks for quotes. At a finite speed it then follows the wall clock. Time
is in lock-step with the clients when one of them follows ``/clock``, or when the speed is unlimited: a step
that brought news is followed by the next only after a quote poll was answered (once there has been one) and
every websocket client has answered a ping sent after that, or after a second. So a client that asks every
three seconds of the venue's time sees every quote at any speed.
"""

import asyncio
import contextlib
import json
from collections.abc import Iterable
from typing import Protocol

from feeds.venue.exchange import Exchange
from feeds.venue.hours import END, STEP
from feeds.venue.plan import Plan
from market.clock import MINUTE, SECOND

GRACE = 1.0
"""Seconds of real time that the market waits at most for those who listen."""

_DELAY = 15 * MINUTE
_IDLE_STEP = 5 * STEP  # at unlimited speed, while nothing can trade; a client's clock may be one step behind


class Peer(Protocol):
    """A websocket client as the floor sees it."""

    follows_clock: bool
    seen: int
    """The mark of the last ping it answered."""

    def tell(self, changed: Iterable[str]) -> None:
        """Have it sent what changed, and the time."""
        ...

    def ask(self, mark: int) -> None:
        """Have it sent a ping with this mark, behind everything else."""
        ...

    async def close(self) -> None:
        """Say goodbye to it."""
        ...


class Floor:
    """The market in motion; ``speed`` is times real time, ``None`` without limit, 0 to stand still."""

    def __init__(self, plan: Plan, start: int, speed: float | None) -> None:
        """Stand ready at ``start`` (nanoseconds UTC within the day)."""
        self.exchange = Exchange(plan, start)
        self.speed = speed
        self.now = start
        self.peers: set[Peer] = set()
        self._delayed = Exchange(plan)
        self._attended = asyncio.Event()
        self._progress = asyncio.Event()
        self._polls_expected = False
        self._polled = False
        self._mark = 0

    @property
    def ended(self) -> bool:
        """Whether the day is over."""
        return self.now >= END

    def delayed(self) -> Exchange:
        """The exchange as it was fifteen minutes ago (at the earliest, at 09:00)."""
        self._delayed.advance(self.now - _DELAY)
        return self._delayed

    def announcement(self) -> str:
        """What ``/clock`` says now."""
        speed = "max" if self.speed is None else self.speed
        state = "ended" if self.ended else "running"
        return json.dumps({"now": self.now, "speed": speed, "state": state})

    def attend(self) -> None:
        """Someone wants quotes: the day may begin."""
        self._attended.set()

    def polled(self) -> None:
        """A quote poll is being answered."""
        self.attend()
        self._polls_expected = self._polled = True
        self._progress.set()

    def answered(self) -> None:
        """A peer has answered a ping, or left."""
        self._progress.set()

    def play(self, until: int) -> set[str]:
        """Play up to an instant and tell everybody; the symbols that changed."""
        changed = self._advance(until)
        for peer in self.peers:
            peer.tell(changed)
        return changed

    def _advance(self, until: int) -> set[str]:
        self._polled = False
        self.now = until
        return self.exchange.advance(until)

    async def close(self) -> None:
        """Say goodbye to everybody."""
        await asyncio.gather(*(peer.close() for peer in self.peers), return_exceptions=True)

    async def run(self) -> None:
        """Play the day to its end; return then, or never when the speed is 0."""
        await self._attended.wait()
        if self.speed == 0:
            await asyncio.Event().wait()
        loop = asyncio.get_running_loop()
        due = loop.time()
        while not self.ended:
            stride = self._stride()
            changed = self._advance(self.now + stride)
            await self._tell(changed)
            if self.speed:
                # A venue that was held up goes on from where it is, rather than racing to catch up.
                due = max(due + stride / SECOND / self.speed, loop.time() - GRACE)
                await asyncio.sleep(max(0.0, due - loop.time()))
            if self.speed is None or any(peer.follows_clock for peer in self.peers):
                await self._consumed(news=bool(changed))

    async def _tell(self, changed: set[str]) -> None:
        """Tell everybody, those who follow the time first: no quote may reach them before its own second."""
        followers = {peer for peer in self.peers if peer.follows_clock}
        for peer in followers:
            peer.tell(changed)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GRACE):
                await self._drained(followers)
        for peer in self.peers - followers:
            peer.tell(changed)

    async def _drained(self, peers: set[Peer]) -> None:
        """Wait until peers have read all that they were sent."""
        self._mark += 1
        for peer in peers:
            peer.ask(self._mark)
        while any(peer.seen < self._mark for peer in peers & self.peers):
            await self._next_progress()

    def _stride(self) -> int:
        if self.speed is not None:
            return STEP
        news = self.exchange.next_news()
        goal = news if news > self.now else END
        return min(goal - self.now, _IDLE_STEP)

    async def _consumed(self, *, news: bool) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GRACE):
                while news and self._polls_expected and not self._polled:
                    await self._next_progress()
                await self._drained({peer for peer in self.peers if not peer.follows_clock})
                await asyncio.sleep(0)
                return
        # Nobody to wait for while a client that follows our time is backing off in that very time.
        if any(peer.follows_clock for peer in self.peers):
            self._polls_expected = self._polled

    async def _next_progress(self) -> None:
        self._progress.clear()
        await self._progress.wait()
