"""Context files: ``[[figure]]`` tables of dated, sourced facts, read strictly."""

import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from market.context import Figure
from market.errors import SymbolError, TickwallError
from market.symbol import canonical
from market.text import clean
from monitor.nearest import nearest

SHIPPED = Path(__file__).with_name("context.toml")
"""The example that comes along, read where no file is named."""

_TEXTS = {"what": 60, "value": 160, "source": 80, "note": 160}
"""The keys that hold text, and how much of it is kept."""

_KEYS = ("symbols", "as_of", *_TEXTS)


class ContextError(TickwallError):
    """A context file that cannot be used; the text names file and key."""


def context_file(name: str) -> Path:
    """The file that ``[context] file`` names; the one that ships for an empty name."""
    return Path(name).expanduser() if name else SHIPPED


def read_context(path: Path) -> list[Figure]:
    """The figures of a file, in its order. Raises ``ContextError``."""
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ContextError(f"{path}: {error}") from error
    if content.keys() - {"figure"}:
        key = min(content.keys() - {"figure"})
        raise ContextError(f"{path}: {key}: unknown key; write [[figure]]")
    tables = content.get("figure", [])
    if not isinstance(tables, list):
        raise ContextError(f"{path}: figure: write [[figure]], with two brackets")
    return [_figure(f"{path}: figure[{place}]", table) for place, table in enumerate(tables)]


def _figure(where: str, table: Any) -> Figure:
    if not isinstance(table, Mapping):
        raise ContextError(f"{where}: not a table")
    for key in table:
        if key not in _KEYS:
            raise ContextError(f"{where}.{key}: unknown key{nearest(key, _KEYS)}")
    for key in _KEYS:
        if key not in table and key != "note":
            raise ContextError(f"{where}.{key}: missing")
    texts = {key: _text(f"{where}.{key}", table.get(key, ""), limit) for key, limit in _TEXTS.items()}
    return Figure(symbols=_symbols(where, table["symbols"]), as_of=_as_of(where, table["as_of"]), **texts)


def _text(where: str, value: object, limit: int) -> str:
    if not isinstance(value, str):
        raise ContextError(f"{where}: not text")
    text = clean(value, limit)
    if not text and not where.endswith(".note"):
        raise ContextError(f"{where}: empty")
    return text


def _symbols(where: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or not all(isinstance(one, str) for one in value):
        raise ContextError(f"{where}.symbols: not a list of symbols")
    try:
        return tuple(canonical(symbol) for symbol in value)
    except SymbolError as error:
        raise ContextError(f"{where}.symbols: {error}") from None


def _as_of(where: str, value: object) -> date | datetime:
    if isinstance(value, datetime) and value.tzinfo is None:
        raise ContextError(f"{where}.as_of: a time needs its zone: {value.isoformat()}+08:00")
    if not isinstance(value, date):
        raise ContextError(f"{where}.as_of: not a date such as 2025-09-17, or a time with its zone")
    return value
