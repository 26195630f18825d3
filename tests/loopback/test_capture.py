"""Real Coinbase traffic through the whole program: socket, adapter, engine, standard output."""

import asyncio
import json
import signal
import sys
from pathlib import Path
from time import time_ns

from tests.limit import LIMIT
from tests.loopback.capture import plays, restamped
from tests.loopback.feeding import StreamServer
from tests.loopback.test_coinbase import PAIRS
from tests.loopback.test_daemon import line_of
from tests.paths import ROOT, needs_shared

CONFIG = """
watchlist = "pairs"
headlines = []
[watchlists]
pairs = {pairs}
[feeds.tencent]
enabled = false
[feeds.yahoo]
enabled = false
[feeds.coinbase]
enabled = true
stream_url = "{url}"
"""


@needs_shared
async def test_every_real_ticker_reaches_headless_and_is_accounted_for(tmp_path: Path) -> None:
    """Applied, or refused with a reason; the last line says how many of each."""
    frames = restamped(time_ns())
    tickers = sum(frame.kind == "ticker" for frame in frames)
    async with StreamServer(plays(frames, speed=100)).serving() as server:
        config = tmp_path / "config.toml"
        config.write_text(CONFIG.format(pairs=json.dumps(PAIRS), url=server.url), encoding="utf-8")
        state = str(tmp_path / "state.db")
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tui", "headless", "--config", str(config), "--state", state,
            cwd=ROOT, stdout=asyncio.subprocess.PIPE, stdin=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        async with asyncio.timeout(LIMIT):
            await line_of(process, "session", "phase")
            quotes = 0
            while quotes < tickers:
                process.send_signal(signal.SIGUSR2)
                quotes = (await line_of(process, "session", "state"))["quotes"]
            process.terminate()
            out, _ = await process.communicate()
    assert process.returncode == 0
    last = json.loads(out.splitlines()[-1])
    assert (last["quotes"], last["rejected"]) == (tickers, 0)
    assert last["applied"] + sum(last["refused"].values()) == tickers
    assert set(last["refused"]) <= {"duplicate", "older"}
