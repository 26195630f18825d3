"""Sockets mapped by a table, on paper."""

import json
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from feeds.json_ws import JsonWsSettings, subscribe_frames
from feeds.table import Parser
from market.clock import parse_rfc3339
from market.errors import FeedError, ParseError
from market.quote import Quote
from monitor.config import ConfigError, load
from tests.unit.fuzzing import DEEP, NOW, mutated, survives

STAMP = 1_758_075_247_120
SYMBOLS = {"BIDU HK": "9888.HK", "700": "0700.HK", "AAPL": "AAPL"}
TABLE = {
    "kind": "json_ws", "stream_url": "ws://127.0.0.1:9/q", "symbol": "s", "price": "p", "time": "t",
    "rows": "data", "prev_close": "base.close", "volume": "v", "where": {"type": "quotes"},
    "refused": {"type": "error"}, "names": {"BIDU HK": "9888", "700": "700.HK"},
}  # fmt: skip


def settings(**changes: Any) -> JsonWsSettings:
    """A section of our own making."""
    return msgspec.convert(TABLE | changes, JsonWsSettings)


def parser(**changes: Any) -> Callable[[bytes, int], Sequence[Quote]]:
    """What makes quotes of its frames."""
    return Parser("desk", settings(**changes), SYMBOLS).quotes


def frame(**changes: Any) -> bytes:
    """A frame of that venue."""
    row = {"s": "BIDU HK", "p": "124.60", "t": STAMP, "base": {"close": 113.2}, "v": 21500000} | changes
    return json.dumps({"type": "quotes", "data": [row]}).encode()


QUOTE = Quote(
    symbol="9888.HK", last=Decimal("124.60"), ts_event=STAMP * 1_000_000, ts_recv=NOW, source="desk",
    prev_close=Decimal("113.2"), volume=21_500_000,
)  # fmt: skip


def test_a_row() -> None:
    """By its paths, under the canonical symbol, from the feed of that name."""
    assert parser()(frame(), NOW) == [QUOTE]


def test_a_frame_may_be_the_row_or_an_array_of_rows() -> None:
    """Without a path of rows; fields may be by position."""
    bare = parser(rows="", where={}, symbol="0", price="1", time="2.at", prev_close="", volume="")
    assert [q.last for q in bare(b'[["AAPL",131.6,{"at":%d}]]' % STAMP, NOW)] == [Decimal("131.6")]
    flat = parser(rows="", where={}, prev_close="", volume="")
    assert [q.symbol for q in flat(b'{"s":"700","p":1,"t":%d}' % STAMP, NOW)] == ["0700.HK"]
    assert flat(b'{"ok":true}', NOW) == []


@pytest.mark.parametrize(
    ("unit", "value", "instant"),
    [("s", 1758075247, 1758075247 * 10**9), ("s", 1758075247.5, 1758075247500 * 10**6),
     ("ms", "1758075247120", STAMP * 10**6), ("us", STAMP * 1000, STAMP * 10**6),
     ("ns", STAMP * 10**6 + 1, STAMP * 10**6 + 1),
     ("rfc3339", "2025-09-17T10:14:07.12+08:00", parse_rfc3339("2025-09-17T02:14:07.120Z"))],
)  # fmt: skip
def test_units_of_time(unit: str, value: Any, instant: int) -> None:
    """Whole, with a fraction, or written out."""
    [quote] = parser(time_unit=unit)(frame(t=value), NOW)
    assert quote.ts_event == instant


def test_frames_of_another_kind_are_passed_over_and_refusals_are_told() -> None:
    """By what stands at a path."""
    assert parser()(b'{"type":"pong"}', NOW) == ()
    with pytest.raises(FeedError, match=r"refused: .*no such plan") as caught:
        parser()(b'{"type":"error","text":"no such plan"}', NOW)
    assert caught.value.fatal
    assert parser(where={"ok": "true", "n": "1"})(b'{"ok":true,"n":1,"data":[]}', NOW) == []


@pytest.mark.parametrize(
    "changes",
    [{"s": None}, {"s": 700}, {"s": "MSFT"}, {"p": None}, {"p": 0}, {"p": "x"}, {"p": True}, {"p": [1]},
     {"t": None}, {"t": 0}, {"t": "x"}, {"t": 10**25}, {"t": [1]}, {"v": -1}, {"v": {}},
     {"base": {"close": "x"}}],
)  # fmt: skip
def test_a_malformed_row_is_refused_with_a_reason(changes: dict[str, Any]) -> None:
    """Never a quote of nonsense."""
    with pytest.raises(ParseError) as caught:
        parser()(frame(**changes), NOW)
    assert caught.value.reason.isprintable()


@pytest.mark.parametrize("raw", [b"", b"{", DEEP, b'{"x":' + DEEP, b'{"type":"quotes","data":[1]}', b"\xff"])
def test_garbage(raw: bytes) -> None:
    """Cut, deep, or no row where one should be."""
    with pytest.raises(ParseError):
        parser()(raw, NOW)


