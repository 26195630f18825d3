"""Command: a program that gets each alert as JSON on its standard input."""

import asyncio
import json
import logging
import os
import signal
from contextlib import suppress
from tempfile import TemporaryFile
from typing import Self

from market.text import clean
from monitor.settings import SinkSettings
from monitor.sinks.base import SENT, Outcome, SinkError, failed, refused
from monitor.sinks.message import Message

log = logging.getLogger(__name__)

_CLIP = 2000
_OURS = ("TICKWALL_", "NOTIFY_", "WATCHDOG_")
"""How variables begin that are meant for this process: secrets of sinks, and systemd's ear."""

_POINTLESS = (64, 78, 126, 127)
"""Usage, configuration, not executable, not found: the next attempt ends alike."""


class Command:
    """No shell is between; it and its process group are killed when its time is up.

    ``hidden`` are variables of the environment that it does not get, such as the keys of feeds.
    """

    def __init__(self, settings: SinkSettings, timeout: float, hidden: frozenset[str] = frozenset()) -> None:
        if not settings.command:
            raise SinkError("command: missing")
        self.timeout = timeout
        self._id = settings.id
        self._command = settings.command
        self._hidden = hidden

    async def send(self, message: Message) -> Outcome:
        """Run it once; exit code 0 takes the message."""
        text = json.dumps(message.fields, ensure_ascii=False, allow_nan=False) + "\n"
        environ = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(_OURS) and name not in self._hidden
        }
        async with _Output() as output:
            with TemporaryFile() as given:
                given.write(text.encode())
                given.seek(0)
                try:
                    process = await asyncio.create_subprocess_exec(
                        *self._command,
                        stdin=given,
                        stdout=output.end,
                        stderr=asyncio.subprocess.STDOUT,
                        env=environ,
                        start_new_session=True,  # its own process group, to be killed whole
                    )
                except (OSError, ValueError) as error:
                    return refused(clean(f"cannot be run: {getattr(error, 'strerror', None) or error}"))
            outcome = await self._end(process)
        if output.kept:
            said = clean(output.kept.decode("utf-8", "replace"), _CLIP)
            log.log(logging.DEBUG if outcome.sent else logging.WARNING, "sink %s: %s", self._id, said)
        return outcome

    async def _end(self, process: asyncio.subprocess.Process) -> Outcome:
        """Wait for it, no longer than its time; nothing that it started is left."""
        try:
            async with asyncio.timeout(self.timeout):
                code = await process.wait()
        except TimeoutError:
            return failed(f"killed after {self.timeout:g} s", ambiguous=True)
        finally:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
        if code == 0:
            return SENT
        if code in _POINTLESS:
            return refused(f"exit code {code}")
        return failed(f"exit code {code}" if code > 0 else f"ended by signal {-code}", ambiguous=True)


class _Output:
    """A pipe that is read to its end, since a full one would stop the program; its beginning is kept.

    Not asyncio's own: with that, a program is not over before the last of its children has closed it.
    """

    def __init__(self) -> None:
        self.kept = bytearray()
        self._from, self.end = os.pipe()

    async def __aenter__(self) -> Self:
        self._reader = asyncio.StreamReader()
        loop, pipe = asyncio.get_running_loop(), os.fdopen(self._from, "rb", buffering=0)
        self._transport, _ = await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(self._reader), pipe
        )
        self._reading = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        os.close(self.end)
        await asyncio.wait((self._reading,), timeout=0.2)
        self._transport.close()
        self._reading.cancel()

    async def _read(self) -> None:
        while chunk := await self._reader.read(65_536):
            self.kept += chunk[: _CLIP - len(self.kept)]
