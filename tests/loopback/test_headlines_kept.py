"""Headlines over a restart and a reload of headless: told once, kept, and no rule fires on one twice."""

import asyncio
import json
import os
import signal
import sys
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from aiohttp import web

from tests.limit import LIMIT
from tests.loopback.feeding import PageServer, answers, until
from tests.paths import ROOT

PHASES = ["closed", "pre_open", "morning", "lunch", "afternoon", "closing_auction"]


def page(*titles: str) -> bytes:
    """A feed of headlines a few minutes old."""
    items = "".join(
        f"<item><title>{title}</title><guid isPermaLink='false'>{title}</guid>"
        f"<pubDate>{format_datetime(datetime.now(UTC) - timedelta(minutes=5 + number))}</pubDate></item>"
        for number, title in enumerate(titles)
    )
    return f'<rss version="2.0"><channel>{items}</channel></rss>'.encode()


async def start(home: Path, url: str, news: str) -> asyncio.subprocess.Process:
    """Headless, watching Baidu, with one source of headlines and a section ``[news]``."""
    config = home / "config.toml"
    config.write_text(
        f'[[headlines]]\nname = "news"\nurl = "{url}"\ninterval = "1s"\n[watchlists]\ntech = ["9888"]\n'
        '[feeds.tencent]\nquote_url = "http://127.0.0.1:1/q="\nkline_url = "http://127.0.0.1:1/"\n'
        f"[feeds.yahoo]\nenabled = false\n[news]\n{news}\n"
        f'[[rule]]\nid = "chips"\nkind = "headline"\nany = ["chip*"]\nsessions = {json.dumps(PHASES)}\n',
        encoding="utf-8",
    )
    names = ("XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME")
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tui", "headless", "--headlines", "--config", str(config),
        cwd=ROOT, env=dict(os.environ) | {"HOME": str(home)} | dict.fromkeys(names, str(home)),
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip


async def hear(process: asyncio.subprocess.Process, last: str) -> list[dict[str, Any]]:
    """What it says until a headline, or a line of a type, that has ``last`` in it has come."""
    assert process.stdout is not None
    lines: list[dict[str, Any]] = []
    async with asyncio.timeout(LIMIT):
        while not any(last in line.get("title", line["type"]) for line in lines):
            lines.append(json.loads(await process.stdout.readline()))
    return lines


async def told(home: Path, url: str, last: str) -> list[dict[str, Any]]:
    """What headless says until a headline that has ``last`` in it has come; then it is ended."""
    process = await start(home, url, 'mute = ["football"]')
    lines = await hear(process, last)
    process.terminate()
    rest, _ = await process.communicate()
    return lines + [json.loads(line) for line in rest.splitlines()]


def titles(lines: list[dict[str, Any]]) -> list[str]:
    """The headlines among lines."""
    return [line["title"] for line in lines if line["type"] == "headline"]


async def test_a_restart_tells_what_is_new_and_nothing_else(tmp_path: Path) -> None:
    first, second = (
        page("Baidu chips sell out", "Football results"),
        page("Tencent bonds", "Baidu chips sell out"),
    )
    async with PageServer(answers(first)).serving() as server:
        lines = await told(tmp_path, server.url, "chips")
    assert titles(lines) == ["Baidu chips sell out"]
    [alert] = [line for line in lines if line["type"] == "alert"]
    assert (alert["rule_id"], alert["symbol"]) == ("chips", "9888.HK")
    async with PageServer(answers(second)).serving() as server:
        lines = await told(tmp_path, server.url, "Tencent")
    assert titles(lines) == ["Tencent bonds"]
    assert not [line for line in lines if line["type"] == "alert"]


async def test_a_reload_takes_other_words_to_mute_and_other_names(tmp_path: Path) -> None:
    """The source is left alone, and what was told under the old words is not told anew."""
    early = answers(page("Ernie Bot opens"))
    late = answers(page("Ernie Bot opens", "Football results", "Ernie Bot sells out"))
    aliases = tmp_path / "names.toml"
    aliases.write_text("", encoding="utf-8")
    release = asyncio.Event()

    async def news(request: web.BaseRequest) -> web.StreamResponse:
        return await (late if release.is_set() else early)(request)

    async with PageServer(news).serving() as server:
        names = f'aliases = "{aliases}"\n'
        process = await start(tmp_path, server.url, names)
        lines = await hear(process, "opens")
        config = tmp_path / "config.toml"
        words = config.read_text("utf-8").replace(names, names + 'mute = ["football"]\n')
        config.write_text(words, encoding="utf-8")
        aliases.write_text('[aliases]\n"9888" = ["Ernie Bot"]\n', encoding="utf-8")
        process.send_signal(signal.SIGHUP)
        lines += await hear(process, "reload")
        release.set()
        lines += await hear(process, "sells out")
        process.terminate()
        await process.communicate()
    assert lines[-1]["symbols"] == ["9888.HK"]
    assert titles(lines) == ["Ernie Bot opens", "Ernie Bot sells out"]


async def test_a_source_keeps_its_turn_when_another_is_added(tmp_path: Path) -> None:
    """One that asked to be left alone for an hour is not asked again because the file was saved."""
    busy = PageServer(answers(status=429, Retry_After="3600"))
    async with busy.serving(), PageServer(answers(page("Tencent bonds"))).serving() as other:
        process = await start(tmp_path, busy.url, "")
        await until(lambda: len(busy.paths) == 1)
        config = tmp_path / "config.toml"
        more = f'[[headlines]]\nname = "other"\nurl = "{other.url}"\n'
        config.write_text(more + config.read_text("utf-8"), encoding="utf-8")
        process.send_signal(signal.SIGHUP)
        lines = await hear(process, "Tencent")
        process.terminate()
        await process.communicate()
    assert titles(lines) == ["Tencent bonds"]
    assert len(busy.paths) == 1
