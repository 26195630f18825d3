"""What a configuration may hold: its shape, its types, and the sense of its values.

Every problem is one line, the key first, with the nearest good word where there is one.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ParamSpec, get_args, get_origin

import msgspec

from feeds.registry import DEFAULT, AdapterError, UnknownAdapterError, known, settings_of, shipped
from market.duration import parse_duration
from market.errors import TickwallError
from market.keywords import Keywords
from market.session import read_amendments
from market.watchlist import expand
from monitor.address import host_and_port
from monitor.context import context_file, read_context
from monitor.nearest import nearest
from monitor.rule_checks import senseless_rule
from monitor.settings import BUILT_IN_SINKS, DEFAULT_HEADLINES, WATCHLISTS, Settings
from monitor.sinks import senseless_sink
from monitor.sinks.secrets import is_web, redacted

_P = ParamSpec("_P")


def closures(settings: Settings) -> Path | None:
    """The user's file of surprise closures, for ``market.session.amend``."""
    return Path(settings.calendar.file).expanduser() if settings.calendar.file else None


def misshapen(values: Any, kind: Any = Settings, place: str = "") -> Iterator[str]:
    """Every key that there is not, and whatever should be a table and is none."""
    if not isinstance(values, Mapping):
        yield f"{place}: not a table"
        return
    fields = _fields(kind)
    for key, value in values.items():
        here = f"{place}.{key}" if place else key
        annotation = fields.get(key)
        if annotation is None:
            yield f"{here}: unknown key{nearest(key, fields)}"
        elif kind is Settings and key == "feeds":
            yield from _misshapen_feeds(value)
        elif get_origin(annotation) is dict and not isinstance(value, Mapping):
            yield f"{here}: not a table"
        elif _is_list_of_tables(annotation) and isinstance(value, list):
            for index, table in enumerate(value):
                yield from misshapen(table, get_args(annotation)[0], f"{here}[{index}]")
        elif _is_table(annotation):
            yield from misshapen(value, annotation, here)


def _misshapen_feeds(sections: Any) -> Iterator[str]:
    """The same for the sections that each feed's own adapter knows."""
    if not isinstance(sections, Mapping):
        yield "feeds: not a table"
        return
    for name, section in sections.items():
        try:
            kind = settings_of(name, section) if isinstance(section, Mapping) else None
        except AdapterError as error:
            if "kind" in section:
                yield f"feeds.{name}.kind: {error}"
            elif isinstance(error, UnknownAdapterError):
                yield f"feeds.{name}: unknown key{nearest(name, known())}"
            else:
                yield f"feeds.{name}: {error}"
            continue
        yield from misshapen(section, kind, f"feeds.{name}")


def converted(values: Mapping[str, Any], problems: list[str]) -> Settings | None:
    """The settings that well-shaped values make; ``None`` where some are of a bad type, told in ``problems``.

    Converted section by section, so that each bad one is told of by its name.
    """
    # A list given in part keeps the defaults of the others: naming one feed must not switch the rest off.
    rest = {"headlines": list(DEFAULT_HEADLINES), **values}
    sections, lists = rest.pop("feeds", {}), rest.pop("watchlists", WATCHLISTS)
    feeds = {}
    for name in dict.fromkeys((*DEFAULT, *sections)):
        section = sections.get(name, {})
        feeds[name] = _converted(f"feeds.{name}", section, settings_of(name, section), problems)
    watchlists = {
        name: _converted(f"watchlists.{name}", symbols, tuple[str, ...], problems)
        for name, symbols in lists.items()
    }
    settings: Settings = _converted("", rest, Settings, problems)
    return None if problems else msgspec.structs.replace(settings, feeds=feeds, watchlists=watchlists)


