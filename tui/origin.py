"""Refuses to run with foreign packages of our names: ``widgets`` and ``market`` are not rare."""

import sys
from importlib.util import find_spec
from os.path import realpath  # pathlib alone takes a tenth of the time of --help

PACKAGES = ("market", "feeds", "monitor", "widgets", "tui")


def foreign() -> str | None:
    """What is wrong, when one of our packages would be imported from elsewhere than the others."""
    home = _home(__file__)
    for name in PACKAGES:
        module = sys.modules.get(name)
        origin = module.__file__ if module is not None else getattr(find_spec(name), "origin", None)
        if origin is None or _home(origin) != home:
            return (
                f"the package {name!r} comes from {origin}, not from {home}: another project has put one of"
                " that name into this environment. Install tickwall in one of its own (pipx or uv tool)."
            )
    return None


def _home(file: str) -> str:
    """The folder that a package lies in, by a file of the package."""
    return realpath(f"{file}/../..")
