"""Courier: carries what lies in the outbox to its sinks, at least once, until it is there or too old."""

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from random import random

from market.clock import SECOND, Clock
from monitor.outbox import Letter, State
from monitor.route import MAX_AGE, PATIENCE, Desk, Route
from monitor.sinks.base import Outcome, failed
from monitor.sinks.message import Message, alert_message, digest
from monitor.store import Store

log = logging.getLogger(__name__)

BACKOFF = (1.0, 2.0, 5.0, 15.0, 60.0)
"""Seconds before the next attempt, by how many have failed; the last holds from there on."""

BRISK = (1.0, 2.0, 5.0)
"""The same for a tape, at whose end somebody waits for the outbox to be empty."""

JITTER = 0.2
"""A wait is longer by up to this part of itself, so that colleagues do not come back together."""

GRACE = 2.0
"""Seconds beyond a sink's own time-out before its attempt is given up; its lease lasts as many longer."""

FLUSH = 4.0
"""Seconds that the end of the program, which has five, waits for what can still be sent."""

ABSENCE = 5.0
"""Seconds of refused connections, after which the end of a tape does not wait for a sink."""

LULL = 60.0
"""Seconds without any letter coming to its end, after which the end of a tape waits no longer."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of one attempt; ``pending`` is tried again. ``delayed_s`` counts from the detection."""

    sink: str
    event_id: str
    state: State
    attempt: int
    reason: str
    delayed_s: int
    ts: int


