"""EastMoney's public list page: Hong Kong shares and indices, a quarter of an hour late and without a key.

Undocumented, and the last resort: its prompt hosts turn clients away by closing the connection without an
answer, for hours on end, so that the host of delayed quotes is what is asked.
"""

from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache, partial
from typing import Any, Final

import msgspec

from feeds import portal
from feeds.base import NoPriceError, Parsed
from feeds.pace import rest
from feeds.poll import Poll, PollFeed
from feeds.settings import FeedSettings
from feeds.wire import BROKEN, as_price_or_none, as_volume, from_milliseconds, parse_error
from market.clock import Clock
from market.duration import parse_duration
from market.errors import ParseError
from market.price import number, unpadded
from market.quote import Quote
from market.session import calendar
from market.symbol import hk_code, is_hong_kong, is_index

NAME: Final = "eastmoney"

BATCH = 200
"""Codes a request: an address of some 3 KB."""

_MARKETS = {"HSI": 100, "HSCEI": 100, "HSTECH": 124}
_SHARES = 116
_FIELDS = "f2,f3,f5,f12,f13,f15,f16,f17,f18,f124"
_ROUNDING = 0.02
"""Percent: its own is rounded to two decimals."""


class EastMoneySettings(FeedSettings, frozen=True, kw_only=True):
    """``[feeds.eastmoney]``. ``quote_url`` is the list page, without its question."""

    enabled: bool = False
    delay: str = "15m"
    quote_url: str = "https://push2delay.eastmoney.com/api/qt/ulist.np/get"
    interval: str = "10s"

    def covers(self, symbol: str) -> bool:
        """Hong Kong."""
        return is_hong_kong(symbol)


def code(symbol: str) -> str:
    """The venue's code of a canonical symbol: ``116.09888``, ``124.HSTECH``."""
    return f"{_MARKETS[symbol]}.{symbol}" if is_index(symbol) else f"{_SHARES}.{hk_code(symbol)}"


def quote_urls(quote_url: str, symbols: Sequence[str]) -> list[str]:
    """One address for each batch of symbols; ``fltt=2`` asks for prices with a point, not in thousandths."""
    codes = [code(symbol) for symbol in symbols]
    batches = (codes[at : at + BATCH] for at in range(0, len(codes), BATCH))
    return [f"{quote_url}?secids={','.join(batch)}&fields={_FIELDS}&fltt=2&invt=2" for batch in batches]


class _Row(msgspec.Struct, gc=False):
    f2: Any = None  # last
    f3: Any = None  # percent
    f5: Any = None  # volume
    f12: Any = None  # code
    f13: Any = None  # market
    f15: Any = None  # high
    f16: Any = None  # low
    f17: Any = None  # open
    f18: Any = None  # previous close
    f124: Any = None  # seconds since 1970


class _List(msgspec.Struct):
    diff: list[_Row] | dict[str, _Row]


class _Page(msgspec.Struct):
    rc: int
    data: _List | None = None


_decode = msgspec.json.Decoder(_Page, float_hook=str).decode


def parse_quotes(page: bytes, ts_recv: int) -> Parsed:
    """The quotes on a page, and what is wrong with its other rows; ``ts_recv`` is ns UTC.

    Raises ``ParseError`` for a page that is none of its own.
    """
    try:
        answer = _decode(page)
    except BROKEN as error:
        if page.lstrip()[:1] == b"<":
            raise ParseError(NAME, "HTML in place of quotes", page) from None
        raise parse_error(NAME, error, page) from None
    if answer.rc or answer.data is None:
        raise ParseError(NAME, f"no quotes in the answer (rc {answer.rc})", page)
    rows = answer.data.diff
    parsed = Parsed([], [])
    for row in rows.values() if isinstance(rows, dict) else rows:
        try:
            parsed.quotes.append(row_quote(row, ts_recv))
        except NoPriceError as error:
            parsed.errors.append(error)
        except BROKEN as error:
            parsed.errors.append(parse_error(NAME, error, str(row).encode()))
    return parsed


def row_quote(row: _Row, ts_recv: int) -> Quote:
    """The quote in a row. Raises ``NoPriceError``, or ``ValueError`` for what no market could write."""
    symbol = _symbol(str(row.f13), str(row.f12))
    last = _price(row.f2)
    if last is None:
        raise NoPriceError(NAME, f"{symbol}: no price yet")
    prev_close = _price(row.f18)
    _check_scale(symbol, last, prev_close, row.f3)
    if type(row.f124) is not int:
        raise ValueError(f"{symbol}: no time")
    return Quote(
        symbol=symbol,
        last=last,
        ts_event=from_milliseconds(row.f124 * 1000),
        ts_recv=ts_recv,
        source=NAME,
        prev_close=prev_close,
        open=_price(row.f17),
        high=_price(row.f15),
        low=_price(row.f16),
        volume=None if is_index(symbol) or row.f5 == "-" else as_volume(row.f5),
        currency="HKD",
    )


def _price(field: Any) -> Decimal | None:
    """``-`` and zero both mean that there is none."""
    return None if field == "-" else as_price_or_none(unpadded(field) if type(field) is str else field)


def _check_scale(symbol: str, last: Decimal, prev_close: Decimal | None, field: Any) -> None:
    """Refuse prices in thousandths, which come where ``fltt`` was ignored: percent is then in hundredths."""
    if prev_close is None or field is None or field == "-":
        return
    percent = float((last - prev_close) / prev_close) * 100
    if abs(float(number(str(field))) - percent) > _ROUNDING:
        raise ValueError(f"{symbol}: {field} % does not fit its prices; are they scaled?")


@lru_cache(maxsize=4096)
def _symbol(market: str, code: str) -> str:
    symbol = portal.symbol(code)
    if market != str(_MARKETS.get(symbol, _SHARES)):
        raise ValueError(f"{symbol} in the market {market[:8]!a}")
    return symbol


class EastMoneyFeed(PollFeed):
    """The list page of the Hong Kong symbols among those given, as a feed."""

    Settings = EastMoneySettings

    def __init__(
        self,
        settings: EastMoneySettings,
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
