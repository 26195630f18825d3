"""Configuration: flag over environment over file over default, every value with its origin."""

import os
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from feeds.registry import settings_of, shipped
from market.clock import SECOND
from market.duration import parse_duration
from market.errors import TickwallError
from monitor.exit import BAD_CONFIG
from monitor.nearest import nearest
from monitor.schema import closures, converted, leaves, misshapen, senseless
from monitor.settings import RuleSettings, Settings
from monitor.sinks.secrets import PREFIX as SINK_SECRETS
from monitor.sinks.secrets import strangers

PREFIX = "TICKWALL_"


class ConfigError(TickwallError):
    """A configuration that cannot be used; ``problems`` are one line each: where, what, and the mend."""

    exit_code = BAD_CONFIG

    def __init__(self, where: str, problems: list[str]) -> None:
        self.where = where
        self.problems = problems
        super().__init__("\n".join(f"{where}: {problem}" for problem in problems))


@dataclass(frozen=True, slots=True)
class Config:
    """Settings as they hold, and where each value came from (``default`` where it is not listed)."""

    settings: Settings
    path: Path
    found: bool
    origins: Mapping[str, str] = field(default_factory=dict)

    @property
    def max_age(self) -> int:
        """Nanoseconds after which a quote no longer evaluates."""
        return int(parse_duration(self.settings.alerts.max_age) * SECOND)

    @property
    def is_simulated(self) -> bool:
        """Whether its feeds are those of a simulated venue, whose clock then is the program's."""
        return bool(self.settings.simulation.clock_url)

    @property
    def closures(self) -> Path | None:
        """The user's file of surprise closures, for ``market.session.amend``."""
        return closures(self.settings)

    @property
    def history_folder(self) -> Path | None:
        """The user's folder of daily history, in place of what is fetched."""
        named = self.settings.history.dir
        return Path(named).expanduser() if named else None

    @property
    def max_delay(self) -> int:
        """The greatest established delay, nanoseconds, under which rules still evaluate."""
        return int(parse_duration(self.settings.alerts.max_delay) * SECOND)

    @property
    def priorities(self) -> dict[str, int]:
        """By feed, how much it is preferred where several bring a name equally fresh."""
        return {name: feed.priority for name, feed in self.settings.feeds.items()}

    def delay(self, source: str) -> int:
        """How late a feed's own section says that it is, nanoseconds; 0 where it says nothing."""
        feed = self.settings.feeds.get(source)
        return int(parse_duration(feed.delay) * SECOND) if feed is not None and feed.delay else 0


def default_path(environ: Mapping[str, str] = os.environ) -> Path:
    """``$XDG_CONFIG_HOME/tickwall/config.toml``."""
    home = environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(home) / "tickwall" / "config.toml"


def state_dir(environ: Mapping[str, str] = os.environ) -> Path:
    """``$XDG_STATE_HOME/tickwall``."""
    home = environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(home) / "tickwall"


