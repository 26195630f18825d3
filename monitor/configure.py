"""``tickwall config``: write a commented file, validate, show what holds, say where it is."""

import json
import os
import re
import sys
from decimal import Decimal
from importlib import resources
from pathlib import Path
from typing import Any

from monitor import exit as exit_code
from monitor.config import PREFIX, default_path, effective, load, notes
from monitor.sinks.secrets import redacted

_SECRET = re.compile(r"(?i)((?:token|key|secret|password|passwd|auth)[^=&/]*=)[^&#]+")
_USER = re.compile(r"(?<=//)[^/\s]+(?=@)")


def path(named: str | None) -> int:
    """Print where the configuration file is, or would be."""
    sys.stdout.write(f"{_where(named)}\n")
    return exit_code.OK


def init(named: str | None) -> int:
    """Write the commented default file; a file that is there is never written over."""
    where = _where(named)
    where.parent.mkdir(parents=True, exist_ok=True)
    text = (resources.files("monitor") / "config.toml").read_text("utf-8")
    try:
        with where.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        sys.stderr.write(f"tickwall: {where} is there already and was left as it is (move it aside first)\n")
        return exit_code.FAULT
    sys.stdout.write(f"{where}\n")
    return exit_code.OK


def check(named: str | None) -> int:
    """Validate; ``ConfigError`` names every bad key, and every secret of a sink that is not there."""
    from monitor.delivery import routes

    config = load(named)
    routes(config)
    if config.found:
        sys.stdout.write(f"{config.path}: OK\n")
    else:
        sys.stdout.write(f"{config.path}: not there; the defaults hold (tickwall config init writes it)\n")
    for note in notes(config.settings):
        sys.stdout.write(f"note: {note}\n")
    return exit_code.OK


def show(named: str | None, *, as_json: bool) -> int:
    """Print every value as it holds with its origin, secrets masked."""
    config = load(named)
    rows = [(key, _hidden(key, value), origin) for key, value, origin in effective(config)]
    if as_json:
        document = {key: {"value": value, "origin": origin} for key, value, origin in rows}
        sys.stdout.write(json.dumps(document, default=str, ensure_ascii=False) + "\n")
    else:
        assignments = [(f"{key} = {_toml(value)}", origin) for key, value, origin in rows]
        width = min(72, max(len(text) for text, _ in assignments))
        for text, origin in assignments:
            sys.stdout.write(f"{text:<{width}}  # {origin}\n")
    return exit_code.OK


def _hidden(key: str, value: Any) -> Any:
    """A value fit to be shown; of a sink's address only the host, for many have a token in the path."""
    if key == "sink":
        return [masked(sink | {"url": redacted(sink["url"]) if sink["url"] else ""}) for sink in value]
    return masked(value)


def masked(value: Any) -> Any:
    """The value with whatever looks like a secret in an address put out of sight."""
    if isinstance(value, str):
        return _USER.sub("***", _SECRET.sub(r"\1***", value))
    if isinstance(value, list | tuple):
        return [masked(item) for item in value]
    if isinstance(value, dict):
        return {key: masked(item) for key, item in value.items()}
    return value


def _where(named: str | None) -> Path:
    chosen = named or os.environ.get(f"{PREFIX}CONFIG")
    return Path(chosen) if chosen else default_path()


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float | Decimal):
        return str(value)
    if isinstance(value, list):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(item)}" for key, item in value.items()) + " }"
    return json.dumps("" if value is None else str(value), ensure_ascii=False)
