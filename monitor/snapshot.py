"""``tickwall quote``: one look at the market, once."""

import asyncio
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from feeds.base import Feed
from feeds.clock import SystemClock
from feeds.registry import build
from feeds.simulated_clock import SimulatedClock
from market.clock import SECOND, Clock, rfc3339
from market.errors import ParseError, SymbolError
from market.freshness import Quality, age_text
from market.instrument import instrument
from market.quote import Quote
from market.session import Session, amend, calendar
from market.state import MarketState
from market.symbol import canonical
from monitor import exit as exit_code
from monitor.assembly import assign
from monitor.config import Config, load
from monitor.logs import to_stderr

PATIENCE = 10.0
"""Seconds of real time to wait for the slowest feed."""

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

    def quotes(self, quotes: Sequence[Quote]) -> None:
        """Take quotes in."""
        for quote in quotes:
            self.state.apply(quote)
        if all(entry.quote or entry.held for entry in self.state.entries.values()):
            self.complete.set()

    def rejected(self, error: ParseError) -> None:
        """The feed's status has it."""


async def _rows(asked: Sequence[str], config: Config) -> list[dict[str, Any]]:
    names: dict[str, str | None] = {}
    for text in asked:
        try:
            names[text] = canonical(text)
        except SymbolError:
            names[text] = None
    symbols = tuple(dict.fromkeys(name for name in names.values() if name is not None))
    look = _Look(symbols)
    simulation = config.settings.simulation.clock_url
    clock: Clock = SystemClock()
    feeds: list[Feed] = []
    if not symbols:
        pass
    elif simulation:
        simulated = SimulatedClock(simulation)
        async with simulated.following():
            feeds = await _ask(look, symbols, config, clock := simulated)
    else:
        feeds = await _ask(look, symbols, config, clock)
    now = clock.now()
    rows = []
    for text in asked:
        symbol = names[text]
        if symbol is None:
            rows.append({"symbol": text[:40], "error": "not a symbol"})
            continue
        entry = look.state.entries[symbol]
        quote = entry.quote or entry.held
        if quote is None:
            rows.append({"symbol": symbol, "error": _why(symbol, feeds)})
        else:
            rows.append(_row(quote, now, config.max_age, simulated=bool(simulation)))
    return rows


async def _ask(look: _Look, symbols: tuple[str, ...], config: Config, clock: Clock) -> list[Feed]:
    """Run the feeds that serve the symbols until each has answered, or patience ends."""
    settings = config.settings
    feeds = [
        build(name, settings.feeds[name], chosen, clock, 0.0)
        for name, served in assign(settings, symbols, datetime.now(UTC).date()).items()
        if (chosen := tuple(symbol for symbol in served if symbol in symbols))
    ]
    tasks = [asyncio.create_task(feed.run(look), name=feed.name) for feed in feeds]
    try:
        async with asyncio.timeout(PATIENCE):
            await look.complete.wait()
    except TimeoutError:
        pass
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return feeds


def _why(symbol: str, feeds: Sequence[Feed]) -> str:
    reasons = [f"{feed.name}: {feed.status.reason or 'no answer'}" for feed in feeds if feed.serves(symbol)]
    return "; ".join(reasons) or "no feed serves it"


def _row(quote: Quote, now: int, max_age: int, *, simulated: bool) -> dict[str, Any]:
    known = instrument(quote.symbol)
    hours = calendar(known.mic)
    pct = quote.pct
    return {
        "symbol": quote.symbol,
        "name": known.name,
        "last": _text(quote.last),
        "prev_close": _text(quote.prev_close),
        "change": _text(quote.change),
        "pct": None if pct is None else f"{pct.quantize(_SIX):f}",
        "open": _text(quote.open),
        "high": _text(quote.high),
        "low": _text(quote.low),
        "volume": None if quote.volume is None else int(quote.volume),
        "currency": quote.currency or known.currency,
        "ts_event": rfc3339(quote.ts_event),
        "age_s": f"{max(0, now - quote.ts_event) / SECOND:.1f}",
        "quality": _quality(quote, now, max_age, hours.session_at(quote.ts_event), simulated=simulated),
        "delayed_s": quote.delay,
        "source": quote.source,
        "phase": quote.phase or hours.phase_at(quote.ts_event).value,
    }


def _quality(quote: Quote, now: int, max_age: int, session: Session | None, *, simulated: bool) -> Quality:
    """Stale is what trading has gone on without: lunch and a closed exchange make no quote old."""
    if simulated:
        return Quality.SIMULATED
    latest = calendar(instrument(quote.symbol).mic).latest(now)
    missed = session is None or session.date != latest.date
    if missed or latest.trading_ns_between(quote.ts_event, now) > max_age + quote.delay * SECOND:
        return Quality.STALE
    return Quality.DELAYED if quote.delay else Quality.LIVE


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
