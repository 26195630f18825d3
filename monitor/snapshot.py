"""``tickwall quote``: one look at the market, once."""

import asyncio
import json
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from feeds.base import Feed
from feeds.registry import build
from feeds.simulated_clock import clock_at
from market.alert import basis
from market.clock import SECOND, Clock, rfc3339
from market.errors import ParseError, SymbolError
from market.freshness import Health, Quality, age_text
from market.instrument import instrument
from market.quote import Quote
from market.session import Calendar, amend, calendar
from market.state import MarketState, Verdict
from market.symbol import canonical
from market.text import clean
from monitor import exit as exit_code
from monitor.assembly import assign
from monitor.config import Config, load
from monitor.logs import to_stderr

PATIENCE = 10.0
"""Seconds of real time to wait for the slowest feed."""

GLANCE = 0.25
"""Seconds between two looks at whether the feeds have failed."""

_SIX = Decimal("0.000001")
_COLUMNS = (
    "symbol",
    "name",
    "last",
    "change",
    "%",
    "open",
    "high",
    "low",
    "volume",
    "age",
    "quality",
    "source",
)


def run(symbols: Sequence[str], config_path: str | None, *, as_json: bool, debug: bool) -> int:
    """Ask the feeds, print the answer; the exit code is 69 when none answered."""
    to_stderr(debug=debug)
    config = load(config_path)
    amend(config.closures)
    rows = asyncio.run(_rows(symbols, config))
    if as_json:
        sys.stdout.write(json.dumps(rows, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write(table(rows))
    return exit_code.OK if any("error" not in row for row in rows) else exit_code.NO_ANSWER


class _Look:
    """A sink that waits for the first quote of every symbol."""

    def __init__(self, symbols: Sequence[str]) -> None:
        self.state = MarketState(symbols)
        self.complete = asyncio.Event()
        self.troubles: dict[str, str] = {}
        """By feed, what was wrong with what it sent last."""

    def answer(self, symbol: str) -> Quote | None:
        """The quote of a symbol, be it one that no second quote has confirmed."""
        entry = self.state.entries[symbol]
        return entry.quote or entry.held

    def lacks(self, feed: Feed) -> bool:
        """Whether a feed still owes an answer."""
        return any(feed.serves(symbol) and not self.answer(symbol) for symbol in self.state.entries)

    def quotes(self, quotes: Sequence[Quote]) -> None:
        """Take quotes in."""
        for quote in quotes:
            if self.state.apply(quote) is Verdict.FUTURE:
                ahead = (quote.ts_event - quote.ts_recv) // SECOND
                self.troubles[quote.source] = f"its clock is {ahead} s ahead of this machine's"
        if all(map(self.answer, self.state.entries)):
            self.complete.set()

    def rejected(self, error: ParseError) -> None:
        """Remember why: a name without a trade so far has no other word on it."""
        self.troubles[error.venue] = error.reason


async def _rows(asked: Sequence[str], config: Config) -> list[dict[str, Any]]:
    names: dict[str, str | None] = {}
    for text in asked:
        try:
            names[text] = canonical(text)
        except SymbolError:
            names[text] = None
    symbols = tuple(dict.fromkeys(name for name in names.values() if name is not None))
    async with clock_at(config.settings.simulation.clock_url) as clock:
        served = _served(symbols, config, clock)
        look = _Look([symbol for chosen in served.values() for symbol in chosen])
        feeds = await _ask(look, served, config, clock) if served else []
    now = clock.now()
    rows: list[dict[str, Any]] = []
    for text in asked:
        symbol = names[text]
        if symbol is None:
            rows.append({"symbol": clean(text, 40), "error": "not a symbol"})
        elif symbol not in look.state.entries:
            rows.append({"symbol": symbol, "error": "no feed serves it"})
        elif (quote := look.answer(symbol)) is None:
            rows.append({"symbol": symbol, "error": _why(symbol, feeds, look.troubles)})
        else:
            rows.append(row(quote, now, config))
    return rows


def _served(symbols: tuple[str, ...], config: Config, clock: Clock) -> dict[str, tuple[str, ...]]:
    """Of the symbols, those that each feed is there for; a feed without any is left out."""
    today = datetime.fromtimestamp(clock.now() / SECOND, UTC).date()
    assigned = assign(config.settings, symbols, today)
    served = {
        name: tuple(symbol for symbol in every if symbol in symbols) for name, every in assigned.items()
    }
    return {name: chosen for name, chosen in served.items() if chosen}


async def _ask(
    look: _Look, served: Mapping[str, tuple[str, ...]], config: Config, clock: Clock
) -> list[Feed]:
    """Run the feeds until each symbol has its answer, or those that owe one have failed, or patience ends."""
    feeds = [build(name, config.settings.feeds[name], chosen, clock) for name, chosen in served.items()]
    tasks = [asyncio.create_task(feed.run(look), name=feed.name) for feed in feeds]
    try:
        async with asyncio.timeout(PATIENCE):
            while any(look.lacks(feed) and not _has_failed(feed, clock) for feed in feeds):
                with suppress(TimeoutError):
                    await asyncio.wait_for(look.complete.wait(), GLANCE)
    except TimeoutError:
        pass
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return feeds


def _has_failed(feed: Feed, clock: Clock) -> bool:
    """Whether a feed failed twice, or has failed and will not try again before patience ends."""
    status = feed.status
    if status.state is not Health.DOWN:
        return False
    wait = (status.next_try or 0) - clock.now()
    return status.errors > 1 or wait > PATIENCE * SECOND


def _why(symbol: str, feeds: Sequence[Feed], troubles: Mapping[str, str]) -> str:
    return "; ".join(
        f"{feed.name}: {feed.status.reason or troubles.get(feed.name) or 'no answer'}"
        for feed in feeds
        if feed.serves(symbol)
    )


def row(quote: Quote, now: int, config: Config) -> dict[str, Any]:
    """A quote as scripts get it, and how far it can be trusted at ``now`` (nanoseconds UTC)."""
    known = instrument(quote.symbol)
    hours = calendar(known.mic)
    pct = quote.pct
    # Late by its own section's word or the venue's: one look is too short to measure it.
    delay = max(config.delay(quote.source), quote.delay * SECOND)
    return {
        "symbol": quote.symbol,
        "name": known.name,
        "last": _text(quote.last),
        "prev_close": _text(quote.prev_close),
        "change": _text(quote.change),
        "pct": None if pct is None else f"{pct.quantize(_SIX):f}",
        "basis": basis(quote.symbol),
        "open": _text(quote.open),
        "high": _text(quote.high),
        "low": _text(quote.low),
        "volume": None if quote.volume is None else int(quote.volume),
        "currency": quote.currency or known.currency,
        "ts_event": rfc3339(quote.ts_event),
        "age_s": f"{max(0, now - quote.ts_event) / SECOND:.1f}",
        "quality": _quality(quote, hours, now, delay, config),
        "delayed_s": delay // SECOND,
        "source": quote.source,
        "phase": quote.phase or hours.phase_at(quote.ts_event).value,
    }


def _quality(quote: Quote, hours: Calendar, now: int, delay: int, config: Config) -> Quality:
    """Stale is what trading has gone on without: lunch and a closed exchange make no quote old."""
    if config.settings.simulation.clock_url:
        return Quality.SIMULATED
    latest = hours.latest(now - delay)
    missed = hours.day_of(quote.ts_event) != latest.date
    if missed or latest.trading_ns_between(quote.ts_event, now) > config.max_age + delay:
        return Quality.STALE
    return Quality.DELAYED if delay else Quality.LIVE


def _text(price: Decimal | None) -> str | None:
    return None if price is None else f"{price:f}"


def table(rows: Sequence[dict[str, Any]]) -> str:
    """The rows for a person, numbers to the right."""
    lines = [_COLUMNS]
    notes = []
    for row in rows:
        if "error" in row:
            notes.append(f"{row['symbol']}: {row['error']}\n")
            continue
        pct = "-" if row["pct"] is None else f"{Decimal(row['pct']):+.2f}"
        change = "-" if row["change"] is None else f"{Decimal(row['change']):+f}"
        volume = "-" if row["volume"] is None else f"{row['volume']:,}"
        lines.append((
            row["symbol"], row["name"], row["last"], change, pct, row["open"] or "-", row["high"] or "-",
            row["low"] or "-", volume, age_text(float(row["age_s"])), row["quality"], row["source"],
        ))  # fmt: skip
    widths = [max(len(line[column]) for line in lines) for column in range(len(_COLUMNS))]
    left = {0, 1, 10, 11}
    text = "".join(
        "  ".join(
            f"{cell:<{width}}" if column in left else f"{cell:>{width}}"
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        + "\n"
        for line in (lines if len(lines) > 1 else [])
    )
    return text + "".join(notes)
