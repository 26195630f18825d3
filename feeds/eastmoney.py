"""EastMoney's public list page: Hong Kong shares and indices, a quarter of an hour late and without a key.

Undocumented, and the last resort: its prompt hosts turn clients away by closing the connection without an
answer, for hours on end, so that the host of delayed quotes is what is asked.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

import msgspec

from feeds import portal
from feeds.base import NoPriceError, Parsed
from feeds.hong_kong import HongKongFeed, HongKongSettings
from feeds.wire import BROKEN, LAST_MS, MOST, as_price_or_none, as_volume, parse_error
from market.clock import SECOND
from market.errors import ParseError
from market.memo import Memo
from market.price import number, price_or_none, unpadded
from market.quote import Quote
from market.symbol import hk_code, is_index

NAME: Final = "eastmoney"

BATCH = 200
"""Codes a request: an address of some 3 KB."""

_MARKETS = {"HSI": 100, "HSCEI": 100, "HSTECH": 124}
_SHARES = 116
_FIELDS = "f2,f3,f5,f12,f13,f15,f16,f17,f18,f124"
_ROUNDING = Decimal("0.02")
"""Percent: its own is rounded to two decimals."""

_LAST_S = LAST_MS // 1000
_build = tuple.__new__


class EastMoneySettings(HongKongSettings, frozen=True, kw_only=True):
    """``[feeds.eastmoney]``. ``quote_url`` is the list page, without its question."""

    enabled: bool = False
    delay: str = "15m"
    quote_url: str = "https://push2delay.eastmoney.com/api/qt/ulist.np/get"
    interval: str = "10s"


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
    f3: msgspec.Raw = msgspec.Raw(b"null")  # percent, which may be below zero and is read of one row
    f5: Any = None  # volume
    f12: str = ""  # code
    f13: int = 0  # market
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


_EXACT: Final[Memo[str, Decimal | None]] = Memo(lambda text: price_or_none(unpadded(text)), 4096)

_decode = msgspec.json.Decoder(_Page, float_hook=_EXACT.__getitem__).decode
_decode_text = msgspec.json.Decoder(_Page, float_hook=str).decode


def parse_quotes(page: bytes, ts_recv: int) -> Parsed:
    """The quotes on a page, and what is wrong with its other rows; ``ts_recv`` is ns UTC.

    Raises ``ParseError`` for a page that is none of its own.
    """
    try:
        try:
            answer = _decode(page)
        except msgspec.ValidationError:
            # Of an impossible price, the row alone is refused, which needs what was written.
            answer = _decode_text(page)
    except BROKEN as error:
        if page.lstrip()[:1] == b"<":
            raise ParseError(NAME, "HTML in place of quotes", page) from None
        raise parse_error(NAME, error, page) from None
    if answer.rc or answer.data is None:
        raise ParseError(NAME, f"no quotes in the answer (rc {answer.rc})", page)
    rows = answer.data.diff
    parsed = Parsed([], [])
    quotes, errors = parsed
    is_checked = False
    for row in rows.values() if isinstance(rows, dict) else rows:
        try:
            symbol, market, has_shares = _SYMBOLS[row.f12]
            if row.f13 != market:
                raise ValueError(f"{symbol} in the market {row.f13}")
            last, before, at = row.f2, row.f18, row.f124
            opened, high, low, volume = row.f17, row.f15, row.f16, row.f5 if has_shares else None
            if type(last) is not Decimal:
                last = _price(last)
                if last is None:
                    raise NoPriceError(NAME, f"{symbol}: no price yet")
            if type(at) is not int or not 0 < at < _LAST_S:
                raise ValueError(f"{symbol}: no plausible time")
            # What the decoder has made of a field already needs no call, which is 50 ns.
            quote = _build(Quote, (
                symbol, last, at * SECOND, ts_recv, NAME,
                before if type(before) is Decimal else _price(before),
                opened if type(opened) is Decimal else _price(opened),
                high if type(high) is Decimal else _price(high),
                low if type(low) is Decimal else _price(low),
                volume if type(volume) is int and 0 <= volume <= MOST else _volume(volume), "HKD", None, 0,
            ))  # fmt: skip
            if not is_checked:
                is_checked = _is_to_scale(row, quote)
            quotes.append(quote)
        except NoPriceError as error:
            errors.append(error)
        except BROKEN as error:
            errors.append(parse_error(NAME, error, str(row).encode()))
    return parsed


def _price(field: Any) -> Decimal | None:
    """The price in a field that the decoder did not make one of; ``-`` and zero mean that there is none."""
    return None if field == "-" else _EXACT[field] if type(field) is str else as_price_or_none(field)


def _volume(field: Any) -> Decimal | int | None:
    """The same for a number of shares."""
    return None if field == "-" else as_volume(field)


def _is_to_scale(row: _Row, quote: Quote) -> bool:
    """Whether a row proves that prices came with a point, as was asked; ``False`` where it tells nothing.

    ``ValueError`` where they came in thousandths: percent is then in hundredths.
    """
    percent = bytes(row.f3).decode().strip('"')
    if quote.pct is None or percent in ("null", "-"):
        return False
    if abs(number(percent) - quote.pct) > _ROUNDING:
        raise ValueError(f"{quote.symbol}: {percent} % does not fit its prices; are they scaled?")
    return bool(quote.pct)


def _symbol(code: str) -> tuple[str, int, bool]:
    """The symbol of a code, the market that it must be in, and whether it is a share."""
    symbol = portal.symbol(code)
    return symbol, _MARKETS.get(symbol, _SHARES), not is_index(symbol)


_SYMBOLS = Memo(_symbol, 4096)


class EastMoneyFeed(HongKongFeed):
    """The list page of the Hong Kong symbols among those given, as a feed."""

    VENUE = NAME
    Settings = EastMoneySettings
    urls = staticmethod(quote_urls)
    parse = staticmethod(parse_quotes)
