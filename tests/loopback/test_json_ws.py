"""A desk's own socket, described in a configuration, against a server that speaks its JSON."""

import json
from pathlib import Path

from websockets.asyncio.server import ServerConnection

from feeds.registry import build
from market.freshness import Health
from monitor.config import load
from tests.loopback.feeding import Collector, RushedClock, StreamServer, running, until

TABLE = """
[feeds.desk]
kind = "json_ws"
stream_url = "{url}quotes?client=wall"
subscribe = ['{{"op":"login","key":"{{token}}"}}', '{{"op":"subscribe","names":{{symbols}}}}']
token_file = "{key}"
rows = "quotes"
symbol = "name"
price = "px.last"
time = "at"
time_unit = "rfc3339"
prev_close = "px.close"
where = {{ op = "quotes" }}
refused = {{ op = "error" }}
heartbeat = '{{"op":"ping"}}'
heartbeat_interval = "30ms"
names = {{ "BIDU HK" = "9888.HK" }}
symbols = ["9888", "AAPL"]
"""


async def test_a_desk_of_ones_own(tmp_path: Path) -> None:
    """Key, question, heartbeats, quotes; and a lost connection is found again."""
    heard: list[str] = []

    async def desk(connection: ServerConnection) -> None:
        heard.append(str(await connection.recv()))
        price = len(server.paths) * 100 + 24.60
        row = {"name": "BIDU HK", "px": {"last": price, "close": 113.2}, "at": "2025-09-17T02:14:07.120Z"}
        await connection.send(json.dumps({"op": "quotes", "quotes": [row]}))
        heard.append(str(await connection.recv()))
        heard.append(str(await connection.recv()))

    async with StreamServer(desk).serving() as server:
        (tmp_path / "key").write_text("k-1")
        path = tmp_path / "config.toml"
        path.write_text(TABLE.format(url=server.url, key=tmp_path / "key"))
        settings = load(path, environ={}).settings.feeds["desk"]
        clock, sink = RushedClock(), Collector()
        feed = build("desk", settings, ["9888.HK", "AAPL"], clock)
        async with running(feed.run(sink)):
            await until(lambda: len(sink.all) == 2)
            assert feed.status.state is Health.LIVE
        assert feed.name == "desk"
        assert json.loads(server.received[0]) == {"op": "login", "key": "k-1"}
        assert json.loads(heard[0]) == {"op": "subscribe", "names": ["BIDU HK", "AAPL"]}
        assert [json.loads(frame) for frame in heard[1:3]] == [{"op": "ping"}, {"op": "ping"}]
        assert [(q.symbol, str(q.last), str(q.prev_close), q.source) for q in sink.all] == [
            ("9888.HK", "124.6", "113.2", "desk"), ("9888.HK", "224.6", "113.2", "desk"),
        ]  # fmt: skip
        assert server.paths[0] == "/quotes?client=wall"
        assert max(clock.sleeps) <= 1.0
