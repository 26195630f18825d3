"""``tickwall feed test``: adapters of our own, and a stranger's, good and bad."""

import asyncio
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.limit import LIMIT
from tests.loopback.feeding import StreamServer, says
from tests.paths import ROOT
from tests.unit import test_kraken

EXAMPLE = next(
    block
    for block in re.findall(
        r"```python\n(.*?)```", (ROOT / "docs" / "feeds.md").read_text("utf-8"), re.DOTALL
    )
    if "acme_feed" in block
)
"""The documented one, as it stands there."""


def package(folder: Path, code: str) -> Path:
    """A distribution with one module and one entry point, as an installer leaves it."""
    (folder / "acme_feed.py").write_text(code, encoding="utf-8")
    info = folder / "acme_feed-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-feed\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[tickwall.feeds]\nacme = acme_feed:AcmeFeed\n")
    return folder


async def outcome(
    name: str, config: str, tmp_path: Path, *, path: Path | None = None, seconds: str = "100"
) -> tuple[int, str]:
    """The command in a process of its own: its exit code, and what it said."""
    file = tmp_path / "config.toml"
    file.write_text(config, encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "tui.__main__",
        "feed",
        "test",
        name,
        "--seconds",
        seconds,
        "--config",
        str(file),
    ]
    child = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(path or "")},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    async with asyncio.timeout(LIMIT):
        said, _ = await child.communicate()
    assert child.returncode is not None
    return child.returncode, said.decode()


def tick(symbol: str = "9888.HK", price: str = "124.60", ms: int = 1_758_075_247_120) -> str:
    """A frame of the documented venue."""
    return json.dumps({"symbol": symbol, "price": price, "ms": ms})


async def test_a_feed_of_ours_keeps_its_word(tmp_path: Path) -> None:
    """Kraken, by what its section says: quotes, health, and manners."""
    script = says(*(test_kraken.ticker(last=95000 + n / 10).decode() for n in range(3)))
    async with StreamServer(script).serving() as server:
        section = f'[feeds.kraken]\nstream_url = "{server.url}"\nsymbols = ["BTC-USD"]\n'
        code, said = await outcome("kraken", section, tmp_path)
    assert (code, "FAIL" in said) == (0, False), said
    for point in (
        "first quote",
        "canonical",
        "exact",
        "in time",
        "source",
        "health",
        "leaving",
        "reconnects",
    ):
        assert f"ok    {point}" in said


async def test_a_strangers_feed_keeps_its_word(tmp_path: Path) -> None:
    """The documented example, installed beside us."""
    async with StreamServer(says(tick(), tick(price="124.80"))).serving() as server:
        section = f'[feeds.acme]\nstream_url = "{server.url}"\nsymbols = ["9888", "AAPL"]\n'
        path = package(tmp_path, EXAMPLE)
        code, said = await outcome("acme", section, tmp_path, path=path)
        assert server.received == ['{"subscribe":["9888.HK"]}']
    assert (code, "FAIL" in said) == (0, False), said
    assert "it serves 1 of 2 symbols" in said


FLOATS = EXAMPLE.replace("as_price(tick.price)", "float(tick.price)").replace(
    'ts_recv, "acme"', 'ts_recv, "ac"'
)
HASTY = (
    EXAMPLE
    + """
    async def run(self, sink):
        import asyncio
        stream = self.streams[0]
        asyncio.create_task(asyncio.sleep(60), name="left")
        self.status.reason = None
        host, port = stream.url.removeprefix("ws://").rstrip("/").split(":")
        while True:
            await asyncio.open_connection(host, int(port))
"""
)


@pytest.mark.parametrize(
    ("code", "seconds", "broken"),
    [
        (FLOATS, "100", {"exact", "source"}),
        (HASTY, "1", {"first quote", "leaving", "reconnects", "failure"}),
    ],
    ids=["floats", "hasty"],
)  # fmt: skip
async def test_a_bad_feed_is_told_its_faults(
    tmp_path: Path, code: str, seconds: str, broken: set[str]
) -> None:
    """Prices that are no decimals under a false name; a loop without a wait that leaves things behind."""
    async with StreamServer(says(tick(), tick(price="124.80"))).serving() as server:
        section = f'[feeds.acme]\nstream_url = "{server.url}"\nsymbols = ["9888"]\n'
        path = package(tmp_path, code)
        exit_code, said = await outcome("acme", section, tmp_path, path=path, seconds=seconds)
    assert exit_code == 1, said
    told = re.findall(r"^FAIL  (.{11})", said, re.MULTILINE)
    assert broken <= {point.strip() for point in told}, said


async def test_a_feed_that_says_nothing_is_no_bad_one(tmp_path: Path) -> None:
    """Its exchange may be closed: 69, as wherever no feed answers."""
    async with StreamServer(says()).serving() as server:
        section = f'[feeds.kraken]\nstream_url = "{server.url}"\nsymbols = ["BTC-USD"]\n'
        code, said = await outcome("kraken", section, tmp_path, seconds="1")
    assert code == 69, said
    assert "FAIL  first quote" in said


@pytest.mark.parametrize(
    ("name", "config", "complaint"),
    [("krakne", "", "no adapter is called 'krakne'; did you mean 'kraken'?"),
     ("acme", "[feeds.acme]\nfoo = 1", "feeds.acme: unknown key")],
)  # fmt: skip
async def test_a_feed_that_is_none_is_said_to_be_none(
    tmp_path: Path, name: str, config: str, complaint: str
) -> None:
    """With the nearest that is one."""
    code, said = await outcome(name, config, tmp_path)
    assert (code, complaint in said) == (78, True), said


async def test_an_adapter_that_does_not_load_is_named(tmp_path: Path) -> None:
    """A fault of that package, told where its section stands."""
    path = package(tmp_path, "import no_such_module\n")
    code, said = await outcome("acme", "[feeds.acme]\n", tmp_path, path=path)
    assert (code, "acme_feed:AcmeFeed" in said) == (78, True), said
