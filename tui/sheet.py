"""A name's page, put together from what the engine holds: quote, levels, facts, runs, depositary shares."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from market.basis import Base, base
from market.clock import SECOND
from market.closes import Closes
from market.facts import Facts
from market.freshness import Quality
from market.instrument import Instrument, instrument
from market.profile import Period, Profile, Run
from market.quote import Quote
from market.twin import RATE, Leg, Twin, is_current
from tui.bridge import Bridge
from widgets.formatting import coarse_age, price
from widgets.name_sheet import NO_BASE, Sheet, Source
from widgets.plot import Level
from widgets.twin_panel import Quoted
from widgets.words import words


@dataclass(frozen=True, slots=True)
class Page:
    """One name as it stands; ``symbol`` must be watched. ``closes`` are its history, once that is there."""

    bridge: Bridge
    symbol: str
    closes: Closes | None = None

    @property
    def instrument(self) -> Instrument:
        """What is fixed about it."""
        return instrument(self.symbol)

    @property
    def quote(self) -> Quote | None:
        """The newest."""
        return self.bridge.engine.state.entries[self.symbol].quote

    @property
    def _facts(self) -> Facts | None:
        return self.bridge.facts(self.quote) if self.quote is not None else None

    @property
    def _profile(self) -> Profile | None:
        profiles = self.bridge.engine.profiles
        return profiles.get(self.symbol) if profiles is not None else None

    def _age(self, quote: Quote) -> str:
        return coarse_age(max(self.bridge.engine.clock.now() - quote.ts_event, 0) / SECOND)

    def sheet(self) -> Sheet:
        """Names, price and fields."""
        entry = self.bridge.engine.state.entries[self.symbol]
        tile = self.bridge.tiles([self.symbol])[self.symbol]
        quote = entry.quote
        if quote is None:
            return Sheet(self.instrument, tile)
        said = {quote.source: quote, **entry.others}
        leading = sorted(said.items(), key=lambda item: item[0] != quote.source)
        return Sheet(
            instrument=self.instrument,
            tile=tile,
            base=self._base(quote),
            phase=entry.calendar.phase_at(self.bridge.engine.clock.now()),
            sources=[Source(name, other.last, self._age(other)) for name, other in leading],
        )

    def _base(self, quote: Quote) -> Base:
        return base(quote, self._facts, self.closes.prices if self.closes is not None else ())

    def facts(self) -> Sequence[str]:
        """What history says, the rarest first."""
        return self.bridge.sentences(self.quote) if self.quote is not None else ()

    def why_no_facts(self) -> str:
        """What to say in their place."""
        return "no daily history so far" if self._facts is None else "nothing stands out"

    def levels(self) -> list[Level]:
        """The prices that stand across the charts: of the day before, the year before, and the record."""
        said = words(self.bridge.names)
        quote, facts, profile = self.quote, self._facts, self._profile
        start = self._base(quote) if quote is not None else NO_BASE
        levels = []
        if start.price is not None:
            levels.append(Level(start.price, said["previous close"], start.day, daily=True))
        if facts is not None and facts.year.base is not None:
            levels.append(Level(facts.year.base, said["year base"], facts.year.base_date))
        if profile is not None and profile.record_close is not None:
            levels.append(Level(profile.record_close, said["record close"], profile.record_date))
        return levels

    def runs(self, period: Period) -> tuple[Sequence[Run], bool]:
        """The last runs of a period, the oldest first, and whether the last one's close is still to come."""
        quote, profiles, facts = self.quote, self.bridge.engine.profiles, self._facts
        if quote is None or profiles is None or facts is None:
            return (), False
        return profiles.runs(quote, self.bridge.engine.clock.now(), period), not facts.final

    def twin(self, abroad: Mapping[str, Quote]) -> tuple[Twin, Sequence[Quoted]] | None:
        """The depositary shares by prices that were asked for, or by a feed's where that is newer."""
        known = self.instrument
        if known.adr is None:
            return None
        now = self.bridge.engine.clock.now()
        tile = self.bridge.tiles([self.symbol])[self.symbol]
        home = Leg(self.symbol, tile.quote, tile.quote is not None and tile.quality is not Quality.STALE)
        legs = [self._leg(symbol, abroad, now) for symbol in (known.adr, RATE)]
        twin = Twin(known, home, *legs)
        quoted = [
            self._quoted(leg, what, currency)
            for leg, what, currency in (
                (twin.abroad, known.adr, "USD"),
                (twin.rate, "USD/HKD", ""),
                (twin.home, self.symbol, known.currency),
            )
        ]
        return twin, quoted

    def _leg(self, symbol: str, abroad: Mapping[str, Quote], now: int) -> Leg:
        entry = self.bridge.engine.state.entries.get(symbol)
        known = (abroad.get(symbol), entry.quote if entry is not None else None)
        held = [quote for quote in known if quote is not None]
        quote = max(held, key=lambda quote: quote.ts_event, default=None)
        return Leg(symbol, quote, quote is not None and is_current(quote, now))

    def _quoted(self, leg: Leg, what: str, currency: str) -> Quoted:
        quote = leg.quote
        if quote is None:
            return Quoted(what)
        return Quoted(
            what, f"{price(quote.last)} {currency}".rstrip(), self._age(quote), quote.source, leg.current
        )
