"""What every benchmark shares: interleaved repeats, medians, and the line that is printed."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

MEASURED_CORE = 0
OTHER_CORE = 1


@dataclass(frozen=True, slots=True)
class Ratio:
    """One figure against its reference. ``goal`` is a bound on the ratio: at least, or at most."""

    name: str
    ours: float
    reference: float
    unit: str
    goal: float
    at_least: bool

    @property
    def ratio(self) -> float:
        """Ours over the reference."""
        return self.ours / self.reference if self.reference else float("inf")

    @property
    def met(self) -> bool:
        """Whether the goal is reached."""
        return self.ratio >= self.goal if self.at_least else self.ratio <= self.goal

    def row(self) -> str:
        """One row of ``bench/RESULTS.md``."""
        bound = "at least" if self.at_least else "at most"
        mark = "yes" if self.met else "**no**"
        return (
            f"| {self.name} | {self.ours:,.4g} {self.unit} | {self.reference:,.4g} {self.unit} "
            f"| {self.ratio:.2f} | {bound} {self.goal:g} | {mark} |"
        )


HEADER = "| what | ours | reference | ratio | goal | met |\n|---|---|---|---|---|---|"


def interleaved(runs: Sequence[Callable[[], float]], repeats: int) -> list[float]:
    """The median of each run, taken in turns so that a slow minute of the machine hits all alike."""
    samples: list[list[float]] = [[] for _ in runs]
    for _ in range(repeats):
        for index, run in enumerate(runs):
            samples[index].append(run())
    return [median(values) for values in samples]


def pin(core: int) -> None:
    """Keep this process on one core, where the machine has more than one."""
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[min(core, len(cores) - 1)]})


def report(rows: Sequence[Ratio]) -> None:
    """Print a table."""
    print(HEADER)
    for row in rows:
        print(row.row())
