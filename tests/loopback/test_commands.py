"""The commands without a screen, run as a user runs them, against the simulated venue."""

import asyncio
import gzip
import json
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator, Iterable, Mapping
from datetime import time
from pathlib import Path
from typing import Any

import pytest

from feeds.venue.config import config_toml
from feeds.venue.server import Venue, VenueOptions
from tests.limit import LIMIT
from tests.paths import ROOT


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """A home of its own for everything a command may write."""
    places = ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "HOME")
    kept = {key: value for key, value in os.environ.items() if not key.startswith("TICKWALL_")}
    return kept | {place: str(tmp_path / place) for place in places}


async def start(
    environ: Mapping[str, str], *arguments: str, stdout: int = PIPE
) -> asyncio.subprocess.Process:
    """``tickwall`` with arguments, its streams piped."""
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tui", *arguments, cwd=ROOT, env=dict(environ),
        stdin=DEVNULL, stdout=stdout, stderr=PIPE,
    )  # fmt: skip


async def tickwall(environ: Mapping[str, str], *arguments: str) -> tuple[int, str, str]:
    """Run to the end: exit code, standard output, standard error."""
    process = await start(environ, *arguments)
    async with asyncio.timeout(LIMIT):
        out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


def lines(text: str, *kinds: str) -> list[dict[str, Any]]:
    """The JSON lines of some types."""
    read = [json.loads(line) for line in text.splitlines()]
    return [line for line in read if not kinds or line["type"] in kinds]


@pytest.fixture
async def venue_config(tmp_path: Path) -> AsyncIterator[str]:
    """A venue that stands at 10:30, and the configuration that points at it."""
    async with Venue(VenueOptions(speed=0, start=time(10, 30))) as venue:
        path = tmp_path / "venue.toml"
        path.write_text(config_toml(venue.url), encoding="utf-8")
        yield str(path)


def quote_line(at: str, price: str, **more: object) -> str:
    """A tape's line on Baidu, received a tenth of a second later."""
    fields: dict[str, object] = {
        "t": "quote", "symbol": "9888.HK", "last": price,
        "ts_event": f"2025-09-17T{at}.000Z", "ts_recv": f"2025-09-17T{at}.100Z",
        "prev_close": "113.20", "source": "desk",
    }  # fmt: skip
    return json.dumps(fields | more)


def tape(path: Path, written: Iterable[str]) -> str:
    """A tape of these lines."""
    path.write_text("".join(f"{line}\n" for line in written), encoding="utf-8")
    return str(path)


async def test_quote_answers_in_the_order_asked(environ: dict[str, str], venue_config: str) -> None:
    """In any convention; what no feed answers is an error of its own."""
    asked = ("HSTECH", "09888", "AAPL")
    code, out, _ = await tickwall(environ, "quote", *asked, "--json", "--config", venue_config)
    rows = json.loads(out)
    assert code == 0
    assert [row["symbol"] for row in rows] == ["HSTECH", "9888.HK", "AAPL"]
    assert rows[1]["prev_close"] == "113.20"
    assert (rows[1]["quality"], rows[1]["phase"], rows[1]["source"]) == ("simulated", "morning", "tencent")
    assert "error" in rows[2]


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
async def test_a_stream_that_is_closed_leads_nowhere(
    environ: dict[str, str], tmp_path: Path, closed: str
) -> None:
    """As a careless parent leaves them; the store does not get their numbers."""
    path = tape(tmp_path / "t.jsonl", [quote_line("01:30:00", "119")])
    command = f"exec '{sys.executable}' -m tui headless --tape '{path}' --state '{tmp_path}/s.db' {closed}"
    process = await asyncio.create_subprocess_exec(
        "sh", "-c", command, cwd=ROOT, env=environ, stdout=PIPE, stderr=DEVNULL
    )
    async with asyncio.timeout(LIMIT):
        out, _ = await process.communicate()
    assert process.returncode == 0
    assert (b'"type":"alert"' in out) == (closed == "2>&-")
    assert (tmp_path / "s.db").read_bytes().startswith(b"SQLite format 3")


