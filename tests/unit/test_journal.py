"""The journal as a file: whole, true, never over another one, and harmless in a spreadsheet."""

import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.journal import COLUMNS, JournalError, export, write_csv, write_json
from monitor.store import Stored

ALERT = {
    "v": 1, "type": "alert", "ts": "2025-09-17T02:14:07.180Z", "symbol": "9888.HK", "name": "Baidu",
    "value": "-10.070671", "threshold": "10", "facts": ["biggest loss since 2025-03-18", "a second"],
    "headlines": [{"title": "百度", "link": "", "ts": ""}],
    "message": "Baidu 9888.HK -10.07%", "currency": None,
}  # fmt: skip


def stored(number: int = 1, acknowledged: bool = True, **changes: object) -> Stored:
    """One alert as the store has it."""
    return Stored(number, json.dumps({**ALERT, **changes}), acknowledged=acknowledged)


def in_csv(*alerts: Stored) -> list[dict[str, str]]:
    """What a reader gets back."""
    file = io.StringIO(newline="")
    assert write_csv(file, alerts) == len(alerts)
    return list(csv.DictReader(io.StringIO(file.getvalue(), newline="")))


def test_a_line_for_each_alert() -> None:
    [row, _] = in_csv(stored(), stored(2, acknowledged=False))
    assert tuple(row) == COLUMNS
    assert row["value"] == "-10.070671", "a number stays one"
    assert (row["facts"], row["headlines"]) == ("biggest loss since 2025-03-18; a second", "百度")
    assert (row["currency"], row["kind"], row["acknowledged"], row["muted"]) == ("", "", "yes", "no")


@given(text=st.text(max_size=30), lead=st.sampled_from(["", "=", "+", "-", "@", "\t", "\r"]))
def test_no_text_is_a_formula(text: str, lead: str) -> None:
    [row] = in_csv(stored(message=lead + text))
    assert not row["message"].startswith(("=", "+", "-", "@", "\t", "\r"))
    assert row["message"].removeprefix("'") == (lead + text).removeprefix("'")


@pytest.mark.parametrize("count", [0, 1, 3])
def test_json_is_one_array_with_all_that_was_told(count: int) -> None:
    file = io.StringIO()
    assert write_json(file, [stored(number) for number in range(count)]) == count
    assert json.loads(file.getvalue()) == [{**ALERT, "acknowledged": True, "muted": False}] * count


def test_a_file_is_written_once_by_its_name(tmp_path: Path) -> None:
    for name in ("alerts.csv", "alerts.JSON"):
        assert export(tmp_path / name, [stored()]) == 1
        before = (tmp_path / name).read_bytes()
        with pytest.raises(JournalError, match="there already"):
            export(tmp_path / name, [])
        assert (tmp_path / name).read_bytes() == before
    assert not (tmp_path / "alerts.csv").read_bytes().startswith(b"\xef\xbb\xbf")


def test_what_cannot_be_written_says_why(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match=r"must end in \.csv or \.json"):
        export(tmp_path / "alerts.txt", [])
    with pytest.raises(JournalError, match="No such file or directory"):
        export(tmp_path / "nowhere" / "alerts.csv", [])
    assert list(tmp_path.iterdir()) == []
