"""MarketState: the last-value cache. One writer, the engine; the screen pulls from it at its own pace."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import NamedTuple

from market.clock import MINUTE, SECOND
from market.lead import HANDOVER, STILL, Rival, is_fresher, origin
from market.quote import Quote
from market.session import Calendar, Phase, calendar
from market.symbol import mic

FUTURE = 30 * SECOND
"""A stamp further ahead of our clock than this, net of the feed's known skew, is refused."""

OUTLIER = Decimal("0.30")
"""A price further than this from the last accepted one waits for a second, agreeing quote."""

AGREEMENT = Decimal("0.05")
"""Two outliers this near to one another agree."""

_SANE = Decimal("0.10")  # two prices inside ±10 % of one anchor are at most 22 % apart: never outliers
_DRIFT = Decimal("0.001")  # how far a moving base (crypto's price of 24 hours ago) may go inside a quiet box


class Verdict(Enum):
    """What became of a quote."""

    QUIET = "quiet"
    """Applied, and inside the quiet box: no rule can have anything to say."""
    LOUD = "loud"
    """Applied, and rules must look at it."""
    DUPLICATE = "duplicate"
    OLDER = "older"
    FUTURE = "future"
    SUPERSEDED = "superseded"
    """Another source leads this name with a quote at least as fresh."""
    HELD = "held"
    """An outlier, kept aside for a second opinion."""
    CONFIRMED = "confirmed"
    """The outlier that was kept aside has been applied, for this quote agrees with it; rules must look at it,
    and the quote itself is to be brought once more."""
    UNKNOWN = "unknown"
    """A name that nobody watches."""


_QUIET = Verdict.QUIET  # looking a member up in its class costs 40 ns a tick


class PreviousClose(NamedTuple):
    """The previous close that a session counts from, and the source that gave it."""

    session_date: date
    price: Decimal
    source: str


class Entry:
    """What is known of one instrument now.

    ``floor``, ``ceiling``, ``base_floor`` and ``base_ceiling`` are the quiet box: while the price stays
    strictly between the first two and the previous close within the others, no rule can fire or re-arm
    and no price is an outlier, so that a tick costs one set of comparisons however many rules there are.
    ``minutes`` holds the session's finished minutes: start (ns UTC) and last price of each.
    """

    __slots__ = (
        "base",
        "base_ceiling",
        "base_drift",
        "base_floor",
        "before",
        "calendar",
        "ceiling",
        "floor",
        "heir",
        "held",
        "minutes",
        "origin",
        "others",
        "outlier",
        "phase",
        "quote",
        "rivals",
        "roll_at",
        "session_date",
        "symbol",
    )

    def __init__(self, symbol: str, hours: Calendar) -> None:
        self.symbol = symbol
        self.calendar = hours
        self.quote: Quote | None = None
        self.session_date: date | None = None
        self.base_drift = _DRIFT if hours.mic == "24/7" else Decimal(0)
        """The part by which the base may move inside the box; a rule's band must shrink by as much."""
        self.phase = Phase.CLOSED
        """Of the quote's own time, unless the quote carries one."""
        self.minutes: list[tuple[int, Decimal]] = []
        self.held: Quote | None = None
        self.outlier: Quote | None = None
        """The last held quote that no second one agreed with, until the engine has told of it."""
        self.others: dict[str, Quote] = {}
        """The newest quote of each source besides the leader's, by source."""
        self.rivals: dict[str, Rival] = {}
        self.heir: tuple[str, int] | None = None
        """The source that shall lead from its next newer quote on, and until when it is waited for."""
        self.base: PreviousClose | None = None
        self.before: Quote | None = None
        """The quote before the last one examined."""
        self.origin: Quote | None = None
        """Where the last quote examined has moved from, if it brought another leader that agreed with the one
        before it."""
        self.floor = self.ceiling = self.base_floor = self.base_ceiling = Decimal(0)
        self.roll_at = 0

    def narrow(self, floor: Decimal | None, ceiling: Decimal | None) -> None:
        """Shrink the quiet box to where one more rule has nothing to say."""
        if floor is not None and floor > self.floor:
            self.floor = floor
        if ceiling is not None and ceiling < self.ceiling:
            self.ceiling = ceiling

    @property
    def dispute(self) -> Quote | None:
        """The newest quote of a source that has been at odds with the leader for some time, if one is."""
        if self.quote is None:
            return None
        oldest = self.quote.ts_event - STILL
        for source, rival in self.rivals.items():
            other = self.others.get(source)
            if other is not None and rival.disagrees and other.ts_event >= oldest:
                return other
        return None

    def disturb(self) -> None:
        """Let the next quote be examined, and the rules look at it, whatever its price."""
        self.roll_at = 0