async def test_quote_for_a_person_is_a_table(environ: dict[str, str], venue_config: str) -> None:
    """Without colour when it is piped."""
    code, out, _ = await tickwall(environ, "quote", "9888", "--config", venue_config)
    assert code == 0
    assert out.splitlines()[0].split()[:3] == ["symbol", "name", "last"]
    assert "Baidu" in out
    assert "\x1b" not in out


async def test_quote_without_an_answer(environ: dict[str, str], tmp_path: Path) -> None:
    """69, and the reason beside the symbol."""
    config = tmp_path / "dead.toml"
    config.write_text(
        '[feeds.tencent]\nquote_url = "http://127.0.0.1:1/q="\ninterval = "100ms"\n', encoding="utf-8"
    )
    code, out, _ = await tickwall(environ, "quote", "9888", "--json", "--config", str(config))
    assert code == 69
    assert json.loads(out)[0]["error"].startswith("tencent: ")


async def test_quote_does_not_wait_for_what_nobody_serves(environ: dict[str, str]) -> None:
    """Nor for what is no symbol."""
    environ |= {"TICKWALL_FEEDS_TENCENT_ENABLED": "false", "TICKWALL_FEEDS_YAHOO_ENABLED": "false"}
    async with asyncio.timeout(LIMIT):
        code, out, _ = await tickwall(environ, "quote", "9888", "\x1b[31m", "--json")
    assert code == 69
    assert json.loads(out) == [
        {"symbol": "9888.HK", "error": "no feed serves it"},
        {"symbol": "[31m", "error": "not a symbol"},
    ]


async def test_headlines_newest_first(environ: dict[str, str], venue_config: str) -> None:
    """With the fields of the contract."""
    code, out, _ = await tickwall(environ, "headlines", "--json", "--limit", "3", "--config", venue_config)
    rows = json.loads(out)
    assert code == 0
    assert 1 <= len(rows) <= 3
    assert [row["ts"] for row in rows] == sorted((row["ts"] for row in rows), reverse=True)
    assert set(rows[0]) >= {"id", "title", "link", "ts", "source", "symbols", "class", "amounts"}


async def test_headless_plays_a_tape(environ: dict[str, str], tmp_path: Path) -> None:
    """Each step once; the bad line by its number; the outlier withheld; 0 at the end."""
    written = [
        "{not json", quote_line("01:30:00", "119.00"), quote_line("01:31:00", "118.00"),
        quote_line("01:32:00", "124.60"), quote_line("01:33:00", "180"), quote_line("01:33:01", "124.70"),
        quote_line("01:34:00", "131.00"),
    ]  # fmt: skip
    code, out, err = await tickwall(environ, "headless", "--tape", tape(tmp_path / "t.jsonl", written))
    assert code == 0
    assert [alert["threshold"] for alert in lines(out, "alert")] == ["5", "10", "15"]
    assert [held["reason"] for held in lines(out, "suppressed")] == ["outlier"]
    [bad] = lines(out, "error")
    assert (bad["ts"], "line 1" in bad["reason"], "line 1" in err) == ("2025-09-17T01:30:00.100Z", True, True)
    assert all(line["v"] == 1 and line["ts"].endswith("Z") for line in lines(out))
    assert lines(out)[0]["event"] == "started"
    events = [line["event"] for line in lines(out, "session") if line.get("mic", "XHKG") == "XHKG"]
    assert [event for event in events if event != "phase"] == ["started", "armed", "summary", "stopped"]


async def test_feed_health_is_told_unless_nobody_wants_it(environ: dict[str, str], tmp_path: Path) -> None:
    """A source that falls silent in the morning; ``[alerts] feed_health = false`` is for those who know."""
    path = tape(tmp_path / "t.jsonl", [quote_line("01:30:00", "114"), quote_line("01:40:00", "114")])
    _, out, _ = await tickwall(environ, "headless", "--tape", path)
    assert [line["state"] for line in lines(out, "feed")] == ["live", "stale", "live"]
    environ |= {"TICKWALL_ALERTS_FEED_HEALTH": "false"}
    _, out, _ = await tickwall(environ, "headless", "--tape", path)
    assert lines(out, "feed") == []


