"""What the text pages of two Chinese portals, Tencent's and Sina's, have in common."""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from functools import lru_cache

from feeds.base import Parsed
from market.clock import SECOND
from market.errors import ParseError
from market.price import price_or_none, unpadded
from market.quote import Quote
from market.symbol import is_hong_kong, is_index

_ZONE = timezone(timedelta(hours=8))  # Hong Kong has kept no summer time since 1979


def decoded(page: bytes) -> str:
    """UTF-8, or else GB18030; a name's broken bytes cost nothing but that name."""
    try:
        return page.decode("utf-8-sig")
    except UnicodeDecodeError:
        return page.decode("gb18030", "replace")


def read_rows(
    venue: str,
    page: bytes,
    prefix: bytes,
    pattern: re.Pattern[bytes],
    read: Callable[[bytes | None, bytes], Quote],
    most: int,
) -> Parsed:
    """The quotes that ``read`` makes of each code and row, and what is wrong with the others.

    Rows are ``prefix``, code, ``="``, row, ``";``; what is not so is searched for a ``pattern`` of code and
    row. Raises ``ParseError`` for a page without a row, as one of a block is, or with over ``most`` bad ones.
    The page stays bytes: nothing but names is beyond ASCII, and to decode GB18030 costs more than all else.
    """
    parsed = Parsed([], [])
    quotes, errors = parsed
    are_none = True
    for piece in page.split(b";"):
        head, _, rest = piece.partition(b'="')
        head = head.lstrip()
        if rest[-1:] == b'"' and head.startswith(prefix) and rest.find(b'"') == len(rest) - 1:
            rows: Iterable[tuple[bytes | None, bytes]] = ((head[len(prefix) :], rest[:-1]),)
        else:
            rows = _searched(venue, piece, pattern, errors)
        for key, row in rows:
            are_none = False
            try:
                quotes.append(read(key, row))
            except ParseError as error:
                errors.append(error)
                if len(errors) > most:
                    raise ParseError(venue, "more broken rows than were asked for", page) from None
    if are_none:
        reason = "HTML in place of quotes" if page.lstrip()[:1] == b"<" else "no quotes in the answer"
        raise ParseError(venue, reason, page)
    return parsed


def _searched(
    venue: str, piece: bytes, pattern: re.Pattern[bytes], errors: list[ParseError]
) -> Iterator[tuple[bytes | None, bytes]]:
    """The rows in a piece that is not one; what is more than white space between them was cut or broken."""
    end = 0
    for match in pattern.finditer(piece):
        _note_rubbish(venue, piece[end : match.start()], errors)
        end = match.end()
        yield match[1], match[2]
    _note_rubbish(venue, piece[end:], errors)


def _note_rubbish(venue: str, between: bytes, errors: list[ParseError]) -> None:
    if rubbish := between.strip(b" \r\n\t\xef\xbb\xbf"):
        errors.append(ParseError(venue, "a broken row", rubbish))


@lru_cache(maxsize=4096)
def symbol(code: str) -> str:
    """The canonical symbol of a code, ``09888`` or ``HSTECH``; ``ValueError`` for any other."""
    if len(code) == 5 and code.isascii() and code.isdigit() and int(code):
        return f"{int(code):04d}.HK"
    if is_index(code) and is_hong_kong(code):
        return code
    raise ValueError(f"not a code of ours: {code[:40]!a}")


@lru_cache(maxsize=4096)
def price(text: str) -> Decimal | None:
    """The price in a field, without the zeros that pad it; ``None`` for zero."""
    return price_or_none(unpadded(text))


@lru_cache(maxsize=1024)
def instant(text: str) -> int:
    """``2026/04/17 16:08:23``, Hong Kong time, in ns UTC."""
    return int(datetime.strptime(text, "%Y/%m/%d %H:%M:%S").replace(tzinfo=_ZONE).timestamp()) * SECOND


def shares(text: str) -> int:
    """A number of shares, which may be written with a fraction of nothing."""
    whole = text[:-2] if text[-2:] == ".0" else text
    if len(whole) <= 18 and whole.isdecimal() and whole.isascii():
        return int(whole)
    whole, _, fraction = text.partition(".")
    if len(whole) > 18 or not (whole.isdecimal() and whole.isascii()) or fraction.strip("0"):
        raise ValueError(f"not a number of shares: {text[:24]!a}")
    return int(whole)
