"""The commands about what is set up here: the configuration, its feeds, and what keeps it from working."""

import click

from tui.commands.options import SECONDS, common, hand_down


@click.command()
@click.option("--json", "as_json", is_flag=True, help="A JSON array.")
@common
def doctor(as_json: bool, config_path: str | None, debug: bool) -> int:
    """What works here, and what to do about what does not.

    Looks at the terminal, the clock, the calendar, the configuration and the feeds.
    """
    from monitor.doctor import run
    from tui.checkup import screen

    return run(list(screen()), config_path, as_json=as_json, debug=debug)


@click.group()
@common
@click.pass_context
def feed(context: click.Context, config_path: str | None, debug: bool) -> None:
    """Try a feed: one that ships, or one of your own."""
    hand_down(context, feed, config_path=config_path, debug=debug)


@feed.command("test")
@click.argument("name", metavar="NAME")
@click.option(
    "--seconds",
    type=SECONDS,
    default="20",
    show_default=True,
    help="How long its first quote may take.",
)
@common
def feed_test(name: str, seconds: float, config_path: str | None, debug: bool) -> int:
    """Whether a feed keeps what the program relies on, point by point.

    NAME is that of its section in the configuration.
    """
    from monitor.conformance import run

    return run(name, seconds, config_path, debug=debug)


@click.group()
@common
@click.pass_context
def config(context: click.Context, config_path: str | None, debug: bool) -> None:
    """The configuration: write it, check it, show it, find it."""
    hand_down(context, config, config_path=config_path, debug=debug)


@config.command("init")
@common
def config_init(config_path: str | None, debug: bool) -> int:
    """Write a commented configuration file. One that exists is left alone."""
    from monitor.configure import init

    return init(config_path)


@config.command("check")
@common
def config_check(config_path: str | None, debug: bool) -> int:
    """Validate the configuration. Every bad key is named, with the nearest good one."""
    from monitor.configure import check

    return check(config_path)


@config.command("show")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@common
def config_show(as_json: bool, config_path: str | None, debug: bool) -> int:
    """Every value as it holds, with its origin; secrets are masked."""
    from monitor.configure import show

    return show(config_path, as_json=as_json)


@config.command("path")
@common
def config_path_(config_path: str | None, debug: bool) -> int:
    """Where the configuration is, whether it exists or not."""
    from monitor.configure import path

    return path(config_path)
