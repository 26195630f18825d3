"""The commands on alerts that are kept: ``tickwall alerts …`` and ``tickwall notify``."""

from collections.abc import Callable
from typing import Any

import click

from tui.commands.options import common, hand_down, stateful, whole


def _chosen(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that choose among alerts."""
    for option in (
        click.option("--limit", type=whole("N", 1), help="The newest N."),
        click.option("--symbol", metavar="SYMBOL", help="Of one name."),
        click.option("--since", metavar="WHEN", help="Since a date, a time, or a duration ago (12h)."),
    ):
        command = option(command)
    return command


@click.group()
@stateful
@common
@click.pass_context
def alerts(context: click.Context, config_path: str | None, debug: bool, state: str | None) -> None:
    """Alerts that are kept: list, acknowledge, snooze, resend, export."""
    hand_down(context, alerts, config_path=config_path, debug=debug, state=state)


@alerts.command("list")
@_chosen
@click.option("--json", "as_json", is_flag=True, help="A JSON array.")
@stateful
@common
def list_(as_json: bool, state: str | None, config_path: str | None, debug: bool, **chosen: Any) -> int:
    """The alerts, the newest last."""
    from monitor.alerts import Choice, show

    return show(Choice(**chosen), state, as_json=as_json)


@alerts.command()
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--all", "everything", is_flag=True, help="Every alert.")
@stateful
@common
def ack(
    ids: tuple[str, ...], everything: bool, state: str | None, config_path: str | None, debug: bool
) -> int:
    """See to alerts, by the number or the event_id that the list shows."""
    from monitor.alerts import acknowledge

    if bool(ids) is everything:
        raise click.UsageError("Name alerts, or say --all.")
    return acknowledge(ids, state, everything=everything)


@alerts.command()
@click.argument("symbol", required=False)
@click.option("--until", metavar="HH:MM|close|DURATION", help="When it ends, in the exchange's time.")
@click.option("--off", is_flag=True, help="End it now.")
@stateful
@common
def snooze(
    symbol: str | None,
    until: str | None,
    off: bool,
    state: str | None,
    config_path: str | None,
    debug: bool,
) -> int:
    """Ring no bell and tell no sink of a name for a while.

    SYMBOL may be * for all names; without it, what is snoozed is listed.
    """
    from monitor import alerts as kept

    return kept.snooze(symbol, until, state, off=off)


@alerts.command()
@click.option("--json", "as_json", is_flag=True, help="A JSON array.")
@stateful
@common
def failed(as_json: bool, state: str | None, config_path: str | None, debug: bool) -> int:
    """What a sink refused, or what grew too old to be sent."""
    from monitor import alerts as kept

    return kept.failed(state, as_json=as_json)


@alerts.command()
@click.argument("id_", required=False, metavar="[ID]")
@stateful
@common
def retry(id_: str | None, state: str | None, config_path: str | None, debug: bool) -> int:
    """Send what failed once more: one alert, or all."""
    from monitor import alerts as kept

    return kept.retry(id_, config_path, state)


@alerts.command()
@click.option(
    "--format",
    "form",
    type=click.Choice(["csv", "json"]),
    default="csv",
    show_default=True,
    help="What is written.",
)
@_chosen
@stateful
@common
def export(form: str, state: str | None, config_path: str | None, debug: bool, **chosen: Any) -> int:
    """Write alerts to standard output as CSV or JSON."""
    from monitor import alerts as kept

    return kept.export(kept.Choice(**chosen), state, form)


@click.command()
@click.argument("sinks", nargs=-1, metavar="[SINK]...")
@click.option("--test", is_flag=True, required=True, help="Send a test message.")
@common
def notify(sinks: tuple[str, ...], test: bool, config_path: str | None, debug: bool) -> int:
    """Try sinks, and tell each one's own result. All are tried where none is named."""
    from monitor.notify import run

    return run(sinks, config_path, debug=debug)