VALUES = st.sampled_from([
    None, True, 0, 1, -1, 131, STAMP, 10**25, 0.0, 1.5, 113.2, -2.5, 1e300, "", "0", "124.60", "x", "700",
    "AAPL", str(STAMP), "2025-09-17T02:14:07Z", "quotes", "error", [], [1.5], {}, {"close": 113.2},
    {"close": "x"},
])  # fmt: skip


@pytest.mark.parametrize(
    "table",
    [{}, {"time_unit": "rfc3339"}, {"time_unit": "s"}, {"volume": "p", "open": "t"},
     {"refused": {"code": "x"}}, {"where": {}, "refused": {}}, {"where": {}, "refused": {}, "prev_close": ""},
     {"rows": "", "where": {"v": "x"}, "refused": {}}, {"rows": "", "where": {}, "refused": {"v": "x"}},
     {"where": {"type": "error"}}, {"symbol": "p"}],
)  # fmt: skip
@given(data=st.data())
def test_a_place_in_an_array_changes_nothing(table: dict[str, Any], data: st.DataObject) -> None:
    """What structs read, and what is looked up step by step because of a path that counts, are the same."""
    changes = data.draw(st.dictionaries(st.sampled_from(["s", "p", "t", "v", "base", "unread"]), VALUES))
    head = data.draw(st.dictionaries(st.sampled_from(["type", "code", "data"]), VALUES))
    raw = json.loads(frame(**changes))
    raw = raw["data"][0] if table.get("rows") == "" else raw | head
    counted = settings(**table)
    marks = {"where": counted.where, "refused": counted.refused}
    told = {key: {f"0.{path}": text for path, text in paths.items()} for key, paths in marks.items()}
    whole = {"rows": f"0.{counted.rows}".rstrip(".")}
    bodies = json.dumps(raw).encode(), json.dumps([raw]).encode()
    assert outcome(parser(**table), bodies[0]) == outcome(parser(**table | told | whole), bodies[1])


def outcome(parse: Callable[[bytes, int], Sequence[Quote]], raw: bytes) -> Any:
    """Its quotes, or what it raises."""
    try:
        return list(parse(raw, NOW))
    except (ParseError, FeedError) as error:
        return type(error)


@given(st.binary(max_size=300) | mutated(frame()))
def test_any_bytes_are_refused_politely(raw: bytes) -> None:
    """Nothing but ``ParseError``, or a refusal; by numbers or written out, by name or position."""
    for table in ({}, {"time_unit": "rfc3339"}, {"where": {}, "rows": "", "symbol": "0", "price": "1.2"}):
        survives(parser(**table), raw)


def test_templates_are_filled_in_once() -> None:
    """A name that looks like a blank, or ends a text, is what it is."""
    templates = ['{"key":"{token}"}', '{"args":{symbols}}', '{"one":"{symbol}"}']
    frames = subscribe_frames(templates, ["A", '{token}"'], 'k"y')
    assert [json.loads(frame) for frame in frames] == [
        {"key": 'k"y'}, {"args": ["A", '{token}"']}, {"one": "A"}, {"one": '{token}"'},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [({"price": None}, "missing required field `price`"), ({"price": ""}, "price: a quote needs it"),
     ({"rows": "data..x"}, "rows: not a path such as data.last"), ({"where": {"a b": "1"}}, "where: not"),
     ({"time_unit": "minutes"}, "time_unit: 'minutes' is not one of s, ms, us, ns, rfc3339"),
     ({"subscribe": ["{symbls}"]}, "subscribe: nothing to put in for {symbls}"),
     ({"stream_url": "ws://x/{symbol}"}, "stream_url: nothing to put in for {symbol}"),
     ({"subscribe": ["{token}"]}, "subscribe: {token} needs token_file or token_env"),
     ({"stream_url": "http://x"}, "stream_url: not an address (ws://"),
     ({"names": {"A": "no symbol"}}, "names: A: not a symbol"),
     ({"heartbeat_interval": "20"}, "heartbeat_interval: not a duration"),
     ({"prcie": "x"}, "prcie: unknown key; did you mean 'price'?"),
     ({"kind": "json_sw"}, "kind: no adapter is called 'json_sw'")],
)  # fmt: skip
def test_a_bad_table_is_told_by_its_key(tmp_path: Path, changes: dict[str, Any], complaint: str) -> None:
    """As every other mistake in the configuration is."""
    table = {key: value for key, value in (TABLE | changes).items() if value is not None}
    path = tmp_path / "config.toml"
    path.write_text(tomlkit.dumps({"feeds": {"desk": table}}))
    with pytest.raises(ConfigError) as caught:
        load(path, environ={})
    assert complaint in str(caught.value)
    assert "feeds.desk" in str(caught.value)


def test_a_good_table_loads_and_covers_what_it_names(tmp_path: Path) -> None:
    """In the file's order, after those that run anyway."""
    path = tmp_path / "config.toml"
    path.write_text(tomlkit.dumps({"feeds": {"desk": TABLE}}))
    feeds = load(path, environ={}).settings.feeds
    assert list(feeds) == ["tencent", "yahoo", "desk"]
    assert [symbol for symbol in ("9888.HK", "0700.HK", "AAPL") if feeds["desk"].covers(symbol)] == [
        "9888.HK", "0700.HK",
    ]  # fmt: skip
