"""``tickwall alerts`` and ``tickwall notify``, as a user runs them, beside stores that others have open."""

import csv
import io
import json
import os
from pathlib import Path
from typing import Any

import pytest

from market.clock import rfc3339
from monitor.database import SCHEMA
from monitor.outbox import State
from monitor.store import Event, Store
from tests.loopback.receiver import receiving
from tests.loopback.test_commands import tickwall

TS = 1_758_075_247_180_000_000


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """A home of its own."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("TICKWALL_")}
    return kept | {place: str(tmp_path) for place in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "HOME")}


def record(store: Store, key: str, symbol: str, ts: int = TS) -> int:
    """An alert, for the sink ``desk``; its number."""
    line = {
        "v": 1, "type": "alert", "ts": rfc3339(ts), "event_id": f"id-{key}", "dedup_key": key,
        "symbol": symbol, "value": "-10.070671", "message": f"{symbol} moved, through -10%",
    }  # fmt: skip
    stored = store.record(Event(key, json.dumps(line), ts, ("desk",)))
    assert stored is not None
    return stored.number


async def ok(environ: dict[str, str], *arguments: str) -> str:
    """What a command that succeeds prints."""
    code, out, err = await tickwall(environ, *arguments)
    assert (code, err) == (0, ""), (out, err)
    return out


async def test_alerts_are_listed_exported_and_seen_to(tmp_path: Path, environ: dict[str, str]) -> None:
    """The usual store is the default, and its other user sees at once what was done."""
    assert json.loads(await ok(environ, "alerts", "list", "--json")) == []
    assert not (tmp_path / "tickwall").exists(), "looking makes no store"
    store = Store(tmp_path / "tickwall" / "alerts.db")
    record(store, "a", "9888.HK", TS - 3600 * 10**9)
    record(store, "b", "0700.HK")
    second = record(store, "c", "9888.HK")

    def listed(text: str) -> list[Any]:
        return [alert["dedup_key"] for alert in json.loads(text)]

    everything = await ok(environ, "alerts", "list", "--json")
    assert listed(everything) == ["a", "b", "c"]
    assert json.loads(everything)[0]["sinks"] == {"desk": "pending"}
    chosen = ("--symbol", "09888", "--since", rfc3339(TS))
    assert listed(await ok(environ, "alerts", "list", "--json", *chosen)) == ["c"]
    assert listed(await ok(environ, "alerts", "export", "--format", "json", "--limit", "2")) == ["b", "c"]
    assert "acknowledged 1" in await ok(environ, "alerts", "ack", str(second))
    assert [stored.acknowledged for stored in store.recent()] == [False, False, True]
    text = await ok(environ, "alerts", "list")
    assert "9888.HK moved, through -10%  [acknowledged, desk: pending]" in text
    assert "acknowledged 2" in await ok(environ, "alerts", "ack", "--all")
    rows = list(csv.DictReader(io.StringIO(await ok(environ, "alerts", "export"))))
    assert [row["symbol"] for row in rows] == ["9888.HK", "0700.HK", "9888.HK"]
    assert (rows[0]["value"], rows[0]["acknowledged"]) == ("-10.070671", "yes")
    for wrong in (("ack", "77"), ("ack",), ("list", "--since", "soon"), ("list", "--symbol", "!")):
        code, _, err = await tickwall(environ, "alerts", *wrong)
        assert code == 64 and err
    store.close()


async def test_a_snooze_is_told_and_ends(tmp_path: Path, environ: dict[str, str]) -> None:
    """For a duration, the close, or until it is taken back."""
    at = ("--state", str(tmp_path / "state.db"))
    said = await ok(environ, "alerts", "snooze", "09888", "--until", "1h", *at)
    assert said.startswith("9888.HK snoozed until ")
    store = Store(tmp_path / "state.db")
    await ok(environ, "alerts", "snooze", "*", "--until", "close", *at)
    # Which of them ends first depends on the hour at which this is run.
    assert {snooze.symbol for snooze in store.snoozes(0)} == {"9888.HK", "*"}
    assert (await ok(environ, "alerts", "snooze", *at)).count("snoozed until") == 2
    assert "9888" not in await ok(environ, "alerts", "snooze", "9888", "--off", *at)
    code, _, err = await tickwall(environ, "alerts", "snooze", "9888", *at)
    assert code == 64 and "--until" in err
    store.close()


async def test_what_failed_is_shown_and_sent_again(tmp_path: Path, environ: dict[str, str]) -> None:
    """By ``retry``, even when nothing else runs."""
    path, at = tmp_path / "state.db", ("--state", str(tmp_path / "state.db"))
    async with receiving() as receiver:
        config = tmp_path / "c.toml"
        config.write_text(f'[[sink]]\nid = "desk"\nkind = "webhook"\nurl = "{receiver.url}"\n')
        store = Store(path)
        number = record(store, "a", "9888.HK")
        letters = store.outbox.lease("desk", 1, 1 << 62, 0)
        store.outbox.settle(letters, State.FAILED, "answered HTTP 404")
        store.close()
        [dead] = json.loads(await ok(environ, "alerts", "failed", "--json", *at))
        assert (dead["sink"], dead["state"], dead["reason"]) == ("desk", "failed", "answered HTTP 404")
        assert "desk: failed, attempt 1: answered HTTP 404" in await ok(environ, "alerts", "failed", *at)
        said = await ok(environ, "alerts", "retry", str(number), "--config", str(config), *at)
        assert said == "desk: id-a: sent\n1 of 1 sent\n"
        [request] = receiver.requests
        assert request.document["id"] == "id-a"
        assert await ok(environ, "alerts", "failed", *at) == ""


async def test_each_sink_tells_its_own_result(tmp_path: Path, environ: dict[str, str]) -> None:
    """And one that fails makes the exit code 1, but stops no other."""
    async with receiving() as good, receiving(503) as bad:
        config = tmp_path / "c.toml"
        config.write_text(
            f'[[sink]]\nid = "desk"\nkind = "webhook"\nurl = "{good.url}"\n'
            f'[[sink]]\nid = "spare"\nkind = "webhook"\nurl = "{bad.url}"\n'
        )
        at = ("--config", str(config))
        code, out, _ = await tickwall(environ, "notify", "--test", *at)
        assert code == 1
        first, second = out.splitlines()
        assert first.startswith("desk: sent (") and second.startswith("spare: failed: answered HTTP 503 (")
        assert good.requests[0].document["type"] == "tickwall.test"
        assert (await ok(environ, "notify", "--test", "desk", *at)).startswith("desk: sent")
        code, _, err = await tickwall(environ, "notify", "--test", "dsek", *at)
        assert code == 78 and "did you mean 'desk'" in err
        code, _, err = await tickwall(environ, "notify", "desk", *at)
        assert code == 64 and "--test" in err


async def test_a_corrupt_or_newer_store_is_said(tmp_path: Path, environ: dict[str, str]) -> None:
    """The first is put aside, the second left alone."""
    path = tmp_path / "state.db"
    path.write_text("garbage " * 100)
    tape = tmp_path / "tape"
    tape.write_text("")
    code, out, err = await tickwall(environ, "headless", "--tape", str(tape), "--state", str(path))
    assert code == 0
    errors = [line for line in map(json.loads, out.splitlines()) if line["type"] == "error"]
    assert [line["source"] for line in errors] == ["store"]
    assert "state.db.corrupt-" in errors[0]["reason"] and "state.db.corrupt-" in err
    store = Store(path)
    store.db.execute(f"PRAGMA user_version = {SCHEMA + 1}")
    store.close()
    code, _, err = await tickwall(environ, "alerts", "list", "--state", str(path))
    assert code == 1 and "newer tickwall" in err
