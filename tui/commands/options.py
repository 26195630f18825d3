"""What several commands share: kinds of values, common options, and how a group hands them down."""

import math
from collections.abc import Callable
from datetime import date, time
from decimal import Decimal
from typing import Any, TypeVar

import click

T = TypeVar("T")


class Kind(click.ParamType[T]):
    """A kind of value: its name in a help text, how it is read, and what to write where it cannot be read."""

    def __init__(self, name: str, read: Callable[[str], T], wanted: str) -> None:
        self.name = name
        self._read = read
        self._wanted = wanted

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """The name as it stands; click would write it in capitals."""
        return self.name

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> T:
        """The value that was written."""
        try:
            return self._read(value)
        except (ValueError, ArithmeticError):
            self.fail(f"{value!r} is not {self._wanted}", param, ctx)


def _speed(text: str) -> float:
    return math.inf if text == "max" else _positive(text)


def _positive(text: str) -> float:
    number = float(text)
    if not 0 < number < math.inf:
        raise ValueError
    return number


def _percent(text: str) -> Decimal:
    number = Decimal(text)
    if not number.is_finite() or number < 0:
        raise ValueError
    return number


def whole(name: str, least: int, most: int | None = None) -> Kind[int]:
    """Whole numbers from ``least`` to ``most``, both among them."""

    bounds = f"from {least} on" if most is None else f"from {least} to {most}"

    def read(text: str) -> int:
        number = int(text)
        if number < least or (most is not None and number > most):
            raise ValueError
        return number

    return Kind(name, read, f"a whole number {bounds}")


SPEED = Kind("X|max", _speed, "a positive number or max")
"""A factor; ``max`` is ``inf``."""

SECONDS = Kind("S", _positive, "a positive number of seconds")
TIME_OF_DAY = Kind("HH:MM", time.fromisoformat, "a time such as 09:30")
DATE = Kind("DATE", date.fromisoformat, "a date such as 2025-09-17")
PERCENT = Kind("PCT", _percent, "a percentage such as 5")
"""Exactly as written, and not below zero."""


def common(command: Callable[..., Any]) -> Callable[..., Any]:
    """The two options that every command takes."""
    command = click.option("--debug", is_flag=True, help="Log at debug level; show a traceback on a fault.")(
        command
    )
    return click.option(
        "--config",
        "config_path",
        metavar="F",
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
