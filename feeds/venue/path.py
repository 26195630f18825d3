"""The path of one stock through the day: a price and a volume for every step, computed on demand.

The walk is laid on the ladder of valid prices between the day's low and high, so that no step can leave the
tick grid or the day's range. Anchors are passed exactly; between them a straight line carries noise that
fades out towards both ends. Being a function of the step alone, a path costs nothing until it is asked.
"""

import math
from bisect import bisect_left
from decimal import Decimal
from functools import cache
from itertools import accumulate, pairwise
from random import Random
from typing import NamedTuple

from feeds.venue.figures import DAY, MILL, Figures, round_to_tick
from feeds.venue.hours import MINUTES, STEPS, STEPS_A_MINUTE, trading_minute
from market.ticks import tick_size

LAST = STEPS - 1
_OPENING_SHARE = 0.012
_CLOSING_SHARE = 0.075
_LOT = 100
_BANK = 4096  # a power of two: positions wrap with a mask
_FADE = 30  # steps over which noise grows from, and shrinks to, an anchor
_NOISE = 0.045  # of the day's range
_SCATTER = 0.10  # of the day's range: how far a name strays from the market's own course

# The market's course: how much of the way from open to close is done at a minute of trading.
_COURSE = (
    (10, 0.10), (30, 0.27), (60, 0.45), (95, 0.60), (125, 0.70), (149, 0.78), (165, 0.86), (200, 0.98),
    (230, 1.09), (265, 1.04), (300, 0.99),
)  # fmt: skip
_PEAK = 230  # 14:20

# Baidu's own course, known well enough: +10 % near 10:00, +15 % before noon, the high after lunch.
_OWN = {
    "9888.HK": (
        ((9, 35), "120.2"), ((9, 44), "122.4"), ((10, 0), "125.0"), ((10, 20), "126.3"),
        ((10, 45), "127.3"), ((11, 20), "130.6"), ((11, 50), "131.2"), ((13, 15), "133.0"),
        ((13, 40), "135.4"), ((14, 20), "133.2"), ((15, 0), "132.0"), ((15, 35), "130.8"),
    ),
}  # fmt: skip


@cache
def _banks(seed: int) -> tuple[list[float], list[float]]:
    """Noise that all names share at different offsets: slow wandering (unit variance), and uniform draws."""
    rng = Random(f"{seed}:noise")
    keep = math.exp(-1 / 35)  # forgets itself in some two minutes
    fresh = math.sqrt(1 - keep * keep)
    level = 0.0
    wander = []
    for _ in range(_BANK):
        level = keep * level + fresh * rng.gauss(0, 1)
        wander.append(level + rng.gauss(0, 0.25))
    return wander, [rng.random() for _ in range(_BANK)]


def ladder(low: int, high: int) -> list[int]:
    """Every valid price from ``low`` to ``high``, both on the grid, in mills."""
    rungs = [low]
    while rungs[-1] < high:
        price = rungs[-1] * MILL
        # On a band's upper bound the next price already stands in the wider band.
        tick = tick_size(price + tick_size(price, DAY), DAY)
        rungs.append(int((price + tick) / MILL))
    return rungs


class _Segment(NamedTuple):
    start: int
    end: int
    level: float
    slope: float


