"""Phases: where each exchange that is watched is in its day, by the engine's own clock."""

from collections.abc import Callable, Iterator, Mapping

from market.session import Phase, calendar
from market.state import Entry
from monitor.listener import PhaseChange


class Phases:
    """Tells each phase once, also those that a leap of the clock passes over."""

    def __init__(self, entries: Mapping[str, Entry], tell: Callable[[PhaseChange], None]) -> None:
        self._entries = entries
        self._tell = tell
        self._known: dict[str, tuple[int, Phase]] = {}

    def roll(self, now: int) -> None:
        """Enter what has begun up to an instant, nanoseconds UTC."""
        for mic in dict.fromkeys(entry.calendar.mic for entry in self._entries.values()):
            hours = calendar(mic)
            if mic not in self._known:
                self._enter(mic, now, hours.phase_at(now), hours.next_change(now)[0])
            while now >= self._known[mic][0]:
                at = self._known[mic][0]
                self._enter(mic, at, hours.phase_at(at), hours.next_change(at)[0])

    def _enter(self, mic: str, at: int, phase: Phase, until: int) -> None:
        self._known[mic] = until, phase
        self._tell(PhaseChange(mic, calendar(mic).day_of(at), phase, at, until))

    def clear(self) -> None:
        """Ask the calendars anew."""
        self._known.clear()

    def of(self, mic: str) -> Phase:
        """The phase of an exchange as of the last roll."""
        return self._known.get(mic, (0, Phase.CLOSED))[1]

    def ends(self) -> list[int]:
        """When each of the phases ends, nanoseconds UTC."""
        return [until for until, _ in self._known.values()]

    def __iter__(self) -> Iterator[str]:
        """The exchanges."""
        return iter(self._known)
