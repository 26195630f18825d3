"""What has been worked out, remembered: for what strangers repeat in every message."""

from collections.abc import Callable
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Memo(dict[K, V]):
    """What ``make`` gives for each key, worked out when first asked for.

    A look-up is a dictionary's own, 30 ns, where a call of ``functools.lru_cache`` costs 45. In return
    nothing is known of use: with ``most`` entries all are forgotten, and those in use are soon there again.
    What ``make`` raises is raised, and not remembered.
    """

    __slots__ = ("_make", "_most")

    def __init__(self, make: Callable[[K], V], most: int) -> None:
        self._make = make
        self._most = most

    def __missing__(self, key: K) -> V:
        """Work it out."""
        value = self._make(key)
        if len(self) >= self._most:
            self.clear()
        self[key] = value
        return value
