"""What several commands share: kinds of values, common options, and how a group hands them down."""

import math
from collections.abc import Callable
from datetime import time
from decimal import Decimal, InvalidOperation
from typing import Any

import click


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


class TimeOfDay(click.ParamType[time]):
    """``HH:MM``."""

    name = "HH:MM"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> time:
        """The time."""
        try:
            return time.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not a time such as 09:30", param, ctx)


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


SPEED, TIME_OF_DAY, PERCENT = Speed(), TimeOfDay(), Percent()
SECONDS = click.FloatRange(min=0, min_open=True)


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
