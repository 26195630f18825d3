"""The plan of a day: the members' paths, the indices' levels above them, the moment of the close."""

import math
from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise
from operator import mul
from random import Random

from feeds.venue.figures import WEIGHTS, Figures, indices, stocks
from feeds.venue.hours import CLOSE_EARLIEST, CLOSE_LATEST, MINUTES, STEP, STEPS_A_MINUTE
from feeds.venue.path import LAST, Path

_HUNDREDTH = 10  # mills: indices are published to two decimals


class IndexPlan:
    """One index's level as a function of its members' prices.

    The weighted mean of the members' moves is mapped to the level by a rising line through four points: the
    means at the day's low, open, close and high go to the published levels. So the index rises and falls with
    its members, step by step, and still meets the published figures exactly.
    """

    def __init__(self, figures: Figures, paths: Sequence[Path], members: Sequence[Figures]) -> None:
        """Lay the line for members given in the order of ``paths``."""
        weights = [WEIGHTS[figures.symbol].get(member.symbol, 0.0) for member in members]
        total = sum(weights)
        self._factors = [w / total / m.prev_close for w, m in zip(weights, members, strict=True)]
        opening = self.mean([member.open for member in members])
        closing = self.mean([member.close for member in members])
        steps = [minute * STEPS_A_MINUTE for minute in range(MINUTES)] + [LAST]
        means = [self.mean([path.price(step) for path in paths]) for step in steps]
        self._means = [min(means), opening, closing, max(means)]
        self._levels = [figures.low, figures.open, figures.close, figures.high]
        if any(low >= high for low, high in pairwise(self._means)):
            raise ValueError(f"the members' day does not have the shape of {figures.symbol}'s")

    def mean(self, prices: Sequence[int]) -> float:
        """Weighted mean of the members' prices, each as a multiple of its previous close."""
        return math.fsum(map(mul, self._factors, prices))

    def level(self, prices: Sequence[int]) -> int:
        """The index level in mills, a whole number of hundredths of a point."""
        mean = self.mean(prices)
        means, levels = self._means, self._levels
        if not means[0] < mean < means[-1]:
            return levels[0] if mean <= means[0] else levels[-1]
        right = bisect_right(means, mean)
        share = (mean - means[right - 1]) / (means[right] - means[right - 1])
        level = levels[right - 1] + share * (levels[right] - levels[right - 1])
        return round(level / _HUNDREDTH) * _HUNDREDTH


class Plan:
    """Everything about the day that a seed decides, before a second of it is played."""

    def __init__(self, seed: int) -> None:
        """Plan the day of one seed."""
        self.seed = seed
        self.members = list(stocks().values())
        self.paths = [Path(member, seed) for member in self.members]
        self.indices = {
            symbol: IndexPlan(figures, self.paths, self.members) for symbol, figures in indices().items()
        }
        self.close_at = Random(f"{seed}:close").randrange(CLOSE_EARLIEST + STEP, CLOSE_LATEST, STEP)
        """When the closing auction ends and the official close prints; nanoseconds UTC."""
