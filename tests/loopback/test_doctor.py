"""``tickwall doctor`` as a user runs it, and the judgements of it that need no venue."""

import json
import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from feeds.clock import SystemClock
from feeds.failure import TURNED_AWAY
from feeds.finnhub import FinnhubFeed, FinnhubSettings
from feeds.yahoo import YahooFeed, YahooSettings
from market.clock import SECOND, parse_rfc3339
from market.quote import Quote
from monitor import feed_findings
from monitor.assignment import assign
from monitor.config import load
from monitor.doctor import calendars, proxies, report
from monitor.finding import Finding
from tests.loopback.feeding import PageServer, RushedClock, StreamServer, answers, says
from tests.loopback.peers import POLLS
from tests.loopback.test_commands import environ, tickwall, venue_config
from tui.checkup import screen

__all__ = ["environ", "venue_config"]

NOW = parse_rfc3339("2025-09-17T10:00:00+08:00")
MAX_AGE = 90 * SECOND


def by_name(text: str) -> dict[str, dict[str, Any]]:
    """The findings of a JSON array, each by what it is about."""
    findings = json.loads(text)
    assert all(list(one) == ["status", "what", "text", "mend"] for one in findings)
    return {one["what"]: one for one in findings}


async def test_a_healthy_venue(environ: dict[str, str], venue_config: str) -> None:
    """Without a terminal, which is no failure; nothing else is wrong."""
    code, out, err = await tickwall(
        environ | {"LC_ALL": "C.UTF-8"}, "doctor", "--json", "--config", venue_config
    )
    found = by_name(out)
    assert (code, err) == (0, "")
    assert {what for what, one in found.items() if one["status"] != "ok"} == {"terminal"}
    assert set(found) >= {
        "locale", "config", "calendar XHKG", "clock", "feed tencent", "feed yahoo",
        "headlines rthk", "headlines hkexnews", "history",
    }  # fmt: skip
    assert re.fullmatch(
        r"answers; its newest quote is \d+s old, lag [\d.]+ s, [\d.]+ quotes/s", found["feed tencent"]["text"]
    )
    assert found["calendar XHKG"]["text"].endswith("known until 2027-12-31")


async def test_nobody_there(environ: dict[str, str], tmp_path: Path) -> None:
    """Each that does not answer is named with its reason and a mend; the exit code says so too."""
    history = tmp_path / "history"
    history.mkdir()
    (history / "9888.HK.csv").write_text(
        "Date,Open,High,Low,Close,Volume\n"
        "2025-09-15,110,116,109,113,5\n2025-09-16,113,114,112,113.2,5\n2025-09-20,113,114,112,113.2,5\n",
        encoding="utf-8",
    )
    config = tmp_path / "config.toml"
    config.write_text(
        '[watchlists]\ntech = ["9888.HK"]\n'
        '[feeds.tencent]\nquote_url = "http://127.0.0.1:1/q="\n[feeds.yahoo]\nenabled = false\n'
        '[[headlines]]\nname = "gone"\nkind = "rss"\nurl = "http://127.0.0.1:1/feed?token=hidden"\n'
        f'[history]\ndir = "{history}"\n',
        encoding="utf-8",
    )
    proxied = environ | {"https_proxy": "http://bob:se/c@ret@proxy.example:3128"}
    code, out, _ = await tickwall(proxied, "doctor", "--config", str(config))
    rows = out.splitlines()
    assert code == 1
    assert "secret" not in out
    assert "c@ret" not in out
    assert [row.split("  ")[1] for row in rows if row.startswith("fail")] == [
        "feed tencent",
        "headlines gone",
    ]
    assert all("connection refused" in row for row in rows if row.startswith("fail"))
    [tencent] = [row for row in rows if "feed tencent" in row]
    assert re.search(r"connection refused; \d errors?, next try in \d+s  \(see whether", tencent)
    [ghost, old] = [row for row in rows if "history 9888.HK" in row]
    assert "rows on days without a session, left out: 2025-09-20" in ghost
    assert "sessions ago, on 2025-09-16" in old


