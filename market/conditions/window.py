"""``pct_window``: the price against the lowest, or highest, of the last minutes of trading."""

import json
from collections import deque
from contextlib import suppress
from datetime import date
from decimal import Decimal, InvalidOperation

from market.alert import percent, plain
from market.clock import MINUTE, SECOND
from market.conditions.base import ONCE, STEPPED, Percentage, Surroundings
from market.freshness import age_text
from market.quote import Quote
from market.rule import Rule
from market.session import TRADING
from market.state import Entry

_MOST = 500
"""Prices kept for a restart: of a fall that never paused, one in so many of those that it passed."""


class WindowChange(Percentage):
    """A move of so many percent within ``window`` of trading time, wherever in it the move began.

    The window lives in one session (on a market that never closes, in all time) and with one source: two
    sources' prices differ without anything having moved. Of the prices in it only those are kept that can
    still become its extreme.
    """

    kind = "pct_window"
    keys = STEPPED | {"clear", "window"}
    frequencies = (*ONCE, "every_cross")
    gathers = True

    def __init__(self, rule: Rule, symbol: str, up: bool, around: Surroundings) -> None:
        super().__init__(rule, symbol, up, around)
        self._kept: deque[tuple[int, Decimal]] = deque()
        """(trading time in nanoseconds, price): the extreme first, later and lesser ones behind it."""
        self._of: tuple[date | None, str] | None = None
        """The session and the source that the window lives in."""
        self._base: Decimal | None = None
        self._is_kept = True
        self._minute = self._offset = 0
        """The minute of the last price, and how far trading time is from the clock's in it."""

    def restless(self, spent: bool) -> bool:
        """Each price may be the one that a later move is measured from."""
        return True

    def take(self, entry: Entry, quote: Quote) -> None:
        """Remember a price of trading time."""
        if entry.session_date is None or entry.phase not in TRADING:
            return
        of = (None if _is_endless(entry) else entry.session_date, quote.source)
        minute = quote.ts_event // MINUTE * MINUTE
        if minute != self._minute:  # phases begin on whole minutes, and counting their time takes 10 µs
            self._minute, self._offset = minute, _trading_time(entry, minute) - minute
        at = quote.ts_event + self._offset
        kept = self._kept
        if of != self._of or (kept and at < kept[-1][0]):  # or a tape is read again from its start
            self._of = of
            kept.clear()
        while kept and kept[0][0] < at - self.rule.window:
            kept.popleft()
        while kept and (kept[-1][1] >= quote.last if self.up else kept[-1][1] <= quote.last):
            kept.pop()
        kept.append((at, quote.last))
        self._base = kept[0][1]
        self._is_kept = False

    def keep(self) -> str | None:
        """The prices that may still become its extreme, with their session and source."""
        if self._is_kept or self._of is None:
            return None
        self._is_kept = True
        session, source = self._of
        kept = list(self._kept)[:: 1 + len(self._kept) // _MOST]
        prices = [(at, str(price)) for at, price in kept]
        return json.dumps({"session": session and str(session), "source": source, "prices": prices})

    def recall(self, text: str) -> None:
        """Those prices again; what is damaged is gathered anew."""
        with suppress(KeyError, TypeError, ValueError, InvalidOperation):
            plain = json.loads(text)
            session = date.fromisoformat(plain["session"]) if plain["session"] else None
            prices = [(int(at), Decimal(price)) for at, price in plain["prices"]]
            self._of, self._kept = (session, plain["source"]), deque(prices)

    def elapse(self, entry: Entry, at: int) -> None:
        """The window moves on; what has left it may still be in that of a quote on its way."""
        if self._kept:
            begin = _trading_time(entry, at) - self.rule.window
            self._base = next((price for stamp, price in self._kept if stamp >= begin), self._kept[-1][1])

    def base(self, quote: Quote) -> Decimal | None:
        """The lowest price in the window upwards, the highest downwards."""
        return self._base

    def level(self, mark: Decimal, quote: Quote) -> Decimal | None:
        """None: the window moves on with time."""
        return None

    def what(self, step: Decimal, quote: Quote) -> str:
        """How far in how long."""
        window = age_text(self.rule.window / SECOND)
        return f"{percent(self.value(quote))} within {window} of trading, through {self.sign}{plain(step)}%"


def _is_endless(entry: Entry) -> bool:
    return entry.calendar.mic == "24/7"


def _trading_time(entry: Entry, at: int) -> int:
    """Nanoseconds of trading up to an instant, since some beginning that stays for the session."""
    session = entry.calendar.session(entry.session_date) if entry.session_date else None
    return at if session is None or _is_endless(entry) else session.trading_ns_between(session.start, at)
