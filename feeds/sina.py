"""Sina's public quote page: Hong Kong shares and indices, without a key; a second opinion on Tencent's.

Undocumented. It wants to be asked from one of its own pages, which the ``Referer`` says; without one it
answers 403. Plain ``hk`` codes are late and miss the closing auction, so that ``rt_hk`` codes are asked for.
"""

import re
from collections.abc import Sequence
from functools import lru_cache, partial
from typing import Final

from feeds import portal
from feeds.base import NoPriceError, Parsed
from feeds.pace import rest
from feeds.poll import Poll, PollFeed
from feeds.settings import FeedSettings
from market.clock import Clock
from market.duration import parse_duration
from market.errors import ParseError
from market.quote import Quote
from market.session import calendar
from market.symbol import hk_code, is_hong_kong, is_index
from market.text import clean

NAME: Final = "sina"

BATCH = 400
"""Codes a request; the page is said to take 800, and an address of 8 KB holds no more than these."""

# Positions in a row of 25; a row of the late codes has 19 and no seconds.
_OPEN, _PREV_CLOSE, _HIGH, _LOW, _LAST, _VOLUME, _DATE, _TIME = 2, 3, 4, 5, 6, 12, 17, 18
_FEWEST = 19

# Bounded and without nesting, so that a hostile page takes linear time.
_ROW = re.compile(rb'var hq_str_(\w{1,32})="([^"\n]{0,2000})"')
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

    def read(key: bytes | None, row: bytes) -> Quote:
        return parse_row(row, ts_recv, key or b"")

    return portal.read_rows(NAME, page, b"var hq_str_", _ROW, read, BATCH)


def parse_row(row: bytes, ts_recv: int, key: bytes) -> Quote:
    """The quote in one row of comma fields, which its page gave under the code ``key``.

    Raises ``ParseError``: ``NoPriceError`` where nothing was traded yet.
    """
    try:
        symbol = _symbol(key)
        if not row:
            raise ValueError(f"no such code as {key.decode()}")
        # A comma is never part of a Chinese character, and no field that is read holds one.
        fields = row.decode("latin-1").split(",", _FEWEST)
        if len(fields) < _FEWEST:
            raise ValueError(f"{symbol}: a row of {len(fields)} fields")
        last = portal.price(fields[_LAST])
        if last is None:
            raise NoPriceError(NAME, f"{symbol}: no price yet", row)
        # What stands in the place of an index's volume is its members' trade.
        volume = None if is_index(symbol) else portal.shares(fields[_VOLUME])
        return _build(Quote, (
            symbol, last, portal.instant(f"{fields[_DATE]} {fields[_TIME]}"), ts_recv, NAME,
            portal.price(fields[_PREV_CLOSE]), portal.price(fields[_OPEN]), portal.price(fields[_HIGH]),
            portal.price(fields[_LOW]), volume, "HKD", None, 0,
        ))  # fmt: skip
    except (ValueError, OverflowError) as error:
        raise ParseError(NAME, clean(str(error), 120), row) from None


@lru_cache(maxsize=4096)
def _symbol(key: bytes) -> str:
    name = key.decode("utf-8", "replace")
    if not name.startswith("rt_hk"):
        raise ValueError(f"not a code of ours: {name[:40]!a}")
    return portal.symbol(name.removeprefix("rt_hk"))


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
