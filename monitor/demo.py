"""``tickwall demo``: a simulated venue in a process of its own, and a configuration that points at it."""

import os
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from feeds.venue.config import END
from market.errors import TickwallError

if TYPE_CHECKING:
    from monitor.config import Config


class DemoError(TickwallError):
    """The simulated venue did not start; ``exit_code`` is what it ended with."""

    def __init__(self, exit_code: int) -> None:
        self.exit_code = exit_code
        super().__init__("the simulated venue did not start (tickwall simulate shows why)")


@dataclass(frozen=True, slots=True)
class Simulation:
    """What to simulate: ``speed`` times real time (``inf``: as fast as it goes), from a Hong Kong time on."""

    speed: float
    start: time


class VenueProcess:
    """The venue, started at once; its configuration is there when it listens.

    It is a process of its own so that it costs the screen nothing, and its standard input is a pipe:
    however this process ends, the venue sees that close, and ends as well. ``quiet`` drops its log, which
    would land on the screen that it serves.
    """

    def __init__(self, simulation: Simulation, *, quiet: bool = False) -> None:
        speed = "max" if simulation.speed == float("inf") else f"{simulation.speed:g}"
        command = [sys.executable, "-m", "tui", "simulate", "--while-stdin", "--speed", speed]
        self._process = subprocess.Popen(
            [*command, "--start", simulation.start.isoformat()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL if quiet else None,
            text=True,
            cwd=Path(__file__).resolve().parent.parent,
            start_new_session=True,
        )
        self._simulated: dict[str, Any] | None = None

    def config(self, config_path: str | None = None) -> "Config":
        """Wait until it listens, and point a configuration at it: the named one, or the defaults.

        The user's own file is left out unless it is named: a first look must not depend on it. Asked again,
        the file is read anew. ``DemoError`` when the venue has ended instead.
        """
        from monitor.config import load  # the wall paints its first frame before it is needed

        if self._simulated is None:
            self._simulated = self._announced()
        return load(config_path or os.devnull, flags=self._simulated)

    def _announced(self) -> dict[str, Any]:
        """The configuration that the venue prints once it listens."""
        assert self._process.stdout is not None
        lines: list[str] = []
        for line in self._process.stdout:
            if line.rstrip() == END:
                break
            lines.append(line)
        else:
            raise DemoError(self._process.wait())
        return tomllib.loads("".join(lines))

    def close(self) -> None:
        """End it."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.send_signal(signal.SIGTERM)
        self._process.wait()
        self._process.stdout.close()


@contextmanager
def venue(simulation: Simulation, *, quiet: bool = False) -> Iterator[VenueProcess]:
    """A venue that ends with the block."""
    process = VenueProcess(simulation, quiet=quiet)
    try:
        yield process
    finally:
        process.close()


def run_headless(
    simulation: Simulation, config_path: str | None, *, debug: bool, state: str | None = None
) -> int:
    """The simulated day as JSON lines, to its end; ``state`` is where its alerts are kept, if at all."""
    from monitor.headless import Choices, run_with

    with venue(simulation) as process:
        return run_with(Choices(state=state), process.config(config_path), debug=debug)
