"""Longbridge through a stand-in for the vendor's program, over real pipes."""

import json
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.failure import PATIENCE
from feeds.longbridge import (
    ALLOWED,
    Conversation,
    LongbridgeFeed,
    LongbridgeSettings,
    longbridge_symbol,
    request,
)
from market.clock import parse_rfc3339
from market.errors import FeedError, ParseError
from market.freshness import Health
from tests.loopback.feeding import Collector, RushedClock, running, until
from tests.paths import SHARED, needs_shared
from tests.unit.fuzzing import DEEP, NOW, mutated, survives

SAMPLES = SHARED / "samples" / "feeds" / "longbridge"
PROGRAM = Path(__file__).with_name("longbridge_serve.py")
SYMBOLS = ["0700.HK", "9888.HK"]


class Trial:
    """The feed and the program in these modes, run by run."""

    def __init__(self, tmp_path: Path, *modes: str, idle: str = "10s", held: bool = False) -> None:
        self.log = tmp_path / "log"
        command = (sys.executable, str(PROGRAM), str(self.log), *modes)
        self.clock = RushedClock(held=held)
        self.clock.time = parse_rfc3339("2025-09-17T02:02:00Z")
        self.sink = Collector()
        settings = LongbridgeSettings(command=command, idle_timeout=idle)
        self.feed = LongbridgeFeed(settings, SYMBOLS, self.clock)
        self.status = self.feed.status

    @property
    def told(self) -> list[str]:
        """What the program was asked, and how often it was started."""
        return self.log.read_text().splitlines() if self.log.exists() else []


async def test_a_snapshot_then_pushes_with_the_close_of_their_own_session(tmp_path: Path) -> None:
    """A name not traded yet has yesterday's close in its snapshot: no percentage before it is asked again."""
    trial = Trial(tmp_path, "well")
    async with running(trial.feed.run(trial.sink)):
        await until(lambda: len(trial.sink.all) >= 6)
        assert (trial.status.state, trial.status.rejected) == (Health.LIVE, 0)
    said = [(q.symbol, str(q.last), str(q.prev_close)) for q in trial.sink.all[:6]]
    assert said == [
        ("0700.HK", "448.600", "440.600"), ("9888.HK", "448.600", "113.200"),
        ("0700.HK", "448.700", "None"), ("0700.HK", "448.800", "None"),
        ("0700.HK", "448.600", "442.400"), ("0700.HK", "448.800", "442.400"),
    ]  # fmt: skip
    assert trial.told == ["run well", "quote.subscribe 700.HK 9888.HK", "quote.subscribe 700.HK"]


@pytest.mark.parametrize(
    ("mode", "reason", "state"),
    [("dies", "ended with code 3", Health.DOWN), ("busy", "-32000 try later", Health.DOWN),
     ("silent", "silent for 1 s", Health.STALE)],
)  # fmt: skip
async def test_a_program_that_fails_is_started_again(
    tmp_path: Path, mode: str, reason: str, state: Health
) -> None:
    """After a wait of its own, and with everything asked for again."""
    # How long the program takes to start is part of its silence.
    trial = Trial(tmp_path, mode, "well", idle="1s" if mode == "silent" else "10m", held=True)
    async with running(trial.feed.run(trial.sink)):
        await until(lambda: len(trial.clock.sleeps) == 1)
        assert (trial.status.state, reason in str(trial.status.reason)) == (state, True)
        assert trial.clock.sleeps[0] <= 1.0
        trial.clock.go.set()
        await until(lambda: len(trial.sink.all) >= 2)
        assert trial.told[2:4] == ["run well", "quote.subscribe 700.HK 9888.HK"]


async def test_a_log_in_that_is_missing_is_told_and_left_alone_for_minutes(tmp_path: Path) -> None:
    """Only a person can mend it."""
    trial = Trial(tmp_path, "login", held=True)
    async with running(trial.feed.run(trial.sink)):
        await until(lambda: trial.clock.sleeps == [PATIENCE])
        assert trial.status.reason == "-32001 not logged in"


async def test_lines_that_are_none_cost_nothing_but_themselves(tmp_path: Path) -> None:
    """A greeting, an empty line, an object of nothing."""
    trial = Trial(tmp_path, "garbage")
    async with running(trial.feed.run(trial.sink)):
        await until(lambda: len(trial.sink.all) >= 3)
        assert (trial.status.state, trial.status.errors) == (Health.LIVE, 0)
        assert trial.status.rejected >= 2


