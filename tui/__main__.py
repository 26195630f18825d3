"""The command line: its way in, and how it ends. ``--help`` needs click alone."""

import os
import signal
import sys
from io import TextIOWrapper

import click

from market.errors import TickwallError
from monitor import exit as exit_code
from tui.commands import alerts, looks, runs, setup
from tui.commands.options import common, hand_down, stateful
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


for command in (
    *(runs.demo, runs.headless, runs.replay, runs.record, runs.backtest, runs.simulate),
    *(looks.quote, looks.check, looks.streaks, looks.headlines),
    *(alerts.alerts, alerts.notify, setup.config, setup.feed, setup.doctor),
):
    cli.add_command(command)


def main() -> None:
    """Run the command line, and end the process with its exit code."""
    # A command that has no better way to end is ended as by Ctrl-C, from its first moment; asyncio cancels
    # its task upon that only if it was not ignored, as it is for a shell's background job.
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    _open_streams()
    _speak_utf8()
    sys.exit(run(sys.argv[1:]))


def _open_streams() -> None:
    """What was closed at the start leads nowhere; else the next file, such as a store, had its number."""
    while (file := os.open(os.devnull, os.O_RDWR)) <= 2:
        if file:
            setattr(sys, ("stdout", "stderr")[file - 1], os.fdopen(file, "w"))
    os.close(file)


def _speak_utf8() -> None:
    """Pipes and files get UTF-8 whatever the locale, which JSON always is; a terminal what it can show."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            encoding = stream.encoding if stream.isatty() else "utf-8"
            stream.reconfigure(encoding=encoding, errors="backslashreplace")


def _interrupt(*_: object) -> None:
    """As Ctrl-C does it, so that a running event loop cancels its task, and everything open is closed."""
    signal.raise_signal(signal.SIGINT)


def run(arguments: list[str]) -> int:
    """One command line, to its exit code: an error is one message, and has a traceback under --debug."""
    try:
        if (problem := foreign()) is not None:
            raise TickwallError(problem)
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
