"""Ticks a second with a hundred price rules on each of five hundred symbols, against two rules each.

Both runs take the same quotes through the same intake, last-value cache and rules: half of the rules are
percent moves, half are levels, all of them in both directions. A thousand ticks come a second of the quotes'
own time, each symbol's price wanders by about a percent a minute.
"""

import random
import time
from collections.abc import Callable
from decimal import Decimal

from bench.measure import MEASURED_CORE, Ratio, interleaved, pin, report
from bench.quiet import Recorded, Silent
from feeds.clock import SystemClock
from market.clock import MILLISECOND, parse_rfc3339
from market.quote import Quote
from market.rule import Rule
from market.rulebook import RuleBook
from monitor.engine import Engine
from monitor.store import Store

SYMBOLS = [f"{number:04d}.HK" for number in range(1, 501)]
TICKS = 400_000
FRAME = 10
REPEATS = 3
OPEN = parse_rfc3339("2025-09-17T02:00:00Z")
BASE = Decimal(100)


def frames() -> list[list[Quote]]:
    """The same walk every time, ten quotes a frame."""
    chance = random.Random(1)
    cents = dict.fromkeys(SYMBOLS, 10_000)
    made = []
    for tick in range(0, TICKS, FRAME):
        frame = []
        for number in range(FRAME):
            at = OPEN + (tick + number) * MILLISECOND
            symbol = chance.choice(SYMBOLS)
            cents[symbol] = min(13_500, max(7_500, cents[symbol] + chance.randint(-9, 9)))
            frame.append(Quote(symbol, Decimal(cents[symbol]).scaleb(-2), at, at, "a", BASE))
        made.append(frame)
    return made


def rules(count: int) -> list[Rule]:
    """So many on every symbol, from five percent on: what is measured is asking, not telling."""
    symbols = tuple(SYMBOLS)
    made = []
    for number in range(count // 2):
        step = Decimal(number + 10) / 2
        made.append(Rule(f"p{number}", "pct_prev_close", symbols, "both", (step,), step * 4 / 5))
        made.append(Rule(f"c{number}", "price_cross", symbols, "both", (BASE + step,), BASE))
    return made


def ticking(count: int, quotes: list[list[Quote]]) -> Callable[[], float]:
    """Ticks a CPU-second with so many rules on each symbol; putting them together is not counted."""

    def once() -> float:
        store = Store()
        book = RuleBook(rules(count))
        engine = Engine(clock=SystemClock(), symbols=SYMBOLS, rules=book, store=store, listener=Silent())
        intake = engine.add_source(Recorded("a"))
        began = time.process_time()
        for frame in quotes:
            intake.quotes(frame)
        took = time.process_time() - began
        store.close()
        return TICKS / took

    return once


def main() -> list[Ratio]:
    """Run the benchmark."""
    pin(MEASURED_CORE)
    quotes = frames()
    many, two = interleaved([ticking(100, quotes), ticking(2, quotes)], REPEATS)
    return [
        Ratio("100 rules on each of 500 symbols, against two", many, two, "ticks/CPU-s", 0.8, at_least=True)
    ]


if __name__ == "__main__":
    report(main())
