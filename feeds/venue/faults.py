"""Faults: what the venue does wrong on purpose, so that a feed's defences can be seen at work.

A fault strikes the first occasion it gets, and from then on one in six, drawn from the venue's seed.
``delay`` alone holds without a break.
"""

from collections.abc import Iterable
from random import Random

from market.errors import TickwallError

KINDS = ("drop", "stall", "garbage", "repeat", "reorder", "delay", "429", "403", "500", "cut")
"""Close without an answer; stop sending without closing; send nonsense; send twice; send older after newer;
be 15 minutes late; refuse with that status; end a body half way."""

PATHS = ("stream", "quotes", "chart", "kline", "rss", "hkexnews")
"""What a fault may be confined to."""

REFUSALS = ("429", "403", "500")

_OFTEN = 1 / 6


class FaultError(TickwallError):
    """A fault that the venue does not know."""

    exit_code = 64


class _Fault:
    def __init__(self, kind: str, path: str, rng: Random) -> None:
        self.kind = kind
        self.path = path
        self._rng = rng
        self._struck = False

    def strikes(self) -> bool:
        first, self._struck = not self._struck, True
        return first or self._rng.random() < _OFTEN


class Faults:
    """The faults in force, written ``KIND`` or ``KIND@PATH``: ``429``, ``garbage@stream``."""

    def __init__(self, specs: Iterable[str] = (), seed: int = 0) -> None:
        """Begin with these; ``FaultError`` for one that is unknown."""
        self._seed = seed
        self._faults: dict[str, _Fault] = {}
        for spec in specs:
            self.start(spec)

    def start(self, spec: str) -> None:
        """Put a fault in force, its first strike still ahead; ``FaultError`` for one that is unknown."""
        kind, _, path = spec.partition("@")
        if kind not in KINDS:
            raise FaultError(f"no fault {kind!r} (known: {', '.join(KINDS)})")
        if path not in ("", *PATHS):
            raise FaultError(f"no path {path!r} in fault {spec!r} (known: {', '.join(PATHS)})")
        self._faults[spec] = _Fault(kind, path, Random(f"{self._seed}:{spec}"))

    def stop(self, spec: str | None = None) -> None:
        """Lift one fault, or all of them."""
        if spec is None:
            self._faults.clear()
        else:
            self._faults.pop(spec, None)

    def active(self, kind: str, path: str) -> bool:
        """Whether a fault of this kind is in force on a path."""
        return any(fault.kind == kind and fault.path in ("", path) for fault in self._faults.values())

    def strikes(self, kind: str, path: str) -> bool:
        """Whether a fault of this kind strikes on this occasion, which is then used up."""
        if not self._faults:
            return False
        return any(
            fault.strikes()
            for fault in self._faults.values()
            if fault.kind == kind and fault.path in ("", path)
        )

    def refusal(self, path: str) -> int | None:
        """The status to refuse this request with, if any."""
        return next((int(kind) for kind in REFUSALS if self.strikes(kind, path)), None)
