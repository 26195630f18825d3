"""Daybook: a line when rules are armed for a session, and one that sums it up.

So a quiet day differs from a dead process: whoever reads the lines knows that both must come.
"""

import asyncio
from collections.abc import Callable
from datetime import date

from market.clock import SECOND, Clock
from market.freshness import Health
from market.session import EXCHANGES, Calendar, Session, calendar
from monitor.engine import Engine
from monitor.lines import line
from monitor.tally import Mark, Tally

AFTER_CLOSE = 120 * SECOND
"""How long after the final close a session is summed up, and ``--until-close`` ends: vendors are late."""

LOOK = 60
"""Seconds until the calendar is asked anew: a typhoon may close an exchange that was to open."""

SETTLING = 30
"""Seconds at the most that a start in mid-session waits for its feeds, before it says how many are live."""


class Daybook:
    """Follows the session of each exchange of which a name is watched, on the engine's clock."""

    def __init__(self, engine: Engine, tell: Callable[[dict[str, object]], object], tally: Tally) -> None:
        self._engine = engine
        self._tell = tell
        self._tally = tally
        self._open: dict[str, tuple[date, Mark]] = {}
        """By exchange, the session that was armed and is not summed up, and what was counted up to then."""

    async def run(self) -> None:
        """Follow until cancelled."""
        async with asyncio.TaskGroup() as group:
            for mic in EXCHANGES:
                group.create_task(self._follow(mic), name=f"sessions of {mic}")

    def close(self) -> None:
        """Sum up what is not yet: the program ends."""
        for mic in list(self._open):
            self._sum_up(mic)

    async def _follow(self, mic: str) -> None:
        now = self._engine.clock.now()
        if _session(mic, now).open <= now:
            await self._settle()
        while True:
            day = await self._opened(mic)
            self._arm(mic, day)
            await over(self._engine.clock, lambda: calendar(mic), day, LOOK)
            if mic in self._open:
                self._sum_up(mic)

    async def _opened(self, mic: str) -> date:
        """The day whose session is in progress, once there is one."""
        clock = self._engine.clock
        while (left := (session := _session(mic, clock.now())).open - clock.now()) > 0:
            await clock.sleep(min(left / SECOND, LOOK))
        return session.date

    async def _settle(self) -> None:
        """Give the feeds of a start in mid-session their time to connect."""
        for _ in range(SETTLING):
            await self._engine.clock.sleep(1)
            healths = [intake.health for intake in self._engine.intakes.values()]
            if healths and Health.CONNECTING not in healths:
                return

    def _arm(self, mic: str, day: date) -> None:
        engine = self._engine
        entries = [entry for entry in engine.state.entries.values() if entry.calendar.mic == mic]
        if not entries:
            return
        self._open[mic] = day, Mark.of(self._tally, engine)
        primed = sum(entry.quote is not None and bool(entry.quote.prev_close) for entry in entries)
        live = (Health.LIVE, Health.DELAYED)
        self._tell(
            line(
                "session",
                engine.clock.now(),
                event="armed",
                mic=mic,
                session_date=day.isoformat(),
                rules=len(engine.rules.rules),
                symbols=len(entries),
                unprimed=len(entries) - primed,
                feeds=sorted(name for name, intake in engine.intakes.items() if intake.health in live),
            )
        )

    def _sum_up(self, mic: str) -> None:
        """Tell what came since it was armed; ``final`` says whether its close is."""
        day, armed = self._open.pop(mic)
        now, session = self._engine.clock.now(), calendar(mic).session(day)
        self._tell(
            line(
                "session",
                now,
                event="summary",
                mic=mic,
                session_date=day.isoformat(),
                final=session is None or now >= session.close,
                **Mark.of(self._tally, self._engine).since(armed),
            )
        )


async def over(clock: Clock, hours: Callable[[], Calendar], day: date, look: float) -> None:
    """Return once a day's close is final, and vendors have had their time, or the day has no session.

    The calendar is asked anew every ``look`` seconds: a typhoon may end a session early, or undo it.
    """
    while (session := hours().session(day)) is not None:
        if (left := session.close + AFTER_CLOSE - clock.now()) <= 0:
            return
        await clock.sleep(min(left / SECOND, look))


def _session(mic: str, now: int) -> Session:
    """The session in progress, else the next one."""
    hours = calendar(mic)
    today = hours.session_at(now)
    if today is not None and now < today.close:
        return today
    following = hours.session(hours.next(hours.day_of(now)))
    assert following is not None
    return following