async def test_a_bad_configuration_is_a_finding(environ: dict[str, str], tmp_path: Path) -> None:
    """Every problem of it, in place of what depends on it."""
    config = tmp_path / "config.toml"
    config.write_text('[display]\nfsp = 3\n[calendar]\nfile = "/nowhere"\n', encoding="utf-8")
    code, out, _ = await tickwall(environ, "doctor", "--json", "--config", str(config))
    assert code == 1
    failed = [one for one in json.loads(out) if one["status"] == "fail"]
    assert [one["what"] for one in failed] == ["config"]
    assert "display.fsp: unknown key; did you mean 'fps'?" in failed[0]["text"]


@pytest.mark.parametrize(("when", "status"), [("10:00", "fail"), ("12:30", "warn"), ("20:00", "warn")])
async def test_silence_is_judged_by_the_hours(
    when: str, status: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A venue that pushes has nothing to say over lunch and at night."""
    monkeypatch.setattr(feed_findings, "PATIENCE", 0.1)
    clock = RushedClock(held=True)
    clock.time = parse_rfc3339(f"2025-09-17T{when}:00+08:00")
    async with StreamServer(says()).serving() as server:
        feed = YahooFeed(YahooSettings(stream_url=server.url), ["HSTECH"], clock)
        heard = await feed_findings.hear(feed, ["HSTECH", "BTC-USD"], clock, MAX_AGE)
    assert (heard.finding.status, heard.lead) == (status, None)
    assert heard.finding.text.startswith("silent for 0.1 s")


async def test_a_missing_key_is_no_matter_of_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """The mend says where the key goes."""
    monkeypatch.setattr(feed_findings, "PATIENCE", 0.1)
    feed = FinnhubFeed(FinnhubSettings(token_env="TICKWALL_HAS_NO_SUCH_KEY"), ["BIDU"], SystemClock())
    finding = (await feed_findings.hear(feed, ["BIDU"], SystemClock(), MAX_AGE)).finding
    assert finding.status == "fail" and finding.text.startswith("no key in the environment's")
    assert finding.mend == "set TICKWALL_HAS_NO_SUCH_KEY to the vendor's key, or name a file of it"


@pytest.mark.parametrize(
    ("when", "age", "delay", "status"),
    [
        ("10:00:00", 2, 0, "ok"),
        ("10:00:00", 900, 0, "warn"),
        ("10:00:00", 905, 900, "ok"),
        ("12:30:00", 1800, 0, "ok"),
        ("13:00:30", 3630, 0, "ok"),
        ("16:07:00", 420, 0, "ok"),
        ("20:00:00", 14_400, 0, "ok"),
    ],
)
async def test_a_late_feed_is_warned_of_while_its_names_trade(
    when: str, age: float, delay: int, status: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not over lunch, in the closing auction or at night, and not where its section says so."""
    monkeypatch.setattr(feed_findings, "LISTEN", 0.01)
    clock = RushedClock(held=True)
    clock.time = parse_rfc3339(f"2025-09-17T{when}+08:00")
    [tencent, *_] = POLLS
    page = tencent.page("124.50", clock.time - round(age * SECOND))
    async with PageServer(answers(page)).serving() as server:
        feed = tencent.feed(server.url, clock)
        heard = await feed_findings.hear(feed, ["9888.HK"], clock, MAX_AGE, delay * SECOND)
    assert heard.finding.status == status
    assert heard.finding.text.startswith("answers; ")


async def test_a_block_is_no_matter_of_the_network() -> None:
    """The mend is to wait."""
    async with PageServer(answers(status=456)).serving() as server:
        clock = RushedClock(held=True)
        feed = POLLS[1].feed(server.url, clock)
        finding = (await feed_findings.hear(feed, ["9888.HK"], clock, MAX_AGE)).finding
    assert (finding.status, finding.mend) == ("fail", TURNED_AWAY)
    assert finding.text.startswith("answered HTTP 456; 1 error, next try in ")


def test_names_without_a_previous_close_are_warned_of(tmp_path: Path) -> None:
    """A feed of trades alone, where no other brings its names."""
    path = tmp_path / "config.toml"
    for yahoo, found in (
        ("false", ["AAPL, BIDU: no feed brings one, so there is no percentage"]),
        ("true", []),
    ):
        path.write_text(f"[feeds.finnhub]\nenabled = true\n[feeds.yahoo]\nenabled = {yahoo}\n")
        settings = load(str(path), environ={}).settings
        assigned = assign(settings, ("9888.HK", "AAPL", "BIDU"), date(2025, 9, 17))
        findings = feed_findings.without_close(settings, assigned)
        assert [finding.text for finding in findings] == found


def test_two_feeds_are_compared() -> None:
    """On the names that both have, where their stamps are of one moment."""

    def says(source: str, symbol: str, last: str, second: int = 0) -> dict[str, Quote]:
        at = NOW + second * SECOND
        return {symbol: Quote(symbol, Decimal(last), at, at, source)}

    ours = says("a", "9888.HK", "131.0") | says("a", "0700.HK", "640.0") | says("a", "9988.HK", "150.0")
    theirs = says("b", "9888.HK", "131.4") | says("b", "0700.HK", "640.5") | says("b", "9988.HK", "99", 60)
    [found] = feed_findings.disputes({"a": ours, "b": theirs, "c": says("c", "AAPL", "1")})
    assert (found.status, found.what) == ("warn", "feeds a, b")
    assert found.text == "differ at this moment on 1 of 2 names: 9888.HK is 131.0 and 131.4"
    [found] = feed_findings.disputes({"a": ours, "b": says("b", "9888.HK", "131.2")})
    assert (found.status, found.text) == ("ok", "agree on 1 name")
    late = says("b", "9888.HK", "131.0", -900)
    assert list(feed_findings.disputes({"a": ours, "b": late})) == []


def test_a_clock_that_is_slow_is_found_out_by_its_quotes() -> None:
    """Stamps in whole seconds may be ahead by one; none at all say nothing."""
    assert [feed_findings.machine_clock(lead).status for lead in (None, -SECOND, SECOND, 3 * SECOND)] == [
        "ok", "ok", "ok", "warn",
    ]  # fmt: skip
    assert "slow by at least 3.0 s" in feed_findings.machine_clock(3 * SECOND).text


@pytest.mark.parametrize(
    ("address", "status", "shown"),
    [
        ("http://proxy.example:3128", "ok", "http://proxy.example:3128"),
        ("http://bob:se/c@ret@proxy.example:3128/", "ok", "http://***@proxy.example:3128/"),
        ("bob:secret@proxy.example:3128", "ok", "***@proxy.example:3128"),
        ("socks5://bob@127.0.0.1:9050", "warn", "socks5://***@127.0.0.1:9050"),
    ],
)
def test_proxies_are_shown_without_their_passwords(
    address: str, status: str, shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However the address is written."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "ws_proxy", "wss_proxy", "ftp_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    assert [one.text for one in proxies()] == ["none in the environment"]
    monkeypatch.setenv("https_proxy", address)
    [found] = proxies()
    assert (found.status, found.what, found.text) == (status, "https_proxy", shown)


def test_a_calendar_is_amended_by_a_file_that_has_a_section_for_it(tmp_path: Path) -> None:
    closures, file = tmp_path / "closures.toml", tmp_path / "config.toml"
    closures.write_text("[XHKG]\nclosed = [2025-09-24]\n")
    file.write_text(f'[calendar]\nfile = "{closures}"\n')
    config = load(file, environ={"XDG_CONFIG_HOME": "/nonexistent"})
    told = {one.what: one.text for one in calendars(config, ["9888.HK", "AAPL"], NOW)}
    assert told["calendar XHKG"].endswith(f"; amended by {closures}")
    assert "amended" not in told["calendar XNYS"]


def test_a_locale_without_blocks_is_told() -> None:
    """With what is lost by it."""
    [terminal, locale] = screen({"LANG": "de_DE.ISO-8859-1"})
    assert (terminal.status, terminal.what) == ("warn", "terminal")
    assert locale.text.startswith("iso8859-1, which has no blocks")
    assert locale.mend is not None


def test_a_report_has_a_line_for_each() -> None:
    """Its mend in brackets, where there is one."""
    found = [Finding("ok", "clock", "right"), Finding("fail", "feed x", "down", "plug it in")]
    assert report(found) == "ok    clock   right\nfail  feed x  down  (plug it in)\n"
