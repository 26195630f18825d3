"""Any websocket that speaks JSON, mapped by a table in the configuration: a desk's own feed.

A path names a place in a frame: ``data.last`` is the ``last`` in the ``data``, ``2`` the third of an array.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from math import inf
from typing import Any, Final, Literal
from urllib.parse import quote as quoted

import msgspec

from feeds.pace import silence
from feeds.secret import secret
from feeds.settings import FeedSettings
from feeds.stream import Stream, StreamFeed
from feeds.wire import BROKEN, as_price, as_price_or_none, as_volume, checked_instant, parse_error
from market.clock import SECOND, Clock, parse_rfc3339
from market.duration import parse_duration
from market.errors import FeedError, SymbolError
from market.price import number
from market.quote import Quote
from market.symbol import canonical
from market.text import clean

KIND: Final = "json_ws"

_UNITS = {"s": SECOND, "ms": 1_000_000, "us": 1000, "ns": 1}
_PATH = re.compile(r"[\w$-]+(?:\.[\w$-]+)*")
_BLANK = re.compile(r"\{(\w+)\}")
_BLANKS = ("symbols", "symbol", "token")

_build = tuple.__new__

Place = Callable[[Any], Any]
"""What finds a place in a row; ``None`` where there is none."""


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
        for key in ("symbol", "price", "time"):
            if not getattr(self, key):
                raise ValueError(f"{key}: a quote needs it; give its path in a row")
        for key in ("symbol", "price", "time", "rows", "prev_close", "open", "high", "low", "volume"):
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


_decode = msgspec.json.Decoder(float_hook=str).decode


class Parser:
    """Turns the frames of a venue into quotes, as its table says; ``source`` is the feed's name."""

    def __init__(self, source: str, settings: JsonWsSettings, symbols: Mapping[str, str]) -> None:
        self._source = source
        self._symbols = symbols
        """By the venue's names, the canonical symbols that were asked for."""
        self._rows = _place(settings.rows)
        self._where = [(_place(path), value) for path, value in settings.where.items()]
        self._refused = [(_place(path), value) for path, value in settings.refused.items()]
        self._symbol, self._price, self._time = map(_place, (settings.symbol, settings.price, settings.time))
        self._prices = [
            _place(path) if path else None
            for path in (settings.prev_close, settings.open, settings.high, settings.low)
        ]
        self._volume = _place(settings.volume) if settings.volume else None
        unit = settings.time_unit
        self._instant = _from_rfc3339 if unit == "rfc3339" else _from_number(_UNITS[unit])

    def __call__(self, frame: bytes, ts_recv: int) -> Sequence[Quote]:
        """The quotes in a frame, none in one that is none of ``where``; ``ts_recv`` is ns UTC.

        Raises ``ParseError``, and ``FeedError`` for a frame that is one of ``refused``.
        """
        try:
            message = _decode(frame)
            if self._refused and _is_such(message, self._refused):
                said = clean(frame.decode("utf-8", "replace"), 100)
                raise FeedError(self._source, f"refused: {said}", fatal=True)
            if self._where and not _is_such(message, self._where):
                return ()
            rows = self._rows(message)
            found = rows if type(rows) is list else () if rows is None else (rows,)
            quotes = []
            for row in found:
                if (quote := self._quote(row, ts_recv)) is not None:
                    quotes.append(quote)  # noqa: PERF401 - 100 ns less than a comprehension for the usual one
        except BROKEN as error:
            raise parse_error(self._source, error, frame) from None
        return quotes

    def _quote(self, row: Any, ts_recv: int) -> Quote | None:
        name, price = self._symbol(row), self._price(row)
        if name is None and price is None and not self._where:
            return None  # an acknowledgement or a heartbeat, where no other sign tells them
        symbol = self._symbols.get(name) if type(name) is str else None
        if symbol is None:
            raise ValueError(f"not a symbol that was asked for: {str(name)[:24]!a}")
        before, opened, high, low = self._prices
        volume = None if self._volume is None else as_volume(self._volume(row))
        return _build(Quote, (
            symbol, as_price(price), self._instant(self._time(row)), ts_recv, self._source,
            None if before is None else as_price_or_none(before(row)),
            None if opened is None else as_price_or_none(opened(row)),
            None if high is None else as_price_or_none(high(row)),
            None if low is None else as_price_or_none(low(row)),
            volume, None, None, 0,
        ))  # fmt: skip


def _place(path: str) -> Place:
    """What finds the place that a path names; the row itself where it is empty."""
    steps = path.split(".") if path else []
    if len(steps) == 1 and not steps[0].isdecimal():
        [step] = steps
        return lambda row: row.get(step) if type(row) is dict else None

    def find(row: Any) -> Any:
        for step in steps:
            if type(row) is dict:
                row = row.get(step)
            elif type(row) is list and step.isdecimal() and int(step[:6]) < len(row):
                row = row[int(step[:6])]
            else:
                return None
        return row

    return find


def _is_such(message: Any, marks: Sequence[tuple[Place, str]]) -> bool:
    """Whether each of these places in a frame holds what the configuration writes as a text."""
    for place, text in marks:
        value = place(message)
        if (value if type(value) is str else _json(value)) != text:
            return False
    return True


def _from_rfc3339(value: Any) -> int:
    return checked_instant(parse_rfc3339(str(value)))


def _from_number(unit: int) -> Callable[[Any], int]:
    def instant(value: Any) -> int:
        if type(value) is int:
            return checked_instant(value * unit)
        return checked_instant(int(number(str(value)) * unit))

    return instant


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
        parse = Parser(name, settings, names)

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
