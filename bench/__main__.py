"""``python -m bench``: every benchmark, each in a process of its own; writes ``bench/RESULTS.md`` anew.

With names behind it, it runs those alone and replaces their sections of the page.
"""

import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from bench.measure import HEADER

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "bench" / "RESULTS.md"
BENCHMARKS = (
    "ingest",
    "parse",
    "wall",
    "keys",
    "stall",
    "startup",
    "profiles",
    "rules",
    "backtest",
    "headlines",
    "soak",
    "commit",
    "latency",
)
LIBRARIES = ("textual", "websockets", "msgspec", "aiohttp", "click")

HEAD = """\
# What was measured

Each figure stands against a bare reference measured in the same run, on the same machine; trust the ratios,
not the figures. `make bench` runs them all and writes this page.

- Machine: {cores} cores, {machine}, {system}; Python {python}; {libraries}.
- What each reference is stands at the head of its module in `bench/`.

"""


def main() -> None:
    """Run them in turn; a benchmark that fails is said to have failed."""
    names = sys.argv[1:] or BENCHMARKS
    if unknown := set(names) - set(BENCHMARKS):
        sys.exit(f"no such benchmark: {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}")
    sections = {} if names is BENCHMARKS else _written()
    for name in names:
        print(f"{name} ...", flush=True)
        sections[name] = _section(name)
        print(sections[name], flush=True)
        _write(sections)


def _section(name: str) -> str:
    command = [sys.executable, "-m", f"bench.{name}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    said = [line for line in done.stdout.splitlines() if line and line not in HEADER.splitlines()]
    rows = [line for line in said if line.startswith("| ")]
    notes = [line for line in said if not line.startswith("| ")]
    if done.returncode:
        why = done.stderr.strip().splitlines()
        notes.append(f"Failed: {why[-1] if why else f'exit code {done.returncode}'}")
    table = "\n".join([HEADER, *rows]) if rows else ""
    return "\n\n".join(filter(None, [f"## {name}", table, "\n".join(notes)]))


def _written() -> dict[str, str]:
    """The sections that the page has now, by name."""
    found = TARGET.read_text(encoding="utf-8").split("\n## ")[1:] if TARGET.exists() else []
    return {section.partition("\n")[0]: f"## {section.rstrip()}" for section in found}


def _write(sections: Mapping[str, str]) -> None:
    """The page as far as it has come, in the order of ``BENCHMARKS``."""
    head = HEAD.format(
        cores=os.cpu_count(),
        machine=platform.machine(),
        system=platform.system(),
        python=platform.python_version(),
        libraries=", ".join(f"{name} {version(name)}" for name in LIBRARIES),
    )
    page = [sections[name] for name in BENCHMARKS if name in sections]
    TARGET.write_text(head + "\n\n".join(page) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