class Courier:
    """Serves every sink of ``routes`` from a store's outbox, on ``clock``, which is that of the receivers.

    ``on_delivery`` hears of every attempt when the store holds how it ended. ``chance`` gives numbers from
    0 to 1.
    """

    def __init__(
        self,
        store: Store,
        routes: Mapping[str, Route],
        clock: Clock,
        on_delivery: Callable[[Delivery], object],
        *,
        backoff: Sequence[float] = BACKOFF,
        chance: Callable[[], float] = random,
    ) -> None:
        self._store = store
        self._clock = clock
        self._on_delivery = on_delivery
        self._backoff = backoff
        self._chance = chance
        self._wake = asyncio.Event()
        self._settled = asyncio.Event()
        self._desks: dict[str, Desk] = {}
        self.assign(routes)
        store.posted = self._wake.set

    def assign(self, routes: Mapping[str, Route]) -> None:
        """Serve these from now on; what is under way to others comes to its end."""
        now = self._clock.now()
        self._desks = {name: Desk(name, route, now) for name, route in routes.items()}
        self._store.sinks = tuple(routes)
        self._wake.set()

    async def run(self) -> None:
        """Carry until cancelled; whatever goes wrong is logged, and tried again."""
        is_well = True
        async with asyncio.TaskGroup() as group:
            while True:
                self._wake.clear()
                try:
                    self._round(group)
                    due = self._store.outbox.next_due(self._clock.now())
                    is_well = True
                except sqlite3.Error as error:
                    self._store.complain(error)
                    due = None
                except Exception:
                    if is_well:  # once, not each second
                        log.exception("the outbox cannot be worked on")
                    due, is_well = None, False
                await self._pause(due)

    async def _pause(self, due: int | None) -> None:
        """Until then, or something is posted; a second at most, for another process may post, or die."""
        now = self._clock.now()
        wait = PATIENCE if due is None else min((due - now) / SECOND, PATIENCE)
        tasks = [asyncio.create_task(self._wake.wait()), asyncio.create_task(self._clock.sleep(wait))]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()

    def _round(self, group: asyncio.TaskGroup) -> None:
        """Give up what is too old, and let each desk send what it may."""
        now = self._clock.now()
        ages = {name: desk.route.max_age for name, desk in self._desks.items()}
        for letter in self._store.outbox.expire(ages, MAX_AGE, now):
            self._tell(letter, State.EXPIRED, "too old")
            self._settled.set()
        for name, due in self._store.outbox.due(now).items():
            desk = self._desks.get(name)
            if desk is not None and (most := desk.batch(due, now)):
                until = now + int((desk.route.sink.timeout + 2 * GRACE) * SECOND)
                if letters := self._store.outbox.lease(name, most, now, until):
                    desk.start(now)
                    group.create_task(self._send(desk, letters), name=f"sink {name}")

    async def _send(self, desk: Desk, letters: Sequence[Letter]) -> None:
        try:
            outcome = await self._attempt(desk, letters)
            self._settle(desk, letters, outcome)
        except asyncio.CancelledError:
            with suppress(sqlite3.Error):
                self._store.outbox.settle(letters, State.PENDING, "broken off", ambiguous=True)
            raise
        except Exception:
            # Of the store, or of whoever hears of it. A lease that was kept runs out, and is sent once more.
            log.exception("sink %s: what became of an alert cannot be kept", desk.name)
        finally:
            desk.in_flight -= 1
            self._wake.set()
            self._settled.set()

    async def _attempt(self, desk: Desk, letters: Sequence[Letter]) -> Outcome:
        sink = desk.route.sink
        try:
            async with asyncio.timeout(sink.timeout + GRACE):
                return await sink.send(self._message(letters))
        except TimeoutError:
            return failed("timed out", ambiguous=True)
        except Exception as error:
            # Its text is not told: it may hold an address, and that a token.
            log.error("sink %s: internal error: %s", desk.name, type(error).__name__)
            return failed(f"internal error: {type(error).__name__}", ambiguous=True)

    def _message(self, letters: Sequence[Letter]) -> Message:
        now = self._clock.now()
        messages = [
            alert_message(letter.line, letter.attempt, now - letter.recorded_at, repeat=letter.ambiguous > 0)
            for letter in letters
        ]
        return messages[0] if len(messages) == 1 else digest(messages, now)

    def _settle(self, desk: Desk, letters: Sequence[Letter], outcome: Outcome) -> None:
        now = self._clock.now()
        desk.gone_since = (desk.gone_since or now) if outcome.unreachable else None
        reason, held_until = outcome.reason, 0
        if outcome.sent:
            state, next_try = State.SENT, 0
        elif outcome.permanent:
            state, next_try = State.FAILED, 0
        else:
            failures = max(letter.failures for letter in letters)
            wait = self._backoff[min(failures, len(self._backoff) - 1)] * (1 + JITTER * self._chance())
            if outcome.retry_after is not None:
                wait = max(wait, outcome.retry_after)
                held_until = desk.held_until = now + int(outcome.retry_after * SECOND)
            state, next_try = State.PENDING, now + int(wait * SECOND)
        self._store.outbox.settle(
            letters, state, reason, ambiguous=outcome.ambiguous, next_try=next_try, held_until=held_until
        )
        if len(letters) > 1:
            reason = f"{reason}, in a digest of {len(letters)}".removeprefix(", ")
        for letter in letters:
            self._tell(letter, state, reason)

    def _tell(self, letter: Letter, state: State, reason: str) -> None:
        now = self._clock.now()
        if state is not State.SENT:
            # A sink that is down fails twenty times an alert: the log has the first time and the last.
            again = state is State.PENDING and letter.attempt > 1
            level = logging.INFO if again else logging.WARNING
            log.log(level, "sink %s: %s %s: %s", letter.sink, letter.event_id, state.value, reason)
        delayed_s = max(now - letter.recorded_at, 0) // SECOND
        self._on_delivery(
            Delivery(letter.sink, letter.event_id, state, letter.attempt, reason, delayed_s, now)
        )

    # -- the end

    async def flush(self, seconds: float = FLUSH) -> None:
        """Try once more, within that time, whatever waits; ``run`` has to be running."""
        try:
            self._store.outbox.hasten(self._clock.now())
            self._wake.set()
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    while self._is_busy():
                        self._settled.clear()
                        await self._settled.wait()
        except sqlite3.Error as error:
            log.error("the outbox cannot be read: %s", error)

    def _is_busy(self) -> bool:
        """Whether anything is under way, or could be sent at this moment."""
        now = self._clock.now()
        due = self._store.outbox.due(now)
        return any(
            desk.in_flight or (name in due and desk.is_free(now)) for name, desk in self._desks.items()
        )

    async def drain(self, lull: float = LULL) -> None:
        """Return when all is sent, refused or too old; ``run`` has to be running.

        It is given up after ``lull`` seconds in which nothing came to its end, and ``ABSENCE`` seconds in
        which nobody was there.
        """
        with suppress(TimeoutError):
            left = self._left()
            while left:
                async with asyncio.timeout(lull):
                    while self._left() >= left:
                        self._settled.clear()
                        await self._settled.wait()
                left = self._left()

    def _left(self) -> int:
        """Letters to those that may still take them."""
        before = self._clock.now() - int(ABSENCE * SECOND)
        waited_for = {
            name for name, desk in self._desks.items() if desk.gone_since is None or desk.gone_since > before
        }
        return sum(count for name, count in self._store.outbox.open().items() if name in waited_for)
