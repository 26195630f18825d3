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
_ROW = re.compile(r'var hq_str_(\w{1,32})="([^"\n]{0,2000})"')
_BLOCKED = "Kinsoku jikou desu"


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
    text = portal.decoded(page)
    if _BLOCKED in text[:200]:
        raise ParseError(NAME, "access forbidden, says the venue", text)
    return portal.read_rows(NAME, text, _ROW, lambda row: parse_row(row[2], ts_recv, row[1]), BATCH)


def parse_row(row: str, ts_recv: int, key: str) -> Quote:
    """The quote in one row of comma fields, which its page gave under the code ``key``.

    Raises ``ParseError``: ``NoPriceError`` where nothing was traded yet.
    """
    try:
        symbol = _symbol(key)
        if not row:
            raise ValueError(f"no such code as {key}")
        fields = row.split(",")
        if len(fields) < _FEWEST:
            raise ValueError(f"{symbol}: a row of {len(fields)} fields")
        last = portal.price(fields[_LAST])
        if last is None:
            raise NoPriceError(NAME, f"{symbol}: no price yet", row)
        return Quote(
            symbol=symbol,
            last=last,
            ts_event=portal.instant(f"{fields[_DATE]} {fields[_TIME]}"),
            ts_recv=ts_recv,
            source=NAME,
            prev_close=portal.price(fields[_PREV_CLOSE]),
            open=portal.price(fields[_OPEN]),
            high=portal.price(fields[_HIGH]),
            low=portal.price(fields[_LOW]),
            # What stands there for an index is its members' trade.
            volume=None if is_index(symbol) else portal.shares(fields[_VOLUME]),
            currency="HKD",
        )
    except (ValueError, OverflowError) as error:
        raise ParseError(NAME, clean(str(error), 120), row) from None


def _symbol(key: str) -> str:
    code = key.removeprefix("rt_hk")
    if code == key:
        raise ValueError(f"not a code of ours: {key[:40]!a}")
    return portal.symbol(code)


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
