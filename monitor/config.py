"""Configuration: flag over environment over file over default, every value with its origin."""

import os
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from typing import Any, ParamSpec, get_args, get_origin

import msgspec

from feeds.registry import SETTINGS as FEED_SETTINGS
from market.clock import SECOND
from market.duration import parse_duration
from market.errors import TickwallError
from market.session import read_amendments
from market.watchlist import expand
from monitor.exit import BAD_CONFIG
from monitor.settings import DEFAULT_HEADLINES, Settings

_P = ParamSpec("_P")

PREFIX = "TICKWALL_"
BUILT_IN_SINKS = ("tui", "stdout")
RULE_KINDS = ("pct_prev_close",)


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
    def closures(self) -> Path | None:
        """The user's file of surprise closures, for ``market.session.amend``."""
        return _closures(self.settings)

    @property
    def max_delay(self) -> int:
        """The greatest established delay, nanoseconds, under which rules still evaluate."""
        return int(parse_duration(self.settings.alerts.max_delay) * SECOND)

    def delay(self, source: str) -> int:
        """How late a feed's own section says that it is, nanoseconds; 0 where it says nothing."""
        feed = self.settings.feeds.get(source)
        return int(parse_duration(feed.delay) * SECOND) if feed is not None and feed.delay else 0


def _closures(settings: Settings) -> Path | None:
    return Path(settings.calendar.file).expanduser() if settings.calendar.file else None


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
        text = where.read_text("utf-8")
        found = True
    except FileNotFoundError:
        text = ""
        if named:
            raise ConfigError(str(where), ["no such file (tickwall config init writes one)"]) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(str(where), [f"cannot be read: {error}"]) from None
    try:
        values = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(str(where), [f"not TOML: {error}"]) from None
    origins = dict.fromkeys(_flatten(values), "file")
    problems = list(_unknown_keys(Settings, values, ""))
    for key, value, origin in (*_from_environment(environ, problems), *_from_flags(flags or {})):
        _put(values, key, value)
        origins[key] = origin
    settings = _convert(values, problems) if not problems else None
    if settings is not None:
        problems.extend(_check(settings))
    if problems or settings is None:
        raise ConfigError(str(where) if found else "configuration", problems)
    return Config(settings, where, found, origins)


def notes(settings: Settings) -> list[str]:
    """What is valid, and does less than it seems to."""
    return [
        f"sink {sink.id!r}: this version tells alerts on the screen and on standard output only; nothing is"
        f" sent to a {sink.kind} yet"
        for sink in settings.sink
    ]


def effective(config: Config) -> Iterator[tuple[str, Any, str]]:
    """Every value as it holds: dotted key, value, origin."""
    for key, value in _flatten(msgspec.to_builtins(config.settings)).items():
        yield key, value, config.origins.get(key, "default")


def _convert(values: dict[str, Any], problems: list[str]) -> Settings | None:
    values = dict(values)
    # A list given in part keeps the defaults of the others: naming one feed must not switch the rest off.
    feeds = values.pop("feeds", {})
    values.setdefault("headlines", [dict(source) for source in DEFAULT_HEADLINES])
    try:
        settings = msgspec.convert(values, Settings, strict=False)
    except msgspec.ValidationError as error:
        problems.append(_explain(error))
        return None
    decoded: dict[str, Any] = {}
    for name, kind in FEED_SETTINGS.items():
        try:
            decoded[name] = msgspec.convert(feeds.get(name, {}), kind, strict=False)
        except msgspec.ValidationError as error:
            problems.append(_explain(error, f"feeds.{name}"))
    return msgspec.structs.replace(settings, feeds=decoded)


def _explain(error: msgspec.ValidationError, section: str = "") -> str:
    """msgspec's ``… - at `$.display.fps` `` with the key put first."""
    reason, _, place = str(error).partition(" - at `$")
    key = ".".join(part for part in (section, place.rstrip("`").lstrip(".")) if part)
    return f"{key}: {reason}" if key else reason


def _check(settings: Settings) -> Iterator[str]:
    """What types cannot say."""
    if not 1 <= settings.display.fps <= 30:
        yield f"display.fps: {settings.display.fps} is not from 1 to 30"
    if settings.watchlist not in settings.watchlists:
        yield f"watchlist: {settings.watchlist!r} is not one of {', '.join(settings.watchlists)}"
    today = datetime.now(UTC).date()
    for name, symbols in settings.watchlists.items():
        yield from _checked(f"watchlists.{name}", expand, symbols, settings.watchlists, today)
    if (closures := _closures(settings)) is not None:
        yield from _checked("calendar.file", read_amendments, closures)
    for key, text in (("max_age", settings.alerts.max_age), ("max_delay", settings.alerts.max_delay)):
        yield from _checked(f"alerts.{key}", parse_duration, text)
    for name, feed in settings.feeds.items():
        if (interval := getattr(feed, "interval", None)) is not None:
            yield from _checked(f"feeds.{name}.interval", parse_duration, interval)
    for source in settings.headlines:
        for key in ("interval", "timeout"):
            yield from _checked(f"headlines.{source.name}.{key}", parse_duration, getattr(source, key))
        if [other.name for other in settings.headlines].count(source.name) > 1:
            yield f"headlines.{source.name}: the name is used twice"
    yield from _check_rules(settings)


