"""Profiles of five hundred symbols with six years each, and one question put to one of them.

The reference of the first is one ``pandas.read_csv`` of the same files, which gets no further than reading
them; of the second a process that imports pandas and does so, against our child process, its start and the
writing of the cache included. The reference of a question is one call of ``bisect``.
"""

import asyncio
import random
import subprocess
import sys
import time
import tracemalloc
from bisect import bisect_left
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from bench.measure import MEASURED_CORE, Ratio, interleaved, pin, report
from market.facts import facts
from market.profile import Profile
from market.session import calendar
from monitor.reducer import ProfileLoader, Request, reduce

SYMBOLS = 500
FIRST, SESSION = date(2019, 9, 17), date(2025, 9, 17)
REPEATS = 5
ASKED = 20_000
READ_ALL = "import sys, pandas; [pandas.read_csv(file) for file in sys.argv[1:]]"


def write(folder: Path) -> list[Path]:
    """Random walks in the form of daily bars, the same every time."""
    chance = random.Random(1)
    hours = calendar("XHKG")
    days = [FIRST]
    while (day := hours.next(days[-1])) < SESSION:
        days.append(day)
    files = []
    for number in range(1, SYMBOLS + 1):
        cents = chance.randrange(500, 50_000)
        rows = ["Date,Open,High,Low,Close,Volume"]
        for day in days:
            opened = max(2, round(cents * (1 + chance.gauss(0, 0.01))))
            cents = max(2, round(cents * (1 + chance.gauss(0, 0.02))))
            prices = (opened, max(opened, cents) + chance.randrange(9), min(opened, cents) - 1, cents)
            cells = (f"{price / 100:.2f}" for price in prices)
            rows.append(f"{day},{','.join(cells)},{chance.randrange(10**5, 10**8)}")
        files.append(folder / f"{number:04d}.HK.csv")
        files[-1].write_text("\n".join(rows) + "\n")
    return files


def timed(run: Callable[[], object]) -> Callable[[], float]:
    """The milliseconds that a call takes."""

    def measure() -> float:
        start = time.perf_counter()
        run()
        return (time.perf_counter() - start) * 1e3

    return measure


def reduced(file: Path) -> Profile:
    """The profile of a file."""
    return Profile.from_json(reduce(Request(file.stem, str(file), SESSION)).profile)


async def _loaded(folder: Path, symbols: list[str]) -> None:
    with TemporaryDirectory() as cache:
        loader = ProfileLoader(folder, (), time.time_ns, Path(cache))
        found = [one async for one in loader(symbols, SESSION)]
    assert all(isinstance(one, Profile) for one in found)


def in_bulk(folder: Path) -> list[Ratio]:
    """From files to profiles."""
    files = write(folder)
    symbols = [file.stem for file in files]
    ours, reference, child, process = interleaved(
        [
            timed(lambda: [reduce(Request(file.stem, str(file), SESSION)) for file in files]),
            timed(lambda: [pd.read_csv(file) for file in files]),
            timed(lambda: asyncio.run(_loaded(folder, symbols))),
            timed(lambda: subprocess.run([sys.executable, "-c", READ_ALL, *map(str, files)], check=True)),
        ],
        REPEATS,
    )
    return [
        Ratio(f"{SYMBOLS} profiles of six years, read and reduced", ours, reference, "ms", 2, at_least=False),
        Ratio("the same by the child process, cold", child, process, "ms", 2, at_least=False),
    ]


def questions(profile: Profile) -> list[Ratio]:
    """From a profile and a price to an answer."""
    values = profile.peaks.values
    prices = [values[0] + Decimal(cents) / 100 for cents in range(-100, 900)] * (ASKED // 1000)

    def growth(asked: int) -> float:
        for price in prices[:asked]:
            facts(profile, price, high=price, low=price)
        return tracemalloc.get_traced_memory()[0] / 1024

    ours, reference, everything = interleaved(
        [
            timed(lambda: [profile.peaks.at_or_above(price) for price in prices]),
            timed(lambda: [bisect_left(values, price) for price in prices]),
            timed(lambda: [facts(profile, price, high=price, low=price) for price in prices]),
        ],
        REPEATS,
    )
    tracemalloc.start()
    few, many = growth(100), growth(ASKED)
    tracemalloc.stop()
    micro = 1e3 / ASKED
    print(
        f"All facts of a price take {everything * micro:.1f} µs; "
        f"after {ASKED:,} of them {many - few:.0f} kB more are held than after 100."
    )
    return [
        Ratio('one question ("highest since")', ours * micro, reference * micro, "µs", 10, at_least=False),
    ]


def main() -> list[Ratio]:
    """Measure both."""
    pin(MEASURED_CORE)
    with TemporaryDirectory() as folder:
        rows = in_bulk(Path(folder))
        return [*rows, *questions(reduced(Path(folder) / "0001.HK.csv"))]


if __name__ == "__main__":
    report(main())
