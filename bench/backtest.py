"""A day of ten million ticks through ``tickwall backtest``, with flat memory.

The tape comes by a pipe, as from ``zcat``; the reference is a bare loop that decodes the same lines with
msgspec into the same exact values and drops them. Memory is the process's own peak after all ticks against
the peak after a tenth of them. ``TICKS`` in the environment makes the day shorter.
"""

import os
import resource
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.measure import MEASURED_CORE, OTHER_CORE, Ratio, pin, report

TICKS = int(os.environ.get("TICKS", 10_000_000))
RULES = """
watchlist = "all"
[watchlists]
all = ["@hstech", "HSTECH"]
[[rule]]
id = "move"
kind = "pct_prev_close"
steps = ["10", "15"]
frequency = "every_cross"
[[rule]]
id = "level"
kind = "price_cross"
symbols = ["9888.HK"]
threshold = "104"
"""

SEND = """
import os, random, sys
from market.instrument import members
from datetime import date
ticks = int(sys.argv[1])
chance = random.Random(1)
symbols = list(members("hstech", date(2025, 9, 17))) + ["HSTECH"]
cents = dict.fromkeys(symbols, 10000)
write = sys.stdout.buffer.write
morning = 9000 * ticks // 19800
for tick in range(ticks):
    symbol = symbols[int(chance.random() * len(symbols))]
    cents[symbol] = min(10900, max(9300, cents[symbol] + int(chance.random() * 3) - 1))
    milli = 19800000 * tick // ticks
    milli += 5400000 if tick < morning else 9000000
    clock = f"{milli // 3600000:02d}:{milli // 60000 % 60:02d}:{milli // 1000 % 60:02d}.{milli % 1000:03d}"
    stamp = f"2025-09-17T{clock}Z"
    price = f"{cents[symbol] // 100}.{cents[symbol] % 100:02d}"
    write(
        f'{{"t":"quote","symbol":"{symbol}","ts_event":"{stamp}","ts_recv":"{stamp}","last":"{price}",'
        f'"prev_close":"100.00","source":"demo"}}\\n'.encode()
    )
"""

BARE = """
import sys
from decimal import Decimal
import msgspec
class Line(msgspec.Struct):
    symbol: str
    ts_event: str
    ts_recv: str
    last: Decimal
    prev_close: Decimal
    source: str
decode = msgspec.json.Decoder(Line).decode
for line in sys.stdin.buffer:
    decode(line)
"""


def played(command: list[str], ticks: int) -> tuple[float, float]:
    """CPU-seconds and peak memory (MB) of a process that reads so many ticks from its standard input."""
    sender = subprocess.Popen(
        [sys.executable, "-c", SEND, str(ticks)], stdout=subprocess.PIPE, preexec_fn=lambda: pin(OTHER_CORE)
    )
    reader = subprocess.Popen(
        command,
        stdin=sender.stdout,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=lambda: pin(MEASURED_CORE),
    )
    assert sender.stdout is not None
    sender.stdout.close()
    _, status, usage = os.wait4(reader.pid, 0)
    reader.returncode = os.waitstatus_to_exitcode(status)
    sender.wait()
    assert reader.returncode == 0, command
    return _cpu(usage), usage.ru_maxrss / 1024


def _cpu(usage: resource.struct_rusage) -> float:
    return usage.ru_utime + usage.ru_stime


def main() -> list[Ratio]:
    """Run the benchmark."""
    with TemporaryDirectory() as folder:
        rules = Path(folder) / "rules.toml"
        rules.write_text(RULES)
        backtest = [sys.executable, "-m", "tui", "backtest", str(rules), "-"]
        _, least = played(backtest, TICKS // 10)
        ours, most = played(backtest, TICKS)
        bare, _ = played([sys.executable, "-c", BARE], TICKS)
    name = f"backtest, {TICKS:,} ticks"
    return [
        Ratio(name, TICKS / ours, TICKS / bare, "ticks/CPU-s", 0.2, at_least=True),
        Ratio("its memory after all of them, against a tenth", most, least, "MB", 1.1, at_least=False),
    ]


if __name__ == "__main__":
    report(main())
