"""Real Coinbase traffic, played again."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from websockets.asyncio.server import ServerConnection

from market.clock import parse_rfc3339
from tests.loopback.feeding import Script
from tests.paths import SHARED

PATH = SHARED / "samples" / "ws" / "coinbase_2021-04-17_first2500.jsonl"


@dataclass(frozen=True)
class Frame:
    """One recorded frame: its type, its text, and seconds since the first."""

    kind: str
    text: str
    at: float


def restamped(now: int) -> list[Frame]:
    """The recorded frames with their times moved as if the first one came ``now`` (ns UTC)."""
    lines = [json.loads(line) for line in PATH.read_text("utf-8").splitlines()]
    began = lines[0]["recv_ts"]
    frames = []
    for line in lines:
        message = line["msg"]
        if "time" in message:
            message["time"] = _moved(message["time"], now - int(began * 1e6) * 1000)
        frames.append(Frame(message["type"], json.dumps(message), line["recv_ts"] - began))
    return frames


def _moved(stamp: str, by: int) -> str:
    moved = (parse_rfc3339(stamp) + by) // 1000
    seconds, micros = divmod(moved, 1_000_000)
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S") + f".{micros:06d}Z"


def plays(frames: Sequence[Frame], *, speed: float = 1.0) -> Script:
    """A script that sends the frames in their recorded spacing, or ``speed`` times as fast."""

    async def script(connection: ServerConnection) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        for frame in frames:
            if (wait := began + frame.at / speed - loop.time()) > 0:
                await asyncio.sleep(wait)
            await connection.send(frame.text)
        await connection.wait_closed()

    return script
