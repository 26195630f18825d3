"""Secrets of sinks: read from a file or the environment, and never shown."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from feeds.settings import FeedSettings
from monitor.settings import SinkSettings
from monitor.sinks.base import SinkError

PREFIX = "TICKWALL_SINK_"
SECRETS = ("url", "secret", "token", "password")
"""What may come from ``<name>_file``, or from the environment as ``TICKWALL_SINK_<ID>_<NAME>``."""

_LARGEST = 65_536


def variable(sink: str, name: str) -> str:
    """The environment's name for a secret: ``TICKWALL_SINK_DESK_PHONE_TOKEN`` for ``desk-phone``."""
    return f"{PREFIX}{re.sub('[^A-Za-z0-9]', '_', sink)}_{name}".upper()


def strangers(sinks: Iterable[SinkSettings], environ: Mapping[str, str]) -> Iterator[str]:
    """Variables meant for a sink, and none's: a slip of the pen would leave it without its key."""
    known = {variable(sink.id, name) for sink in sinks for name in SECRETS}
    return (name for name in environ if name.startswith(PREFIX) and name not in known)


def keys_of(feeds: Iterable[FeedSettings]) -> frozenset[str]:
    """The variables in which feeds have their keys: ``FINNHUB_API_KEY``, or what a ``*_env`` says instead."""
    return frozenset(
        getattr(section, field)
        for section in feeds
        for field in section.__struct_fields__
        if field.endswith("_env")
    )


def secret(settings: SinkSettings, name: str, environ: Mapping[str, str] = os.environ) -> str:
    """A secret, without the line break at its end; empty where none is given.

    ``SinkError`` for a file that cannot be read or is empty.
    """
    key = f"{name}_file"
    if file := str(getattr(settings, key, "")):
        return from_file(key, file)
    return environ.get(variable(settings.id, name), "").strip()


def from_file(key: str, file: str) -> str:
    """What a file holds, without the line break at its end; ``SinkError`` names ``key``, which names it."""
    try:
        with Path(file).expanduser().open(encoding="utf-8") as source:
            text = source.read(_LARGEST).strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise SinkError(f"{key}: {file}: {reason}") from None
    if not text:
        raise SinkError(f"{key}: {file} is empty")
    return text


def address(settings: SinkSettings) -> str:
    """Where a sink sends to: its ``url``, that of ``url_file``, or that of the environment."""
    url = settings.url or secret(settings, "url")
    if not url:
        raise SinkError(f"url: missing (or url_file, or {variable(settings.id, 'url')})")
    if settings.kind != "apprise" and not is_web(url):
        raise SinkError(f"url: {redacted(url)} is not an http or https address")
    return url


def is_web(url: str) -> bool:
    """Whether it is an address that HTTP can reach."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def redacted(url: str) -> str:
    """An address as it may be shown: neither user nor path nor query, where tokens are kept.

    Of one that is not HTTP only the scheme is left: the host of ``tgram://token/chat`` is the secret.
    """
    scheme, divider, rest = url.partition("://")
    if not divider:
        return "***"
    if not is_web(url):
        return f"{scheme}://***"
    host, slash, path = rest.partition("/")
    bare = host.rpartition("@")[2].partition("?")[0].partition("#")[0]
    return f"{scheme}://{bare}/***" if path or bare != host else f"{scheme}://{bare}{slash}"