def _checked(key: str, check: Callable[_P, object], *args: _P.args, **kwargs: _P.kwargs) -> Iterator[str]:
    """The problem that a check raises, as one line; none when it passes."""
    try:
        check(*args, **kwargs)
    except (TickwallError, ValueError) as error:
        yield f"{key}: {error}"


def _check_rules(settings: Settings) -> Iterator[str]:
    today = datetime.now(UTC).date()
    sinks = {sink.id for sink in settings.sink} | set(BUILT_IN_SINKS)
    seen: set[str] = set()
    for rule in settings.rule:
        key = f"rule {rule.id!r}"
        if rule.id in seen:
            yield f"{key}: the id is used twice"
        seen.add(rule.id)
        if "/" in rule.id or not rule.id:
            yield f"{key}: an id is not empty and holds no '/'"
        if rule.kind not in RULE_KINDS:
            kinds = ", ".join(RULE_KINDS)
            yield f"{key}: kind {rule.kind!r} is not one of {kinds}{_nearest(rule.kind, RULE_KINDS)}"
        steps = (rule.threshold, *rule.steps)
        if any(not step.is_finite() or step <= 0 for step in steps):
            yield f"{key}: threshold and steps are percentages above 0"
        elif list(steps) != sorted(set(steps)):
            yield f"{key}: steps rise from above the threshold"
        elif rule.clear is not None and not 0 <= rule.clear < rule.threshold:
            yield f"{key}: clear lies from 0 to below the threshold"
        yield from _checked(f"{key}: symbols", expand, rule.symbols, settings.watchlists, today)
        for sink in rule.sinks:
            if sink not in sinks:
                yield f"{key}: no sink {sink!r}{_nearest(sink, sinks)}"


def _nearest(word: str, choices: Collection[str]) -> str:
    close = get_close_matches(word, choices, n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def _struct_of(annotation: Any) -> Any:
    """The struct type inside an annotation such as ``tuple[RuleSettings, ...]``, or ``None``."""
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        return annotation
    for argument in get_args(annotation):
        if get_origin(annotation) is tuple and (found := _struct_of(argument)) is not None:
            return found
    return None


def _unknown_keys(kind: Any, values: Any, place: str) -> Iterator[str]:
    """Every key that the struct does not have, with the nearest that it has."""
    if not isinstance(values, Mapping):
        return
    fields = {f.encode_name: f.type for f in msgspec.structs.fields(kind)}
    for key, value in values.items():
        here = f"{place}{key}"
        if key not in fields:
            yield f"{here}: unknown key{_nearest(key, fields)}"
        elif here == "feeds" and isinstance(value, Mapping):
            for name, feed in value.items():
                if name not in FEED_SETTINGS:
                    yield f"feeds.{name}: unknown feed{_nearest(name, FEED_SETTINGS)}"
                else:
                    yield from _unknown_keys(FEED_SETTINGS[name], feed, f"feeds.{name}.")
        elif (inner := _struct_of(fields[key])) is not None:
            for item in value if isinstance(value, list) else [value]:
                yield from _unknown_keys(inner, item, f"{here}.")


def _leaves() -> dict[str, str]:
    """Environment name of every single value: ``TICKWALL_DISPLAY_FPS`` -> ``display.fps``."""
    leaves: dict[str, str] = {}
    for outer in msgspec.structs.fields(Settings):
        inner = _struct_of(outer.type)
        if outer.name == "feeds":
            for name, kind in FEED_SETTINGS.items():
                for f in msgspec.structs.fields(kind):
                    leaves[f"{PREFIX}FEEDS_{name}_{f.name}".upper()] = f"feeds.{name}.{f.name}"
        elif inner is not None and get_origin(outer.type) is not tuple:
            for f in msgspec.structs.fields(inner):
                leaves[f"{PREFIX}{outer.name}_{f.name}".upper()] = f"{outer.name}.{f.name}"
        elif get_origin(outer.type) is not tuple and outer.name != "watchlists":
            leaves[f"{PREFIX}{outer.name}".upper()] = outer.name
    return leaves


def _from_environment(environ: Mapping[str, str], problems: list[str]) -> Iterator[tuple[str, Any, str]]:
    names = [name for name in environ if name.startswith(PREFIX) and name != f"{PREFIX}CONFIG"]
    leaves = _leaves() if names else {}
    for name in names:
        if name not in leaves:
            problems.append(f"environment {name}: no such setting{_nearest(name, leaves)}")
            continue
        key = leaves[name]
        value: Any = environ[name]
        if key.endswith(".symbols"):
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
