"""``tickwall check``: one look for a monitor such as Nagios: a line, and its exit code.

The form is that of monitoring plugins: ``STATUS - text | perfdata``, further lines for whoever reads on, and
0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN. Whatever goes wrong is UNKNOWN, and told on standard output: it is
the only place where a monitor reads.
"""

import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum
from fractions import Fraction
from typing import Any

from market.alert import money, percent, plain
from market.clock import SECOND, rfc3339
from market.errors import TickwallError
from market.freshness import age_text
from market.instrument import instrument
from market.quote import Quote
from market.session import Calendar, amend, calendar
from market.symbol import canonical, is_index, mic
from market.text import clean
from monitor.config import Config, load
from monitor.logs import to_stderr
from monitor.look import PATIENCE, Answer, delay, is_stale, look
from monitor.snapshot import row

WARNING, CRITICAL = Decimal(5), Decimal(10)
"""Percent, where nothing else is said."""

NAMED = 5
"""Names that the first line tells of at the most; the lines below it have them all."""


class Status(IntEnum):
    """How a name stands, and all of them; the value is the exit code."""

    OK = 0
    WARNING = 1
    CRITICAL = 2
    UNKNOWN = 3


_WORST = (Status.CRITICAL, Status.WARNING, Status.UNKNOWN, Status.OK)


@dataclass(frozen=True, slots=True)
class Choices:
    """What the command line chose; percentages, and seconds. ``None`` is what holds without it."""

    symbols: tuple[str, ...] = ()
    warning: Decimal | None = None
    critical: Decimal | None = None
    max_age: float | None = None
    timeout: float = PATIENCE
    require_open: bool = False
    as_json: bool = False


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What is held against a quote: moves in percent, ages in nanoseconds."""

    warning: Decimal
    critical: Decimal
    max_age: int
    max_delay: int
    require_open: bool

    @classmethod
    def of(cls, choices: Choices, config: Config) -> "Thresholds":
        """Those chosen; a default gives way to what is said of its neighbour."""
        warning, critical = choices.warning, choices.critical
        if warning is None:
            warning = WARNING if critical is None else min(WARNING, critical)
        if critical is None:
            critical = max(CRITICAL, warning)
        if critical < warning:
            raise TickwallError(f"--critical {plain(critical)} lies below --warning {plain(warning)}")
        max_age = config.max_age if choices.max_age is None else int(choices.max_age * SECOND)
        return cls(warning, critical, max_age, config.max_delay, choices.require_open)


@dataclass(frozen=True, slots=True)
class Finding:
    """One name: how it stands, in words. ``quote`` is what its figures may be taken from, if anything.

    ``note`` says that its market is closed, and until when.
    """

    status: Status
    symbol: str
    text: str
    quote: Quote | None = None
    note: str = ""

    @property
    def words(self) -> str:
        """Everything about it; words on a quote hold its symbol already."""
        named = self.text if self.quote is not None else f"{self.symbol} {self.text}"
        return f"{named} ({self.note})" if self.note else named


def run(choices: Choices, config_path: str | None, *, debug: bool) -> int:
    """Look, print, and return the status."""
    to_stderr(debug=debug)
    try:
        return asyncio.run(_run(choices, config_path))
    except KeyboardInterrupt:
        return unknown("interrupted", as_json=choices.as_json)
    except TickwallError as error:
        return unknown(str(error), as_json=choices.as_json)
    except Exception as error:
        if debug:
            raise
        return unknown(f"internal error: {error!r} (--debug shows where)", as_json=choices.as_json)


def unknown(text: str, *, as_json: bool = False) -> Status:
    """Tell that nothing could be found out, and why."""
    line = _harmless("; ".join(text.splitlines()))
    if as_json:
        document = {"status": "UNKNOWN", "exit_code": Status.UNKNOWN, "text": line, "names": []}
        sys.stdout.write(json.dumps(document, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write(f"UNKNOWN - {line}\n")
    return Status.UNKNOWN


async def _run(choices: Choices, config_path: str | None) -> Status:
    config = load(config_path)
    amend(config.closures)
    thresholds = Thresholds.of(choices, config)
    asked = tuple(dict.fromkeys(map(canonical, choices.symbols)))
    now, answers = await look(asked, config, thresholds.max_age, patience=choices.timeout, strict=True)
    if not answers:
        raise TickwallError(f"watchlist {config.settings.watchlist!r} is empty, and no symbol is named")
    findings = [judge(answer, now, thresholds, config) for answer in answers]
    status = worst(findings)
    if choices.as_json:
        sys.stdout.write(json.dumps(_document(status, findings, now, thresholds, config), ensure_ascii=False))
        sys.stdout.write("\n")
    else:
        sys.stdout.write(report(status, findings, thresholds))
    return status


def worst(findings: Sequence[Finding]) -> Status:
    """Which status speaks for all: what is known to be wrong is not hidden by what is not known."""
    return next(status for status in _WORST if any(finding.status is status for finding in findings))


def judge(answer: Answer, now: int, thresholds: Thresholds, config: Config) -> Finding:
    """How a name stands at an instant (ns UTC)."""
    symbol, quote = answer.symbol, answer.quote
    hours = calendar(mic(symbol))
    late = 0 if quote is None else delay(quote, config)
    if not _is_open(hours, now - late):
        status = Status.UNKNOWN if thresholds.require_open else Status.OK
        known = answer.error if quote is None else _words(quote)
        return Finding(status, symbol, known, quote, _closed(hours, now))
    if quote is None:
        return Finding(Status.UNKNOWN, symbol, answer.error)
    if late > thresholds.max_delay:
        return Finding(Status.UNKNOWN, symbol, f"{quote.source} is {late // SECOND} s late")
    if is_stale(quote, hours, now, late, thresholds.max_age):
        age = age_text((now - quote.ts_event) / SECOND)
        return Finding(Status.UNKNOWN, symbol, f"stale, its quote is {age} old")
    if not quote.prev_close:
        return Finding(Status.UNKNOWN, symbol, "has no previous close")
    return Finding(_moved(quote.last, quote.prev_close, thresholds), symbol, _words(quote), quote)


def _moved(last: Decimal, base: Decimal, thresholds: Thresholds) -> Status:
    """The status of a move, compared as exact fractions: what is exactly 5 % has reached 5."""
    move = abs(Fraction(last) - Fraction(base)) * 100 / Fraction(base)
    if move >= Fraction(thresholds.critical):
        return Status.CRITICAL
    return Status.WARNING if move >= Fraction(thresholds.warning) else Status.OK


def _is_open(hours: Calendar, at: int) -> bool:
    """Whether the day's trading has begun and its close is not final; lunch is a pause of it."""
    session = hours.session_at(at)
    return session is not None and session.open <= at < session.close