async def test_a_strict_tape_ends_at_its_first_bad_line(environ: dict[str, str], tmp_path: Path) -> None:
    """With 65; a missing one as well."""
    path = tape(tmp_path / "t.jsonl", [quote_line("01:30:00", "119"), "{", quote_line("01:31:00", "125")])
    code, out, err = await tickwall(environ, "headless", "--tape", path, "--strict")
    assert code == 65
    assert len(lines(out, "alert")) == 1
    assert "line 2" in err
    assert (await tickwall(environ, "headless", "--tape", str(tmp_path / "none")))[0] == 65


async def test_a_tape_may_be_gzip_and_says_replay(environ: dict[str, str], tmp_path: Path) -> None:
    """``replay --headless`` is the same stream."""
    path = tmp_path / "t.jsonl.gz"
    path.write_bytes(gzip.compress(quote_line("01:30:00", "119").encode() + b"\n"))
    code, out, _ = await tickwall(environ, "replay", str(path), "--speed", "max", "--headless")
    assert code == 0
    assert [alert["quality"] for alert in lines(out, "alert")] == ["replay"]


async def test_a_tape_may_leap_over_weeks(environ: dict[str, str], tmp_path: Path) -> None:
    """Each session has its own alerts and phases, and health turns at its own second on the way."""
    later = {"ts_event": "2025-10-16T02:00:00.000Z", "ts_recv": "2025-10-16T02:00:00.100Z"}
    path = tape(tmp_path / "t.jsonl", [quote_line("01:30:00", "119"), quote_line("", "119", **later)])
    async with asyncio.timeout(LIMIT):
        _, out, _ = await tickwall(environ, "headless", "--tape", path)
    assert [alert["session_date"] for alert in lines(out, "alert")] == ["2025-09-17", "2025-10-16"]
    turns = [(line["ts"], line["state"]) for line in lines(out, "feed")]
    assert turns[1] == ("2025-09-17T01:31:30.100Z", "stale")
    assert turns[-1] == ("2025-10-16T02:00:00.100Z", "live")
    opened = [line for line in lines(out, "session") if line.get("phase") == "morning"]
    assert len(opened) == 20


async def test_a_tape_with_few_lines_tells_at_the_instants_between_them(
    environ: dict[str, str], tmp_path: Path
) -> None:
    """What holds, waits or is silent has its own second, after a long gap, too; the last line counts."""
    config = tmp_path / "c.toml"
    rule = "[[rule]]\nid = '{}'\nkind = '{}'\nsymbols = ['9888.HK']\n"
    config.write_text(
        "schema = 1\n"
        + rule.format("holds", "pct_prev_close") + "threshold = 5\nfor = '60s'\n"
        + rule.format("agreed", "pct_prev_close") + "threshold = 10\nconfirm = 'other_source'\n"
        + rule.format("silent", "stale") + "threshold = '5m'\nfrequency = 'every_cross'\n",
        encoding="utf-8",
    )  # fmt: skip
    written = [quote_line("01:30:00", "119"), quote_line("01:40:00", "126"), quote_line("01:50:00", "118")]
    _, out, _ = await tickwall(
        environ, "headless", "--config", str(config), "--tape", tape(tmp_path / "t.jsonl", written)
    )
    assert [(alert["ts"][11:], alert["rule_id"]) for alert in lines(out, "alert")] == [
        ("01:31:00.100Z", "holds"),
        ("01:35:00.100Z", "silent"),
        ("01:40:10.100Z", "agreed"),
        ("01:45:00.100Z", "silent"),
    ]
    assert [line["ts"][11:] for line in lines(out, "resolved")] == ["01:40:01.100Z", "01:50:00.100Z"]


async def test_a_store_remembers_over_a_restart(environ: dict[str, str], tmp_path: Path) -> None:
    """The second run of a tape on the same store finds nothing new; without one it starts afresh."""
    path = tape(tmp_path / "t.jsonl", [quote_line("01:30:00", "119")])
    state = str(tmp_path / "state.db")
    counts = []
    for command in (["headless", "--tape"], ["replay", "--headless"]):
        for more in (["--state", state], []):
            _, out, _ = await tickwall(environ, *command, path, *more)
            counts.append(len(lines(out, "alert")))
    assert counts == [1, 1, 0, 1]
    assert not (Path(environ["XDG_STATE_HOME"]) / "tickwall").exists()