async def test_a_program_that_is_not_there_is_named() -> None:
    """Five minutes: somebody has to install it."""
    clock = RushedClock(held=True)
    feed = LongbridgeFeed(LongbridgeSettings(command=("/nonexistent/longbridge", "serve")), SYMBOLS, clock)
    async with running(feed.run(Collector())):
        await until(lambda: clock.sleeps == [PATIENCE])
        assert feed.status.reason == "longbridge does not start: No such file or directory"


# -- on paper


def test_nothing_but_quotes_can_be_asked() -> None:
    """Whatever the program would do for others."""
    assert {"quote.subscribe"} == ALLOWED
    for method in (
        "trade.submit_order",
        "trade.cancel_order",
        "quote.quote",
        "",
        "shutdown",
        "QUOTE.SUBSCRIBE",
    ):
        with pytest.raises(PermissionError):
            request(1, method, {})


def test_names() -> None:
    """Without leading zeros, and with the market behind."""
    names = [longbridge_symbol(symbol) for symbol in ("0700.HK", "9888.HK", "0005.HK", "HSTECH", "AAPL")]
    assert names == ["700.HK", "9888.HK", "5.HK", "HSTECH.HK", "AAPL.US"]


def update(**changes: object) -> bytes:
    """A notification of our own making."""
    params = {"symbol": "AAPL.US", "last_done": "131.60", "volume": 5, "trade_session": "Pre",
              "timestamp": "2025-09-17T08:14:07Z"} | changes  # fmt: skip
    return json.dumps({"jsonrpc": "2.0", "method": "quote.updated", "params": params}).encode()


def test_a_push_of_new_york_has_its_phase() -> None:
    """Hong Kong's is the calendar's."""
    [quote] = Conversation(["AAPL"]).parse(update(), NOW)
    assert (quote.symbol, str(quote.last), quote.phase, quote.currency) == ("AAPL", "131.60", "pre", "USD")
    assert quote.volume == 5


@pytest.mark.parametrize(("status", "phase"), [("Halted", "halted"), ("Suspend", "halted"), ("Normal", None)])
def test_a_halt_is_told(status: str, phase: str | None) -> None:
    """In Hong Kong, too."""
    [quote] = Conversation(["9888.HK"]).parse(update(symbol="9888.HK", trade_status=status), NOW)
    assert quote.phase == phase


@pytest.mark.parametrize(
    "raw",
    [b"", b"{}", b"[]", DEEP, b'{"method":"quote.updated"}', b'{"result":7}', update(symbol="MSFT.US"),
     update(last_done="0"), update(last_done=None), update(timestamp=""), update(timestamp="yesterday"),
     update(volume=-1), update(high="x")],
)  # fmt: skip
def test_a_malformed_line_is_refused_with_a_reason(raw: bytes) -> None:
    """Never a quote of nonsense."""
    with pytest.raises(ParseError) as caught:
        Conversation(["AAPL"]).parse(raw, NOW)
    assert caught.value.reason.isprintable()


def test_one_bad_row_of_a_snapshot_costs_the_others_nothing() -> None:
    """A name that was never traded has no price."""
    rows = [json.loads(update())["params"], {"symbol": "BIDU.US", "last_done": "0"}]
    conversation = Conversation(["AAPL", "BIDU"])
    assert len(conversation.parse(json.dumps({"id": 1, "result": {"quotes": rows}}).encode(), NOW)) == 1


@given(st.binary(max_size=300) | mutated(update(), b'{"id":1,"result":{"quotes":[{"symbol":"AAPL.US"}]}}'))
def test_any_bytes_are_refused_politely(raw: bytes) -> None:
    """Nothing but ``ParseError``, or a refusal."""
    survives(Conversation(["AAPL"]).parse, raw)


@needs_shared
def test_the_documented_lines() -> None:
    """What is asked has their shape; the refusal is one."""
    _, subscribe, refusal, _ = (SAMPLES / "serve_jsonrpc_doc.jsonl").read_bytes().splitlines()
    conversation = Conversation(["0700.HK"])
    assert json.loads(conversation.subscribe(["700.HK"])) == json.loads(subscribe)
    with pytest.raises(FeedError, match="-32602") as caught:
        conversation.parse(refusal, NOW)
    assert caught.value.fatal
