"""``tickwall alerts``: what the store holds, for a person at a shell or a script."""

import asyncio
import json
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from market.clock import SECOND, parse_rfc3339, rfc3339
from market.duration import parse_duration
from market.errors import TickwallError
from market.session import calendar
from market.snooze import snoozed_until
from market.symbol import canonical, mic
from market.text import clean
from monitor import exit as exit_code
from monitor import journal
from monitor.config import load, state_dir
from monitor.outbox import State
from monitor.person import person
from monitor.store import Store, Stored

if TYPE_CHECKING:
    from monitor.route import Route

RESEND = 30.0
"""Seconds that ``retry`` waits for an attempt to come to its end; what is left then stays in the outbox."""


class ChoiceError(TickwallError):
    """A choice of alerts that cannot be read, or names one that is not there."""

    exit_code = exit_code.USAGE


@dataclass(frozen=True, slots=True)
class Choice:
    """Which alerts: since a date, an instant or a duration ago; of which symbol; the newest so many."""

    since: str | None = None
    symbol: str | None = None
    limit: int | None = None


def show(choice: Choice, state: str | None, *, as_json: bool) -> int:
    """Print the alerts, the oldest first: a line each, or a JSON array."""
    with _opened(state) as store:
        alerts = [
            {"number": stored.number, **row, "sinks": store.outbox.of(stored.number)}
            for stored in _chosen(store, choice)
            for row in journal.rows([stored])
        ]
    if as_json:
        _print_json(alerts)
    for alert in [] if as_json else alerts:
        flags = [flag for flag in ("acknowledged", "muted") if alert[flag]]
        waiting = [f"{sink}: {how}" for sink, how in alert["sinks"].items() if how is not State.SENT]
        note = f"  [{', '.join(flags + waiting)}]" if flags or waiting else ""
        said = clean(str(alert.get("message", "")))
        sys.stdout.write(f"{alert['number']:>5}  {alert['ts']}  {said}{note}\n")
    return exit_code.OK


def export(choice: Choice, state: str | None, form: str) -> int:
    """Write the alerts to standard output as a JSON array or as CSV."""
    write = journal.write_json if form == "json" else journal.write_csv
    with _opened(state) as store:
        write(sys.stdout, _chosen(store, choice))
    return exit_code.OK


def acknowledge(names: Sequence[str], state: str | None, *, everything: bool) -> int:
    """See to alerts, by number or ``event_id``; prints how many that newly concerned."""
    with _opened(state) as store:
        chosen = store.journal(limit=-1) if everything else [_named(store, name) for name in names]
        waiting = [alert.number for alert in chosen if not alert.acknowledged]
        for number in waiting:
            store.acknowledge(number, person())
    sys.stdout.write(f"acknowledged {len(waiting)}\n")
    return exit_code.OK


def snooze(symbol: str | None, until: str | None, state: str | None, *, off: bool) -> int:
    """Be silent about a name (``*``: every one), or no longer; without a name say which are snoozed."""
    now = time.time_ns()
    with _opened(state, make=symbol is not None) as store:
        if symbol is not None:
            name = symbol if symbol == "*" else canonical(symbol)
            if off:
                store.unsnooze(name)
            elif until is None:
                raise ChoiceError("snooze: say --until HH:MM, close or a duration such as 1h, or --off")
            else:
                # Of everything at once the first exchange of this program's watchlists, Hong Kong's, speaks.
                hours = calendar(mic(name) if name != "*" else "XHKG")
                store.snooze(name, snoozed_until(until, now, hours), person(), now)
        for held in store.snoozes(now):
            by = f" by {clean(held.by)}" if held.by else ""
            sys.stdout.write(f"{held.symbol} snoozed until {rfc3339(held.until)}{by}\n")
    return exit_code.OK