async def test_headlines_that_attack_are_harmless(environ: dict[str, str], tmp_path: Path) -> None:
    """Escape sequences, bidi controls and line breaks of a tape's headline never reach the stream."""
    evil = "Baidu \x1b]0;owned\x07\x1b[31m rises\u202e\nfast"
    headline = {
        "t": "headline", "id": "1",
        "ts_event": "2025-09-17T01:29:00.000Z", "ts_recv": "2025-09-17T01:29:01.000Z",
        "title": evil, "link": "javascript:alert(1)", "source": "x\x1b[0m",
    }  # fmt: skip
    path = tape(tmp_path / "t.jsonl", [json.dumps(headline), quote_line("01:30:00", "119")])
    _, out, _ = await tickwall(environ, "headless", "--tape", path, "--headlines")
    [told] = lines(out, "headline")
    assert not set(told["title"] + told["source"]) & {"\x1b", "\x07", "\u202e", "\n"}
    assert told["link"] == ""
    assert told["symbols"] == ["9888.HK"]
    [alert] = lines(out, "alert")
    assert [headline["title"] for headline in alert["headlines"]] == [told["title"]]


@pytest.mark.parametrize("arguments", [["--help"], ["config", "show"], ["headless", "--tape", "TAPE"]])
@pytest.mark.parametrize("buffered", ["", "1"])
async def test_a_reader_that_has_left_is_no_fault(
    environ: dict[str, str], tmp_path: Path, arguments: list[str], buffered: str
) -> None:
    """0 and not a word, wherever the pipe breaks."""
    path = tape(tmp_path / "t.jsonl", [quote_line("01:30:00", "119")])
    read, write = os.pipe()
    os.close(read)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tui", *(path if word == "TAPE" else word for word in arguments), cwd=ROOT,
        env=environ | {"PYTHONUNBUFFERED": buffered}, stdin=asyncio.subprocess.DEVNULL, stdout=write,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    os.close(write)
    async with asyncio.timeout(LIMIT):
        _, err = await process.communicate()
    assert process.returncode == 0
    assert b"Error" not in err


async def test_headless_with_nothing_to_watch_is_no_calm(environ: dict[str, str]) -> None:
    """It says so instead of ending well."""
    environ |= {"TICKWALL_FEEDS_TENCENT_ENABLED": "false", "TICKWALL_FEEDS_YAHOO_ENABLED": "false"}
    code, out, err = await tickwall(environ, "headless")
    assert (code, out) == (78, "")
    assert "no feed is enabled" in err


async def test_json_is_utf_8_in_any_locale(environ: dict[str, str], tmp_path: Path) -> None:
    """A Chinese headline under a locale of another age."""
    headline = {
        "t": "headline", "id": "1", "title": "百度獲升級", "source": "rthk",
        "ts_event": "2025-09-17T01:29:00.000Z", "ts_recv": "2025-09-17T01:29:01.000Z",
    }  # fmt: skip
    path = tape(tmp_path / "t.jsonl", [json.dumps(headline)])
    environ |= {"PYTHONIOENCODING": "ascii"}
    code, out, _ = await tickwall(environ, "headless", "--tape", path, "--headlines")
    assert code == 0
    assert lines(out, "headline")[0]["title"] == "百度獲升級"


