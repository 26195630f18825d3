"""The commands that take one look and answer."""

from datetime import date
from typing import Any

import click
from click.exceptions import Exit

from tui.commands.options import DATE, PERCENT, SECONDS, common, whole


@click.command()
@click.argument("symbols", nargs=-1, required=True, metavar="SYMBOL...")
@click.option("--json", "as_json", is_flag=True, help="A JSON array.")
@common
def quote(symbols: tuple[str, ...], as_json: bool, config_path: str | None, debug: bool) -> int:
    """One look at the market: a table, or a JSON array."""
    from monitor.snapshot import run

    return run(symbols, config_path, as_json=as_json, debug=debug)


class Probe(click.Command):
    """A command that a monitor runs: a mistake on its command line is UNKNOWN too, told where that reads."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """The context, of a line without a mistake."""
        try:
            return super().make_context(info_name, args, parent, **extra)
        except click.UsageError as error:
            from monitor.check import unknown

            raise Exit(unknown(error.format_message())) from None


@click.command(cls=Probe)
@click.argument("symbols", nargs=-1, metavar="[SYMBOL]...")
@click.option("--warning", type=PERCENT, help="WARNING from this move on (default: 5).")
@click.option("--critical", type=PERCENT, help="CRITICAL from this move on (default: 10).")
@click.option("--max-age", type=SECONDS, help="An older quote is UNKNOWN (default: [alerts] max_age).")
@click.option("--require-open", is_flag=True, help="A closed market is UNKNOWN instead of OK.")
@click.option("--timeout", type=SECONDS, default="10", show_default=True, help="Wait at most S seconds.")
@click.option("--json", "as_json", is_flag=True, help="A JSON object.")
@common
def check(config_path: str | None, debug: bool, **chosen: Any) -> int:
    """One look at moves, for Nagios and its like.

    It prints one line, and ends with 0 OK, 1 WARNING, 2 CRITICAL or 3 UNKNOWN.
    """
    from monitor.check import Choices, run

    return run(Choices(**chosen), config_path, debug=debug)


@click.command()
@click.argument("symbols", nargs=-1, required=True, metavar="SYMBOL...")
@click.option(
    "--history",
    "history_dir",
    metavar="DIR",
    type=click.Path(file_okay=False),
    help="A folder of SYMBOL.csv.",
)
@click.option("--as-of", type=DATE, multiple=True, help="As of that day (default: today); may be repeated.")
@click.option("--explain", is_flag=True, help="Which file was read, what it covers, and what was cleaned.")
@click.option("--json", "as_json", is_flag=True, help="A JSON array.")
@common
def streaks(
    symbols: tuple[str, ...],
    history_dir: str | None,
    as_of: tuple[date, ...],
    explain: bool,
    as_json: bool,
    config_path: str | None,
    debug: bool,
) -> int:
    """Streaks, records and "since" facts from daily history."""
    from monitor.streaks import run

    return run(symbols, history_dir, as_of, config_path, as_json=as_json, explain=explain)


@click.command()
@click.option("--limit", type=whole("N", 1), default="50", show_default=True, help="At most N.")
@click.option("--json", "as_json", is_flag=True, help="A JSON array.")
@common
def headlines(limit: int, as_json: bool, config_path: str | None, debug: bool) -> int:
    """The headlines of the configured sources once, newest first."""
    from monitor.headlines import run

    return run(config_path, as_json=as_json, limit=limit, debug=debug)
