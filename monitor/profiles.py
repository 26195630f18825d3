"""What history says, kept ready: one profile per instrument for its session, loaded in the background."""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from datetime import date
from decimal import Decimal

from market.clock import MINUTE
from market.closes import Closes
from market.facts import Facts, facts, runs
from market.profile import Period, Profile, Run
from market.quote import Quote
from market.sentences import Sentence, move, sentences
from market.session import Phase, calendar
from market.symbol import is_crypto, mic

log = logging.getLogger(__name__)

RETRY = 10 * MINUTE
"""How long after a failure history is asked for once more, nanoseconds of the engine's clock."""

_LOOKED_AT = 8
"""Names whose closes are kept for another look: 21 years of one are 90 kB."""

_LOOK_AGAIN_S = 600.0
"""Seconds after which they are read anew: a vendor that did not answer may do so by then."""

Loader = Callable[[Sequence[str], date], AsyncIterator[Profile | str]]
"""Yields a profile for each symbol as of a session date, or one line that says why there is none."""


ClosesLoader = Callable[[str, date], AsyncIterator[Closes]]
"""Yields a symbol's daily closes before a session; raises ``TickwallError`` where there are none."""


class Profiles:
    """Profiles by symbol. A new session date asks for them anew; the old ones go on until they come."""

    def __init__(self, load: Loader, closes: ClosesLoader | None = None) -> None:
        """``closes`` reads what a chart is drawn from; without it there is none."""
        self.problems: list[str] = []
        """Why names have no profile, as last asked for."""
        self._load = load
        self._closes = closes
        self._by_symbol: dict[str, Profile] = {}
        self._looked_at: dict[tuple[str, date], tuple[float, Closes]] = {}
        """The last closes read, and until when they are good; the oldest first."""
        self._wanted: asyncio.Queue[tuple[tuple[str, ...], date]] = asyncio.Queue()
        self._failed: dict[date, set[str]] = {}
        self._retry_at = 0
        self._said = ""
        self._old_bases: dict[str, date] = {}

    def want(self, symbols: Iterable[str], session_date: date) -> None:
        """Ask for profiles as of a session."""
        self._looked_at.clear()
        self._wanted.put_nowait((tuple(symbols), session_date))

    def retry(self, now: int) -> None:
        """Ask anew for what failed, a while after it did; ``now`` in nanoseconds UTC."""
        if not self._failed:
            self._retry_at = now + RETRY
        elif now >= self._retry_at:
            failed, self._failed = self._failed, {}
            for session_date, symbols in failed.items():
                self.want(sorted(symbols), session_date)

    async def run(self) -> None:
        """Load what is asked for, until cancelled."""
        while True:
            await self._fill(*await self._wanted.get())

    async def settle(self) -> None:
        """Load what has been asked for so far, and return."""
        while not self._wanted.empty():
            await self._fill(*self._wanted.get_nowait())

    async def ready(self) -> None:
        """Return once ``run`` has loaded what was asked for so far."""
        await self._wanted.join()

    async def _fill(self, symbols: tuple[str, ...], session_date: date) -> None:
        """A failure is a line, never the end."""
        self.problems = problems = []
        try:
            async for loaded in self._load(symbols, session_date):
                if isinstance(loaded, Profile):
                    self._by_symbol[loaded.symbol] = loaded
                else:
                    problems.append(loaded)
        except Exception:
            log.exception("history broke")
        finally:  # also when whoever waited gave up
            self._wanted.task_done()  # or a tape would wait for ever for what nobody loads
            missing = {symbol for symbol in symbols if not self._is_loaded(symbol, session_date)}
            if missing:
                self._failed.setdefault(session_date, set()).update(missing)
        if problems and (said := _grouped(problems)) != self._said:
            self._said = said
            log.warning("history: %d of %d names have none: %s", len(problems), len(symbols), said)

    def _is_loaded(self, symbol: str, session_date: date) -> bool:
        profile = self._by_symbol.get(symbol)
        return profile is not None and profile.session_date == session_date

    def get(self, symbol: str) -> Profile | None:
        """The profile of a symbol, where one is loaded."""
        return self._by_symbol.get(symbol)

    async def closes(self, symbol: str, session_date: date) -> AsyncIterator[Closes]:
        """A symbol's daily closes before a session, and then what other vendors say of them.

        Read when somebody looks; those of the last few names are at hand for a while. Raises
        ``TickwallError`` where there are none.
        """
        now = asyncio.get_running_loop().time()
        until, closes = self._looked_at.get((symbol, session_date), (now, None))
        if closes is not None and now < until:
            yield closes
        elif self._closes is not None:
            async for closes in self._closes(symbol, session_date):
                yield closes
            if closes is not None:
                self._keep(closes, now + _LOOK_AGAIN_S)

    def _keep(self, closes: Closes, until: float) -> None:
        self._looked_at.pop(key := (closes.symbol, closes.session_date), None)
        self._looked_at[key] = until, closes
        if len(self._looked_at) > _LOOKED_AT:
            del self._looked_at[next(iter(self._looked_at))]

    def facts(self, quote: Quote, now: int) -> Facts | None:
        """What history says of a quote at an instant (ns UTC); ``None`` without its session's profile.

        ``None`` after hours, too: what is paid then is no close, and counts from another one.
        """
        profile = self._by_symbol.get(quote.symbol)
        if profile is None:
            return None
        hours = calendar(mic(quote.symbol))
        session = hours.session_at(quote.ts_event)
        if session is None or profile.session_date != session.date:
            return None
        if quote.phase == Phase.POST or session.is_after_hours(quote.ts_event):
            return None
        final = session.is_final(quote.ts_event, now)
        return facts(
            profile,
            quote.last,
            open=quote.open,
            high=quote.high,
            low=quote.low,
            final=final,
            # Crypto's is the price of a day ago, at any hour, and closes are those of UTC days.
            prev_close=None if hours.mic == "24/7" else quote.prev_close,
        )

    def sentences(self, quote: Quote, now: int, language: str = "en") -> list[Sentence]:
        """The facts of a quote in words of a language (``market.phrases``), the rarest first."""
        known = self.facts(quote, now)
        return sentences(known, language) if known is not None else []

    def runs(self, quote: Quote, now: int, period: Period) -> tuple[Run, ...]:
        """The last ten runs of a period, oldest first, the one that the quote is in last.

        None without its session's profile, or where sessions before it are missing.
        """
        known = self.facts(quote, now)
        if known is None or known.hole:
            return ()
        return runs(self._by_symbol[quote.symbol], period, known.changes[period].streak, quote.last)

    def explain(self, quote: Quote, now: int) -> tuple[str, ...]:
        """The facts of a moving quote in words: of the move itself first, then the rarest.

        A hole in history is no fact about the move, and silences all others.
        """
        known = self.facts(quote, now)
        if known is None or known.hole:
            return ()
        return (*move(known), *(one.text for one in sentences(known) if one.kind != "change"))

    def is_old_base(self, symbol: str, session_date: date, prev_close: Decimal) -> bool:
        """Whether a previous close is, by history, that of the session before: the vendor has turned its day,
        and not its base. What counts from it is wrong by a whole session."""
        profile = self._by_symbol.get(symbol)
        if profile is None or profile.session_date != session_date or profile.hole:
            return False
        last = profile.finished[Period.DAY].base
        if prev_close != profile.prior_close or prev_close == last or is_crypto(symbol):
            return False
        if self._old_bases.get(symbol) != session_date:
            self._old_bases[symbol] = session_date
            log.warning("%s: counts from %s, the close before the last; no percentage", symbol, prev_close)
        return True


def _grouped(problems: Iterable[str]) -> str:
    """``SYMBOL: reason`` lines with each reason once, and how many names it concerns."""
    reasons = Counter(problem.rpartition(": ")[2] for problem in problems)
    return "; ".join(f"{reason} ({count})" for reason, count in reasons.most_common())
