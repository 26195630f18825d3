"""A name's page, put together from what the engine holds: quote, levels, facts, runs, depositary shares."""

from collections.abc import Mapping, Sequence

from market.basis import Basis, base
from market.clock import MINUTE, SECOND
from market.freshness import Quality
from market.instrument import instrument
from market.profile import Period, Run
from market.quote import Quote
from market.twin import RATE, Leg, Twin, is_current
from tui.bridge import Bridge
from widgets.formatting import coarse_age, price
from widgets.name_sheet import NO_BASE, Sheet, Source
from widgets.plot import Level
from widgets.tile import Minutes, Tile
from widgets.twin_panel import Quoted
from widgets.words import words


class Page:
    """One watched name as it stands at this moment."""

    def __init__(self, bridge: Bridge, symbol: str, earlier: Minutes = ()) -> None:
        """``earlier`` are minutes of the day from elsewhere, for what was before the wall was there."""
        self.bridge = bridge
        self.symbol = symbol
        self.now = bridge.engine.clock.now()
        self.instrument = instrument(symbol)
        self.entry = bridge.engine.state.entries[symbol]
        self.tile = filled(bridge.tiles([symbol])[symbol], earlier)
        self.quote = self.tile.quote
        self._profiles = bridge.engine.profiles
        self._facts = bridge.facts(self.quote) if self.quote is not None else None

    def _age(self, quote: Quote) -> str:
        return coarse_age(max(self.now - quote.ts_event, 0) / SECOND)

    def sheet(self) -> Sheet:
        """Names, price and fields."""
        quote = self.quote
        if quote is None:
            return Sheet(self.instrument, self.tile)
        said = {quote.source: quote, **self.entry.others}
        dispute = self.entry.dispute
        leading = sorted(said.items(), key=lambda item: item[0] != quote.source)
        return Sheet(
            instrument=self.instrument,
            tile=self.tile,
            base=base(quote, self._facts),
            phase=self.entry.calendar.phase_at(self.now),
            sources=[Source(name, other.last, self._age(other), other is dispute) for name, other in leading],
        )

    def facts(self) -> Sequence[str]:
        """What history says, the rarest first."""
        return self.bridge.sentences(self.quote) if self.quote is not None else ()

    def why_no_facts(self) -> str:
        """What to say in their place."""
        return words(self.bridge.names)["history to come" if self._facts is None else "no facts"]

    def levels(self) -> list[Level]:
        """The prices that stand across the charts: of the day before, the year before, and the record."""
        said = words(self.bridge.names)
        facts = self._facts
        profile = self._profiles.get(self.symbol) if self._profiles is not None else None
        start = base(self.quote, facts) if self.quote is not None else NO_BASE
        levels = []
        if start.price is not None:
            name = said["24h" if start.kind is Basis.DAY_AGO else "previous close"]
            levels.append(Level(start.price, name, start.day, daily=True))
        if facts is not None and facts.year.base is not None:
            levels.append(Level(facts.year.base, said["year base"], facts.year.base_date))
        if profile is not None and profile.record_close is not None:
            levels.append(Level(profile.record_close, said["record close"], profile.record_date))
        return levels

    def runs(self, period: Period) -> tuple[Sequence[Run], bool]:
        """The last runs of a period, the oldest first, and whether the last one's close is still to come."""
        if self.quote is None or self._profiles is None or self._facts is None:
            return (), False
        return self._profiles.runs(self.quote, self.now, period), not self._facts.final

    def twin(self, abroad: Mapping[str, Quote]) -> tuple[Twin, Sequence[Quoted]] | None:
        """The depositary shares by prices that were asked for, or by a feed's where that is newer."""
        known = self.instrument
        if known.adr is None:
            return None
        is_current = self.quote is not None and self.tile.quality is not Quality.STALE
        twin = Twin(
            instrument=known,
            home=Leg(self.symbol, self.quote, is_current),
            abroad=self._leg(known.adr, abroad),
            rate=self._leg(RATE, abroad),
        )
        quoted = [
            self._quoted(leg, what, currency)
            for leg, what, currency in (
                (twin.abroad, known.adr, "USD"),
                (twin.rate, "USD/HKD", ""),
                (twin.home, self.symbol, known.currency),
            )
        ]
        return twin, quoted

    def _leg(self, symbol: str, abroad: Mapping[str, Quote]) -> Leg:
        entry = self.bridge.engine.state.entries.get(symbol)
        known = (abroad.get(symbol), entry.quote if entry is not None else None)
        held = [quote for quote in known if quote is not None]
        quote = max(held, key=lambda quote: quote.ts_event, default=None)
        return Leg(symbol, quote, quote is not None and is_current(quote, self.now))

    def _quoted(self, leg: Leg, what: str, currency: str) -> Quoted:
        quote = leg.quote
        if quote is None:
            return Quoted(what)
        return Quoted(
            what, f"{price(quote.last)} {currency}".rstrip(), self._age(quote), quote.source, leg.current
        )


def filled(tile: Tile, earlier: Minutes) -> Tile:
    """The tile with those minutes of its session that lie before the first of its own."""
    if tile.quote is None or tile.session is None or not earlier:
        return tile
    begun = tile.minutes[0][0] if tile.minutes else tile.quote.ts_event // MINUTE * MINUTE
    before = [minute for minute in earlier if tile.session.open <= minute[0] < begun]
    return tile._replace(minutes=[*before, *tile.minutes])