def load(
    path: str | Path | None = None,
    *,
    flags: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Config:
    """The configuration in force.

    ``path`` is what ``--config`` names, and must then exist; ``flags`` are values of other flags, by
    dotted key (``history.dir``) or nested like the file. Raises ``ConfigError`` that names every bad key
    and the nearest good one.
    """
    named = path or environ.get(f"{PREFIX}CONFIG")
    where = Path(named) if named else default_path(environ)
    values: dict[str, Any] = {}
    found = False
    try:
        text = where.read_text("utf-8-sig")
        found = True
    except FileNotFoundError:
        text = ""
        if named:
            raise ConfigError(str(where), ["no such file (tickwall config init writes one)"]) from None
    except (OSError, UnicodeDecodeError) as error:
        reason = (error.strerror or str(error)) if isinstance(error, OSError) else "not UTF-8"
        raise ConfigError(str(where), [f"cannot be read: {reason}"]) from None
    try:
        values = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(str(where), [f"not TOML: {error}"]) from None
    origins = dict.fromkeys(_flatten(values), "file")
    problems = list(misshapen(values))
    overrides = [*_from_environment(environ, problems), *_from_flags(flags or {})]
    settings = None
    if not problems:
        for key, value, origin in overrides:
            _put(values, key, value)
            origins[key] = origin
        settings = converted(values, problems)
    if settings is not None:
        problems.extend(senseless(settings))
        problems.extend(f"environment {name}: no such sink" for name in strangers(settings.sink, environ))
    if problems or settings is None:
        said = [_with_origin(problem, origins) for problem in problems]
        raise ConfigError(str(where) if found else "configuration", said)
    return Config(settings, where, found, origins)


def notes(settings: Settings) -> list[str]:
    """What is valid, and does less than it seems to."""
    idle = [
        f"sink {sink.id!r}: no rule has it among its sinks"
        for sink in settings.sink
        if settings.rule and not any({sink.id, "*"} & set(rule.sinks) for rule in settings.rule)
    ]
    return idle + [note for rule in settings.rule for note in _rule_notes(rule, settings)]


def _rule_notes(rule: RuleSettings, settings: Settings) -> Iterator[str]:
    if rule.kind == "price_cross" and rule.frequency == "every_cross" and rule.clear is None:
        yield f"rule {rule.id!r}: without clear it re-arms a fifth of the price away from its level"
    if rule.confirm:
        from monitor.assignment import assign
        from monitor.rules import symbols_of, watched

        today = datetime.now(UTC).date()
        served = Counter(
            symbol
            for symbols in assign(settings, watched(settings, today), today).values()
            for symbol in symbols
        )
        if alone := [symbol for symbol in symbols_of(rule, settings, today) if served[symbol] < 2]:
            names = ", ".join(alone[:3]) + (" and others" if len(alone) > 3 else "")
            yield f"rule {rule.id!r}: only one feed serves {names}, and no other source can agree"


def effective(config: Config) -> Iterator[tuple[str, Any, str]]:
    """Every value as it holds, those of feeds that are off included: dotted key, value, origin."""
    feeds = {name: settings_of(name)() for name in shipped()} | config.settings.feeds
    settings = msgspec.structs.replace(config.settings, feeds=feeds)
    for key, value in _flatten(msgspec.to_builtins(settings)).items():
        yield key, value, config.origins.get(key, "default")


def _with_origin(problem: str, origins: Mapping[str, str]) -> str:
    """Where a bad value came from, if not from the file."""
    origin = origins.get(problem.partition(":")[0], "file")
    return problem if origin == "file" else f"{problem} ({origin})"


def _from_environment(environ: Mapping[str, str], problems: list[str]) -> Iterator[tuple[str, Any, str]]:
    elsewhere = (f"{PREFIX}CONFIG", SINK_SECRETS)
    names = [name for name in environ if name.startswith(PREFIX) and not name.startswith(elsewhere)]
    known = leaves() if names else {}
    for name in names:
        key = known.get(name.removeprefix(PREFIX))
        if key is None:
            choices = [PREFIX + setting for setting in known]
            problems.append(f"environment {name}: no such setting{nearest(name, choices)}")
            continue
        value: Any = environ[name]
        if key.endswith((".symbols", ".command", ".mute", ".highlight")):
            value = [part.strip() for part in value.split(",") if part.strip()]
        yield key, value, f"environment {name}"


def _from_flags(flags: Mapping[str, Any]) -> Iterator[tuple[str, Any, str]]:
    for key, value in _flatten(flags).items():
        if value is not None:
            yield key, value, "flag"


def _put(values: dict[str, Any], key: str, value: Any) -> None:
    *path, last = key.split(".")
    for part in path:
        values = values.setdefault(part, {})
    values[last] = value


def _flatten(values: Mapping[str, Any], place: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, Mapping):
            flat.update(_flatten(value, f"{place}{key}."))
        else:
            flat[f"{place}{key}"] = value
    return flat
