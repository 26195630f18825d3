"""What every test runs under: the same examples in every run, and time that waits for the machine."""

import asyncio
import os
import selectors
import time
from collections.abc import Callable, Mapping

import pytest
from hypothesis import HealthCheck, settings

# What the shell says of colours, sizes, characters and proxies is for whoever sits at it.
for name in list(os.environ):
    if name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES") or name.lower().endswith("_proxy"):
        del os.environ[name]
os.environ["LC_ALL"] = "C.UTF-8"

# What was never tried is for `make fuzz`: a test fails for its code alone, not for luck or a busy machine.
settings.register_profile(
    "tickwall", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("tickwall")


class _Stopwatch(selectors.DefaultSelector):
    """Counts the seconds that a loop waits, no more than it asked for, and a little for what it does."""

    def __init__(self) -> None:
        super().__init__()
        self.passed = 0.0
        self._returned = time.monotonic()

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        asked = time.monotonic()
        self.passed += min(asked - self._returned, _TURN)
        ready = super().select(timeout)
        self._returned = time.monotonic()
        waited = self._returned - asked
        self.passed += waited if timeout is None else min(waited, max(timeout, 0.0))
        return ready


_TURN = 0.001
"""Seconds that one turn of a loop counts at the most."""


class PatientLoop(asyncio.SelectorEventLoop):
    """An event loop that nobody is late in because the machine was busy: its time passes while it waits.

    A venue and its client share it: sixty milliseconds of silence are the venue's own.
    """

    def __init__(self) -> None:
        self._watch = _Stopwatch()
        super().__init__(self._watch)

    def time(self) -> float:
        """Seconds since it began."""
        return self._watch.passed


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Every test's."""
    return {"patient": PatientLoop}
