"""Profiles for a running program: from the cache, or reduced by a child process.

The child is this module run by itself. It alone imports pandas, answers a line for a line, and ends with
the batch, so that neither the memory nor the start of a long-running process pays for history.
"""

import asyncio
import logging
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TypeVar
from zlib import crc32

import msgspec

from market import session as sessions
from market.closes import Closes
from market.errors import TickwallError
from market.history import build
from market.profile import Profile
from market.session import calendar
from market.symbol import mic
from monitor.cleaning import mend, sound
from monitor.closes import ClosesReply, ClosesRequest, answer
from monitor.defects import Defect, HistoryError
from monitor.history import HistoryFiles, Source, history_files, write_whole
from monitor.splits import beside

log = logging.getLogger(__name__)

_FORMAT = 4
"""Of the cached profiles; another number makes every older one void."""

_PATIENCE = 60.0  # seconds for one file; the first one waits for pandas, too
_LONGEST_LINE = 8 << 20

_T = TypeVar("_T")

_HOME = str(Path(__file__).resolve().parent.parent)

Identity = tuple[str, int, int]
"""A file's path, time of writing in nanoseconds and size: another history has another one."""


class Request(msgspec.Struct, tag="profile"):
    """What the child is asked: the profile of a session from one file."""

    symbol: str
    path: str
    session_date: date


class Reply(msgspec.Struct):
    """What it answers: the profile as its JSON, and what was wrong with the file; or why there is none."""

    profile: str = ""
    defects: tuple[Defect, ...] = ()
    error: str = ""


class Kept(msgspec.Struct):
    """A reply in the cache, good for as long as nothing that it was made from has changed."""

    format: int
    session_date: date
    made_from: list[Identity]
    reply: Reply


class ProfileLoader:
    """Loads profiles as of a session date.

    ``folder`` holds the user's own files, ``sources`` are asked for what it lacks, ``now`` is the clock
    (nanoseconds UTC), and ``cache`` keeps files and profiles; without one (a tape, a simulation) nothing
    outlives the call.
    """

    def __init__(
        self,
        folder: Path | None,
        sources: tuple[Source, ...],
        now: Callable[[], int],
        cache: Path | None = None,
    ) -> None:
        self.defects: dict[str, tuple[Defect, ...]] = {}
        """What was wrong with each symbol's file, as last loaded."""
        self._folder = folder
        self._sources = sources
        self._now = now
        self._cache = cache

    async def __call__(self, symbols: Sequence[str], session_date: date) -> AsyncIterator[Profile | str]:
        """Each symbol's profile as soon as it is there, or one line that says why there is none."""
        try:
            async with history_files(self._folder, self._sources, self._now, self._cache) as files:
                child = Child()
                tasks = [asyncio.create_task(self._one(files, child, name, session_date)) for name in symbols]
                try:
                    for finished in asyncio.as_completed(tasks):
                        yield await finished
                finally:
                    for task in tasks:
                        task.cancel()
                    await asyncio.gather(*tasks, return_exceptions=True)
                    await child.end()
        except HistoryError as error:  # the folder itself
            yield str(error)

    async def closes(self, symbol: str, session_date: date) -> AsyncIterator[Closes]:
        """The daily closes of a symbol before a session; then once more, compared with other vendors'.

        The user's own files are compared with nobody's: those who keep their own ask no vendor. Raises
        ``HistoryError`` or ``FeedError`` where there are none.
        """
        async with history_files(self._folder, self._sources, self._now, self._cache) as files:
            child = Child()
            try:
                path = await files.find(symbol, session_date)
                request = ClosesRequest(symbol, str(path), session_date)
                vendors = {source.folder: source.name for source in self._sources}
                vendor = vendors.get(path.parent.name)
                written = datetime.fromtimestamp(path.stat().st_mtime, UTC).date()
                source = f"{vendor or 'your own file'}, {written}"
                yield (await child.ask(request, ClosesReply)).closes(request, source)
                others = await files.others(symbol, session_date, path) if vendor else []
                if others:
                    request.others = {vendors[other.parent.name]: str(other) for other in others}
                    yield (await child.ask(request, ClosesReply)).closes(request, source)
            finally:
                await child.end()

    async def _one(
        self, files: HistoryFiles, child: "Child", symbol: str, session_date: date
    ) -> Profile | str:
        try:
            path = await files.find(symbol, session_date)
            splits = [file for file in (beside(path),) if file.exists()]
            made_from = [_identity(file) for file in (path, *splits, *sessions.sources(mic(symbol)))]
            profile = self._recall(symbol, session_date, made_from)
            if profile is None:
                reply = await child.ask(Request(symbol, str(path), session_date), Reply)
                if reply.error:
                    return f"{symbol}: {reply.error}"
                profile = self._accept(symbol, reply)
                self._keep(symbol, Kept(_FORMAT, session_date, made_from, reply))
            return profile
        except (TickwallError, OSError) as error:
            return f"{symbol}: {error}"
        except Exception as error:
            log.exception("history of %s broke", symbol)
            return f"{symbol}: internal error in its history: {type(error).__name__}"

    def _accept(self, symbol: str, reply: Reply) -> Profile:
        profile = Profile.from_json(reply.profile)
        self.defects[symbol] = reply.defects
        return profile

    def _recall(self, symbol: str, session_date: date, made_from: list[Identity]) -> Profile | None:
        """The cached profile, if it is whole and nothing has changed since."""
        if self._cache is None:
            return None
        try:
            check, _, body = _profile_file(self._cache, symbol).read_bytes().partition(b"\n")
            if check != _check(body):
                raise ValueError("its check sum is wrong")
            kept = msgspec.json.decode(body, type=Kept)
            if (kept.format, kept.session_date, kept.made_from) != (_FORMAT, session_date, made_from):
                return None
            return self._accept(symbol, kept.reply)
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            log.warning("%s: cached profile cannot be used and is made anew: %s", symbol, error)
            return None

    def _keep(self, symbol: str, kept: Kept) -> None:
        if self._cache is None:
            return
        try:
            body = msgspec.json.encode(kept)
            write_whole(_profile_file(self._cache, symbol), _check(body) + b"\n" + body, self._now())
        except OSError as error:  # a full disk costs time at the next start, nothing else
            log.warning("%s: profile not cached: %s", symbol, error)


