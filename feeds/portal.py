"""What the text pages of two Chinese portals, Tencent's and Sina's, have in common.

A page has a row for each code: a head that names it, and fields in quote marks. It is split once, as a whole,
and read by columns, each the fields at one place of all rows. The loops are then the interpreter's own: 30
rows of Sina's take 25 us, and one by one they took 36.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from functools import lru_cache
from typing import Final, Generic, NamedTuple, TypeVar

from feeds.base import NoPriceError, Parsed
from feeds.wire import checked_instant
from market.clock import SECOND
from market.errors import ParseError
from market.memo import Memo
from market.price import price_or_none, unpadded
from market.quote import Quote
from market.symbol import is_hong_kong, is_index
from market.text import clean

T = TypeVar("T")

_ZONE = timezone(timedelta(hours=8))  # Hong Kong has kept no summer time since 1979
_MOST_SHARES = 10**18
_STAMP = len("2025/09/17 10:14:07")
_FAULTS = (ValueError, OverflowError, NoPriceError)
"""What is raised by a page of which a row at least has to be left out."""

_END = re.compile(rb'[^"]{0,200}";\s*')


class Column(Generic[T]):
    """What ``read`` makes of a column; that of the last one, where the fields are the same.

    Codes and the day's prices seldom change from page to page: to compare a field costs 15 ns, and to look a
    price up 40.
    """

    __slots__ = ("_fields", "_read", "_seen")

    def __init__(self, read: Callable[[list[bytes]], T]) -> None:
        self._read = read
        self._fields: list[bytes] | None = None
        self._seen: T

    def __call__(self, fields: list[bytes]) -> T:
        """``ValueError`` for a field that does not read."""
        if fields != self._fields:
            self._seen = self._read(fields)
            self._fields = fields
        return self._seen


class Asked(NamedTuple):
    """What the codes of a page say, row by row."""

    codes: list[bytes]
    symbols: list[str]
    indices: list[int]
    """The places of indices among them."""


Rows = Callable[[Asked, list[bytes], int, int], Iterable[Quote]]
"""Makes quotes of what the codes say, the fields of all rows, the width of a row, and their receipt (ns UTC).
The column at a place is ``fields[place::width]``, and there is none of the last."""


class Reader:
    """Reads the pages of a ``venue``: the quotes on one, and what is wrong with its other rows.

    A row's head is a ``prefix``, a code, of which ``symbol`` gives the canonical one, ``="`` and a ``first``
    field; ``fewest`` more must follow, behind a ``separator`` each. Of a page that is not wholly so, rows are
    found by a ``pattern`` of a code and a row; ``sound`` makes of both what they should have been, or raises
    ``ValueError`` for what is none of ours. With over ``most`` bad rows a page is refused.
    """

    def __init__(
        self,
        venue: str,
        rows: Rows,
        *,
        prefix: bytes,
        first: bytes,
        separator: bytes,
        fewest: int,
        symbol: Callable[[bytes], str],
        pattern: re.Pattern[bytes],
        sound: Callable[[bytes, bytes], tuple[bytes, bytes]],
        most: int,
    ) -> None:
        self._venue, self._rows, self._most = venue, rows, most
        self._prefix, self._separator, self._fewest = prefix, separator, fewest
        self._symbol, self._pattern, self._sound = symbol, pattern, sound
        # A head stands behind the last field of the row before.
        self._head = re.compile(
            rb'(?:[^"]{0,200}";\s{0,8}|\xef\xbb\xbf)?' + prefix + rb'(\w{1,32})="' + first
        )
        self._asked = Column(self._ask)

    def __call__(self, page: bytes, ts_recv: int) -> Parsed:
        """Read a page; ``ts_recv`` is ns UTC. Raises ``ParseError`` for one without a row, as of a block.

        It stays bytes: nothing but names is beyond ASCII, and to decode GB18030 costs more than all else.
        """
        try:
            return Parsed(self._quotes(page, ts_recv), [])
        except _FAULTS:
            return self._searched(page, ts_recv)

    def _quotes(self, page: bytes, ts_recv: int) -> list[Quote]:
        """The quotes of a page on which every row is sound and has a price; ``ValueError`` for another."""
        first = page.find(b'"') + 1
        width = page.count(self._separator, first, page.find(b'"', first))
        if width < self._fewest:
            raise ValueError(f"a row of {width + 1} fields")
        fields = page.split(self._separator)
        last = fields.pop()
        if len(fields) % width or not _END.fullmatch(last):
            raise ValueError("rows of unequal length")
        return list(self._rows(self._asked(fields[::width]), fields, width, ts_recv))

    def _ask(self, heads: Sequence[bytes]) -> Asked:
        codes = []
        for head in heads:
            match = self._head.fullmatch(head)
            if match is None:
                raise ValueError("no head of a row")
            codes.append(match[1])
        symbols = [self._symbol(code) for code in codes]
        return Asked(codes, symbols, [at for at, symbol in enumerate(symbols) if is_index(symbol)])

    def _searched(self, page: bytes, ts_recv: int) -> Parsed:
        """The same of a page that was cut or broken, or has rows of others; rubbish between rows is told of.

        What is left without those of others is mostly sound; row by row it takes ten times as long.
        """
        parsed = Parsed([], [])
        rows: list[bytes] = []
        are_none = True
        for code, row in self._found(page, parsed.errors):
            are_none = False
            try:
                code, row = self._sound(code, row)
                rows.append(self._prefix + code + b'="' + row + b'";')
            except ValueError as error:
                self._refuse(parsed, error, row, page)
        if are_none:
            reason = "HTML in place of quotes" if page.lstrip()[:1] == b"<" else "no quotes in the answer"
            raise ParseError(self._venue, reason, page)
        try:
            parsed.quotes.extend(self._quotes(b"".join(rows), ts_recv))
        except _FAULTS:
            for row in rows:
                try:
                    parsed.quotes.extend(self._quotes(row, ts_recv))
                except _FAULTS as error:
                    self._refuse(parsed, error, row, page)
        return parsed

    def _refuse(self, parsed: Parsed, error: Exception, row: bytes, page: bytes) -> None:
        if isinstance(error, NoPriceError):
            parsed.errors.append(NoPriceError(self._venue, error.reason, row))
        else:
            parsed.errors.append(ParseError(self._venue, clean(str(error), 120), row))
        if len(parsed.errors) > self._most:
            raise ParseError(self._venue, "more broken rows than were asked for", page)

    def _found(self, page: bytes, errors: list[ParseError]) -> Iterator[tuple[bytes, bytes]]:
        for piece in page.split(b";"):
            end = 0
            for match in self._pattern.finditer(piece):
                self._note_rubbish(piece[end : match.start()], errors)
                end = match.end()
                yield match[1] or b"", match[2]
            self._note_rubbish(piece[end:], errors)

    def _note_rubbish(self, between: bytes, errors: list[ParseError]) -> None:
        if rubbish := between.strip(b" \r\n\t\xef\xbb\xbf"):
            errors.append(ParseError(self._venue, "a broken row", rubbish))


@lru_cache(maxsize=4096)
def symbol(code: str) -> str:
    """The canonical symbol of a code, ``09888`` or ``HSTECH``; ``ValueError`` for any other."""
    if len(code) == 5 and code.isascii() and code.isdigit() and int(code):
        return f"{int(code):04d}.HK"
    if is_index(code) and is_hong_kong(code):
        return code
    raise ValueError(f"not a code of ours: {code[:40]!a}")


def decoded(page: bytes) -> str:
    """UTF-8, or else GB18030; a name's broken bytes cost nothing but that name."""
    try:
        return page.decode("utf-8-sig")
    except UnicodeDecodeError:
        return page.decode("gb18030", "replace")


