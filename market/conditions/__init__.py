"""The kinds of rules that look at quotes, one file each; a new one is listed here, and nowhere else."""

from market.conditions.base import Condition
from market.conditions.change import DayChange
from market.conditions.cross import Cross
from market.conditions.extreme import NewHigh, NewLow
from market.conditions.gap import Gap
from market.conditions.relative import Excess
from market.conditions.streak import Streak
from market.conditions.volume import VolumeRatio
from market.conditions.window import WindowChange

CONDITIONS: dict[str, type[Condition]] = {
    condition.kind: condition
    for condition in (DayChange, WindowChange, Cross, Gap, NewHigh, NewLow, VolumeRatio, Streak, Excess)
}
"""By kind, as the configuration writes it."""
