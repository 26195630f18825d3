"""A stand-in for the vendor's program: JSON-RPC on standard streams, as its documents have it.

Usage: longbridge_serve.py LOG MODE... Each run takes the next mode (LOG tells how many there were), and
adds a line to LOG for each request. It ends when its standard input closes.
"""

import json
import sys
from pathlib import Path
from typing import Any

DAYS = {"700.HK": ("440.600", "2025-09-16T08:00:00Z"), "9888.HK": ("113.200", "2025-09-17T02:00:00Z")}


def say(**message: Any) -> None:
    """One line."""
    sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
    sys.stdout.flush()


def snapshot(symbol: str, *, renewed: bool) -> dict[str, Any]:
    """Yesterday's for a name that was not traded yet, and today's when it is asked for again."""
    close, stamp = ("442.400", "2025-09-17T02:00:30Z") if renewed else DAYS[symbol]
    return {"symbol": symbol, "last_done": "448.600", "prev_close": close, "open": "438.200",
            "high": "450.000", "low": "437.000", "volume": 12441624, "timestamp": stamp}  # fmt: skip


def push(symbol: str, price: str, second: int) -> None:
    """A notification, which has no previous close."""
    params = {"symbol": symbol, "last_done": price, "volume": 12441624 + second, "current_volume": 600,
              "trade_session": "Intraday", "timestamp": f"2025-09-17T02:01:{second:02d}Z"}  # fmt: skip
    say(method="quote.updated", params=params)


def main() -> None:
    """Speak in this run's mode."""
    log = Path(sys.argv[1])
    runs = log.read_text().count("run") if log.exists() else 0
    mode = sys.argv[2:][min(runs, len(sys.argv[2:]) - 1)]
    with log.open("a") as file:
        file.write(f"run {mode}\n")
    for count, line in enumerate(sys.stdin):
        message = json.loads(line)
        with log.open("a") as file:
            file.write(f"{message['method']} {' '.join(message['params']['symbols'])}\n")
        if mode == "login":
            say(id=message["id"], error={"code": -32001, "message": "not logged in"})
        elif mode == "busy":
            say(id=message["id"], error={"code": -32000, "message": "try later"})
        elif mode == "dies":
            sys.exit(3)
        elif mode == "garbage":
            sys.stdout.write("Welcome!\n\n{}\n")
            sys.stdout.flush()
        if mode in ("well", "garbage"):
            names = message["params"]["symbols"]
            quotes = [snapshot(name, renewed=count > 0) for name in names]
            say(id=message["id"], result={"subscribed": names, "quotes": quotes})
            if not count:
                push("700.HK", "448.700", 5)
            push("700.HK", "448.800", 10 + count)


main()
