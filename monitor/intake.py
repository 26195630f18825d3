"""Intake: one feed's way into the engine."""

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from feeds.base import Feed
from market.clock import SECOND
from market.errors import ParseError
from market.freshness import Health, Lags
from market.quote import Quote
from market.state import Verdict

if TYPE_CHECKING:
    from monitor.engine import Engine

log = logging.getLogger(__name__)

_QUIET = Verdict.QUIET  # looking a member up in its class costs 40 ns a tick

LOOK = SECOND // 20
"""How often, at the most, a feed's lag is looked at: each quote of a busy one would cost 0.5 µs."""


class Intake:
    """One feed's way into the engine: its quotes, and what its timestamps say of it."""

    def __init__(self, engine: "Engine", feed: Feed, declared_delay: int = 0) -> None:
        self.feed = feed
        self.lags = Lags(declared_delay)
        self.health = Health.CONNECTING
        self.since = engine.clock.now()
        """When it was given its way in, nanoseconds UTC."""
        self.newest = 0
        """The greatest ``ts_event`` it has sent, nanoseconds UTC."""
        self.skewed = False
        """Whether it was told that the feed's clock and this machine's differ."""
        self.reasons: set[str | None] = set()
        """Those that were told since its health turned."""
        self._engine = engine
        self._apply = engine.state.apply
        self._look_at = 0
        self._noted: set[str] = set()

    def quotes(self, quotes: Sequence[Quote]) -> None:
        """Apply a frame's quotes, in order."""
        apply = self._apply
        for quote in quotes:
            verdict = apply(quote)
            if verdict is not _QUIET:
                self._heed(quote, verdict)
        ts_recv = quotes[-1].ts_recv
        if ts_recv >= self._look_at:
            self._look(quotes, ts_recv)

    def _heed(self, quote: Quote, verdict: Verdict) -> None:
        if verdict is Verdict.LOUD:
            self._note(quote)  # first, for it may be the one that establishes a delay
            self._engine.alerting.examine(quote)
        elif verdict is Verdict.CONFIRMED:
            self._engine.alerting.examine(quote)
            again = self._apply(quote)
            if again is not _QUIET:
                self._heed(quote, again)
        elif verdict is Verdict.HELD:
            self._engine.alerting.hold(quote)
        elif verdict is Verdict.SUPERSEDED:
            self._note(quote)
            self._engine.alerting.hear(quote)
        elif verdict in (Verdict.FUTURE, Verdict.OLDER):
            self._note(quote)  # a feed that has slid behind sends nothing but older ones for as long

    def _look(self, quotes: Sequence[Quote], ts_recv: int) -> None:
        """A few times a second: how late the feed is, by what of this was new; and the engine's round."""
        # Of a feed of several exchanges every frame is: one that always comes first would hide another's lag.
        self._look_at = ts_recv if self.lags.are_many else ts_recv + LOOK
        entries = self._engine.state.entries
        for quote in quotes:
            entry = entries.get(quote.symbol)
            if entry is not None and entry.quote is quote:
                self._note(quote)
        self._noted.clear()
        if ts_recv >= self._engine.next_round:
            self._engine.round(ts_recv)

    def _note(self, quote: Quote) -> None:
        """Learn from a quote's own time, once a symbol between two looks."""
        self.newest = max(self.newest, quote.ts_event)
        if quote.symbol not in self._noted:
            self._noted.add(quote.symbol)
            state = self._engine.state
            self.lags.note(state.entries[quote.symbol].calendar.mic, quote.ts_event, quote.ts_recv)
            state.skew[quote.source] = self.lags.skew

    def rejected(self, error: ParseError) -> None:
        """A frame that its parser refused; the feed's own status has counted it."""
        log.debug("%s: %s: %s", error.venue, error.reason, error.payload)