def failed(state: str | None, *, as_json: bool) -> int:
    """Print what was refused by its sink, or grew too old for it."""
    with _opened(state) as store:
        letters = store.outbox.dead()
    if as_json:
        _print_json(
            {
                "number": letter.alert,
                "sink": letter.sink,
                "state": letter.state,
                "attempts": letter.attempts,
                "reason": letter.reason,
                "alert": json.loads(letter.line) if letter.line else None,
            }
            for letter in letters
        )
        return exit_code.OK
    for letter in letters:
        said = clean(str(json.loads(letter.line or "{}").get("message", "")))
        why = f"{letter.state}, attempt {letter.attempts}: {clean(letter.reason)}"
        sys.stdout.write(f"{letter.alert:>5}  {letter.sink}: {why}  {said}\n")
    return exit_code.OK


def retry(name: str | None, config_path: str | None, state: str | None) -> int:
    """Send what failed once more, and tell how that ended; 1 when not everything was sent."""
    from monitor.delivery import routes

    config = load(config_path)
    with _opened(state) as store:
        number = None if name is None else _named(store, name).number
        ways = routes(config)
        count = store.outbox.revive(time.time_ns(), number)
        results = asyncio.run(_resend(store, ways)) if count else []
    for sink, event_id, outcome in results:
        sys.stdout.write(f"{sink}: {event_id}: {outcome}\n")
    sent = sum(outcome == "sent" for _, _, outcome in results)
    sys.stdout.write(f"{sent} of {count} sent\n")
    return exit_code.OK if sent >= count else exit_code.FAULT


async def _resend(store: Store, ways: "Mapping[str, Route]") -> list[tuple[str, str, str]]:
    """Carry for a while; another process on the store may take some of it."""
    from feeds.clock import SystemClock
    from monitor.courier import Courier, Delivery

    results: list[tuple[str, str, str]] = []

    def hear(delivery: Delivery) -> None:
        reason = f": {delivery.reason}" if delivery.reason else ""
        results.append((delivery.sink, delivery.event_id, f"{delivery.state.value}{reason}"))

    courier = Courier(store, ways, SystemClock(), hear)
    working = asyncio.create_task(courier.run())
    try:
        async with asyncio.timeout(RESEND):
            await courier.flush(RESEND)
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
    return results


# -- the store, and what is chosen of it


@contextmanager
def _opened(state: str | None, *, make: bool = False) -> Iterator[Store]:
    """The store; one that is not there has no alerts, and is not made by looking."""
    path = Path(state) if state is not None else state_dir() / "alerts.db"
    with closing(Store(path if make or path.exists() else None)) as store:
        yield store


def _chosen(store: Store, choice: Choice) -> list[Stored]:
    """The alerts, the oldest first."""
    since = None if choice.since is None else _instant(choice.since)
    symbol = None if choice.symbol is None else canonical(choice.symbol)
    found: list[Stored] = []
    for stored in store.journal(limit=-1):
        alert = json.loads(stored.line)
        if symbol is not None and alert.get("symbol") != symbol:
            continue
        if since is not None and parse_rfc3339(alert["ts"]) < since:
            continue
        found.append(stored)
        if len(found) == choice.limit:
            break
    return found[::-1]


def _named(store: Store, name: str) -> Stored:
    """The alert of a number or an ``event_id``."""
    for stored in store.journal(limit=-1):
        if name in (str(stored.number), json.loads(stored.line).get("event_id")):
            return stored
    raise ChoiceError(f"no alert {name[:60]!r} (tickwall alerts list shows their numbers)")


def _instant(text: str) -> int:
    """A date, an RFC 3339 time, or a duration ago, as nanoseconds UTC."""
    try:
        return time.time_ns() - int(parse_duration(text) * SECOND)
    except ValueError:
        pass
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise ChoiceError(f"not a time: {text[:40]!r} (write 2025-09-17, or 12h)") from None
    return int((when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()) * SECOND


def _print_json(document: Iterable[object]) -> None:
    sys.stdout.write(json.dumps(list(document), ensure_ascii=False, allow_nan=False) + "\n")
