"""What several commands share: the options that every one takes, and how a group hands them down."""

from collections.abc import Callable
from typing import Any

import click


def common(command: Callable[..., Any]) -> Callable[..., Any]:
    """The two options that every command takes."""
    command = click.option("--debug", is_flag=True, help="Log at debug level; show a traceback on a fault.")(
        command
    )
    return click.option(
        "--config",
        "config_path",
        metavar="F",
        type=click.Path(dir_okay=False),
        help="The configuration file (default: $XDG_CONFIG_HOME/tickwall/config.toml).",
    )(command)


def stateful(command: Callable[..., Any]) -> Callable[..., Any]:
    """The option of every command that tells alerts."""
    return click.option(
        "--state", metavar="PATH", type=click.Path(dir_okay=False), help="Where alerts are kept."
    )(command)


def hand_down(context: click.Context, group: click.Group, **given: object) -> None:
    """What stands before a command's name holds for the command, unless it says otherwise itself."""
    context.default_map = dict.fromkeys(group.commands, given)
