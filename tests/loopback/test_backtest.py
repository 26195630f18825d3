"""``tickwall backtest``: tapes in a row, told in words and as JSON, ended by the right code."""

import json
from pathlib import Path

import pytest

from market.clock import SECOND, parse_rfc3339, rfc3339
from tui.__main__ import run

OPEN = parse_rfc3339("2025-09-17T01:30:00Z")
DAY = 86_400
RULES = """
[[rule]]
id = "level"
kind = "price_cross"
symbols = ["9888.HK"]
threshold = "120"
direction = "up"
frequency = "once"

[[rule]]
id = "move"
kind = "pct_prev_close"
symbols = ["9888.HK"]
"""


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing of this machine's own."""
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))


def written(path: Path, text: str) -> str:
    """A file."""
    path.write_text(text, encoding="utf-8")
    return str(path)


def tape(path: Path, start: int, *prices: str) -> str:
    """A price each second from some seconds after the open."""
    lines = []
    for number, price in enumerate(prices):
        stamp = rfc3339(OPEN + (start + number) * SECOND)
        quote = {"t": "quote", "symbol": "9888.HK", "ts_event": stamp, "ts_recv": stamp, "last": price}
        lines.append(json.dumps(quote | {"prev_close": "115", "source": "a"}))
    return written(path, "\n".join(lines) + "\n")


def test_tapes_in_a_row_are_met_as_by_one_daemon(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is told once for ever is not told on the second day, the daily one is."""
    rules = written(tmp_path / "rules.toml", RULES)
    days = [tape(tmp_path / "1", 1, "119", "121"), tape(tmp_path / "2", DAY + 1, "119", "121", "122")]
    assert run(["backtest", rules, *days]) == 0
    out, err = capsys.readouterr()
    assert [line.split()[:4] for line in out.splitlines()[1:]] == [
        ["2025-09-17", "09:30:02", "9888.HK", "level"],
        ["2025-09-17", "09:30:02", "9888.HK", "move"],
        ["2025-09-18", "09:30:02", "9888.HK", "move"],
    ]
    assert "up through HK$120.00" in out
    assert err.endswith("3 alerts, 0 steps withheld\n")


def test_as_json_it_is_one_array(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Also of nothing."""
    rules = written(tmp_path / "rules.toml", RULES)
    assert run(["backtest", rules, tape(tmp_path / "1", 1, "119", "121"), "--json"]) == 0
    assert [alert["rule_id"] for alert in json.loads(capsys.readouterr().out)] == ["level", "move"]
    assert run(["backtest", rules, tape(tmp_path / "1", 1, "119"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_bad_rules_and_tapes_have_their_codes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """78 and 65, and the message names the file."""
    day = tape(tmp_path / "1", 1, "119")
    rules = written(tmp_path / "rules.toml", RULES)
    assert run(["backtest", written(tmp_path / "none.toml", "schema = 1"), day]) == 78
    assert run(["backtest", written(tmp_path / "bad.toml", "[[rule]]\nid = 'a'\nkind = 'x'"), day]) == 78
    assert run(["backtest", str(tmp_path / "nowhere.toml"), day]) == 78
    assert run(["backtest", rules, str(tmp_path / "nowhere")]) == 65
    bad = written(tmp_path / "2", Path(day).read_text("utf-8") + "{}\n")
    assert run(["backtest", rules, bad]) == 0
    assert run(["backtest", rules, bad, "--strict"]) == 65
    assert "there is no [[rule]] in it" in capsys.readouterr().err


def test_rules_are_tried_within_a_configuration(tmp_path: Path) -> None:
    """Its sinks are known there."""
    config = written(tmp_path / "c.toml", "[[sink]]\nid = 'desk'\nkind = 'exec'\ncommand = ['true']\n")
    rules = written(tmp_path / "rules.toml", RULES + "sinks = ['desk']\n")
    day = tape(tmp_path / "1", 1, "119")
    assert run(["backtest", rules, day]) == 78
    assert run(["backtest", rules, day, "--config", config]) == 0
