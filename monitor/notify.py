"""``tickwall notify --test``: a message to each sink, and its own result."""

import asyncio
import sys
import time
from collections.abc import Mapping, Sequence

from monitor import exit as exit_code
from monitor.config import ConfigError, load
from monitor.delivery import routes
from monitor.logs import to_stderr
from monitor.nearest import nearest
from monitor.route import Route
from monitor.sinks.base import Outcome, failed
from monitor.sinks.message import trial


def run(names: Sequence[str], config_path: str | None, *, debug: bool) -> int:
    """Try those sinks, or all; one line each. 0 when every one took it, 1 when any did not."""
    to_stderr(debug=debug)
    config = load(config_path)
    known = [sink.id for sink in config.settings.sink]
    if unknown := [name for name in names if name not in known]:
        problems = [f"no sink {name!r}{nearest(name, known)}" for name in unknown]
        raise ConfigError(str(config.path), problems)
    if not known:
        raise ConfigError(str(config.path), ["there is no [[sink]] to test"])
    ways = routes(config)
    results = asyncio.run(_try({name: ways[name] for name in names or known}))
    for name, (outcome, seconds) in results.items():
        said = f": {outcome.reason}" if outcome.reason else ""
        sys.stdout.write(f"{name}: {'sent' if outcome.sent else 'failed'}{said} ({seconds * 1000:.0f} ms)\n")
    every = all(outcome.sent for outcome, _ in results.values())
    return exit_code.OK if every else exit_code.FAULT


async def _try(ways: Mapping[str, Route]) -> dict[str, tuple[Outcome, float]]:
    """All at once: one that stalls must not keep the others' results."""

    async def one(name: str, way: Route) -> tuple[Outcome, float]:
        began = time.monotonic()
        try:
            async with asyncio.timeout(way.sink.timeout + 1):
                outcome = await way.sink.send(trial(name, time.time_ns()))
        except TimeoutError:
            outcome = failed("timed out")
        return outcome, time.monotonic() - began

    outcomes = await asyncio.gather(*(one(name, way) for name, way in ways.items()))
    return dict(zip(ways, outcomes, strict=True))
