"""Symbols: every convention in use is read, one canonical form is printed."""

import re
from functools import lru_cache

from market.errors import SymbolError

_INDICES = {
    "HSTECH": "HSTECH", "HSTECH.HK": "HSTECH", "^HSTECH": "HSTECH", "HKHSTECH": "HSTECH",
    "HK.800700": "HSTECH", "800700": "HSTECH", ".HSTECH": "HSTECH", "HSI:HSTECH": "HSTECH",
    "HSI": "HSI", "^HSI": "HSI", "HSI.HK": "HSI", "HKHSI": "HSI", "HK.800000": "HSI", "800000": "HSI",
    ".HSI": "HSI", "HSI:HSI": "HSI",
    "HSCEI": "HSCEI", "^HSCE": "HSCEI", "HSCEI.HK": "HSCEI", "HKHSCEI": "HSCEI", "HK.800100": "HSCEI",
    "800100": "HSCEI", ".HSCE": "HSCEI",
    "NDX": "NDX", "^NDX": "NDX", "SPX": "SPX", "^GSPC": "SPX", "^SPX": "SPX", "^DJI": "DJI", "DJI": "DJI",
    "^IXIC": "IXIC", "IXIC": "IXIC",
}  # fmt: skip
INDICES = frozenset(_INDICES.values())

_HONG_KONG = re.compile(r"(?:HKEX:|SEHK:|HK\.|R_HK|RT_HK|HK)?([0-9]{1,5})(?:[.\-]HK)?")
_PAIR = re.compile(r"[A-Z0-9]{2,10}-[A-Z]{3,5}")
_US = re.compile(r"[A-Z]{1,5}(?:[.\-][A-Z])?")
_CURRENCY = re.compile(r"[A-Z]{3}(?:[A-Z]{3})?=X")


def canonical(text: str) -> str:
    """The one form that is printed and keyed on: ``9888.HK``, ``HSTECH``, ``AAPL``, ``BTC-USD``, ``HKD=X``.

    Raises ``SymbolError`` for text that no convention reads.
    """
    symbol = text.strip().upper() if text.isascii() else ""  # upper() makes SS of a sharp s
    if symbol in _INDICES:
        return _INDICES[symbol]
    if (match := _HONG_KONG.fullmatch(symbol)) and int(match[1]) > 0:
        return f"{int(match[1]):04d}.HK"
    if _US.fullmatch(symbol):
        return symbol.replace("-", ".")
    if _PAIR.fullmatch(symbol) or _CURRENCY.fullmatch(symbol):
        return symbol
    raise SymbolError(f"not a symbol: {text[:40]!a} (try 9888, 9888.HK, HSTECH, AAPL or BTC-USD)")


def is_hong_kong(symbol: str) -> bool:
    """Whether a canonical symbol trades, or is computed, on the Hong Kong exchange's hours."""
    return symbol.endswith(".HK") or symbol in ("HSTECH", "HSI", "HSCEI")


def is_index(symbol: str) -> bool:
    """Whether a canonical symbol is an index: no volume in shares, no tick grid."""
    return symbol in INDICES


def is_us_share(symbol: str) -> bool:
    """Whether a canonical symbol is a share of the United States, or a fund that trades as one."""
    return bool(_US.fullmatch(symbol)) and symbol not in INDICES


@lru_cache(maxsize=1024)
def is_crypto(symbol: str) -> bool:
    """Whether a canonical symbol is a pair that trades round the clock."""
    return bool(_PAIR.fullmatch(symbol))


def mic(symbol: str) -> str:
    """The exchange whose hours a canonical symbol keeps: ``XHKG``, ``XNYS`` or ``24/7``."""
    if is_hong_kong(symbol):
        return "XHKG"
    return "24/7" if is_crypto(symbol) or symbol.endswith("=X") else "XNYS"


def hk_code(symbol: str) -> str:
    """The five-digit exchange code of ``9888.HK``: ``09888``."""
    return f"{int(symbol.removesuffix('.HK')):05d}"
