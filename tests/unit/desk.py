"""A desk for tests of rules: the real engine and store, quotes by hand, everything that was told kept."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import msgspec

from feeds.base import FeedStatus, QuoteSink
from market.alert import Suppressed
from market.clock import SECOND, parse_rfc3339
from market.freshness import Health
from market.headline import Headline
from market.profile import Profile
from market.quote import Quote
from market.rule import Rule
from market.rulebook import RuleBook
from monitor.courier import Delivery
from monitor.engine import Engine
from monitor.listener import FeedChange, PhaseChange
from monitor.store import Store

OPEN = parse_rfc3339("2025-09-17T01:30:00Z")
"""09:30 in Hong Kong, a Wednesday."""

DAY = 86_400


class Hand:
    """A clock that is set."""

    def __init__(self, now: int) -> None:
        self.at = now

    def now(self) -> int:
        """As set."""
        return self.at

    async def sleep(self, seconds: float) -> None:
        """Passes at once, after everybody else had a turn."""
        await asyncio.sleep(0)
        self.at += int(seconds * SECOND)


@dataclass
class ByHand:
    """A feed whose quotes the test brings itself."""

    name: str
    status: FeedStatus = field(default_factory=lambda: FeedStatus(Health.LIVE))

    async def run(self, sink: QuoteSink) -> None:
        """Nothing."""

    def serves(self, symbol: str) -> bool:
        """Everything."""
        return True


@dataclass
class Heard:
    """A listener that remembers."""

    alerts: list[dict[str, Any]] = field(default_factory=list)
    resolutions: list[dict[str, Any]] = field(default_factory=list)
    withheld: list[Suppressed] = field(default_factory=list)
    feeds: list[FeedChange] = field(default_factory=list)
    breakages: list[tuple[str, str | None, str]] | None = None
    """Kept where a test expects any."""

    def alert(self, number: int, line: str) -> None:
        """Keep it."""
        self.alerts.append(msgspec.json.decode(line))

    def resolved(self, line: str) -> None:
        """Keep it."""
        self.resolutions.append(msgspec.json.decode(line))

    def suppressed(self, suppressed: Suppressed) -> None:
        """Keep it."""
        self.withheld.append(suppressed)

    def broken(self, rule_id: str, where: str | None, reason: str) -> None:
        """Keep it, if it is expected."""
        assert self.breakages is not None, f"{rule_id} broke"
        self.breakages.append((rule_id, where, reason))

    def headline(self, headline: Headline) -> None:
        """Nothing."""

    def feed(self, change: FeedChange) -> None:
        """Keep it."""
        self.feeds.append(change)

    def phase(self, change: PhaseChange) -> None:
        """Nothing."""

    def delivery(self, delivery: Delivery) -> None:
        """Nothing."""


class Desk:
    """An engine with some rules. Times are seconds after 09:30 on 2025-09-17; the base is 100."""

    def __init__(
        self,
        *rules: Rule,
        store: Store | None = None,
        symbols: Iterable[str] = ("9888.HK", "HSTECH"),
        profiles: Mapping[str, Profile] | None = None,
    ) -> None:
        self.heard = Heard()
        self.clock = Hand(OPEN)
        self.store = store or Store()
        self.profiles = profiles or {}
        self.engine = Engine(
            clock=self.clock,
            symbols=symbols,
            rules=RuleBook(rules),
            store=self.store,
            listener=self.heard,
        )
        self._watch()

    def _watch(self) -> None:
        self.engine.rules.watch(self.engine.state.entries, self.profiles.get)

    def quote(
        self,
        price: str | Decimal,
        at: float,
        *,
        lag: float = 0.0,
        source: str = "a",
        symbol: str = "9888.HK",
        loud: bool = False,
        **fields: Any,
    ) -> list[str]:
        """A quote received then, and made ``lag`` seconds before; the keys of the alerts it raised."""
        received = OPEN + round(at * SECOND)
        self.clock.at = received
        made = received - round(lag * SECOND)
        known: dict[str, Any] = {"prev_close": Decimal(100), **fields}
        quote = Quote(symbol, Decimal(price), made, received, source, **known)
        if loud:
            self.engine.state.entries[symbol].disturb()
        return self.send(quote)

    def send(self, *quotes: Quote) -> list[str]:
        """Quotes as they are, each in a frame of its own; the keys of the alerts they raised."""
        before = len(self.heard.alerts)
        for quote in quotes:
            self.clock.at = quote.ts_recv
            intake = self.engine.intakes.get(quote.source)
            if intake is None:
                intake = self.engine.add_source(ByHand(quote.source))
            intake.quotes([quote])
        return [alert["dedup_key"] for alert in self.heard.alerts[before:]]

    def wait(self, until: float) -> list[str]:
        """The engine's rounds, each second from now up to then; the keys of the alerts they raised."""
        before = len(self.heard.alerts)
        end = OPEN + round(until * SECOND)
        while self.clock.at < end:
            self.clock.at = min(self.clock.at + SECOND, end)
            self.engine.round(self.clock.at)
        return [alert["dedup_key"] for alert in self.heard.alerts[before:]]

    def reload(self, *rules: Rule) -> None:
        """Go on with other rules."""
        self.engine.replace_rules(RuleBook(rules), [])
        self._watch()

    @property
    def keys(self) -> list[str]:
        """The key of every alert that was told."""
        return [alert["dedup_key"] for alert in self.heard.alerts]