def senseless(settings: Settings) -> Iterator[str]:
    """What types cannot say."""
    if not 1 <= settings.display.fps <= 30:
        yield f"display.fps: {settings.display.fps} is not from 1 to 30"
    if settings.watchlist not in settings.watchlists:
        there_is = ", ".join(settings.watchlists)
        suggestion = nearest(settings.watchlist, settings.watchlists)
        yield f"watchlist: {settings.watchlist!r} is not one of {there_is}{suggestion}"
    today = datetime.now(UTC).date()
    for name, symbols in settings.watchlists.items():
        yield from _checked(f"watchlists.{name}", expand, symbols, settings.watchlists, today)
    for name, feed in settings.feeds.items():
        yield from _checked(f"feeds.{name}.symbols", expand, feed.symbols, settings.watchlists, today)
    if settings.news.aliases:
        from market.matching import read_aliases  # 5 ms, for a file that few have

        yield from _checked("news.aliases", read_aliases, Path(settings.news.aliases).expanduser())
    for key in ("mute", "highlight"):
        yield from _checked(f"news.{key}", Keywords, getattr(settings.news, key))
    if (file := closures(settings)) is not None:
        yield from _checked("calendar.file", read_amendments, file)
    if settings.context.file:
        yield from _checked("context.file", read_context, context_file(settings.context.file))
    for key, text in (("max_age", settings.alerts.max_age), ("max_delay", settings.alerts.max_delay)):
        yield from _checked(f"alerts.{key}", parse_duration, text)
    yield from _checked("headless.heartbeat", parse_duration, settings.headless.heartbeat)
    if settings.headless.listen:
        yield from _checked("headless.listen", host_and_port, settings.headless.listen)
    if (url := settings.headless.deadman_url) and not is_web(url):
        yield f"headless.deadman_url: {redacted(url)} is not an http or https address"
    for name in _twice(source.name for source in settings.headlines):
        yield f"headlines {name!r}: the name is used twice"
    for name in _twice(("*", *BUILT_IN_SINKS, *(sink.id for sink in settings.sink))):
        yield f"sink {name!r}: the id is used twice, or built in"
    for name in _twice(rule.id for rule in settings.rule):
        yield f"rule {name!r}: the id is used twice"
    for sink in settings.sink:
        yield from (f"sink {sink.id!r}: {problem}" for problem in senseless_sink(sink))
    sinks = {"*", *BUILT_IN_SINKS, *(sink.id for sink in settings.sink)}
    for rule in settings.rule:
        yield from (f"rule {rule.id!r}: {problem}" for problem in senseless_rule(rule, sinks, settings.feeds))
        for key, symbols in (("symbols", rule.symbols), ("index", (rule.index,))):
            yield from _checked(f"rule {rule.id!r}: {key}", expand, symbols, settings.watchlists, today)


def leaves(kind: Any = Settings, place: str = "") -> dict[str, str]:
    """Every single value that an environment can set: ``DISPLAY_FPS`` -> ``display.fps``."""
    found: dict[str, str] = {}
    for name, annotation in _fields(kind).items():
        key = f"{place}{name}"
        if key == "feeds":
            for feed in shipped():
                found |= leaves(settings_of(feed), f"feeds.{feed}.")
        elif _is_table(annotation):
            found |= leaves(annotation, f"{key}.")
        elif not _is_list_of_tables(annotation) and get_origin(annotation) is not dict:
            found[key.replace(".", "_").upper()] = key
    return found


def _converted(section: str, value: Any, kind: Any, problems: list[str]) -> Any:
    """The value as its type; ``None`` after telling of the first thing in it that is bad."""
    try:
        return msgspec.convert(value, kind, strict=False)
    except msgspec.ValidationError as error:
        problems.append(_explain(error, section, kind))
        return None


def _explain(error: msgspec.ValidationError, section: str, kind: Any) -> str:
    """msgspec's ``… - at `$.display.fps` `` with the key put first."""
    reason, _, place = str(error).partition(" - at `$")
    place = place.rstrip("`").lstrip(".")
    if reason.startswith("Invalid enum value "):
        value = reason.removeprefix("Invalid enum value ").strip("'")
        choices = _choices(kind, place)
        reason = f"{value!r} is not one of {', '.join(choices)}{nearest(value, choices)}"
    elif reason == "Invalid decimal string":
        reason = "not a number"
    elif own := re.match(r"([a-z_]+): ", reason):  # a section's own check names its key in front
        place, reason = f"{place}.{own[1]}".lstrip("."), reason[own.end() :]
    key = ".".join(part for part in (section, place) if part)
    return f"{key}: {reason}" if key else reason


def _choices(kind: Any, place: str) -> list[str]:
    """What may stand at a place such as ``rule[0].sessions[1]``."""
    for name in re.findall(r"[a-z_]+", place):
        kind = _fields(kind)[name]
        if get_origin(kind) is tuple:
            kind = get_args(kind)[0]
    return [str(choice) for choice in (get_args(kind) or kind)]


def _fields(kind: Any) -> dict[str, Any]:
    """The keys of a table, and what each may hold."""
    return {field.encode_name: field.type for field in msgspec.structs.fields(kind)}


def _is_table(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, msgspec.Struct)


def _is_list_of_tables(annotation: Any) -> bool:
    return get_origin(annotation) is tuple and _is_table(get_args(annotation)[0])


def _twice(names: Iterable[str]) -> list[str]:
    return [name for name, count in Counter(names).items() if count > 1]


def _checked(key: str, check: Callable[_P, object], *args: _P.args, **kwargs: _P.kwargs) -> Iterator[str]:
    """The problem that a check raises, as one line; none when it passes."""
    try:
        check(*args, **kwargs)
    except (TickwallError, ValueError) as error:
        yield f"{key}: {error}"
