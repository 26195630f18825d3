"""``tickwall quote``: one look at the market, once."""

import asyncio
import json
import sys
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from market.alert import basis
from market.basis import base
from market.clock import SECOND, rfc3339
from market.freshness import Quality, age_text
from market.instrument import instrument
from market.quote import Quote
from market.session import amend, calendar
from monitor import exit as exit_code
from monitor.config import Config, load
from monitor.logs import to_stderr
from monitor.look import delay, is_stale, look

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


async def _rows(asked: Sequence[str], config: Config) -> list[dict[str, Any]]:
    now, answers = await look(asked, config, config.max_age)
    return [
        {"symbol": answer.symbol, "error": answer.error}
        if answer.quote is None
        else row(answer.quote, now, config)
        for answer in answers
    ]


def row(quote: Quote, now: int, config: Config) -> dict[str, Any]:
    """A quote as scripts get it, and how far it can be trusted at ``now`` (nanoseconds UTC)."""
    known = instrument(quote.symbol)
    pct = quote.pct
    counted_from = base(quote).day
    late = delay(quote, config)
    return {
        "symbol": quote.symbol,
        "name": known.name,
        "last": _text(quote.last),
        "prev_close": _text(quote.prev_close),
        "change": _text(quote.change),
        "pct": None if pct is None else f"{pct.quantize(_SIX):f}",
        "basis": basis(quote.symbol),
        "base_date": None if counted_from is None else counted_from.isoformat(),
        "open": _text(quote.open),
        "high": _text(quote.high),
        "low": _text(quote.low),
        "volume": None if quote.volume is None else int(quote.volume),
        "currency": quote.currency or known.currency,
        "ts_event": rfc3339(quote.ts_event),
        "age_s": f"{max(0, now - quote.ts_event) / SECOND:.1f}",
        "quality": _quality(quote, now, late, config),
        "delayed_s": late // SECOND,
        "source": quote.source,
        "phase": quote.phase or calendar(known.mic).phase_at(quote.ts_event).value,
    }


def _quality(quote: Quote, now: int, late: int, config: Config) -> Quality:
    if config.is_simulated:
        return Quality.SIMULATED
    if is_stale(quote, calendar(instrument(quote.symbol).mic), now, late, config.max_age):
        return Quality.STALE
    return Quality.DELAYED if late else Quality.LIVE


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
    return text + "".join(_bases(rows)) + "".join(notes)


def _bases(rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    """What the changes count from: a line where it is one for all, else one for each with its symbols."""
    counted: dict[str, list[str]] = {}
    for row in rows:
        if row.get("pct") is not None:
            day = row["base_date"]
            counted.setdefault(f"the close of {day}" if day else "24 hours ago", []).append(row["symbol"])
    for since, symbols in counted.items():
        of = f" ({', '.join(symbols)})" if len(counted) > 1 else ""
        yield f"changes count from {since}{of}\n"