class Child:
    """The process that reads files; started with the first question, asked one thing at a time."""

    def __init__(self) -> None:
        self._process: Process | None = None
        self._turn = asyncio.Lock()

    async def ask(self, request: msgspec.Struct, kind: type[_T]) -> _T:
        """Its answer, of that kind; ``HistoryError`` when it breaks or takes too long, then the next gets a
        new one."""
        async with self._turn:
            try:
                async with asyncio.timeout(_PATIENCE):
                    line = await self._converse(msgspec.json.encode(request) + b"\n")
                return msgspec.json.decode(line, type=kind)
            except TimeoutError:
                reason = f"took longer than {_PATIENCE:.0f} s"
            except (OSError, ValueError) as error:
                reason = f"broke: {error}"
            await self.end()
            raise HistoryError(f"the process that reads history {reason}")

    async def _converse(self, question: bytes) -> bytes:
        process = self._process or await self._start()
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(question)
        await process.stdin.drain()
        line = await process.stdout.readline()
        if not line:
            raise OSError(f"ended with code {await process.wait()}")
        return line

    async def _start(self) -> Process:
        # -P: a folder named monitor where the user happens to be must not be taken for ours.
        command = [
            sys.executable,
            "-P",
            "-m",
            "monitor.reducer",
            *([str(closures)] if (closures := sessions.amendment()) else []),
        ]
        path = os.pathsep.join(filter(None, (_HOME, os.environ.get("PYTHONPATH"))))
        self._process = await asyncio.create_subprocess_exec(
            *command,
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,  # a screen may own the terminal; what went wrong is in the replies
            env={**os.environ, "PYTHONPATH": path},
            limit=_LONGEST_LINE,
        )
        return self._process

    async def end(self) -> None:
        """End the process, if there is one."""
        process, self._process = self._process, None
        if process is not None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.communicate()


def _identity(file: Path) -> Identity:
    status = file.stat()
    return str(file), status.st_mtime_ns, status.st_size


def _check(body: bytes) -> bytes:
    """One flipped digit would still read as a profile."""
    return b"%08x" % crc32(body)


def _profile_file(cache: Path, symbol: str) -> Path:
    return cache / "profiles" / f"{symbol}.json"


def reduce(request: Request) -> Reply:
    """The profile that a request asks for, from its file; whatever goes wrong becomes the reply's error."""
    from monitor import reduction  # numpy is the child's alone

    try:
        hours = calendar(mic(request.symbol))
        path = Path(request.path)
        columns = sound(path, hours)
        if columns is not None:
            return Reply(reduction.reduce(request.symbol, columns, request.session_date, hours).to_json())
        # In the shares of the session's own day, as its prices are.
        bars, defects = mend(path, hours, request.session_date)
        profile = build(request.symbol, bars, request.session_date, hours)
        return Reply(profile.to_json(), tuple(defects))
    except HistoryError as error:
        return Reply(error=str(error))
    except Exception as error:
        return Reply(error=f"{request.path}: {type(error).__name__}: {error}")


def main(closures: str | None = None) -> None:
    """Answer requests on standard input, a line for a line, until it ends."""
    with suppress(OSError):  # of a wall around the process, such as systemd's
        os.nice(10)  # history can wait; the first frame and the first price cannot
    sessions.amend(Path(closures) if closures else None)
    for line in sys.stdin.buffer:
        request = msgspec.json.decode(line, type=Request | ClosesRequest)
        reply = reduce(request) if isinstance(request, Request) else answer(request)
        sys.stdout.buffer.write(msgspec.json.encode(reply) + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
