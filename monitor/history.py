"""History files: one ``SYMBOL.csv`` of daily bars per instrument, from the user's folder or fetched.

What is fetched is kept in the cache in a folder named for its source, so that no vendor's prices (a
simulated one's least of all) pass for another's; a file's time stamp is when it was fetched.
"""

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple
from zlib import crc32

from feeds import tencent, yahoo
from feeds.http import Http
from feeds.yahoo_splits import fetch_splits
from market.bars import Bar, Split
from market.errors import TickwallError
from market.session import calendar
from market.symbol import is_hong_kong, is_index, mic
from monitor import splits
from monitor.cleaning import final_at
from monitor.defects import HistoryError

log = logging.getLogger(__name__)

YEARS = 21
"""How far back a fetch goes."""

_HEADER = "Date,Open,High,Low,Close,Volume\n"
_OVERLAP = timedelta(days=14)
_PER_HOST = 4
_AT_ONCE = 3
"""Names being fetched: each holds its rows until its file is written, a megabyte of them for 21 years."""


class Source(NamedTuple):
    """A vendor of daily bars. ``address`` tells it from another of its name; ``years`` fit one request.

    ``splits`` asks who knows them, where its own prices are not adjusted.
    """

    name: str
    address: str
    serves: Callable[[str], bool]
    years: int
    fetch: Callable[[Http, Any, str, date, date], Awaitable[list[Bar]]]
    settings: Any
    splits: Callable[[Http, str, date, date], Awaitable[list[Split]]] | None = None

    @property
    def folder(self) -> str:
        """Where its files are kept, within the cache."""
        return f"{self.name}-{crc32(self.address.encode()):08x}"


def sources(feeds: Mapping[str, Any]) -> tuple[Source, ...]:
    """The vendors that the configured feeds (settings by name) make available, the preferred one first."""
    found = []
    chart = feeds.get(yahoo.NAME)
    if chart is not None and not chart.enabled:
        chart = None
    if (kline := feeds.get(tencent.NAME)) is not None and kline.enabled:
        # 2000 bars a request are eight years, and a little.
        events = partial(fetch_splits, settings=chart) if chart is not None else None
        found.append(
            Source(tencent.NAME, kline.kline_url, is_hong_kong, 8, tencent.fetch_bars, kline, events)
        )
    if chart is not None:
        found.append(Source(yahoo.NAME, chart.chart_url, lambda symbol: True, YEARS, yahoo.fetch_bars, chart))
    return tuple(found)


def cache_dir(environ: Mapping[str, str] = os.environ) -> Path:
    """``$XDG_CACHE_HOME/tickwall``."""
    home = environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(home) / "tickwall"


def index(folder: Path) -> dict[str, Path]:
    """The CSV files of a folder and of those one down, by the part of the name before ``.csv``.

    Of two with one name the one further up counts, then the first. Raises ``HistoryError`` where there is
    no such folder.
    """
    try:
        children = sorted(folder.iterdir())
        below = [file for child in children if child.is_dir() for file in sorted(child.iterdir())]
    except OSError as error:
        raise HistoryError(f"{folder}: {error.strerror}") from error
    found: dict[str, Path] = {}
    for file in (*children, *below):
        if file.suffix == ".csv" and not file.stem.endswith(".splits"):
            found.setdefault(file.stem, file)
    return found


