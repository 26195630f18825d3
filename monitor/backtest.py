"""``tickwall backtest``: what rules would have told of recorded tapes, when, and in which words."""

import asyncio
import logging
import sys
import tomllib
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from market.alert import Suppressed
from market.clock import SECOND, parse_rfc3339
from market.errors import ParseError
from market.headline import Headline
from market.session import calendar
from monitor import exit as exit_code
from monitor.assembly import taped
from monitor.config import Config, ConfigError, load
from monitor.courier import Delivery
from monitor.listener import FeedChange, PhaseChange
from monitor.logs import to_stderr
from monitor.store import Store

log = logging.getLogger(__name__)

_ROW = "{:<19}  {:<9}  {:<16}  {}\n"


class Choices(NamedTuple):
    """What the command line chose."""

    rules: str
    tapes: Sequence[str]
    as_json: bool = False
    strict: bool = False


class Findings:
    """Writes each alert as it comes, a row or an element of a JSON array, and keeps none of them."""

    def __init__(self, write: Callable[[str], object], *, as_json: bool) -> None:
        self.alerts = 0
        self.withheld = 0
        self._write = write
        self._as_json = as_json

    def begin(self) -> None:
        """What stands above the rows."""
        self._write("[" if self._as_json else _ROW.format("exchange time", "symbol", "rule", "what"))

    def end(self) -> None:
        """What stands below them."""
        if self._as_json:
            self._write("]\n")

    def alert(self, number: int, line: str) -> None:
        """One that would have been told."""
        self.alerts += 1
        if self._as_json:
            self._write(f"{',' if self.alerts > 1 else ''}\n{line}")
            return
        alert = msgspec.json.decode(line)
        self._write(_ROW.format(_local(alert), alert["symbol"] or "", alert["rule_id"], alert["message"]))

    def resolved(self, line: str) -> None:
        """Nothing: the question is what would have been told first."""

    def suppressed(self, suppressed: Suppressed) -> None:
        """Count those of which a quote would have fired."""
        self.withheld += suppressed.quote is not None

    def broken(self, rule_id: str, where: str | None, reason: str) -> None:
        """Nothing: the log has told it."""

    def headline(self, headline: Headline) -> None:
        """Nothing."""

    def feed(self, change: FeedChange) -> None:
        """Nothing."""

    def phase(self, change: PhaseChange) -> None:
        """Nothing."""

    def delivery(self, delivery: Delivery) -> None:
        """Nothing is delivered."""


def run(choices: Choices, config_path: str | None, *, debug: bool) -> int:
    """Play the tapes one after the other at full speed, as one daemon would have met them.

    ``rules`` is a configuration, or a file of ``[[rule]]`` alone; with ``--config`` its rules are tried in
    that configuration. Raises ``ConfigError`` for either, ``TapeError`` for a tape that cannot be read.
    """
    to_stderr(debug=debug)
    if config_path is None:
        config = load(choices.rules)
    else:
        config = load(config_path, flags={"rule": _rules_in(Path(choices.rules))})
    if not config.settings.rule:
        raise ConfigError(choices.rules, ["there is no [[rule]] in it"])
    return asyncio.run(_run(choices, config))


def _rules_in(path: Path) -> list[Any]:
    """The ``[[rule]]`` tables of a file, to be checked within another configuration."""
    try:
        rules = tomllib.loads(path.read_text("utf-8-sig"), parse_float=Decimal).get("rule", [])
    except (OSError, ValueError) as error:
        raise ConfigError(str(path), [f"cannot be read: {error}"]) from None
    return list(rules)


async def _run(choices: Choices, config: Config) -> int:
    findings = Findings(sys.stdout.write, as_json=choices.as_json)
    store = Store()
    code = exit_code.OK
    findings.begin()
    try:
        for tape in choices.tapes:
            code = await _play(tape, config, store, findings, strict=choices.strict)
            if code != exit_code.OK:
                break
    finally:
        store.close()
        findings.end()
    sys.stderr.write(f"{_count(findings.alerts, 'alert')}, {_count(findings.withheld, 'step')} withheld\n")
    return code


async def _play(tape: str, config: Config, store: Store, findings: Findings, *, strict: bool) -> int:
    """One tape; what its rules remember goes on to the next by the store, as over a restart."""

    def skip(error: ParseError) -> None:
        log.warning("%s", error)

    async with taped(config, store, findings, tape, on_error=None if strict else skip) as this:
        await this.prime()
        await this.run()
        return this.exit_code


def _local(alert: dict[str, Any]) -> str:
    """When it happened, on the exchange's own clock."""
    at = parse_rfc3339(alert["exchange_ts"] or alert["ts"])
    zone = calendar(alert["mic"] or "XHKG").zone
    return f"{datetime.fromtimestamp(at // SECOND, zone):%Y-%m-%d %H:%M:%S}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