class Path:
    """One stock's day; ``price`` and ``volume`` are pure functions of the step."""

    def __init__(self, figures: Figures, seed: int) -> None:
        """Lay the anchors of a name for one seed of the day."""
        rng = Random(f"{seed}:{figures.symbol}")
        self._rungs = ladder(figures.low, figures.high)
        self._top = len(self._rungs) - 1
        self._wander, self._draws = _banks(seed)
        self._offset = rng.randrange(_BANK)
        self._noise = max(0.7, _NOISE * self._top)
        turnover = figures.volume * figures.close / 1000 / 1e9
        self._activity = min(1.0, max(0.3, 0.55 + 0.25 * math.log10(turnover)))
        self._by_minute = self._lay(self._anchors(figures, rng))
        self._volumes = _volumes(figures.volume, rng)

    def _rung(self, price: int) -> int:
        return bisect_left(self._rungs, price)

    def _anchors(self, figures: Figures, rng: Random) -> list[tuple[int, float]]:
        """(step, rung) from the opening to the last trade before the closing auction."""
        first, close = self._rung(figures.open), self._rung(figures.close)
        # The closing auction moves every name: the last continuous trade is never the close.
        shift = rng.choice((-3, -2, -1, 1, 2, 3))
        last = close + shift if 0 <= close + shift <= self._top else close - shift
        if own := _OWN.get(figures.symbol):
            inner = {
                trading_minute(*time): float(self._rung(round_to_tick(Decimal(price) / MILL)))
                for time, price in own
            }
        else:
            inner = self._course(first, close, rng)
        steps = [(minute * STEPS_A_MINUTE, rung) for minute, rung in sorted(inner.items())]
        return [(0, float(first)), *steps, (LAST, float(min(self._top, max(0, last))))]

    def _course(self, first: int, close: int, rng: Random) -> dict[int, float]:
        """Anchors by minute: the market's course, scattered, around this name's own high and low."""
        early = rng.randrange(1, 8)
        late = _PEAK + rng.randrange(-18, 19)
        extremes = {early: 0.0, late: float(self._top)}
        if close < first:
            extremes = {early: float(self._top), late: 0.0}
        inner = dict(extremes)
        for minute, part in _COURSE:
            if all(abs(minute - extreme) > 5 for extreme in extremes):
                rung = first + part * (close - first) + rng.gauss(0, _SCATTER) * self._top
                inner[minute] = min(self._top - 1.0, max(1.0, rung))
        return inner

    def _lay(self, anchors: list[tuple[int, float]]) -> list[_Segment]:
        """The segment that holds each minute; anchors stand on minutes."""
        by_minute = []
        for (start, level), (end, target) in pairwise(anchors):
            segment = _Segment(start, end, level, (target - level) / (end - start))
            by_minute += [segment] * ((end - start + STEPS_A_MINUTE - 1) // STEPS_A_MINUTE)
        return by_minute

    def price(self, step: int) -> int:
        """The last price at a step of continuous trading, in mills."""
        start, end, level, slope = self._by_minute[step // STEPS_A_MINUTE]
        fade = min(step - start, end - step, _FADE) / _FADE
        noise = self._noise * fade * self._wander[(step + self._offset) & (_BANK - 1)]
        rung = round(level + slope * (step - start) + noise)
        return self._rungs[min(self._top, max(0, rung))]

    def trades(self, step: int) -> bool:
        """Whether the name trades at a step: as a minute begins and at the last always, else by activity."""
        if step % STEPS_A_MINUTE == 0 or step == LAST:
            return True
        return self._draws[(step * 7 + self._offset) & (_BANK - 1)] < self._activity

    def volume(self, step: int) -> int:
        """Shares traded up to and with a step, the opening auction included."""
        minute, rest = divmod(step + 1, STEPS_A_MINUTE)
        before = self._volumes[minute]
        if rest:
            before += (self._volumes[minute + 1] - before) * rest // STEPS_A_MINUTE
        return before - before % _LOT

    @property
    def opening_volume(self) -> int:
        """Shares matched in the opening auction."""
        return self._volumes[0] - self._volumes[0] % _LOT


def _volumes(total: int, rng: Random) -> list[int]:
    """Shares up to each minute's start and the end: busy after an opening and before the close."""
    afternoon = trading_minute(13, 0)
    weights = []
    for minute in range(MINUTES):
        weight = 1 + 2.2 * math.exp(-minute / 18) + 1.6 * math.exp((minute - MINUTES) / 15)
        if minute >= afternoon:
            weight += 0.8 * math.exp((afternoon - minute) / 12)
        weights.append(weight * rng.lognormvariate(0, 0.35))
    scale = total * (1 - _OPENING_SHARE - _CLOSING_SHARE) / sum(weights)
    opening = total * _OPENING_SHARE
    return [int(opening + scale * part) for part in accumulate(weights, initial=0.0)]
