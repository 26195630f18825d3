"""Recording beside a run: what the feeds of a wall or a headless process say, as they say it, onto tapes."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack, asynccontextmanager, suppress
from functools import partial
from pathlib import Path

from feeds.base import QuoteSink
from feeds.recorder import Recorder, RecordError, TapeFolder
from market.errors import ParseError
from market.quote import Quote
from monitor.engine import Engine
from monitor.lock import LockedError, exclusive
from monitor.settings import RecordSettings

log = logging.getLogger(__name__)


class Tee:
    """A sink that lets the recorder hear what goes to another."""

    def __init__(self, recorder: Recorder, sink: QuoteSink) -> None:
        self._recorder = recorder
        self._sink = sink

    def quotes(self, quotes: Sequence[Quote]) -> None:
        """On the tape first: what follows may take its time."""
        self._recorder.quotes(quotes)
        self._sink.quotes(quotes)

    def rejected(self, error: ParseError) -> None:
        """No tape has it."""
        self._sink.rejected(error)


@asynccontextmanager
async def recording(settings: RecordSettings, engine: Engine) -> AsyncIterator[Recorder | None]:
    """A recorder at work on the folder of ``[record]``; ``None`` without one, or where another one is.

    What goes wrong with a tape is logged, leaves a hole in it, and touches nothing else.
    """
    if not settings.dir:
        yield None
        return
    folder = TapeFolder(Path(settings.dir))
    recorder = Recorder(folder, engine.hours.day_of, most=settings.max_mb << 20)
    recorder.statuses = lambda: {name: intake.feed.status for name, intake in engine.intakes.items()}
    with ExitStack() as held:
        try:
            held.enter_context(exclusive(folder.lock))
        except LockedError:
            log.info("%s: another process records here", settings.dir)
            yield None
            return
        except OSError as error:
            log.error("nothing is recorded: %s", error)
            yield None
            return
        writing = asyncio.create_task(recorder.run(engine.clock, partial(log.error, "%s")), name="recorder")
        try:
            yield recorder
        finally:
            await finish(writing)
            recorder.look(engine.clock.now())
            try:
                recorder.close()
            except RecordError as error:
                log.error("%s", error)


async def finish(task: asyncio.Task[None]) -> None:
    """Cancel a task, and wait for its end."""
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
