"""Waiting before another try: full jitter, so that twenty colleagues do not come back together."""

from collections.abc import Callable, Iterator
from random import random

FIRST = 1.0
LAST = 60.0


def delays(chance: Callable[[], float] = random, last: float = LAST) -> Iterator[float]:
    """Endless seconds to wait, each anywhere below a ceiling that doubles from 1 to ``last``.

    ``chance`` returns numbers from 0 to 1. A new iterator is a reset, which a feed earns by a valid
    quote: a venue that accepts and then closes is met at this pace, not at its own.
    """
    ceiling = FIRST
    while True:
        yield ceiling * chance()
        ceiling = min(ceiling * 2, last)
