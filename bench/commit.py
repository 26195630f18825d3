"""What it costs to commit an alert before it is told, against what it would to survive a power cut as well.

``python -m bench.commit`` records alerts for one sink in the journal mode that ships (WAL, synchronous
NORMAL: a commit survives the death of the process). The reference is the same with synchronous FULL, where
each commit waits for the disk.
"""

import time
from contextlib import closing
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory

from bench.measure import MEASURED_CORE, Ratio, pin, report
from monitor.store import Event, Store

ALERTS = 500
LINE = '{"v":1,"type":"alert","symbol":"9888.HK","message":"' + "x" * 800 + '"}'


def recorded(folder: Path, synchronous: str) -> list[float]:
    """Microseconds that each alert's commit took."""
    taken: list[float] = []
    with closing(Store(folder / f"{synchronous}.db")) as store:
        store.db.execute(f"PRAGMA synchronous = {synchronous}")
        for number in range(ALERTS):
            event = Event(str(number), LINE, 0, ("desk",))
            began = time.perf_counter()
            store.record(event, {f"rule/{number % 40}": '{"reached":1}'})
            taken.append((time.perf_counter() - began) * 1e6)
    return taken


def main() -> list[Ratio]:
    """Both modes, as medians and at the 99th percentile."""
    pin(MEASURED_CORE)
    # On the project's own disk: a folder for temporary files may be in memory.
    with TemporaryDirectory(dir=Path(__file__).parent) as folder:
        ours, durable = (recorded(Path(folder), mode) for mode in ("NORMAL", "FULL"))
    tails = [quantiles(taken, n=100)[-1] for taken in (ours, durable)]
    report(
        rows := [
            Ratio(
                "an alert's commit against a power cut's, p50", median(ours), median(durable), "µs", 1, False
            ),
            Ratio("the same, p99", tails[0], tails[1], "µs", 1, False),
        ]
    )
    return rows


if __name__ == "__main__":
    main()
