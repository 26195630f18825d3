"""The command line. Each command imports what it needs when it runs: ``--help`` needs click alone."""

import math
import os
import signal
import sys
from datetime import time
from decimal import Decimal, InvalidOperation
from io import TextIOWrapper
from typing import Any

import click
from click.exceptions import Exit

from market.errors import TickwallError
from monitor import exit as exit_code
from tui.alert_commands import alerts, notify
from tui.options import common, hand_down, stateful
from tui.origin import foreign

VERSION = "0.1.0"


@click.group(
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(VERSION, prog_name="tickwall")
@stateful
@common
@click.pass_context
def cli(context: click.Context, config_path: str | None, debug: bool, state: str | None) -> None:
    """A market monitor for the terminal: live tiles, streaks and records, alerts that can be trusted.

    Without a command it opens the wall. New here? Try: tickwall demo
    """
    hand_down(context, cli, config_path=config_path, debug=debug, state=state)
    if context.invoked_subcommand is None:
        from tui.run import wall

        context.exit(wall(config_path, debug=debug, state=state))


class Speed(click.ParamType[float]):
    """A positive factor, or ``max``, which is ``inf``."""

    name = "X|max"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The factor."""
        if value == "max":
            return math.inf
        try:
            speed = float(value)
        except ValueError:
            speed = 0.0
        if not speed > 0:
            self.fail(f"{value!r} is neither a positive number nor max", param, ctx)
        return speed


SPEED = Speed()


class TimeOfDay(click.ParamType[time]):
    """``HH:MM``."""

    name = "HH:MM"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> time:
        """The time."""
        try:
            return time.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not a time such as 09:30", param, ctx)


@cli.command()
@click.option("--speed", type=SPEED, default=20.0, show_default="20", help="Times real time, or max.")
@click.option(
    "--start", metavar="HH:MM", default="09:28", show_default=True, help="Hong Kong time to begin at."
)
@click.option("--headless", is_flag=True, help="JSON lines on standard output instead of the wall.")
@stateful
@common
def demo(
    speed: float, start: str, headless: bool, state: str | None, config_path: str | None, debug: bool
) -> int:
    """Watch a simulated 2025-09-17, the day Baidu rose 16 %: no network, key or config needed."""
    from monitor.demo import Simulation, run_headless

    simulation = Simulation(speed, start)
    if headless:
        return run_headless(simulation, config_path, debug=debug, state=state)
    from tui.run import demo as show

    return show(simulation, config_path, debug=debug, state=state)


@cli.command()
@click.option(
    "--tape", metavar="F", help="Read quotes from a tape instead of the feeds (- for standard input)."
)
@click.option("--strict", is_flag=True, help="Stop with 65 at the first bad line of a tape.")
@stateful
@click.option("--until-close", is_flag=True, help="End once the exchange's close is final.")
@click.option(
    "--duration", metavar="S", type=click.FloatRange(min=0, min_open=True), help="End after S seconds."
)
@click.option("--headlines", is_flag=True, help="Headline lines too.")
@common
def headless(config_path: str | None, debug: bool, **chosen: Any) -> int:
    """Alerts as JSON Lines on standard output, for systemd, cron and pipes."""
    from monitor.headless import Choices, run

    return run(Choices(**chosen), config_path, debug=debug)


@cli.command()
@click.argument("symbols", nargs=-1, required=True, metavar="SYMBOL...")
@click.option("--json", "as_json", is_flag=True, help="A JSON array.")
@common
def quote(symbols: tuple[str, ...], as_json: bool, config_path: str | None, debug: bool) -> int:
    """One look at the market: a table, or a JSON array."""
    from monitor.snapshot import run

    return run(symbols, config_path, as_json=as_json, debug=debug)


class Percent(click.ParamType[Decimal]):
    """A percentage that is not below zero, exactly as written."""

    name = "PCT"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        """The number."""
        try:
            percent = Decimal(value)
        except InvalidOperation:
            percent = Decimal("nan")
        if not percent.is_finite() or percent < 0:
            self.fail(f"{value!r} is not a percentage", param, ctx)
        return percent


class Probe(click.Command):
    """A command that a monitor runs: a mistake on its command line is UNKNOWN too, told where that reads."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """The context, of a line without a mistake."""
        try:
            return super().make_context(info_name, args, parent, **extra)
        except click.UsageError as error:
            from monitor.check import unknown

            raise Exit(unknown(error.format_message())) from None


PERCENT = Percent()
SECONDS = click.FloatRange(min=0, min_open=True)


@cli.command(cls=Probe)
@click.argument("symbols", nargs=-1, metavar="[SYMBOL]...")
@click.option("--warning", metavar="PCT", type=PERCENT, help="WARNING from this move on (default: 5).")
@click.option("--critical", metavar="PCT", type=PERCENT, help="CRITICAL from this move on (default: 10).")
@click.option(
    "--max-age", metavar="S", type=SECONDS, help="An older quote is UNKNOWN (default: [alerts] max_age)."
)
@click.option("--require-open", is_flag=True, help="A closed market is UNKNOWN instead of OK.")
@click.option(
    "--timeout", metavar="S", type=SECONDS, default=10.0, show_default="10", help="Wait at most S seconds."
)
@click.option("--json", "as_json", is_flag=True, help="A JSON object.")
@common
def check(config_path: str | None, debug: bool, **chosen: Any) -> int:
    """One look at moves, for Nagios and its like: a line, and 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN."""
    from monitor.check import Choices, run

    return run(Choices(**chosen), config_path, debug=debug)


@cli.command()
@click.argument("symbols", nargs=-1, required=True, metavar="SYMBOL...")
@click.option(
    "--history",
    "history_dir",
    metavar="DIR",
    type=click.Path(file_okay=False),
    help="A folder of SYMBOL.csv.",
)
@click.option(
    "--as-of", metavar="DATE", multiple=True, help="As of that day (default: today); may be repeated."
)
@click.option("--explain", is_flag=True, help="Which file was read, what it covers, and what was cleaned.")
@click.option("--json", "as_json", is_flag=True, help="A JSON array.")
@common
def streaks(
    symbols: tuple[str, ...],
    history_dir: str | None,
    as_of: tuple[str, ...],
    explain: bool,
    as_json: bool,
    config_path: str | None,
    debug: bool,
) -> int:
    """Streaks, records and "since" facts from daily history."""
    from monitor.streaks import run

    return run(symbols, history_dir, as_of, config_path, as_json=as_json, explain=explain)


@cli.command()
@click.option(
    "--limit", metavar="N", type=click.IntRange(min=1), default=50, show_default=True, help="At most N."
)
@click.option("--json", "as_json", is_flag=True, help="A JSON array.")
@common
def headlines(limit: int, as_json: bool, config_path: str | None, debug: bool) -> int:
    """The headlines of the configured sources once, newest first."""
    from monitor.headlines import run

    return run(config_path, as_json=as_json, limit=limit, debug=debug)


@cli.command()
@click.argument("out", metavar="OUT")
@click.option(
    "--duration", metavar="S", type=click.FloatRange(min=0, min_open=True), help="End after S seconds."
)
@click.option(
    "--max-mb",
    metavar="N",
    type=click.IntRange(min=1, max=10_000_000),
    default=4096,
    show_default=True,
    help="MiB that all its tapes may take.",
)
@common
def record(out: str, duration: float | None, max_mb: int, config_path: str | None, debug: bool) -> int:
    """Write what the live feeds say to a tape; compressed if OUT ends in .gz."""
    from monitor.record import run

    return run(out, config_path, duration=duration, max_mb=max_mb, debug=debug)


@cli.command()
@click.argument("rules", metavar="RULES")
@click.argument("tapes", metavar="TAPE...", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="A JSON array of alerts.")
@click.option("--strict", is_flag=True, help="Stop with 65 at the first bad line.")
@common
def backtest(config_path: str | None, debug: bool, **chosen: Any) -> int:
    """What the rules of a file would have told of recorded tapes: when, and in which words."""
    from monitor.backtest import Choices, run

    return run(Choices(**chosen), config_path, debug=debug)


@cli.command()
@click.argument("tape", metavar="TAPE")
@click.option("--speed", type=SPEED, default=1.0, show_default="1", help="Times recorded time, or max.")
@click.option("--start", type=TimeOfDay(), help="Play what lies before at once; Hong Kong time.")
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


FAULTS = "drop, stall, garbage, repeat, reorder, delay, 429, 403, 500, cut"


@cli.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port (default: any free one).")
@click.option("--seed", type=int, default=917, show_default=True, help="The same seed gives the same day.")
@click.option("--speed", type=SPEED, default=1.0, show_default="1", help="Times real time, or max.")
@click.option(
    "--start", metavar="HH:MM", default="09:00", show_default=True, help="Hong Kong time to begin at."
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
    """Serve a simulated 2025-09-17 on loopback; prints the configuration that points every feed at it."""
    from monitor.simulate import run

    return run(**chosen, debug=debug)


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="A JSON array.")
@common
def doctor(as_json: bool, config_path: str | None, debug: bool) -> int:
    """Terminal, clock, calendar, configuration, feeds: what works here, and the mend for what does not."""
    from monitor.doctor import run
    from tui.checkup import screen

    return run(list(screen()), config_path, as_json=as_json, debug=debug)


@cli.group()
@common
@click.pass_context
def feed(context: click.Context, config_path: str | None, debug: bool) -> None:
    """The feeds: try one, yours or ours."""
    hand_down(context, feed, config_path=config_path, debug=debug)


@feed.command("test")
@click.argument("name", metavar="NAME")
@click.option(
    "--seconds",
    metavar="S",
    type=click.FloatRange(min=0, min_open=True),
    default=20.0,
    show_default="20",
    help="How long its first quote may take.",
)
@common
def feed_test(name: str, seconds: float, config_path: str | None, debug: bool) -> int:
    """Whether a feed, as it is configured, keeps what the program relies on; a line for each point."""
    from monitor.conformance import run

    return run(name, seconds, config_path, debug=debug)


@cli.group()
@common
@click.pass_context
def config(context: click.Context, config_path: str | None, debug: bool) -> None:
    """The configuration: write it, check it, show it, find it."""
    hand_down(context, config, config_path=config_path, debug=debug)


@config.command("init")
@common
def config_init(config_path: str | None, debug: bool) -> int:
    """Write a commented configuration file; one that exists is left alone."""
    from monitor.configure import init

    return init(config_path)


@config.command("check")
@common
def config_check(config_path: str | None, debug: bool) -> int:
    """Validate the configuration; every bad key is named, with the nearest good one."""
    from monitor.configure import check

    return check(config_path)


@config.command("show")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@common
def config_show(as_json: bool, config_path: str | None, debug: bool) -> int:
    """Every value as it holds, with its origin; secrets are masked."""
    from monitor.configure import show

    return show(config_path, as_json=as_json)


@config.command("path")
@common
def config_path_(config_path: str | None, debug: bool) -> int:
    """Where the configuration is, whether it exists or not."""
    from monitor.configure import path

    return path(config_path)


cli.add_command(alerts)
cli.add_command(notify)


def main() -> None:
    """Run the command line, and end the process with its exit code."""
    # A command that has no better way to end is ended as by Ctrl-C, from its first moment.
    signal.signal(signal.SIGTERM, _interrupt)
    _speak_utf8()
    if (problem := foreign()) is not None:
        _complain(problem)
        sys.exit(exit_code.FAULT)
    sys.exit(run(sys.argv[1:]))


def _speak_utf8() -> None:
    """Pipes and files get UTF-8 whatever the locale, which JSON always is; a terminal what it can show."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            encoding = stream.encoding if stream.isatty() else "utf-8"
            stream.reconfigure(encoding=encoding, errors="backslashreplace")


def _interrupt(*_: object) -> None:
    """As Ctrl-C does it, so that a running event loop cancels its task, and everything open is closed."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a shell's background job
        raise KeyboardInterrupt
    signal.raise_signal(signal.SIGINT)


def run(arguments: list[str]) -> int:
    """One command line, to its exit code: an error is one message, and has a traceback under --debug."""
    try:
        code = cli.main(arguments, prog_name="tickwall", standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else exit_code.OK
    except click.ClickException as error:
        error.show()
        return exit_code.USAGE
    except (click.Abort, KeyboardInterrupt):
        return exit_code.OK
    except (BrokenPipeError, SystemExit):  # click makes the second of the first
        _drop_output()
        return exit_code.OK
    except TickwallError as error:
        _complain(str(error))
        return error.exit_code
    except Exception as error:
        if "--debug" in arguments:
            raise
        if isinstance(error, OSError):
            _drop_output()
            _complain(_words(error))
        else:
            _complain(f"internal error: {error!r} (--debug shows where)")
        return exit_code.FAULT


def _complain(text: str) -> None:
    from monitor.logs import last_word

    last_word(text)


def _drop_output() -> None:
    """Nobody reads on, or nothing can be written: Python would complain once more when it flushes at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _words(error: OSError) -> str:
    """A disk that is full, a folder that cannot be written, and their like."""
    reason = error.strerror or str(error)
    return f"{error.filename}: {reason}" if error.filename else reason


if __name__ == "__main__":
    main()
