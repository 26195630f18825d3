"""``tickwall headlines``: what the configured sources say, once, newest first."""

import asyncio
import json
import sys
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from feeds.headlines import HeadlinePoller
from feeds.simulated_clock import clock_at
from market.clock import SECOND
from market.headline import Headline
from monitor import exit as exit_code
from monitor.config import Config, load
from monitor.lines import headline_fields
from monitor.logs import to_stderr
from monitor.news import editor
from monitor.rules import watched

HONG_KONG = ZoneInfo("Asia/Hong_Kong")


def run(config_path: str | None, *, as_json: bool, limit: int, debug: bool) -> int:
    """Ask every source, print the answer; the exit code is 69 when none answered."""
    to_stderr(debug=debug)
    config = load(config_path)
    headlines, errors, complaints = asyncio.run(_ask(config))
    for source, reason in (errors | complaints).items():
        sys.stderr.write(f"{source}: {reason}\n")
    sources = [source for source in config.settings.headlines if source.enabled]
    if not sources:
        sys.stderr.write("no headline source is configured and enabled: see [[headlines]]\n")
    sys.stdout.write(as_array(headlines[:limit]) if as_json else listing(headlines[:limit]))
    return exit_code.OK if len(errors) < len(sources) else exit_code.NO_ANSWER


async def _ask(config: Config) -> tuple[list[Headline], dict[str, str], dict[str, str]]:
    """The headlines; by source why it did not answer; and by source what is wrong with its answer."""
    settings = config.settings
    symbols = watched(settings, datetime.now(HONG_KONG).date())
    async with clock_at(settings.simulation.clock_url) as clock:
        poller = HeadlinePoller(settings.headlines, clock, editor=editor(settings.news, symbols))
        headlines, errors = await poller.once()
    said = {name: status.reason for name, status in poller.statuses.items() if name not in errors}
    return headlines, errors, {name: reason for name, reason in said.items() if reason}


def as_array(headlines: Sequence[Headline]) -> str:
    """One JSON array, for scripts."""
    return json.dumps([headline_fields(headline) for headline in headlines], ensure_ascii=False) + "\n"


def listing(headlines: Sequence[Headline]) -> str:
    """A line for each, for a person: Hong Kong time, source, title; whom it names, kind, amounts."""
    width = max((len(headline.source) for headline in headlines), default=0)
    return "".join(_line(headline, width) for headline in headlines)


def _line(headline: Headline, width: int) -> str:
    at = datetime.fromtimestamp(headline.ts_event // SECOND, HONG_KONG)
    said = " ".join((*headline.symbols, *([headline.topic] if headline.topic else []), *headline.amounts))
    more = f"  [{said}]" if said else ""
    return f"{at:%Y-%m-%d %H:%M}  {headline.source:<{width}}  {headline.title}{more}\n"