def _closed(hours: Calendar, now: int) -> str:
    session = hours.session_at(now)
    if session is None or now >= session.open:
        session = hours.session(hours.next(hours.day_of(now)))
    assert session is not None
    return f"{hours.mic} is closed until {rfc3339(session.open)}"


def report(status: Status, findings: Sequence[Finding], thresholds: Thresholds) -> str:
    """The lines that a monitor reads."""
    perfdata = " ".join(_perfdata(finding, thresholds) for finding in findings)
    lines = [f"{status.name} - {_summary(status, findings, thresholds)} | {perfdata}"]
    if len(findings) > 1:
        lines += [f"{one.status.name} {_harmless(one.words)}" for one in findings]
    return "".join(f"{line}\n" for line in lines)


def _summary(status: Status, findings: Sequence[Finding], thresholds: Thresholds) -> str:
    """The text of the first line: who is as bad as that, and who is unknown."""
    parts = []
    for each in _WORST[:-1]:
        bad = [finding for finding in findings if finding.status is each]
        if bad:
            more = f", and {len(bad) - NAMED} more" if len(bad) > NAMED else ""
            named = ", ".join(finding.words for finding in bad[:NAMED])
            parts.append(named + more if each is status else f"{each.name.lower()}: {named}{more}")
    if not parts and len(findings) > 1:
        closed = sum(bool(finding.note) for finding in findings)
        if closed:
            note = next(finding.note for finding in findings if finding.note)
            parts.append(f"{closed} of {len(findings)} names not trading: {note}")
        if closed < len(findings):
            parts.append(f"{len(findings) - closed} names within {plain(thresholds.warning)}%")
    return _harmless("; ".join(parts) or findings[0].words)


def _words(quote: Quote) -> str:
    known = instrument(quote.symbol)
    currency = "" if is_index(quote.symbol) else quote.currency or known.currency
    move = "" if quote.pct is None else f" {percent(quote.pct)}"
    name = known.name if known.name == known.symbol else f"{known.name} {known.symbol}"
    return f"{name}{move} at {money(quote.last, currency)}"


def _perfdata(finding: Finding, thresholds: Thresholds) -> str:
    """``'9888.HK'=15.724381%;5;10;0``, the size of the move truncated; ``U`` where it is not known.

    A label may hold anything but a quote and an equals sign, which currencies have (``HKD=X``).
    """
    label = finding.symbol.replace("=", "_").replace("'", "_")
    pct = None if finding.quote is None else finding.quote.pct
    # At most 28 digits are exact; a monitor graphs six decimals.
    value = "U" if pct is None else f"{int(abs(pct) * 1_000_000) / Decimal(1_000_000):f}%"
    return f"'{label}'={value};{plain(thresholds.warning)};{plain(thresholds.critical)};0"


def _document(
    status: Status, findings: Sequence[Finding], now: int, thresholds: Thresholds, config: Config
) -> dict[str, Any]:
    return {
        "status": status.name,
        "exit_code": int(status),
        "text": _summary(status, findings, thresholds),
        "warning": plain(thresholds.warning),
        "critical": plain(thresholds.critical),
        "max_age_s": f"{thresholds.max_age / SECOND:g}",
        "names": [
            {
                **({"symbol": one.symbol} if one.quote is None else row(one.quote, now, config)),
                "status": one.status.name,
                "text": one.words,
            }
            for one in findings
        ],
    }


def _harmless(text: str) -> str:
    """One line without a pipe, after which a monitor would read perfdata."""
    return clean(text, 2000).replace("|", "/")