class MarketState:
    """The newest quote of every watched instrument, and which of them changed since the last look."""

    def __init__(self, symbols: Iterable[str] = ()) -> None:
        self.entries: dict[str, Entry] = {}
        self.applied = 0
        self.refused: Counter[Verdict] = Counter()
        self.skew: dict[str, int] = {}
        """Per source, how far its clock runs ahead of ours (ns), where that is established."""
        self.priority: Mapping[str, int] = {}
        """Per source, how much it is preferred where several are alike; 0 where nothing is said."""
        self.is_old_base: Callable[[str, date, Decimal], bool] = lambda symbol, session_date, base: False
        """Whether a previous close is another session's, as history knows it; such a one is taken away."""
        self._dirty: set[str] = set()
        self.watch(symbols)

    def watch(self, symbols: Iterable[str]) -> list[str]:
        """Add instruments, by canonical symbol; returns the new ones. The others keep what they know."""
        new = [symbol for symbol in dict.fromkeys(symbols) if symbol not in self.entries]
        self.entries.update((symbol, Entry(symbol, calendar(mic(symbol)))) for symbol in new)
        return new

    def drain(self) -> set[str]:
        """The symbols that changed since the last call."""
        dirty, self._dirty = self._dirty, set()
        return dirty

    def apply(self, quote: Quote) -> Verdict:
        """Take one quote in; only ``QUIET`` and ``LOUD`` changed anything that is shown."""
        # One full unpacking: 59 ns, against 78 for six attributes and 115 for a starred rest.
        symbol, last, ts_event, ts_recv, source, prev_close, _, _, _, _, _, phase, _ = quote
        entry = self.entries.get(symbol)
        if entry is None:
            self.refused[Verdict.UNKNOWN] += 1
            return Verdict.UNKNOWN
        if (
            ts_event < entry.roll_at
            and entry.floor < last < entry.ceiling
            and prev_close is not None
            and entry.base_floor <= prev_close <= entry.base_ceiling
            and ts_event - ts_recv <= FUTURE
            and (held := entry.quote) is not None
            and ts_event > held.ts_event
            and source == held.source
            and phase == held.phase
        ):
            entry.quote = quote
            self._dirty.add(symbol)
            self.applied += 1
            return _QUIET
        verdict = self._examine(entry, quote)
        if verdict is Verdict.LOUD:
            self.applied += 1
            self._dirty.add(symbol)
        elif verdict is Verdict.CONFIRMED:
            self._dirty.add(symbol)
        else:
            self.refused[verdict] += 1
        return verdict

    def _examine(self, entry: Entry, quote: Quote) -> Verdict:
        if quote.ts_event - quote.ts_recv > FUTURE + max(self.skew.get(quote.source, 0), 0):
            return Verdict.FUTURE
        session_date = entry.calendar.day_of(quote.ts_event)
        if quote.prev_close is not None and self.is_old_base(quote.symbol, session_date, quote.prev_close):
            quote = quote._replace(prev_close=None)
        leader = entry.quote
        if leader is not None:
            if quote.source != leader.source:
                rival = entry.rivals.setdefault(quote.source, Rival())
                rival.stand(entry.others.get(quote.source, quote), leader)
                entry.others[quote.source] = quote
                if not (is_fresher(quote, leader) or self._succeeds(entry, rival, quote, leader)):
                    self._lend(entry, leader, quote, session_date)
                    return self._agree(entry, quote)
            elif (verdict := _repeats(leader, quote)) is not None:
                return verdict
            elif entry.heir is not None and self._waits(entry, quote):
                return Verdict.SUPERSEDED
        quote = self._based(entry, quote, session_date)
        if entry.held is not None and _agrees(entry.held, quote):
            return self._confirm(entry, entry.held, quote)
        if is_outlier(quote, leader):
            entry.outlier = entry.held
            entry.held = quote
            entry.disturb()
            return Verdict.HELD
        entry.outlier, entry.held = entry.held, None
        self._accept(entry, quote, session_date)
        return Verdict.LOUD

    def _succeeds(self, entry: Entry, rival: Rival, quote: Quote, leader: Quote) -> bool:
        """Whether a preferred source takes the lead back; the leader then waits until it has gone on."""
        rival.note(quote, leader, entry.session_date or entry.calendar.day_of(quote.ts_event))
        if self._rank(quote.source) <= self._rank(leader.source) or not rival.has_returned:
            return False
        if quote.ts_event >= leader.ts_event:
            return True
        if entry.heir is None:
            entry.heir = quote.source, quote.ts_recv + HANDOVER
            entry.disturb()  # or the leader's quiet quotes would go on unexamined
        return False

    @staticmethod
    def _waits(entry: Entry, quote: Quote) -> bool:
        """Whether the leader stands back from a quote of its own, for the source that succeeds it."""
        assert entry.heir is not None
        source, until = entry.heir
        if quote.ts_recv < until:
            entry.others[quote.source] = quote
            return True
        entry.heir = None
        entry.rivals[source].fresh_since = None  # it did not come up, and must prove itself anew
        return False

    def _rank(self, source: str) -> int:
        return self.priority.get(source, 0)

    def _based(self, entry: Entry, quote: Quote, session_date: date) -> Quote:
        """The quote with the session's one base: two sources that differ on it must not take turns, either.

        A source corrects its own base, and a preferred one any; venues that send theirs once are helped out.
        """
        base, given = entry.base, quote.prev_close
        if base is None or base.session_date != session_date or given == base.price:
            return quote
        if given is not None and quote.source == base.source:
            return quote
        if given is not None and self._rank(quote.source) > self._rank(base.source):
            return quote
        return quote._replace(prev_close=base.price)

    def _lend(self, entry: Entry, leader: Quote, quote: Quote, session_date: date) -> None:
        """Give a leader that tells trades alone the previous close of another source, for the session."""
        given = quote.prev_close
        if given is not None and leader.prev_close is None and session_date == entry.session_date:
            entry.base = PreviousClose(session_date, given, quote.source)
            entry.quote = leader._replace(prev_close=given)
            self._dirty.add(entry.symbol)

    def _agree(self, entry: Entry, quote: Quote) -> Verdict:
        """A second source that does not lead may still confirm an outlier of the first."""
        held = entry.held
        if held is not None and held.source != quote.source and _agrees(held, quote):
            return self._confirm(entry, held, quote)
        return Verdict.SUPERSEDED

    def _confirm(self, entry: Entry, held: Quote, quote: Quote) -> Verdict:
        entry.held = None
        if quote.source == held.source and quote.prev_close is not None:
            held = held._replace(
                prev_close=quote.prev_close
            )  # which on the day of a split comes to be corrected
        self._accept(entry, held, entry.calendar.day_of(held.ts_event))
        return Verdict.CONFIRMED

    @staticmethod
    def _accept(entry: Entry, quote: Quote, session_date: date) -> None:
        leader = entry.quote
        entry.before, entry.origin = leader, None
        if leader is not None and leader.source != quote.source:
            rival = entry.rivals.get(quote.source)
            beside = None if rival is None else rival.beside
            entry.origin = origin(quote, leader, beside, session_date)
            entry.others.pop(quote.source, None)
            entry.others[leader.source] = leader
            entry.rivals.clear()
        entry.heir = None
        given = quote.prev_close
        if given is not None and (entry.base is None or entry.base[:2] != (session_date, given)):
            entry.base = PreviousClose(session_date, given, quote.source)
        minute = quote.ts_event // MINUTE * MINUTE
        if session_date != entry.session_date:
            entry.session_date = session_date
            entry.minutes = []
        elif leader is not None and leader.ts_event < minute:
            entry.minutes.append((leader.ts_event // MINUTE * MINUTE, leader.last))
        entry.quote = quote
        entry.phase = Phase(quote.phase) if quote.phase else entry.calendar.phase_at(quote.ts_event)
        # Sessions and phases change on whole minutes, so a quiet box never reaches over one.
        entry.roll_at = minute + MINUTE
        entry.floor = quote.last * (1 - _SANE)
        entry.ceiling = quote.last * (1 + _SANE)
        base = quote.prev_close or Decimal(0)
        entry.base_floor = base * (1 - entry.base_drift)
        entry.base_ceiling = base * (1 + entry.base_drift)


def _repeats(leader: Quote, quote: Quote) -> Verdict | None:
    """Whether a quote of the same source says nothing new: ``DUPLICATE``, ``OLDER`` or ``None``.

    Venues stamp whole seconds: at an equal stamp a changed quote is news, unless its volume fell.
    """
    if quote.ts_event != leader.ts_event:
        return Verdict.OLDER if quote.ts_event < leader.ts_event else None
    if quote._replace(ts_recv=leader.ts_recv) == leader:
        return Verdict.DUPLICATE
    fell = quote.volume is not None and leader.volume is not None and quote.volume < leader.volume
    return Verdict.OLDER if fell else None


def is_outlier(quote: Quote, leader: Quote | None) -> bool:
    """Whether a price lies so far from the leader's, or before the first from the previous close."""
    reference = leader.last if leader is not None else quote.prev_close
    return reference is not None and abs(quote.last - reference) > OUTLIER * reference > 0


def _agrees(held: Quote, quote: Quote) -> bool:
    """Whether a quote is a second opinion for the one held: another source's, or a newer one of the same."""
    if quote.source == held.source and quote.ts_event <= held.ts_event:
        return False
    return abs(quote.last - held.last) <= AGREEMENT * held.last
