"""Refuses to run with foreign packages of our names: ``widgets`` and ``market`` are not rare."""

import sys
from importlib.util import find_spec
from pathlib import Path

PACKAGES = ("market", "feeds", "monitor", "widgets", "tui")


def foreign() -> str | None:
    """What is wrong, when one of our packages would be imported from elsewhere than the others."""
    home = Path(__file__).resolve().parent.parent
    for name in PACKAGES:
        module = sys.modules.get(name)
        origin = module.__file__ if module is not None else getattr(find_spec(name), "origin", None)
        if origin is None or Path(origin).resolve().parent.parent != home:
            return (
                f"the package {name!r} comes from {origin}, not from {home}: another project has put one of"
                " that name into this environment. Install tickwall in one of its own (pipx or uv tool)."
            )
    return None
