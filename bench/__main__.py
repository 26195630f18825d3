"""``python -m bench``: every benchmark, each in a process of its own; writes ``bench/RESULTS.md`` anew."""

import os
import platform
import subprocess
import sys
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
    sections = []
    for name in BENCHMARKS:
        print(f"{name} ...", flush=True)
        command = [sys.executable, "-m", f"bench.{name}"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        said = [line for line in done.stdout.splitlines() if line and line not in HEADER.splitlines()]
        rows = [line for line in said if line.startswith("| ")]
        notes = [line for line in said if not line.startswith("| ")]
        if done.returncode:
            notes.append(f"Failed: {done.stderr.strip().splitlines()[-1]}")
        sections.append("\n".join([f"## {name}\n", HEADER, *rows, *(["", *notes] if notes else [])]))
        print("\n".join(rows + notes), flush=True)
    head = HEAD.format(
        cores=os.cpu_count(),
        machine=platform.machine(),
        system=platform.system(),
        python=platform.python_version(),
        libraries=", ".join(f"{name} {version(name)}" for name in LIBRARIES),
    )
    TARGET.write_text(head + "\n\n".join(sections) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
