"""Instrument: what is fixed about a name; and the lists of instruments that ship."""

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from typing import Any

from market.symbol import canonical, is_crypto, mic


@dataclass(frozen=True, slots=True)
class Instrument:
    """One listed name. ``adr_ratio`` is ordinary shares per American depositary share."""

    symbol: str
    mic: str
    currency: str
    name: str
    short_name: str
    zh_hant: str
    zh_hans: str
    lot: int | None = None
    adr: str | None = None
    adr_ratio: int | None = None

    def title(self, language: str = "en") -> str:
        """The name in ``en``, ``zh-Hant`` or ``zh-Hans``."""
        return {"zh-Hant": self.zh_hant, "zh-Hans": self.zh_hans}.get(language, self.name)


@cache
def _reference() -> dict[str, Any]:
    return tomllib.loads((resources.files("market") / "instruments.toml").read_text("utf-8"))


def _currency(symbol: str) -> str:
    if symbol.endswith(".HK") or symbol in ("HSTECH", "HSI", "HSCEI"):
        return "HKD"
    return symbol.rpartition("-")[2] if is_crypto(symbol) else "USD"


@cache
def instrument(symbol: str) -> Instrument:
    """The instrument of a canonical symbol; one that is not in the reference data is named by its symbol."""
    row = _reference()["instruments"].get(symbol, {})
    name = row.get("name", symbol)
    return Instrument(
        symbol=symbol,
        mic=mic(symbol),
        currency=_currency(symbol),
        name=name,
        short_name=row.get("short", name),
        zh_hant=row.get("hant", name),
        zh_hans=row.get("hans", name),
        lot=row.get("lot"),
        adr=row.get("adr"),
        adr_ratio=row.get("ratio"),
    )


@cache
def known() -> tuple[Instrument, ...]:
    """Every instrument of the reference data."""
    return tuple(instrument(canonical(symbol)) for symbol in _reference()["instruments"])


def lists() -> tuple[str, ...]:
    """The names of the lists that ship, as written after ``@``."""
    return tuple(_reference()["lists"])


def members(name: str, on: date) -> tuple[str, ...]:
    """The members of a shipped list on a day, in the order of the wall; ``KeyError`` for an unknown list.

    A day before the first dated entry gets the first.
    """
    since = _reference()["lists"][name]["since"]
    held = [entry for entry in since if entry["date"] <= on] or since[:1]
    return tuple(held[-1]["members"])
