"""The ear: what the engine tells, as it reaches the screen, where a frame does not pull it."""

import logging
from typing import TYPE_CHECKING

from market.errors import ParseError
from market.headline import Headline

if TYPE_CHECKING:
    from market.alert import Suppressed
    from monitor.courier import Delivery
    from monitor.listener import FeedChange, PhaseChange
    from tui.app import WallApp

log = logging.getLogger(__name__)


class Ear:
    """The listener of one engine."""

    def __init__(self, app: "WallApp") -> None:
        self._app = app

    def alert(self, number: int, line: str) -> None:
        """An alert, as the store holds it: shown at once, even while the picture is paused."""
        self._app.desk.tell(number, line)

    def suppressed(self, suppressed: "Suppressed") -> None:
        """A withheld alert has no place on the screen; the log has it."""
        if (quote := suppressed.quote) is not None:
            known = suppressed.rule_id, quote.symbol, quote.last, suppressed.reason
            log.info("withheld: %s %s at %s: %s", *known)

    def broken(self, rule_id: str, where: str | None, reason: str) -> None:
        """A rule that watches no more is told until the program ends; the log has the whole error."""
        on = f" on {where}" if where else ""
        self._app.status.warning = f"rule {rule_id} broke{on} (see the log)"
        self._app.toast(f"{reason}; it is put aside{on}", title=f"Rule {rule_id}", grave=True)

    def resolved(self, line: str) -> None:
        """What has come back is seen on its tile; the log has the line."""
        log.info("resolved: %s", line)

    def delivery(self, delivery: "Delivery") -> None:
        """A sink that will not be told is worth a word; the log has every attempt that failed."""
        if delivery.state in ("failed", "expired"):
            self._app.say(f"sink {delivery.sink} {delivery.state}: {delivery.reason}", urgent=True)

    def headline(self, headline: Headline) -> None:
        """The next look finds it."""

    def feed(self, change: "FeedChange") -> None:
        """Feeds are shown as they stand; a turn is shown at the next frame."""
        log.info("feed %s: %s %s", change.name, change.health, change.reason or "")
        self._app.look_again()

    def phase(self, change: "PhaseChange") -> None:
        """A phase is shown at the next frame."""
        self._app.look_again()

    def bad_line(self, error: ParseError) -> None:
        """A tape's line that cannot be used; the rest goes on."""
        log.warning("%s", error)
        self._app.say(f"{error}; skipped", urgent=True)
