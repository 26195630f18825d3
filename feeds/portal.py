"""What the text pages of two Chinese portals, Tencent's and Sina's, have in common."""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from functools import lru_cache
from typing import Final

from feeds.base import Parsed
from market.clock import SECOND
from market.errors import ParseError
from market.memo import Memo
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


def heads(prefix: bytes) -> Memo[bytes, bytes]:
    """The code that stands before each row, ``;`` of the row before included, where it follows a prefix.

    ``ValueError`` for anything else.
    """
    pattern = re.compile(rb"(?:\xef\xbb\xbf)?;?\s{0,8}" + prefix + rb"(\w{1,32})=")

    def code(head: bytes) -> bytes:
        match = pattern.fullmatch(head)
        if match is None:
            raise ValueError("no head of a row")
        return match[1]

    return Memo(code, 4096)


def read_rows(
    venue: str,
    page: bytes,
    ts_recv: int,
    heads: Memo[bytes, bytes],
    pattern: re.Pattern[bytes],
    read: Callable[[bytes, int, bytes | None], Quote],
    most: int,
) -> Parsed:
    """The quotes that ``read`` makes of each row and its code, and what is wrong with the others.

    Rows stand in quote marks, each behind its head; a page that is not wholly so is searched for a
    ``pattern`` of code and row. Raises ``ParseError`` for a page without a row, as one of a block is, or
    with over ``most`` bad ones. The page stays bytes: nothing but names is beyond ASCII, and to decode
    GB18030 costs more than all else.
    """
    parsed = Parsed([], [])
    quotes, errors = parsed
    are_none = True
    for key, row in _sound(page, heads) or _searched(venue, page, pattern, errors):
        are_none = False
        try:
            quotes.append(read(row, ts_recv, key))
        except ParseError as error:
            errors.append(error)
            if len(errors) > most:
                raise ParseError(venue, "more broken rows than were asked for", page) from None
    if are_none:
        reason = "HTML in place of quotes" if page.lstrip()[:1] == b"<" else "no quotes in the answer"
        raise ParseError(venue, reason, page)
    return parsed


def _sound(page: bytes, heads: Memo[bytes, bytes]) -> Iterable[tuple[bytes, bytes]] | None:
    """The codes and rows of a page without a fault in its marks; ``None`` for any other."""
    *pieces, end = page.split(b'"')
    try:
        codes = [heads[head] for head in pieces[::2]]
    except ValueError:
        return None
    if len(pieces) != 2 * len(codes) or end.strip() != b";":
        return None
    return zip(codes, pieces[1::2], strict=True)


def _searched(
    venue: str, page: bytes, pattern: re.Pattern[bytes], errors: list[ParseError]
) -> Iterator[tuple[bytes | None, bytes]]:
    """The rows in a page that was cut or broken; what is more than white space between them is told."""
    for piece in page.split(b";"):
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


def _price(field: bytes) -> Decimal | None:
    return price_or_none(unpadded(field.decode("latin-1")))


PRICES: Final = Memo(_price, 4096)
"""The price in each field, without the zeros that pad it; ``None`` for zero, ``ValueError`` for no price."""


def instants(form: str) -> Memo[bytes, int]:
    """The instant (ns UTC) of each time in Hong Kong, which is written in a ``strptime`` form.

    ``ValueError`` for anything else. Many rows share a second.
    """

    def instant(text: bytes) -> int:
        at = datetime.strptime(text.decode("latin-1"), form).replace(tzinfo=_ZONE)
        return int(at.timestamp()) * SECOND

    return Memo(instant, 1024)


def shares(field: bytes) -> int:
    """A number of shares, which may be written with a fraction of nothing; ``ValueError`` for none."""
    whole = field if field.isdigit() else _whole(field)
    if len(whole) > 18:
        raise ValueError("not a number of shares: too many digits")
    return int(whole)


def _whole(field: bytes) -> bytes:
    whole, _, fraction = field.partition(b".")
    if not whole.isdigit() or fraction.strip(b"0"):
        raise ValueError(f"not a number of shares: {field[:24].decode('latin-1')!a}")
    return whole
