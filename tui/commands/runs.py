"""The commands that watch a day: live, simulated, or from a tape."""

from datetime import time
from typing import Any

import click

from tui.commands.options import SECONDS, SPEED, TIME_OF_DAY, common, stateful, whole


@click.command()
@click.option("--speed", type=SPEED, default="20", show_default=True, help="Times real time, or max.")
@click.option(
    "--start", type=TIME_OF_DAY, default="09:28", show_default=True, help="Hong Kong time to begin at."
)
@click.option("--headless", is_flag=True, help="JSON lines on standard output instead of the wall.")
@stateful
@common
def demo(
    speed: float, start: time, headless: bool, state: str | None, config_path: str | None, debug: bool
) -> int:
    """Watch a simulated 2025-09-17, the day Baidu rose 16 %.

    It needs no network, no key and no configuration.
    """
    from monitor.demo import Simulation, run_headless

    simulation = Simulation(speed, start)
    if headless:
        return run_headless(simulation, config_path, debug=debug, state=state)
    from tui.run import demo as show

    return show(simulation, config_path, debug=debug, state=state)


@click.command()
@click.option(
    "--tape", metavar="F", help="Read quotes from a tape instead of the feeds (- for standard input)."
)
@click.option("--strict", is_flag=True, help="Stop with 65 at the first bad line of a tape.")
@stateful
@click.option("--until-close", is_flag=True, help="End once the exchange's close is final.")
@click.option("--duration", type=SECONDS, help="End after S seconds.")
@click.option("--headlines", is_flag=True, help="Headline lines too.")
@common
def headless(config_path: str | None, debug: bool, **chosen: Any) -> int:
    """Write alerts as JSON lines, for systemd, cron and pipes."""
    from monitor.headless import Choices, run

    return run(Choices(**chosen), config_path, debug=debug)


@click.command()
@click.argument("tape", metavar="TAPE")
@click.option("--speed", type=SPEED, default="1", show_default=True, help="Times recorded time, or max.")
@click.option("--start", type=TIME_OF_DAY, help="Play what lies before at once; Hong Kong time.")
@click.option("--headless", is_flag=True, help="JSON lines on standard output instead of the wall.")
@click.option("--strict", is_flag=True, help="Stop with 65 at the first bad line.")
@stateful
@common
def replay(
    tape: str,
    speed: float,
    start: time | None,
    headless: bool,
    strict: bool,
    state: str | None,
    config_path: str | None,
    debug: bool,
) -> int:
    """Play a recorded tape on the wall, or as JSON lines."""
    if headless:
        from monitor.headless import Choices, run

        choices = Choices(tape=tape, speed=speed, start=start, strict=strict, state=state)
        return run(choices, config_path, debug=debug)
    from tui.run import replay as show

    return show(tape, speed, config_path, start=start, strict=strict, debug=debug, state=state)


@click.command()
@click.argument("out", metavar="OUT")
@click.option("--duration", type=SECONDS, help="End after S seconds.")
@click.option(
    "--max-mb",
    type=whole("N", 1, 10_000_000),
    default="4096",
    show_default=True,
    help="MiB that all its tapes may take.",
)
@common
def record(out: str, duration: float | None, max_mb: int, config_path: str | None, debug: bool) -> int:
    """Write what the live feeds say to a tape. It is compressed if OUT ends in .gz."""
    from monitor.record import run

    return run(out, config_path, duration=duration, max_mb=max_mb, debug=debug)


@click.command()
@click.argument("rules", metavar="RULES")
@click.argument("tapes", metavar="TAPE...", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="A JSON array of alerts.")
@click.option("--strict", is_flag=True, help="Stop with 65 at the first bad line.")
@common
def backtest(config_path: str | None, debug: bool, **chosen: Any) -> int:
    """What rules would have told of recorded tapes: when, in which words.

    RULES is a configuration file with rules; each TAPE is a file that `tickwall record` wrote.
    """
    from monitor.backtest import Choices, run

    return run(Choices(**chosen), config_path, debug=debug)


FAULTS = "drop, stall, garbage, repeat, reorder, delay, 429, 403, 500, cut"


@click.command()
@click.option("--host", metavar="H", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=whole("P", 0, 65535), default="0", help="Port (default: any free one).")
@click.option(
    "--seed", metavar="N", type=int, default=917, show_default=True, help="The same seed gives the same day."
)
@click.option("--speed", type=SPEED, default="1", show_default=True, help="Times real time, or max.")
@click.option(
    "--start", type=TIME_OF_DAY, default="09:00", show_default=True, help="Hong Kong time to begin at."
)
@click.option(
    "--fault",
    "faults",
    metavar="KIND",
    multiple=True,
    help=f"Go wrong: {FAULTS}; KIND@PATH on one path alone.",
)
@click.option("--while-stdin", is_flag=True, hidden=True, help="End when standard input closes.")
@common
def simulate(config_path: str | None, debug: bool, **chosen: Any) -> int:
    """Serve a simulated 2025-09-17 on this machine.

    Prints the configuration that points every feed at it.
    """
    from monitor.simulate import run

    return run(**chosen, debug=debug)