class HistoryFiles:
    """Finds each symbol's file, and fetches what is not there or too old. Made by ``history_files``."""

    def __init__(
        self,
        folder: Path | None,
        sources: tuple[Source, ...],
        now: Callable[[], int],
        kept: Path,
        http: Http | None,
    ) -> None:
        self._folder = folder
        self._given = index(folder) if folder is not None else {}
        self._sources = sources
        self._now = now
        self._kept = kept
        self._http = http
        self._splits_failed = False
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def find(self, symbol: str, session_date: date) -> Path:
        """The file with a symbol's bars before a session.

        One that could not be brought up to date is better than none: its age shows in its last date.
        Raises ``HistoryError`` where there is none.
        """
        if symbol in self._given:
            return self._given[symbol]
        failures = []
        for source in self._sources:
            if source.serves(symbol):
                try:
                    return await self._of(source, symbol, session_date)
                except TickwallError as error:
                    failures.append(str(error))
        if self._folder is not None:
            failures.append(f"no file of that name in {self._folder}")
        raise HistoryError("; ".join(failures) or "no source to fetch history from")

    async def others(self, symbol: str, session_date: date, used: Path) -> list[Path]:
        """The files of the other sources that have bars of a symbol, to compare with the one that is used."""
        files = []
        for source in self._sources:
            if source.serves(symbol) and used.parent.name != source.folder:
                with suppress(TickwallError):  # it is no worse for the answer than not to have been asked
                    files.append(await self._of(source, symbol, session_date))
        return files

    async def _of(self, source: Source, symbol: str, session_date: date) -> Path:
        """One source's file, up to date where that can be done. Raises ``TickwallError`` without any."""
        file = self._kept / source.folder / f"{symbol}.csv"
        if not self._is_fresh(file, symbol, session_date):
            try:
                async with self._turns:
                    await self._refresh(source, file, symbol, session_date)
            except TickwallError as error:
                if not file.exists():
                    raise
                log.warning("%s: history not brought up to date: %s", symbol, error)
        return file

    def _is_fresh(self, file: Path, symbol: str, session_date: date) -> bool:
        """Whether a file was fetched after the last close before the session was final."""
        try:
            fetched = file.stat().st_mtime_ns
        except FileNotFoundError:
            return False
        hours = calendar(mic(symbol))
        before = hours.session(hours.previous(session_date))
        return before is not None and fetched >= final_at(before)

    async def _refresh(self, source: Source, file: Path, symbol: str, session_date: date) -> None:
        now = self._now()
        old = _rows(file)
        rows = await self._since_then(source, symbol, old, session_date) if old else None
        if rows is None:
            rows = await self._everything(source, symbol, session_date)
        hours = calendar(mic(symbol))
        # A session in progress has no close yet; what vendors call its bar is left to the live quotes.
        over = {
            day: row
            for day, row in rows.items()
            if (session := hours.session(date.fromisoformat(day))) is None or final_at(session) <= now
        }
        if not over:
            raise HistoryError(f"{source.name}: no daily bars of {symbol}")
        if source.splits is not None and not is_index(symbol):
            await self._refresh_splits(source.splits, file, symbol, session_date)
        text = _HEADER + "".join(over[day] for day in sorted(over))
        write_whole(file, text.encode(), now)

    async def _refresh_splits(
        self,
        fetch: Callable[[Http, str, date, date], Awaitable[list[Split]]],
        file: Path,
        symbol: str,
        session_date: date,
    ) -> None:
        """Bring the splits beside a file up to date; without an answer, those known stay."""
        assert self._http is not None
        oldest = session_date - timedelta(days=366 * YEARS)
        try:
            known = await fetch(self._http, symbol, oldest, session_date)
        except TickwallError as error:
            if not self._splits_failed:  # one line, and not one for each of a hundred names
                self._splits_failed = True
                log.warning("splits are not brought up to date, of %s and perhaps others: %s", symbol, error)
            return
        write_whole(splits.beside(file), splits.write(known).encode(), self._now())

    async def _since_then(
        self, source: Source, symbol: str, old: dict[str, str], end: date
    ) -> dict[str, str] | None:
        """The old rows and what came after; ``None`` where the two do not agree, as after a split."""
        last = max(old)
        new = await self._fetch(source, symbol, date.fromisoformat(last) - _OVERLAP, end)
        shared = old.keys() & new.keys()
        if last not in shared or any(old[day] != new[day] for day in shared):
            return None
        return {**old, **new}

    async def _everything(self, source: Source, symbol: str, end: date) -> dict[str, str]:
        rows: dict[str, str] = {}
        oldest = end - timedelta(days=366 * YEARS)
        while end > oldest:
            start = max(oldest, end - timedelta(days=365 * source.years))
            page = await self._fetch(source, symbol, start, end)
            if not page:
                break
            rows |= page
            end = start - timedelta(days=1)
        return rows

    async def _fetch(self, source: Source, symbol: str, start: date, end: date) -> dict[str, str]:
        assert self._http is not None
        bars = await source.fetch(self._http, source.settings, symbol, start, end)
        return {bar.date.isoformat(): _line(bar) for bar in bars}


@asynccontextmanager
async def history_files(
    folder: Path | None,
    sources: tuple[Source, ...],
    now: Callable[[], int],
    cache: Path | None = None,
) -> AsyncIterator[HistoryFiles]:
    """Files of ``folder``, else fetched from ``sources``.

    ``now`` is the clock that says which sessions are over (nanoseconds UTC). Without a ``cache``, what is
    fetched is gone when the context ends. Raises ``HistoryError`` where ``folder`` cannot be read.
    """
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(Http(_PER_HOST)) if sources else None
        kept = (
            cache / "history" if cache else Path(stack.enter_context(TemporaryDirectory(prefix="tickwall-")))
        )
        yield HistoryFiles(folder, sources, now, kept, http)


def write_whole(file: Path, content: bytes, at: int) -> None:
    """Write a cache file in one step, time-stamped with the clock's ``at`` (nanoseconds); ``OSError``."""
    file.parent.mkdir(parents=True, exist_ok=True)
    written = file.with_suffix(f".{os.getpid()}.tmp")
    written.write_bytes(content)
    os.utime(written, ns=(at, at))
    written.replace(file)


def _line(bar: Bar) -> str:
    volume = "" if bar.volume is None else bar.volume
    return f"{bar.date},{bar.open:f},{bar.high:f},{bar.low:f},{bar.close:f},{volume}\n"


def _rows(file: Path) -> dict[str, str]:
    """Our own file's lines by date; empty when there is none or it is not as we write it."""
    try:
        head, *lines = file.read_text("utf-8").splitlines(keepends=True)
    except (OSError, ValueError):
        return {}
    if head != _HEADER or any(line.count(",") != 5 or line[10] != "," or line[-1] != "\n" for line in lines):
        return {}
    return {line[:10]: line for line in lines}
