"""Command: a program that gets each alert as JSON on its standard input."""

import asyncio
import json
import logging
import os
import signal
from contextlib import suppress

from market.text import clean
from monitor.settings import SinkSettings
from monitor.sinks.base import SENT, Outcome, SinkError, failed, refused
from monitor.sinks.message import Message
from monitor.sinks.secrets import PREFIX

log = logging.getLogger(__name__)

_CLIP = 2000
_POINTLESS = (64, 78, 126, 127)
"""Usage, configuration, not executable, not found: the next attempt ends alike."""


class Command:
    """No shell is between; it and all that it starts are killed when its time is up."""

    def __init__(self, settings: SinkSettings, timeout: float) -> None:
        if not settings.command:
            raise SinkError("command: missing")
        self.timeout = timeout
        self._id = settings.id
        self._command = settings.command

    async def send(self, message: Message) -> Outcome:
        """Run it once; exit code 0 takes the message."""
        text = json.dumps(message.fields, ensure_ascii=False, allow_nan=False) + "\n"
        environ = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                env=environ,
                start_new_session=True,  # its own process group, to be killed whole
            )
        except (OSError, ValueError) as error:
            return refused(clean(f"cannot be run: {getattr(error, 'strerror', None) or error}"))
        try:
            async with asyncio.timeout(self.timeout):
                code = await self._run(process, text.encode())
        except TimeoutError:
            return failed(f"killed after {self.timeout:g} s", ambiguous=True)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
        if code == 0:
            return SENT
        if code in _POINTLESS:
            return refused(f"exit code {code}")
        return failed(f"exit code {code}" if code > 0 else f"ended by signal {-code}", ambiguous=True)

    async def _run(self, process: asyncio.subprocess.Process, text: bytes) -> int:
        assert process.stdin is not None and process.stdout is not None
        async with asyncio.TaskGroup() as group:
            writing = group.create_task(_feed(process.stdin, text))
            reading = group.create_task(_first(process.stdout))
            code = await process.wait()
            # What it left running in the background may hold the pipes open.
            await asyncio.wait((writing, reading), timeout=0.2)
            writing.cancel()
            reading.cancel()
        if not reading.cancelled() and (output := reading.result()):
            said = clean(output.decode("utf-8", "replace"), _CLIP)
            log.log(logging.WARNING if code else logging.DEBUG, "sink %s: %s", self._id, said)
        return code


async def _feed(pipe: asyncio.StreamWriter, text: bytes) -> None:
    # A program that does not read its input is none the worse for it.
    with suppress(BrokenPipeError, ConnectionResetError):
        pipe.write(text)
        await pipe.drain()
        pipe.close()
        await pipe.wait_closed()


async def _first(pipe: asyncio.StreamReader) -> bytes:
    """Read to the end, keep the beginning: a full pipe would stop the program."""
    kept = bytearray()
    while chunk := await pipe.read(65_536):
        kept += chunk[: _CLIP - len(kept)]
    return bytes(kept)
