"""The clock of the machine."""

import asyncio
import time


class SystemClock:
    """Real time."""

    def now(self) -> int:
        """The present instant, nanoseconds UTC."""
        return time.time_ns()

    async def sleep(self, seconds: float) -> None:
        """Return after that many seconds."""
        await asyncio.sleep(seconds)
