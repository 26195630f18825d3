"""``tickwall headlines`` as a user runs it, against sources that answer, and some that do not."""

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest

from monitor.headlines import listing
from tests.limit import LIMIT
from tests.loopback.feeding import PageServer, answers
from tests.paths import ROOT

FEED = (
    '<rss version="2.0"><channel>'
    '<item><title>Baidu wins\x1b]0;owned\x07 a &#x202e;contract</title><guid isPermaLink="false">7</guid>'
    "<link>https://news.example.com/1</link><pubDate>Wed, 17 Sep 2025 10:00:00 +0800</pubDate></item>"
    "<item><title>[red]騰訊[/red]發債</title><pubDate>Wed, 17 Sep 2025 11:00:00 +0800</pubDate></item>"
    "</channel></rss>"
).encode()


async def headlines(home: Path, config: str, *arguments: str) -> tuple[int | None, str, str]:
    """Exit code, standard output and standard error of the command on this configuration."""
    return await ran("headlines", home, config, *arguments)


async def ran(command: str, home: Path, config: str, *arguments: str) -> tuple[int | None, str, str]:
    """The same of any command."""
    (home / "config.toml").write_text(config, encoding="utf-8")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tui", command, "--config", str(home / "config.toml"), *arguments,
        cwd=ROOT, env=dict(os.environ) | {"HOME": str(home), "LC_ALL": "C.UTF-8"},
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    async with asyncio.timeout(LIMIT):
        out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


def source(name: str, url: str) -> str:
    return f'[[headlines]]\nname = "{name}"\nkind = "rss"\nurl = "{url}"\ntimeout = "5s"\n'


async def test_an_array_as_the_contract_has_it(tmp_path: Path) -> None:
    async with PageServer(answers(FEED)).serving() as server:
        config = source("rthk", server.url) + source("gone", "http://127.0.0.1:1/")
        code, out, err = await headlines(tmp_path, config, "--json")
    assert code == 0
    assert err == "gone: connection refused\nrthk: frozen: its newest headline is of 2025-09-17\n"
    newest, oldest = json.loads(out)
    assert oldest == {
        "id": "rthk:7",
        "title": "Baidu wins]0;owned a contract",
        "link": "https://news.example.com/1",
        "ts": "2025-09-17T02:00:00.000Z",
        "source": "rthk",
        "symbols": ["9888.HK"],
        "class": None,
        "amounts": [],
    }
    assert newest["title"] == "[red]騰訊[/red]發債"
    assert newest["symbols"] == ["0700.HK"]


async def test_a_line_each_for_a_person(tmp_path: Path) -> None:
    async with PageServer(answers(FEED)).serving() as server:
        code, out, _ = await headlines(tmp_path, source("rthk", server.url), "--limit", "1")
    assert (code, out) == (0, "2025-09-17 11:00  rthk  [red]騰訊[/red]發債  [0700.HK fundraising]\n")


@pytest.mark.parametrize(
    ("config", "said"),
    [
        (source("gone", "http://127.0.0.1:1/"), "gone: connection refused\n"),
        ("headlines = []\n", "no headline source is configured and enabled: see [[headlines]]\n"),
    ],
)
async def test_nobody_answers(tmp_path: Path, config: str, said: str) -> None:
    assert await headlines(tmp_path, config, "--json") == (69, "[]\n", said)


async def test_a_bad_key_is_named(tmp_path: Path) -> None:
    code, out, err = await headlines(tmp_path, source("a", "http://127.0.0.1:1/") + 'intervall = "5s"\n')
    assert (code, out) == (78, "")
    assert "intervall" in err
    assert "interval" in err


def test_nothing_to_list() -> None:
    assert listing([]) == ""


async def test_doctor_tells_a_frozen_source(tmp_path: Path) -> None:
    config = '[feeds.tencent]\nquote_url = "http://127.0.0.1:1/q="\n[feeds.yahoo]\nenabled = false\n'
    async with PageServer(answers(FEED)).serving() as server:
        _, out, _ = await ran("doctor", tmp_path, config + source("rthk", server.url))
    assert "warn  headlines rthk" in out
    assert "frozen: its newest headline is of 2025-09-17  (look for the publisher's new address)" in out
