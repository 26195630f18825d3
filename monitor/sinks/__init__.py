"""Sinks: what the ``[[sink]]`` tables become. Each kind imports its library when it is built."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from market.duration import parse_duration
from monitor.settings import SinkSettings

if TYPE_CHECKING:
    from monitor.sinks.base import Sink

_EVERY = {"id", "kind", "timeout", "max_age", "rate", "burst"}
_OWN = {
    "webhook": {"url", "url_file", "secret_file", "token_file"},
    "exec": {"command"},
    "smtp": {"host", "port", "tls", "user", "password_file", "sender", "recipients"},
    "apprise": {"url", "url_file"},
    "alertmanager": {"url", "url_file", "token_file"},
}

FOR_PEOPLE = 30
"""Messages a minute to a mailbox or a telephone, where ``rate`` does not say: who gets more reads none."""


def senseless_sink(sink: SinkSettings) -> Iterator[str]:
    """What is wrong with a sink's keys that their types do not show; files are read when it is built."""
    own = _OWN[sink.kind]
    for field in msgspec.structs.fields(SinkSettings):
        if field.name not in _EVERY | own and getattr(sink, field.name) != field.default:
            yield f"{field.name} is not for the kind {sink.kind} (it takes {', '.join(sorted(own))})"
    for key in ("timeout", "max_age"):
        try:
            parse_duration(getattr(sink, key))
        except ValueError as error:
            yield f"{key}: {error}"
    if sink.rate < 0 or sink.burst < 1:
        yield "rate is a number of messages a minute from 0, burst one from 1"
    if sink.kind == "exec" and not sink.command:
        yield "command: missing"
    if sink.url and sink.url_file:
        yield "url and url_file: one is enough"
    if not 0 <= sink.port <= 65_535:
        yield f"port: {sink.port} is not from 0 to 65535"


def rate_of(sink: SinkSettings) -> int:
    """Messages a minute that a sink is sent at the most, beyond its ``burst``; 0 is no limit."""
    return sink.rate or (FOR_PEOPLE if sink.kind in ("smtp", "apprise") else 0)


def build(settings: SinkSettings, hidden: frozenset[str] = frozenset()) -> "Sink":
    """The sink that settings describe; ``SinkError`` where a file, an address or a library is missing.

    A program does not get the variables that are ``hidden``.
    """
    timeout = parse_duration(settings.timeout)
    match settings.kind:
        case "webhook":
            from monitor.sinks.webhook import Webhook

            return Webhook(settings, timeout)
        case "exec":
            from monitor.sinks.command import Command

            return Command(settings, timeout, hidden)
        case "smtp":
            from monitor.sinks.mail import Mail

            return Mail(settings, timeout)
        case "apprise":
            from monitor.sinks.service import Service

            return Service(settings, timeout)
        case "alertmanager":
            from monitor.sinks.alertmanager import Alertmanager

            return Alertmanager(settings, timeout)
