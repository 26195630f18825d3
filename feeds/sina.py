"""Sina's public quote page: Hong Kong shares and indices, without a key; a second opinion on Tencent's.

Undocumented. It wants to be asked from one of its own pages, which the ``Referer`` says; without one it
answers 403. Plain ``hk`` codes are late and miss the closing auction, so that ``rt_hk`` codes are asked for.
"""

import re
from collections.abc import Sequence
from functools import partial
from typing import Final

from feeds import portal
from feeds.base import NoPriceError, Parsed
from feeds.pace import rest
from feeds.poll import Poll, PollFeed
from feeds.portal import PRICES, shares
from feeds.settings import FeedSettings
from market.clock import Clock
from market.duration import parse_duration
from market.errors import ParseError
from market.memo import Memo
from market.quote import Quote
from market.session import calendar
from market.symbol import hk_code, is_hong_kong, is_index
from market.text import clean

NAME: Final = "sina"

BATCH = 400
"""Codes a request; the page is said to take 800, and an address of 8 KB holds no more than these."""

# Positions in a row of 25; a row of the late codes has 19 and no seconds.
_OPEN, _PREV_CLOSE, _HIGH, _LOW, _LAST, _VOLUME, _DATE = 2, 3, 4, 5, 6, 12, 17
_FEWEST = 18

# A date and a time, which begin what is left behind the others.
_INSTANTS = portal.instants("%Y/%m/%d,%H:%M:%S,")
_STAMP = len("2025/09/17,10:14:07,")

# Bounded and without nesting, so that a hostile page takes linear time.
_ROW = re.compile(rb'var hq_str_(\w{1,32})="([^"\n]{0,2000})"')
_HEADS = portal.heads(b"var hq_str_")
_BLOCKED = b"Kinsoku jikou desu"

_build = tuple.__new__


class SinaSettings(FeedSettings, frozen=True, kw_only=True):
    """``[feeds.sina]``. Codes are appended to ``quote_url``; ``referer`` is what it asks to be told."""

    enabled: bool = False
    quote_url: str = "https://hq.sinajs.cn/list="
    referer: str = "https://finance.sina.com.cn"
    interval: str = "3s"

    def covers(self, symbol: str) -> bool:
        """Hong Kong."""
        return is_hong_kong(symbol)


def code(symbol: str) -> str:
    """The venue's code of a canonical symbol: ``rt_hk09888``, ``rt_hkHSTECH``."""
    return f"rt_hk{symbol if is_index(symbol) else hk_code(symbol)}"


def quote_urls(quote_url: str, symbols: Sequence[str]) -> list[str]:
    """One address for each batch of symbols."""
    codes = [code(symbol) for symbol in symbols]
    return [quote_url + ",".join(codes[at : at + BATCH]) for at in range(0, len(codes), BATCH)]


def parse_quotes(page: bytes, ts_recv: int) -> Parsed:
    """The quotes on a page, and what is wrong with its other rows; ``ts_recv`` is ns UTC.

    Raises ``ParseError`` for a page that holds no row at all, as one of a block does.
    """
    if _BLOCKED in page[:200]:
        raise ParseError(NAME, "access forbidden, says the venue", page)

    return portal.read_rows(NAME, page, ts_recv, _HEADS, _ROW, parse_row, BATCH)


def parse_row(row: bytes, ts_recv: int, key: bytes | None) -> Quote:
    """The quote in one row of comma fields, which its page gave under the code ``key``.

    Raises ``ParseError``: ``NoPriceError`` where nothing was traded yet.
    """
    try:
        symbol, has_shares = _SYMBOLS[key or b""]
        # A comma is never part of a Chinese character, and no field that is read holds one.
        fields = row.split(b",", _DATE)
        if len(fields) < _FEWEST:
            raise ValueError(_short(symbol, fields))
        last = PRICES[fields[_LAST]]
        if last is None:
            raise NoPriceError(NAME, f"{symbol}: no price yet", row)
        return _build(Quote, (
            symbol, last, _INSTANTS[fields[_DATE][:_STAMP]], ts_recv, NAME,
            PRICES[fields[_PREV_CLOSE]], PRICES[fields[_OPEN]], PRICES[fields[_HIGH]], PRICES[fields[_LOW]],
            # What stands in the place of an index's volume is its members' trade.
            shares(fields[_VOLUME]) if has_shares else None, "HKD", None, 0,
        ))  # fmt: skip
    except (ValueError, OverflowError) as error:
        raise ParseError(NAME, clean(str(error), 120), row) from None


def _short(symbol: str, fields: Sequence[bytes]) -> str:
    if fields == [b""]:
        return f"no such code as that of {symbol}"
    return f"{symbol}: a row of {len(fields)} fields"


def _symbol(key: bytes) -> tuple[str, bool]:
    """The symbol of a code, and whether it is a share."""
    name = key.decode("utf-8", "replace")
    if not name.startswith("rt_hk"):
        raise ValueError(f"not a code of ours: {name[:40]!a}")
    symbol = portal.symbol(name.removeprefix("rt_hk"))
    return symbol, not is_index(symbol)


_SYMBOLS = Memo(_symbol, 4096)


class SinaFeed(PollFeed):
    """The quote page of the Hong Kong symbols among those given, as a feed."""

    Settings = SinaSettings

    def __init__(
        self,
        settings: SinaSettings,
        symbols: Sequence[str],
        clock: Clock,
        *,
        name: str = NAME,
        coalesce: float = 0.0,
    ) -> None:
        ours = tuple(filter(is_hong_kong, symbols))
        poll = Poll(
            venue=name,
            urls=quote_urls(settings.quote_url, ours),
            parse=parse_quotes,
            interval=parse_duration(settings.interval),
            rest=partial(rest, calendar("XHKG")),
            headers={"Referer": settings.referer},
        )
        super().__init__(name, ours, clock, poll)
