"""Status: what the bottom line says of the application besides what is chosen on the wall."""

import time
from collections.abc import Mapping

from market.freshness import age_text
from widgets.status import Remark

SAID_S = 6.0
"""Seconds for which an answer to a key stays."""


class Status:
    """State to read: ``muted``, ``paused``, ``ended``, ``warning``."""

    def __init__(self) -> None:
        self.muted = False
        self.ended: str | None = None
        """Why the engine no longer runs."""
        self.warning = ""
        """What a person must know for as long as this runs."""
        self._paused_at: float | None = None
        self._said = Remark("")
        self._said_until = 0.0

    @property
    def paused(self) -> bool:
        """Whether the picture stands still."""
        return self._paused_at is not None

    def toggle_pause(self) -> None:
        """Let the picture stand still, or go on."""
        self._paused_at = time.monotonic() if self._paused_at is None else None

    def say(self, text: str, *, urgent: bool = False) -> None:
        """Answer a key, for a few seconds."""
        self._said, self._said_until = Remark(text, urgent), time.monotonic() + SAID_S

    def remarks(self, words: Mapping[str, str]) -> list[Remark]:
        """What there is to say now, in the ``words`` of a language where it has some."""
        now = time.monotonic()
        remarks = []
        if self._paused_at is not None:
            remarks.append(Remark(words["paused"].format(age_text(now - self._paused_at)), urgent=True))
        if self.warning:
            remarks.append(Remark(self.warning, urgent=True))
        if self.ended is not None:
            remarks.append(Remark(self.ended, urgent=True))
        if self._said.text and now < self._said_until:
            remarks.append(self._said)
        if self.muted:
            remarks.append(Remark(words["bell off"]))
        return remarks
