"""The sink for Alertmanager, against Debian's own where it is installed."""

import asyncio
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from monitor.sinks.base import Outcome
from monitor.sinks.message import digest
from tests.limit import LIMIT
from tests.loopback.feeding import until
from tests.loopback.receiver import Receiver, receiving
from tests.loopback.sinking import ID, NOW, alert, desk, send
from tests.loopback.test_commands import environ
from tests.loopback.test_daemon import Market, headless, line_of

__all__ = ["environ"]

ALERTMANAGER = shutil.which("prometheus-alertmanager")


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """Takes everything."""
    async with receiving() as open_:
        yield open_


@pytest.fixture
async def alertmanager(tmp_path: Path, receiver: Receiver) -> AsyncIterator[str]:
    """Debian's own, telling the receiver whatever it is told."""
    if ALERTMANAGER is None:
        pytest.skip("prometheus-alertmanager is not installed")
    route = "{receiver: r, group_by: [...], group_wait: 0s, group_interval: 1s}"
    (tmp_path / "am.yml").write_text(
        f"route: {route}\nreceivers: [{{name: r, webhook_configs: [{{url: '{receiver.url}/am'}}]}}]\n"
    )
    log = tmp_path / "am.log"
    with log.open("wb") as kept:
        process = await asyncio.create_subprocess_exec(
            ALERTMANAGER,
            f"--config.file={tmp_path / 'am.yml'}",
            f"--storage.path={tmp_path / 'am'}",
            "--web.listen-address=127.0.0.1:0",
            "--cluster.listen-address=",
            stdout=asyncio.subprocess.DEVNULL,
            stderr=kept,
        )
    listens = re.compile(r'"Listening on" address=(\S+)')
    try:
        await until(lambda: listens.search(log.read_text("utf-8")) is not None)
        url = f"http://{listens.findall(log.read_text('utf-8'))[0]}"
        async with asyncio.timeout(LIMIT), aiohttp.ClientSession() as session:
            while True:
                with suppress(aiohttp.ClientError):
                    async with session.get(f"{url}/-/ready") as answer:
                        if answer.status == 200:
                            break
                await asyncio.sleep(0.05)
        yield url
    finally:
        process.terminate()
        await process.wait()


async def test_alertmanager_holds_an_alert_and_hears_of_its_end(
    alertmanager: str, receiver: Receiver
) -> None:
    """As Prometheus's own would be: it passes on that it fires, and that it is resolved."""
    settings = desk("alertmanager", url=alertmanager + "/")
    stale: dict[str, Any] = {
        "kind": "stale",
        "rule_id": "feed",
        "symbol": None,
        "source": "tencent",
        "dedup_key": "feed/1",
    }
    assert await send(settings) == Outcome(sent=True)
    assert await send(settings, alert(**stale)) == Outcome(sent=True)
    async with aiohttp.ClientSession() as session, session.get(f"{alertmanager}/api/v2/alerts") as answer:
        held = {entry["labels"]["alertname"]: entry for entry in await answer.json()}
    assert set(held) == {"big", "feed"}
    assert held["big"]["labels"]["dedup_key"] == "big/9888.HK/2025-09-17/up/10/1"
    assert held["big"]["annotations"]["summary"].startswith("Baidu 9888.HK +10.07%")
    assert held["big"]["generatorURL"] == f"urn:uuid:{ID}"
    await receiver.has(2)
    assert await send(settings, alert(**stale, type="resolved")) == Outcome(sent=True)
    *_, last = await receiver.has(3)
    told = last.document["alerts"][0]
    assert (told["status"], told["labels"]["alertname"]) == ("resolved", "feed")


async def test_a_feed_goes_down_and_comes_back(
    alertmanager: str, receiver: Receiver, environ: dict[str, str], tmp_path: Path
) -> None:
    """From a venue that hangs up to whoever Alertmanager tells: it fires for as long as nobody is there."""

    async def told(count: int) -> tuple[str, str]:
        request = (await receiver.has(count))[count - 1]
        [one] = request.document["alerts"]
        return one["status"], one["labels"]["source"]

    market = Market()
    rule = '[[rule]]\nid = "dead"\nkind = "feed_down"\n'
    sink = f'[[sink]]\nid = "desk"\nkind = "alertmanager"\nurl = "{alertmanager}"\n'
    async with market.open(tmp_path, rule + sink) as config, headless(environ, config) as process:
        market.trade("100.00")
        assert (await line_of(process, "feed"))["state"] == "live"
        market.is_there = False
        market.trade("100.10")  # the last word before it hangs up
        assert await told(1) == ("firing", "coinbase")
        market.is_there = True
        market.trade("100.20")
        assert await told(2) == ("resolved", "coinbase")
        resolved = await line_of(process, "resolved")
    assert resolved["message"] == "coinbase has come back"


async def test_a_digest_is_a_list_for_alertmanager(alertmanager: str) -> None:
    """Each by itself."""
    messages = [alert(dedup_key=str(number)) for number in range(3)]
    assert await send(desk("alertmanager", url=alertmanager), digest(messages, NOW)) == Outcome(sent=True)
    async with aiohttp.ClientSession() as session, session.get(f"{alertmanager}/api/v2/alerts") as answer:
        assert len(await answer.json()) == 3
