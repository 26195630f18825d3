"""The table of ``tickwall streaks``: its answers for people, with bars that show runs."""

import sys
from collections.abc import Iterator, Sequence
from decimal import Decimal
from textwrap import wrap
from typing import Any

Answer = dict[str, Any]
"""One JSON object of ``docs/json.md``: facts; or a symbol, a date and an ``error``."""

_LONGEST_BAR = 12
_RUNS_A_LINE = 5
_WIDTH = 78
_MOST_DECIMALS = 6
_DISAGREEMENTS = 5
"""The newest of them; JSON has all."""


def arrows() -> tuple[str, str]:
    """What stands for a gain and a loss, as far as standard output can show it."""
    try:
        "▲▼".encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return "+", "-"
    return "▲", "▼"


def table(answers: Sequence[Answer], up: str = "▲", down: str = "▼") -> str:
    """For people: a block for each answer, its runs drawn as bars, its sentences below."""
    return "\n".join("\n".join(_block(one, up, down)) + "\n" for one in answers)


def _block(one: Answer, up: str, down: str) -> Iterator[str]:
    if "error" in one:
        yield f"{one['symbol']}  {one['as_of']}"
        yield f"  ! {one['error']}"
        return
    yield f"{one['symbol']}  {one['session_date']}  {one['close']}"
    day = {**one["day"], "base": one["prev_close"], "base_date": one["prev_date"]}
    periods = {"day": day, **{name: one[name] for name in ("week", "month", "quarter", "year")}}
    for name, change in periods.items():
        if change["pct"] is None:
            yield f"  {name:<8}{'-':>9}"
            continue
        line = f"  {name:<8}{_percent(change['pct'], 2):>9}  {_bar(change.get('streak'), up, down)}"
        yield f"{line} from {change['base']} on {change['base_date']}"
    record = one["record"]
    yield f"  record {record['close']} on {record['date']}, high {record['high']} on {record['high_date']}"
    yield from _runs(one)
    for sentence in one["text"]:
        yield f"    {sentence}"
    if missing := one["missing_sessions"]:
        what = "1 later session" if missing == 1 else f"{missing} later sessions"
        yield f"  ! {what} up to {one['as_of']} {'is' if missing == 1 else 'are'} not on file"
    if "history" in one:
        yield from _history(one["history"])
        return
    for defect in one["defects"]:
        yield f"  ! {defect}"


def _runs(one: Answer) -> Iterator[str]:
    """The last runs of each period, five a line, their lengths and what they brought; the newest last."""
    for name, runs in one["runs"].items():
        told = [f"{run['streak']:>+3} {_percent(run['pct'], 1):>8}" for run in runs]
        for start in range(0, len(told), _RUNS_A_LINE):
            heading = f"{name} runs" if start == 0 else ""
            yield f"  {heading:<11}{' '.join(told[start : start + _RUNS_A_LINE])}"
        if longest := one["longest"][name]:
            beaten = "beaten: " if longest["beaten"] else ""
            yield f"  {'':<11}{beaten}the longest was {longest['streak']:+} up to {longest['end']}"


def _percent(told: str, decimals: int) -> str:
    """``+0.9%``, ``+0.04%``: with as many more decimals as a change needs that would else read as none."""
    value = Decimal(told)
    while value and not round(value, decimals) and decimals < _MOST_DECIMALS:
        decimals += 1
    return f"{value:+.{decimals}f}%"


def _history(told: Answer) -> Iterator[str]:
    """What was read, and everything that was done to it."""
    yield f"  {told['sessions']} sessions, {told['first_date']} to {told['last_date']}"
    yield f"  from {told['source']}, written {told['written']}: {told['file']}"
    if not told["cleaned"]:
        yield "  nothing had to be cleaned"
    for line in told["cleaned"]:
        yield from wrap(line, _WIDTH, initial_indent="  ! ", subsequent_indent="    ")
    for one in told["disagreements"]:
        closes = one["closes"]
        yield f"  ! {one['source']} has another close on {len(closes)} of these days"
        for close in closes[-_DISAGREEMENTS:]:
            yield f"    {close['date']}  {close['close']}, there {close['other']}"


def _bar(streak: int | None, up: str, down: str) -> str:
    """``▲▲▲ 3``, of one width; a run longer than the bar still tells its length."""
    if streak is None:
        return " " * (_LONGEST_BAR + 3)
    bar = (up if streak > 0 else down) * min(abs(streak), _LONGEST_BAR)
    return f"{bar:<{_LONGEST_BAR}} {abs(streak):>2}"
