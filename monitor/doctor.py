"""``tickwall doctor``: what works here and what does not, a line each, with what to do about it."""

import asyncio
import json
import re
import sys
from collections.abc import Iterator, Sequence
from time import time_ns
from urllib.request import getproxies_environment

from market.clock import rfc3339
from market.session import Phase, amend, calendar, read_amendments
from market.symbol import mic
from monitor import exit as exit_code
from monitor.config import Config, ConfigError, load, notes, state_dir
from monitor.configure import masked
from monitor.feed_findings import ask
from monitor.finding import Finding
from monitor.history_findings import history
from monitor.logs import to_stderr
from monitor.rules import watched
from monitor.store_findings import alerts_kept, sinks

_SCHEME = re.compile(r"\w+://")


def run(found: Sequence[Finding], config_path: str | None, *, as_json: bool, debug: bool) -> int:
    """Examine, and print it after what the caller has ``found`` already; 1 where anything failed."""
    to_stderr(debug=debug)
    findings = [*found, *_examine(config_path)]
    if as_json:
        rows = [{key: masked(value) for key, value in one._asdict().items()} for one in findings]
        sys.stdout.write(json.dumps(rows, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write(report(findings))
    return exit_code.FAULT if any(one.status == "fail" for one in findings) else exit_code.OK


def report(findings: Sequence[Finding]) -> str:
    """A line for each, secrets masked, for a person."""
    width = max((len(one.what) for one in findings), default=0)
    return "".join(
        f"{one.status:<4}  {one.what:<{width}}  {masked(one.text)}"
        + (f"  ({masked(one.mend)})" if one.mend else "")
        + "\n"
        for one in findings
    )


def _examine(config_path: str | None) -> Iterator[Finding]:
    yield from proxies()
    try:
        config = load(config_path)
    except ConfigError as error:
        for problem in error.problems:
            mend = "correct it; everything below it waits for that"
            yield Finding("fail", "config", f"{error.where}: {problem}", mend)
        return
    amend(config.closures)
    now = time_ns()
    symbols = watched(config.settings, calendar("XHKG").day_of(now))
    there = "" if config.found else " is not there: the defaults hold"
    yield Finding("ok", "config", f"{config.path}{there}")
    for note in notes(config.settings):
        yield Finding("warn", "config", note)
    yield from sinks(config)
    yield from alerts_kept(state_dir() / "alerts.db")
    yield from calendars(config, symbols, now)
    yield from asyncio.run(ask(config, symbols))
    yield from history(config, symbols, now)


def proxies() -> Iterator[Finding]:
    """The proxies that the environment names, without what they are entered with."""
    named = getproxies_environment()
    for kind, address in sorted(named.items()):
        scheme = _SCHEME.match(address)
        _, at, rest = address.rpartition("@")
        shown = f"{scheme.group() if scheme else ''}***@{rest}" if at else address
        if address.startswith("socks"):
            yield Finding("warn", f"{kind}_proxy", shown, "feeds need an HTTP proxy, not SOCKS")
        else:
            yield Finding("ok", f"{kind}_proxy", shown)
    if not named:
        yield Finding("ok", "proxy", "none in the environment")


def calendars(config: Config, symbols: Sequence[str], now: int) -> Iterator[Finding]:
    """What is known of each watched exchange at an instant (ns UTC), and for how long."""
    amended = read_amendments(config.closures) if config.closures is not None else {}
    for name in dict.fromkeys(mic(symbol) for symbol in symbols):
        hours = calendar(name)
        if hours.phase_at(now) is Phase.ALWAYS:
            continue
        until, following = hours.next_change(now)
        text = f"{hours.phase_at(now)}, {following} from {rfc3339(until)}; known until {hours.valid_until}"
        if name in amended:
            text += f"; amended by {config.closures}"
        warning = hours.warning(hours.day_of(now))
        mend = "upgrade tickwall, or name closed days in the file of [calendar]" if warning else None
        yield Finding("warn" if warning else "ok", f"calendar {name}", warning or text, mend)
