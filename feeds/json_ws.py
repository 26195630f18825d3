"""Any websocket that speaks JSON, mapped by a table in the configuration: a desk's own feed."""

import re
from collections.abc import Mapping, Sequence
from math import inf
from typing import Any, Final, Literal
from urllib.parse import quote as quoted

import msgspec

from feeds.pace import silence
from feeds.secret import secret
from feeds.settings import FeedSettings
from feeds.stream import Stream, StreamFeed
from feeds.table import FIELDS, Parser
from market.clock import Clock
from market.duration import parse_duration
from market.errors import SymbolError
from market.symbol import canonical

KIND: Final = "json_ws"

_PATH = re.compile(r"[\w$-]+(?:\.[\w$-]+)*")
_BLANK = re.compile(r"\{(\w+)\}")
_BLANKS = ("symbols", "symbol", "token")


class JsonWsSettings(FeedSettings, frozen=True, kw_only=True):
    """``[feeds.NAME]`` with ``kind = "json_ws"``.

    ``rows`` is the path of an array of quotes in a frame, or of the one there is; empty: the frame itself.
    The paths below it are those within a row. ``names`` gives the canonical symbol of each of the venue's
    names that is not one already.
    """

    kind: Literal["json_ws"]
    stream_url: str
    symbol: str
    price: str
    time: str
    subscribe: tuple[str, ...] = ()
    rows: str = ""
    time_unit: Literal["s", "ms", "us", "ns", "rfc3339"] = "ms"
    prev_close: str = ""
    open: str = ""
    high: str = ""
    low: str = ""
    volume: str = ""
    where: dict[str, str] = msgspec.field(default_factory=dict)
    refused: dict[str, str] = msgspec.field(default_factory=dict)
    names: dict[str, str] = msgspec.field(default_factory=dict)
    heartbeat: str = ""
    heartbeat_interval: str = "20s"
    idle_timeout: str = "60s"
    lifetime: str = ""
    token_file: str = ""
    token_env: str = ""

    def __post_init__(self) -> None:
        """Check the paths, the blanks to fill in, and the names."""
        super().__post_init__()
        for key in FIELDS[:3]:
            if not getattr(self, key):
                raise ValueError(f"{key}: a quote needs it; give its path in a row")
        for key in ("rows", *FIELDS):
            _check_path(key, getattr(self, key))
        for key in ("where", "refused"):
            for path in getattr(self, key):
                _check_path(key, path)
        has_token = bool(self.token_file or self.token_env)
        for key, text in (
            ("stream_url", self.stream_url),
            *(("subscribe", frame) for frame in self.subscribe),
        ):
            for blank in _BLANK.findall(text):
                if blank not in (_BLANKS if key == "subscribe" else ("token",)):
                    raise ValueError(f"{key}: nothing to put in for {{{blank}}}")
                if blank == "token" and not has_token:
                    raise ValueError(f"{key}: {{token}} needs token_file or token_env")
        for name, symbol in self.names.items():
            try:
                canonical(symbol)
            except SymbolError as error:
                raise ValueError(f"names: {name}: {error}") from None

    def covers(self, symbol: str) -> bool:
        """Those that ``names`` has."""
        return symbol in map(canonical, self.names.values())


def _check_path(key: str, path: str) -> None:
    if path and not _PATH.fullmatch(path):
        raise ValueError(f"{key}: not a path such as data.last or 0.price: {path[:80]!a}")


def subscribe_frames(templates: Sequence[str], names: Sequence[str], token: str) -> list[str]:
    """The frames to send: one for each template, or one for each name where it has ``{symbol}``."""
    frames = []
    for template in templates:
        for name in names if "{symbol}" in template else ("",):
            filled = {"symbols": _json(names), "symbol": _json(name)[1:-1], "token": _json(token)[1:-1]}
            frames.append(_filled(template, filled))
    return frames


def _filled(template: str, filled: Mapping[str, str]) -> str:
    """In one pass, so that what was filled in is not taken for a blank itself."""
    return _BLANK.sub(lambda blank: filled[blank[1]], template)


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


class JsonWsFeed(StreamFeed):
    """The symbols given, from a socket that the configuration describes.

    ``coalesce`` is the transport's, in seconds.
    """

    Settings = JsonWsSettings

    def __init__(
        self,
        settings: JsonWsSettings,
        symbols: Sequence[str],
        clock: Clock,
        *,
        name: str = KIND,
        coalesce: float = 0.0,
    ) -> None:
        super().__init__(name, symbols, clock)
        theirs = {canonical(symbol): venue for venue, symbol in settings.names.items()}
        names = {theirs.get(symbol, symbol): symbol for symbol in symbols}
        parse = Parser(name, settings, names).quotes

        def stream() -> Stream:
            has_token = settings.token_file or settings.token_env
            token = secret(name, settings.token_file, settings.token_env) if has_token else ""
            return Stream(
                venue=name,
                url=settings.stream_url.replace("{token}", quoted(token, safe="")),
                subscribe=subscribe_frames(settings.subscribe, list(names), token),
                parse=parse,
                beat=settings.heartbeat,
                beat_every=parse_duration(settings.heartbeat_interval) if settings.heartbeat else inf,
                lifetime=parse_duration(settings.lifetime) if settings.lifetime else inf,
                idle=parse_duration(settings.idle_timeout),
                excused=silence(symbols),
                coalesce=coalesce,
            )

        self.streams.append(stream)
