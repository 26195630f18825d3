"""Durations as people write them in a configuration: ``500ms``, ``2s``, ``1.5m``, ``20m``, ``1h``."""

import re

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,3})?)(ms|s|m|h|d)", re.ASCII)


def parse_duration(text: str) -> float:
    """The seconds in ``text``, a number and its unit; ``ValueError`` for anything else, zero included."""
    match = _DURATION.fullmatch(text.strip())
    if not match or not (value := float(match[1]) * _UNITS[match[2]]):
        raise ValueError(f"not a duration: {text[:40]!r} (write 500ms, 2s, 5m or 1h)")
    return value
