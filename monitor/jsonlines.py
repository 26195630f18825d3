"""Standard output for a screen: what the engine tells, as one JSON object a line."""

import asyncio
import logging
from collections.abc import Callable

from market.alert import Suppressed
from market.clock import rfc3339
from market.errors import ParseError
from market.freshness import Health
from market.headline import Headline
from monitor.courier import Delivery
from monitor.engine import Engine
from monitor.lines import encode, headline_fields, line, suppressed_line
from monitor.listener import FeedChange, PhaseChange
from monitor.store import Store
from monitor.tally import Tally

log = logging.getLogger(__name__)


class JsonLines:
    """Tells the engine's events as lines; a reader that is slow slows the feeds, and nothing is dropped."""

    def __init__(
        self,
        write: Callable[[str], object],
        store: Store,
        *,
        headlines: bool = False,
        feed_health: bool = True,
    ) -> None:
        self.reader_left = asyncio.Event()
        self.tally = Tally()
        self.feed_health = feed_health
        """Whether a turn of a feed's health is worth a line."""
        self._write = write
        self._store = store
        self._headlines = headlines
        self._now: Callable[[], int] | None = None
        self._early: list[ParseError] = []
        self._owes = False
        """Whether an alert was not written, and none was since."""
        self.trouble = ""
        """Why the last line could not be written; empty once one was again."""

    def started(self, engine: Engine, listens: str = "") -> None:
        """Write the first line, then what a tape's beginning, which is read to set the clock, had wrong.

        ``listens`` is where the process answers, if anywhere.
        """
        self._now = engine.clock.now
        self.tell(
            line(
                "session",
                engine.clock.now(),
                event="started",
                quality=engine.quality.value,
                feeds=sorted(engine.intakes),
                symbols=len(engine.state.entries),
                rules=len(engine.rules.rules),
                listens=listens or None,
            )
        )
        for error in self._early:
            self.bad_line(error)

    def tell(self, fields: dict[str, object]) -> None:
        """Write one line; alerts that could not be written come after it, once they can and are committed."""
        if self._put(encode(fields)) and self._owes and not self._store.trouble:
            self._owes = False
            for stored in self._store.untold():
                self.alert(stored.number, stored.line, repeat=True)

    def _put(self, text: str) -> bool:
        """Write a line to whoever reads; ``False`` once nobody does, and where it cannot be written."""
        if not self.reader_left.is_set():
            try:
                self._write(text + "\n")
                if self.trouble:
                    log.warning("standard output can be written again")
                    self.trouble = ""
                return True
            except BrokenPipeError:
                self.reader_left.set()
            except OSError as error:  # a full disk, or a reader that stands still
                if not self.trouble:
                    self.trouble = error.strerror or str(error)
                    log.error("standard output cannot be written: %s", self.trouble)
        return False

    def alert(self, number: int, line: str, *, repeat: bool = False) -> None:
        """Write an alert as the store holds it, then mark it told; a crash in between repeats the line."""
        self.tally.alerts += not repeat
        if self._put(line[:-1] + ',"repeat":true}' if repeat else line):
            self._store.mark_told(number)
        else:
            self._owes = True

    def resolved(self, line: str) -> None:
        """Write that what an alert told of is over."""
        self._put(line)

    def bad_line(self, error: ParseError) -> None:
        """Write, and log, a tape's line that cannot be used; its time is that of the lines read before it."""
        if self._now is None:
            self._early.append(error)
            return
        log.warning("%s", error)
        self.tell(line("error", self._now(), source=error.venue, reason=error.reason))

    def suppressed(self, suppressed: Suppressed) -> None:
        """Write a withheld alert, or after a session how often that was."""
        self.tally.suppressed[suppressed.reason] += suppressed.quote is not None
        self.tell(suppressed_line(suppressed))

    def broken(self, rule_id: str, where: str | None, reason: str) -> None:
        """Write that a rule is put aside; the log has the whole error."""
        if self._now is not None:
            about = {"source": "rule", "rule_id": rule_id, "symbol": where, "reason": reason}
            self.tell(line("error", self._now(), **about))

    def headline(self, headline: Headline) -> None:
        """Write a headline, where they were asked for."""
        if self._headlines:
            fields = headline_fields(headline)
            fields["published_ts"] = fields.pop("ts")
            self.tell(line("headline", headline.ts_recv, **fields))

    def feed(self, change: FeedChange) -> None:
        """Write a turn of a feed's health, or a dispute, unless nobody wants to know."""
        about = {} if change.symbol is None else {"symbol": change.symbol}
        if change.turned and change.health in (Health.STALE, Health.DOWN):
            self.tally.silences[change.name] += 1
        if self.feed_health:
            health, reason = change.health.value, change.reason
            self.tell(line("feed", change.ts, source=change.name, state=health, reason=reason, **about))

    def delivery(self, delivery: Delivery) -> None:
        """Write what became of an attempt to send an alert to a sink."""
        self.tally.deliveries[delivery.sink, delivery.state.value] += 1
        self.tell(
            line(
                "delivery",
                delivery.ts,
                sink=delivery.sink,
                event_id=delivery.event_id,
                state=delivery.state.value,
                attempt=delivery.attempt,
                reason=delivery.reason or None,
                delayed_s=delivery.delayed_s,
            )
        )

    def phase(self, change: PhaseChange) -> None:
        """Write the phase that an exchange has entered."""
        self.tell(
            line(
                "session",
                change.ts,
                event="phase",
                mic=change.mic,
                session_date=change.session_date.isoformat(),
                phase=change.phase.value,
                until=rfc3339(change.until),
            )
        )
