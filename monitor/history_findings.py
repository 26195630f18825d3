"""What ``tickwall doctor`` finds in daily history: the user's folder, or the cache of what is fetched."""

import os
from collections.abc import Generator, Iterator, Sequence
from itertools import islice
from pathlib import Path

from market.bars import Bar
from market.session import calendar
from market.symbol import mic
from monitor.cleaning import read
from monitor.config import Config
from monitor.defects import HistoryError
from monitor.disagreement import disagreement
from monitor.finding import Finding
from monitor.history import cache_dir, index, sources


def history(config: Config, symbols: Sequence[str], now: int) -> Iterator[Finding]:
    """Where history comes from, and what is wrong with it for the symbols watched, at ``now`` (ns UTC)."""
    folder = config.history_folder
    if folder is None:
        yield _cache(cache_dir())
        yield from _fetched(config, symbols, now)
        return
    try:
        files = index(folder)
    except HistoryError as error:
        yield Finding("fail", "history", str(error), "name a folder of SYMBOL.csv in [history] dir")
        return
    present = [symbol for symbol in symbols if symbol in files]
    yield Finding("ok", "history", f"{folder} has {len(present)} of {len(symbols)} watched names")
    for symbol in present:
        bars = yield from _read(symbol, files[symbol], now)
        hours = calendar(mic(symbol))
        if bars and (missed := hours.between(bars[-1].date, hours.latest(now).date)) > 1:
            old = f"ends {missed} sessions ago, on {bars[-1].date}"
            yield Finding("warn", f"history {symbol}", old, "bring it up to date")


def _fetched(config: Config, symbols: Sequence[str], now: int) -> Iterator[Finding]:
    """What is wrong with files that were fetched, and where vendors disagree; nothing is fetched for it."""
    vendors = sources(config.settings.feeds)
    for symbol in symbols:
        kept = {
            vendor.name: file
            for vendor in vendors
            if (file := cache_dir() / "history" / vendor.folder / f"{symbol}.csv").exists()
        }
        for used, file in islice(kept.items(), 1):
            ours = yield from _read(symbol, file, now)
            others = {name: other for name, other in kept.items() if name != used}
            yield from _compared(symbol, used, ours, others)


def _compared(symbol: str, used: str, ours: Sequence[Bar], others: dict[str, Path]) -> Iterator[Finding]:
    for name, file in others.items():
        try:
            found = disagreement(name, ours, read(file, calendar(mic(symbol))).bars)
        except HistoryError:
            continue
        if found is not None:
            mend = f"{used} is what holds here; tickwall streaks {symbol} --explain names every day"
            yield Finding("warn", f"history {symbol}", found.text, mend)


def _read(symbol: str, file: Path, now: int) -> Generator[Finding, None, Sequence[Bar]]:
    """Tell of a file's defects; returns its bars, none where it cannot be used."""
    what = f"history {symbol}"
    hours = calendar(mic(symbol))
    try:
        bars, defects = read(file, hours, hours.day_of(now))
    except HistoryError as error:
        yield Finding("fail", what, str(error), "replace the file")
        return []
    for defect in defects:
        yield Finding("warn", what, defect.text)
    return bars


def _cache(folder: Path) -> Finding:
    existing = next(place for place in (folder, *folder.parents) if place.exists())
    if os.access(existing, os.W_OK):
        return Finding("ok", "history", f"fetched, and kept in {folder}")
    return Finding("warn", "history", f"{folder} cannot be written", "or it is fetched anew at every start")
