"""A rule as a form has it: a text for each key, empty where the default holds."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Literal, get_args, get_origin

import msgspec

from monitor.rule_checks import KEYS
from monitor.settings import RuleSettings

MEANING = {
    "id": "its name, in every alert; each once",
    "kind": "what it watches for",
    "symbols": "symbols, watchlists, @hstech, or * for all",
    "direction": "which way",
    "threshold": "percent, price, multiple or duration, by kind",
    "steps": "further thresholds, with commas",
    "clear": "where the first step may fire anew",
    "frequency": "how often a step is told",
    "severity": "how grave",
    "for": "how long it must hold, as 30s or 2m",
    "cooldown": "how long the next one waits, as 10m",
    "window": "how far back the move began, as 5m",
    "lookback": "over what a high or low is new",
    "period": "of what a streak consists",
    "length": "how many in a row",
    "basis": "whether a period that still runs counts",
    "index": "what the move is measured against",
    "any": "words in a headline, with commas",
    "feeds": "feeds by name, with commas",
    "sessions": "phases of the day, with commas",
    "expires": "its last day, as 2026-12-31",
    "confirm": "whether another source must agree",
    "confirm_within": "how long that may take, as 10s",
    "sinks": "whom to tell, with commas; * is everyone",
}
"""Every key in the order of the form, and what it means to a person."""

UNWRITTEN = {
    "steps": "none",
    "clear": "0.8 of the threshold",
    "for": "at once",
    "cooldown": "none",
    "sessions": "while trading",
    "expires": "never",
    "confirm": "no",
}
"""What holds where nothing is written, and no value says it."""

_ALWAYS = ("id", "kind")
_FIELDS = {field.encode_name: field for field in msgspec.structs.fields(RuleSettings)}


def keys_of(kind: str) -> list[str]:
    """The keys that a form for a kind has; those of no kind in particular for one that there is not."""
    suited = KEYS.get(kind, frozenset())
    return [key for key in MEANING if key in suited or key in _ALWAYS]


def choices_of(key: str) -> tuple[str, ...]:
    """The words that may stand there, where they are few; the first one is the default."""
    if key == "kind":
        return tuple(KEYS)
    annotation = _FIELDS[key].type
    return tuple(get_args(annotation)) if get_origin(annotation) is Literal else ()


def default_of(key: str) -> str:
    """What holds where nothing is written, for a person to read."""
    default = _FIELDS[key].default
    return UNWRITTEN.get(key, "" if default is msgspec.NODEFAULT else text_of(default))


def text_of(value: Any) -> str:
    """A value as it is typed."""
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    if isinstance(value, date | datetime):
        return value.isoformat()
    return "" if value is None else str(value)


def values_of(texts: Mapping[str, str], before: Mapping[str, Any]) -> dict[str, Any]:
    """What is to be written in a ``[[rule]]``: a key that reads as ``before`` is left as it was written."""
    values: dict[str, Any] = {}
    for key in keys_of(texts.get("kind", "")):
        text = texts.get(key, "").strip()
        if key in before and text == text_of(before[key]):
            values[key] = before[key]
        elif text:
            values[key] = _value(key, text)
    return values


def _value(key: str, text: str) -> Any:
    """A text as the type of its key; left a text where it is none, for the configuration to say so."""
    if get_origin(_FIELDS[key].type) is tuple:
        return [part.strip() for part in text.split(",") if part.strip()]
    if key == "length" and text.isascii() and text.isdigit():
        return int(text)
    if key == "expires":
        try:
            return datetime.fromisoformat(text) if ":" in text else date.fromisoformat(text)
        except ValueError:
            return text
    return text


def shared_out(problems: list[str], place: int, name: str, keys: list[str]) -> dict[str, str]:
    """Which problem belongs to which key of the rule at a place of the file; under ``""`` what to none."""
    said: dict[str, str] = {}
    for problem in problems:
        own = re.sub(rf"^(?:rule {re.escape(repr(name))}: |rule\[{place}\][.:] ?)", "", problem)
        words = re.findall(r"[a-z_]+", own) if own != problem else []
        key = next((key for word in words for key in (word, f"{word}s") if key in keys), "")
        said.setdefault(key, own)
    return said
