"""What the text pages of two Chinese portals, Tencent's and Sina's, have in common."""

import re
from collections.abc import Callable
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
    """UTF-8, or else GB18030; a name's broken bytes cost nothing but that name.

    Decoded before it is split, because a separator may be the second byte of a Chinese character.
    """
    try:
        return page.decode("utf-8-sig")
    except UnicodeDecodeError:
        return page.decode("gb18030", "replace")


def read_rows(
    venue: str, text: str, pattern: re.Pattern[str], read: Callable[[re.Match[str]], Quote], most: int
) -> Parsed:
    """The quotes that ``read`` makes of the rows that ``pattern`` finds, and what is wrong with the others.

    Raises ``ParseError`` for a page that holds no row, as one of a block does, or over ``most`` bad ones.
    """
    parsed = Parsed([], [])
    end = 0
    for match in pattern.finditer(text):
        _note_rubbish(venue, text[end : match.start()], parsed)
        end = match.end()
        try:
            parsed.quotes.append(read(match))
        except ParseError as error:
            parsed.errors.append(error)
        if len(parsed.errors) > most:
            raise ParseError(venue, "more broken rows than were asked for", text)
    if not end:
        reason = "HTML in place of quotes" if text.lstrip().startswith("<") else "no quotes in the answer"
        raise ParseError(venue, reason, text)
    _note_rubbish(venue, text[end:], parsed)
    return parsed


def _note_rubbish(venue: str, between: str, parsed: Parsed) -> None:
    """Rows are set apart by semicolons and white space; more means that a row was cut or broken."""
    if between.strip("; \r\n\t"):
        parsed.errors.append(ParseError(venue, "a broken row", between.strip()))


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
    whole, _, fraction = text.partition(".")
    if len(whole) > 18 or not whole.isdecimal() or fraction.strip("0"):
        raise ValueError(f"not a number of shares: {text[:24]!a}")
    return int(whole)
