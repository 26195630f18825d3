"""Tencent's public quote page and daily bars: Hong Kong shares and indices, without a key.

The page is undocumented. Codes with ``r_`` are taken for real time, and those without say themselves that
they are late; either way the engine measures the lag from the rows' own times.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from functools import partial
from typing import Any, Final

import msgspec

from feeds import portal
from feeds.base import NoPriceError, Parsed
from feeds.http import Http
from feeds.pace import rest
from feeds.poll import Poll, PollFeed
from feeds.settings import FeedSettings
from market.bars import Bar
from market.clock import Clock
from market.duration import parse_duration
from market.errors import ParseError
from market.quote import Quote
from market.session import calendar
from market.symbol import hk_code, is_hong_kong, is_index
from market.text import clean

NAME: Final = "tencent"

BATCH = 800
"""Codes a request; about 900 overflow the server's 8 KB request line, and 950 get HTTP 414."""

# Positions in a row. Rows had 60 fields in 2018 and have 78 now; new ones are appended.
_MARKET, _CODE, _LAST, _PREV_CLOSE, _OPEN, _VOLUME = 0, 2, 3, 4, 5, 6
_TIME, _HIGH, _LOW, _CURRENCY = 30, 33, 34, 75
_FEWEST = 36

_HONG_KONG = "100"
_LATE = 900  # seconds, of codes without r_

# Bounded and without nesting, so that a hostile page takes linear time. Rows end at the quote mark; neither
# it nor a semicolon occurs inside one.
_ROW = re.compile(r'v_(\w{1,32})="([^";]*)"|"(\d{1,4}~[^";]*)"')
_NONE_MATCH = "pv_none_match"


class TencentSettings(FeedSettings, frozen=True, kw_only=True):
    """``[feeds.tencent]``. ``quote_url`` is what the codes are appended to."""

    quote_url: str = "https://qt.gtimg.cn/q="
    kline_url: str = "https://web.ifzq.gtimg.cn/appstock/app/hkfqkline/get"
    interval: str = "2s"

    def covers(self, symbol: str) -> bool:
        """Hong Kong."""
        return is_hong_kong(symbol)


def code(symbol: str) -> str:
    """The venue's code of a canonical symbol: ``hk09888``, ``hkHSTECH``."""
    return f"hk{symbol if is_index(symbol) else hk_code(symbol)}"


def quote_urls(quote_url: str, symbols: Sequence[str]) -> list[str]:
    """One address for each batch of symbols, all of them by their real-time codes."""
    codes = [f"r_{code(symbol)}" for symbol in symbols]
    return [quote_url + ",".join(codes[at : at + BATCH]) for at in range(0, len(codes), BATCH)]


def parse_quotes(page: bytes, ts_recv: int) -> Parsed:
    """The quotes on a page, and what is wrong with its other rows; ``ts_recv`` is ns UTC.

    Raises ``ParseError`` for a page that holds no row at all: the HTML of a block, an error in JSON.
    """

    def read(match: re.Match[str]) -> Quote:
        key, row, bare = match.groups()
        if key == _NONE_MATCH:
            raise ParseError(NAME, "no such code")
        return parse_row(bare or row, ts_recv, key)

    return portal.read_rows(NAME, portal.decoded(page), _ROW, read, BATCH)


def parse_row(row: str, ts_recv: int, key: str | None = None) -> Quote:
    """The quote in one row of ``~`` fields; ``key`` is the code it was given under, where there is one.

    Raises ``ParseError``: ``NoPriceError`` where nothing was traded yet.
    """
    fields = row.split("~")
    try:
        if len(fields) < _FEWEST:
            raise ValueError(f"a row of {len(fields)} fields")
        if fields[_MARKET] != _HONG_KONG:
            raise ValueError(f"not a Hong Kong row (market {fields[_MARKET][:8]!a})")
        symbol = portal.symbol(fields[_CODE])
        if key is not None and key.removeprefix("r_") != f"hk{fields[_CODE]}":
            raise ValueError(f"a row of {symbol} under the code {key}")
        last = portal.price(fields[_LAST])
        if last is None:
            raise NoPriceError(NAME, f"{symbol}: no price yet", row)
        return Quote(
            symbol=symbol,
            last=last,
            ts_event=portal.instant(fields[_TIME]),
            ts_recv=ts_recv,
            source=NAME,
            prev_close=portal.price(fields[_PREV_CLOSE]),
            open=portal.price(fields[_OPEN]),
            high=portal.price(fields[_HIGH]),
            low=portal.price(fields[_LOW]),
            # An index has its turnover in this field, in units of HK$10,000.
            volume=None if is_index(symbol) else portal.shares(fields[_VOLUME]),
            currency=_currency(fields),
            delay=_LATE if key is not None and not key.startswith("r_") else 0,
        )
    except (ValueError, OverflowError) as error:
        raise ParseError(NAME, clean(str(error), 120), row) from None


def _currency(fields: Sequence[str]) -> str:
    text = fields[_CURRENCY] if len(fields) > _CURRENCY else ""
    return text if len(text) == 3 and text.isascii() and text.isupper() else "HKD"


def kline_url(kline_url: str, symbol: str, start: date, end: date) -> str:
    """The address of the daily bars of two dates and between, at most the newest 2000, not adjusted."""
    return f"{kline_url}?param={code(symbol)},day,{start},{end},2000,"


def parse_kline(body: bytes, symbol: str) -> list[Bar]:
    """The daily bars in an answer, as the venue wrote them; rows without a price are left out.

    Raises ``ParseError`` for anything else, an error in JSON and an unknown code included.
    """
    # Some addresses put the answer into a script variable.
    json = body[body.find(b"{") :] if body[:1] != b"{" else body
    try:
        data = msgspec.json.decode(json)["data"][code(symbol)]
        rows = data.get("day") or data.get("qfqday") or []
        return list(_bars(rows, with_volume=not is_index(symbol)))
    except (msgspec.MsgspecError, ValueError, LookupError, TypeError, AttributeError) as error:
        reason = f"no daily bars of {symbol}: {type(error).__name__} {error}"
        raise ParseError(NAME, clean(reason, 120), body[:500]) from None


def _bars(rows: list[list[Any]], *, with_volume: bool) -> Iterator[Bar]:
    for day, opened, close, high, low, volume, *_ in rows:
        prices = [price for text in (opened, high, low, close) if (price := portal.price(text)) is not None]
        if len(prices) == 4:
            shares = portal.shares(volume) if with_volume else None
            yield Bar(date.fromisoformat(day), prices[0], prices[1], prices[2], prices[3], shares)


async def fetch_bars(http: Http, settings: TencentSettings, symbol: str, start: date, end: date) -> list[Bar]:
    """The daily bars of a Hong Kong symbol, oldest first. Raises ``FeedError`` or ``ParseError``."""
    answer = await http.get(NAME, kline_url(settings.kline_url, symbol, start, end))
    return parse_kline(answer.body, symbol)


class TencentFeed(PollFeed):
    """The quote page of the Hong Kong symbols among those given, as a feed."""

    Settings = TencentSettings

    def __init__(
        self,
        settings: TencentSettings,
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
        )
        super().__init__(name, ours, clock, poll)