def _price(field: bytes) -> Decimal | None:
    return price_or_none(unpadded(field.decode("latin-1")))


_PRICES: Final = Memo(_price, 4096)


def prices(fields: Sequence[bytes]) -> list[Decimal | None]:
    """The price in each field, without the zeros that pad it; ``None`` for zero, ``ValueError`` for none."""
    return list(map(_PRICES.__getitem__, fields))


def last_prices(venue: str, asked: Asked, fields: Sequence[bytes]) -> list[Decimal | None]:
    """The same where each must have one; ``NoPriceError`` for a row of which nothing was traded yet."""
    found = prices(fields)
    if not all(found):
        raise NoPriceError(venue, f"{asked.symbols[found.index(None)]}: no price yet")
    return found


def instants(form: str) -> Callable[[Iterable[bytes]], Iterator[int]]:
    """What gives the instant (ns UTC) of each time in Hong Kong, to the second, in a ``strptime`` form.

    ``ValueError`` for anything else. Many rows share a second.
    """

    def instant(text: bytes) -> int:
        # strptime would take a time that lost a digit.
        if len(text) != _STAMP:
            raise ValueError(f"time data {text[:24].decode('latin-1')!a} does not match format {form!r}")
        at = datetime.strptime(text.decode("latin-1"), form).replace(tzinfo=_ZONE)
        return checked_instant(int(at.timestamp()) * SECOND)

    known = Memo(instant, 1024)
    return lambda fields: map(known.__getitem__, fields)


def volumes(fields: list[bytes], indices: Sequence[int]) -> list[int | None]:
    """The number of shares in each field, but for ``indices``, which have other things there.

    ``ValueError`` for what is no number of shares. One may be written with a fraction of nothing.
    """
    for at in indices:
        fields[at] = b"0"
    shares = [int(field) if field.isdigit() else _whole(field) for field in fields]
    if max(shares) >= _MOST_SHARES:
        raise ValueError("not a number of shares: too many digits")
    counts: list[int | None] = [*shares]
    for at in indices:
        counts[at] = None
    return counts


def _whole(field: bytes) -> int:
    whole, _, fraction = field.partition(b".")
    if not whole.isdigit() or fraction.strip(b"0"):
        raise ValueError(f"not a number of shares: {field[:24].decode('latin-1')!a}")
    return int(whole)
