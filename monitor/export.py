"""Past alerts as a file: CSV for a spreadsheet, JSON for a program."""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TextIO

from market.errors import TickwallError
from monitor.store import Stored

COLUMNS = (
    "ts", "session_date", "symbol", "name", "rule_id", "kind", "severity", "direction", "threshold", "value",
    "price", "currency", "source", "quality", "message", "facts", "headlines", "acknowledged", "muted",
    "event_id",
)  # fmt: skip
"""Of the CSV; an alert of a kind without one of them leaves it empty."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class ExportError(TickwallError):
    """A file that cannot be written; the message names it, and what to do."""


def rows(stored: Iterable[Stored]) -> Iterator[dict[str, Any]]:
    """Each alert as the object that was told, with what a person has done about it since."""
    for alert in stored:
        fields: dict[str, Any] = json.loads(alert.line)
        yield {**fields, "acknowledged": alert.acknowledged, "muted": alert.muted}


def write_json(file: TextIO, stored: Iterable[Stored]) -> int:
    """One array, an object a line; how many they are."""
    count = 0
    for row in rows(stored):
        file.write(f"{',' if count else '['}\n{json.dumps(row, ensure_ascii=False, allow_nan=False)}")
        count += 1
    file.write("\n]\n" if count else "[]\n")
    return count


def write_csv(file: TextIO, stored: Iterable[Stored]) -> int:
    """A head and a line for each alert; how many they are. ``file`` is open with ``newline=""``."""
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    count = 0
    for row in rows(stored):
        writer.writerow([_cell(column, row) for column in COLUMNS])
        count += 1
    return count


def _cell(column: str, row: Mapping[str, Any]) -> str:
    value = row.get(column)
    if column == "headlines":
        value = [headline["title"] for headline in value or ()]
    if isinstance(value, list):
        value = "; ".join(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = "" if value is None else str(value)
    # A spreadsheet runs what begins like a formula, and a headline is a stranger's text. Numbers may stay.
    return f"'{text}" if column in ("message", "facts", "headlines") and text.startswith(_FORMULA) else text


_WRITERS = {".csv": write_csv, ".json": write_json}


def export(path: Path, stored: Iterable[Stored]) -> int:
    """Write a file that is not there yet, as its name ends: ``.csv`` or ``.json``; how many alerts it holds.

    ``ExportError`` for another ending, a file that is there, and a place that cannot be written.
    """
    write = _WRITERS.get(path.suffix.lower())
    if write is None:
        raise ExportError(f"{path}: the name must end in {' or '.join(_WRITERS)}")
    try:
        with path.open("x", encoding="utf-8", newline="") as file:
            return write(file, stored)
    except FileExistsError:
        raise ExportError(f"{path} is there already; choose another name") from None
    except OSError as error:
        raise ExportError(f"{path}: {error.strerror or error}") from None
