"""What doctor finds in history: defects by name, and closes on which two vendors' files disagree."""

import os
from pathlib import Path

import pytest

from market.clock import parse_rfc3339
from monitor.config import load
from monitor.history import sources
from monitor.history_findings import history
from tests.paths import ROOT

NOW = parse_rfc3339("2025-02-03T10:00:00+08:00")
SYMBOL = "1234.HK"
FIXTURE = (ROOT / "tests" / "data" / "history" / f"{SYMBOL}.csv").read_text()


def test_vendors_that_disagree_are_told_as_disagreeing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By what both have on file: nothing is fetched for an examination."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    config = load(os.devnull, flags={"watchlists.tech": [SYMBOL]}, environ={})
    tencent, yahoo = sources(config.settings.feeds)
    head, *rows = FIXTURE.splitlines()
    other = rows.copy()
    for at in (20, 30):
        day, opened, high, low, _, volume = rows[at].split(",")
        other[at] = f"{day},{opened},{high},{low},{high},{volume}"
    for vendor, lines in ((tencent, rows), (yahoo, other)):
        folder = tmp_path / "tickwall" / "history" / vendor.folder
        folder.mkdir(parents=True)
        (folder / f"{SYMBOL}.csv").write_text("\n".join([head, *lines]) + "\n")
    kept, disagreement = history(config, [SYMBOL, "9888.HK"], NOW)
    assert (kept.status, kept.text) == ("ok", f"fetched, and kept in {tmp_path / 'tickwall'}")
    day, _, high, _, close, _ = rows[30].split(",")
    assert (disagreement.status, disagreement.what) == ("warn", f"history {SYMBOL}")
    assert disagreement.text == f"yahoo has another close on {day}: {high}, here {close}, and on 1 other day"
    assert disagreement.mend is not None and disagreement.mend.startswith("tencent is what holds here")


def test_a_folder_is_read_whole(tmp_path: Path) -> None:
    """Its files' defects, its unreadable ones, and those that are old."""
    (tmp_path / f"{SYMBOL}.csv").write_text(FIXTURE.replace("2024-12-31", "2025-01-01"))
    (tmp_path / "9888.HK.csv").write_text("Day,Price\n")
    config = load(os.devnull, flags={"history.dir": str(tmp_path)}, environ={})
    found = list(history(config, [SYMBOL, "9888.HK", "0700.HK"], parse_rfc3339("2025-02-06T10:00:00+08:00")))
    assert [(one.status, one.what) for one in found] == [
        ("ok", "history"),
        *[("warn", f"history {SYMBOL}")] * 3,
        ("fail", "history 9888.HK"),
    ]
    assert found[0].text.endswith("has 2 of 3 watched names")
    assert [one.text.partition(":")[0] for one in found[1:4]] == [
        "rows on days without a session, left out",
        "sessions without a row",
        "ends 4 sessions ago, on 2025-01-28",
    ]
