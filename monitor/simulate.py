"""``tickwall simulate``: the simulated venue as a server of its own."""

import asyncio
import math
import signal
import sys
from datetime import time

from feeds.venue.config import config_toml
from feeds.venue.server import VenueOptions, serve
from market.errors import TickwallError
from monitor import exit as exit_code
from monitor.logs import to_stderr


class OptionError(TickwallError):
    """An option whose value the venue cannot use."""

    exit_code = exit_code.USAGE


def run(
    *,
    host: str,
    port: int,
    seed: int,
    speed: float,
    start: time,
    faults: tuple[str, ...],
    while_stdin: bool,
    debug: bool,
) -> int:
    """Serve until a signal, or until standard input closes; prints the configuration that points at it."""
    to_stderr(debug=debug)
    try:
        options = VenueOptions(
            host=host,
            port=port,
            seed=seed,
            speed=None if speed == math.inf else speed,
            start=start,
            faults=faults,
        )
        _ = options.start_ns
        asyncio.run(_serve(options, while_stdin=while_stdin))
    except ValueError as error:
        raise OptionError(f"simulate: {error}") from None
    except OSError as error:
        reason = error.strerror or error
        raise OptionError(f"simulate: cannot listen on {host} port {port}: {reason}") from None
    return exit_code.OK


async def _serve(options: VenueOptions, *, while_stdin: bool) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if while_stdin:
        loop.add_reader(sys.stdin.fileno(), stop.set)
    server = asyncio.create_task(serve(options, _announce))
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait({server, stopped}, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if server.done():
        server.result()
    server.cancel()
    await asyncio.gather(server, stopped, return_exceptions=True)


def _announce(base_url: str) -> None:
    """The configuration on standard output, for ``tickwall --config``; a word for people beside it."""
    sys.stdout.write(config_toml(base_url))
    sys.stdout.flush()
    sys.stderr.write(f"SIMULATED venue on {base_url} (put the lines above in a file for tickwall --config)\n")