@pytest.mark.parametrize("before", ["", "trap '' INT; "], ids=["", "in the background"])
async def test_sigterm_ends_what_waits_with_zero(environ: dict[str, str], before: str) -> None:
    """Also one look, which has nothing to clear away; a shell's background job ignores Ctrl-C."""
    asked = asyncio.Event()

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.set()
        await reader.read()
        writer.close()

    async with await asyncio.start_server(hang, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        environ |= {"TICKWALL_FEEDS_TENCENT_QUOTE_URL": f"http://127.0.0.1:{port}/q="}
        process = await asyncio.create_subprocess_exec(
            "sh", "-c", f"{before}exec '{sys.executable}' -m tui quote 9888",
            cwd=ROOT, env=environ, stdin=DEVNULL, stdout=PIPE, stderr=PIPE,
        )  # fmt: skip
        async with asyncio.timeout(LIMIT):
            await asked.wait()
            process.terminate()
            out, err = await process.communicate()
    assert (process.returncode, out, err.strip()) == (0, b"", b"")


async def test_sigterm_ends_a_live_run_with_zero(environ: dict[str, str], venue_config: str) -> None:
    """And its last line says why."""
    process = await start(environ, "headless", "--config", venue_config)
    assert process.stdout is not None
    async with asyncio.timeout(LIMIT):
        first = json.loads(await process.stdout.readline())
        assert (first["type"], first["event"], first["quality"]) == ("session", "started", "simulated")
        process.send_signal(signal.SIGTERM)
        rest, _ = await process.communicate()
    assert process.returncode == 0
    assert lines(rest.decode())[-1]["reason"] == "signal"


async def test_sighup_takes_new_rules_and_keeps_the_old_ones_over_a_bad_file(
    environ: dict[str, str], venue_config: str
) -> None:
    """Each reload says whether it was one."""
    process = await start(environ, "headless", "--config", venue_config)
    assert process.stdout is not None
    told = []
    async with asyncio.timeout(LIMIT):
        while json.loads(await process.stdout.readline()).get("event") != "phase":
            pass
        good = Path(venue_config).read_text("utf-8")
        rule = '[[rule]]\nid = "x"\nkind = "pct_prev_close"\nthreshold = "{}"\n'
        for text in (good + rule.format("1"), good + rule.format("no")):
            Path(venue_config).write_text(text, encoding="utf-8")
            process.send_signal(signal.SIGHUP)
            while (line := json.loads(await process.stdout.readline()))["type"] != "reload":
                pass
            told.append(line)
        process.terminate()
        await process.communicate()
    assert [line["ok"] for line in told if line["type"] == "reload"] == [True, False]


async def test_the_day_at_full_speed(environ: dict[str, str]) -> None:
    """The demo ends with 0; Baidu's steps come once each and nothing comes twice."""
    code, out, _ = await tickwall(environ, "demo", "--headless", "--speed", "max")
    alerts = lines(out, "alert")
    assert code == 0
    baidu = [alert["threshold"] for alert in alerts if alert["symbol"] == "9888.HK"]
    assert baidu == ["5", "10", "15"]
    assert len({alert["dedup_key"] for alert in alerts}) == len(alerts)
    assert {alert["quality"] for alert in alerts} == {"simulated"}


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--nonsense"], 64, "No such option"),
        (["quote"], 64, "Missing argument"),
        (["demo", "--speed", "-1"], 64, "'-1' is not a positive number or max"),
        (["demo", "--start", "25:00"], 64, "'25:00' is not a time such as 09:30"),
        (["headless", "--duration", "nan"], 64, "'nan' is not a positive number of seconds"),
        (["record", "day.jsonl", "--max-mb", "0"], 64, "'0' is not a whole number from 1 to 10000000"),
        (["streaks", "HSTECH", "--as-of", "today"], 64, "'today' is not a date such as 2025-09-17"),
        (["headless", "--config", "/nonexistent.toml"], 78, "no such file"),
        (["--config", "/nonexistent.toml", "config", "check"], 78, "no such file"),
        (["config", "--config", "/nonexistent.toml", "check"], 78, "no such file"),
        (["config", "check", "--config", "/"], 78, "/: cannot be read: Is a directory"),
        (["config", "init", "--config", "/dev/null/x.toml"], 1, "/dev/null"),
        (["simulate", "--start", "08:59"], 64, "from 09:00 to 16:10"),
        (["simulate", "--fault", "nonsense"], 64, "nonsense"),
        (["demo", "--headless", "--start", "17:00"], 64, "from 09:00 to 16:10"),
    ],
)
async def test_mistakes_are_told_in_one_message(
    environ: dict[str, str], arguments: list[str], code: int, said: str
) -> None:
    """With the exit code of the contract, and no traceback."""
    got, out, err = await tickwall(environ, *arguments)
    assert (got, out) == (code, "")
    assert said in err
    assert "Traceback" not in err
