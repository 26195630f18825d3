"""Frames of any JSON, read as a table of ``[feeds.NAME]`` with ``kind = "json_ws"`` says.

A path names a place in a frame: ``data.last`` is the ``last`` in the ``data``, ``2`` the third of an array.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

import msgspec

from feeds.places import NoStructError, Path, getter, struct
from feeds.wire import (
    BROKEN,
    LAST_MS,
    MOST,
    as_price,
    as_price_or_none,
    as_volume,
    checked_instant,
    exact,
    parse_error,
)
from market.clock import MILLISECOND, SECOND, parse_rfc3339
from market.errors import FeedError
from market.price import number
from market.quote import Quote
from market.text import clean

if TYPE_CHECKING:
    from feeds.json_ws import JsonWsSettings

FIELDS = ("symbol", "price", "time", "prev_close", "open", "high", "low", "volume")
"""The keys of the table that are paths in a row; the first three are never empty."""

_NEEDED = 3
_UNITS = {"s": SECOND, "ms": MILLISECOND, "us": 1000, "ns": 1}

_build = tuple.__new__
_decode = msgspec.json.Decoder(float_hook=str).decode

Place = Callable[[Any], Any]
"""What finds a place in a frame or a row; ``None`` where there is none."""


class Parser:
    """Turns the frames of a venue into quotes, as its table says; ``source`` is the feed's name.

    ``symbols`` are those asked for, by the venue's names. A frame that is as the table has it is decoded into
    structs, at half the cost. Any other, be it of another kind or wrong in something, is read place by place;
    so are all frames of a table that no struct can say.
    """

    def __init__(self, source: str, settings: "JsonWsSettings", symbols: Mapping[str, str]) -> None:
        self._source = source
        self._symbols = symbols
        self._unit = _UNITS.get(settings.time_unit, 0)
        self._usual = _usual(settings, self._unit)
        self._rows = _place(settings.rows)
        self._where = [(_place(path), value) for path, value in settings.where.items()]
        self._refused = [(_place(path), value) for path, value in settings.refused.items()]
        self._fields = [_place(path) if (path := getattr(settings, key)) else _nothing for key in FIELDS]

    def quotes(self, frame: bytes, ts_recv: int) -> Sequence[Quote]:
        """The quotes in a frame, none in one that is none of ``where``; ``ts_recv`` is ns UTC.

        Raises ``ParseError``, and ``FeedError`` for a frame that is one of ``refused``.
        """
        if self._usual is None:
            return self._any(frame, ts_recv)
        decode, found, places = self._usual
        quotes = []
        try:
            rows = found(decode(frame))
            for row in rows if type(rows) is list else (rows,):
                name, price, at, before, opened, high, low, volume = places(row)
                # What the decoder has made of a field already needs no call, which is 50 ns.
                quotes.append(_build(Quote, (
                    self._symbols[name], price if type(price) is Decimal else as_price(price),
                    at * self._unit if type(at) is int else self._instant(at), ts_recv, self._source,
                    before if before is None or type(before) is Decimal else as_price_or_none(before),
                    opened if opened is None or type(opened) is Decimal else as_price_or_none(opened),
                    high if high is None or type(high) is Decimal else as_price_or_none(high),
                    low if low is None or type(low) is Decimal else as_price_or_none(low),
                    volume if volume is None or type(volume) is int else as_volume(volume), None, None, 0,
                )))  # fmt: skip
        except (*BROKEN, KeyError):
            return self._any(frame, ts_recv)  # and be told what is wrong
        return quotes

    def _any(self, frame: bytes, ts_recv: int) -> Sequence[Quote]:
        """The same for a frame of any shape."""
        try:
            message = _decode(frame)
            if self._refused and _is_such(message, self._refused):
                said = clean(frame.decode("utf-8", "replace"), 100)
                raise FeedError(self._source, f"refused: {said}", fatal=True)
            if self._where and not _is_such(message, self._where):
                return ()
            rows = self._rows(message)
            found = rows if type(rows) is list else () if rows is None else (rows,)
            return [quote for row in found if (quote := self._quote(row, ts_recv)) is not None]
        except BROKEN as error:
            raise parse_error(self._source, error, frame) from None

    def _quote(self, row: Any, ts_recv: int) -> Quote | None:
        name, price, at, before, opened, high, low, volume = (find(row) for find in self._fields)
        if name is None and price is None and not self._where:
            return None  # an acknowledgement or a heartbeat, where no other sign tells them
        symbol = self._symbols.get(name) if type(name) is str else None
        if symbol is None:
            raise ValueError(f"not a symbol that was asked for: {str(name)[:24]!a}")
        return Quote(
            symbol, as_price(price), self._instant(at), ts_recv, self._source, as_price_or_none(before),
            as_price_or_none(opened), as_price_or_none(high), as_price_or_none(low), as_volume(volume),
        )  # fmt: skip

    def _instant(self, at: Any) -> int:
        if not self._unit:
            return checked_instant(parse_rfc3339(str(at)))
        if type(at) is int:
            return checked_instant(at * self._unit)
        return checked_instant(int(number(str(at)) * self._unit))


class _Usual(NamedTuple):
    """How a frame is read that is as the table has it."""

    decode: Callable[[bytes], Any]
    """Refuses any other."""
    rows: Place
    """Gives the row or rows of what was decoded."""
    places: Place
    """Gives the fields of a row."""


def _usual(settings: "JsonWsSettings", unit: int) -> _Usual | None:
    """``None`` for a table that no struct can say, or that refuses what it wants."""
    if settings.refused and settings.refused.items() <= settings.where.items():
        return None
    fields = [_path(getattr(settings, key)) for key in FIELDS]
    kinds: list[Any] = [Any for _ in FIELDS]
    kinds[0] = str
    kinds[2] = Annotated[int, msgspec.Meta(gt=0, lt=LAST_MS * MILLISECOND // unit)] | str if unit else str
    kinds[-1] = Annotated[int, msgspec.Meta(ge=0, le=MOST)] | Decimal | None
    # The first of those that share a place, such as a symbol, is the strictest.
    places = {path: kind for path, kind in reversed(list(zip(fields, kinds, strict=True))) if path}
    where = {_path(path): Literal[text] for path, text in settings.where.items()}
    # What is refused says so where others say what is wanted, or nothing.
    refused = {_path(path): None for path in settings.refused if _path(path) not in where}
    optional = [path for path in fields[_NEEDED:] if path not in where]
    rows = _path(settings.rows)
    try:
        if rows:
            row = struct(places, optional)
            frame: Any = struct({rows: list[row] | row, **where, **refused}, [*refused])  # type: ignore[valid-type]
        else:
            row = struct({**places, **where, **refused}, [*optional, *refused])
            frame = row if where or refused else list[row] | row  # type: ignore[valid-type]
    except NoStructError:
        return None
    decode = msgspec.json.Decoder(frame, float_hook=exact).decode
    return _Usual(decode, getter(rows) if rows else _itself, getter(*fields))


def _itself(frame: Any) -> Any:
    return frame


def _path(text: str) -> Path:
    return tuple(text.split(".")) if text else ()


def _nothing(_: Any) -> None:
    return None


def _place(path: str) -> Place:
    """What finds the place that a path names; the row itself where it is empty."""
    steps = _path(path)

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
        if (value if type(value) is str else msgspec.json.encode(value).decode()) != text:
            return False
    return True
