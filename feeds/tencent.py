"""Tencent's public quote page and daily bars: Hong Kong shares and indices, without a key.

The page is undocumented. Codes with ``r_`` are taken for real time, and those without say themselves that
they are late; either way the engine measures the lag from the rows' own times.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import repeat
from typing import Any, Final

import msgspec

from feeds import portal
from feeds.hong_kong import HongKongFeed, HongKongSettings
from feeds.http import Http
from market.bars import Bar
from market.errors import ParseError
from market.price import price_or_none, unpadded
from market.quote import Quote
from market.symbol import hk_code, is_index
from market.text import clean

NAME: Final = "tencent"

BATCH = 800
"""Codes a request; about 900 overflow the server's 8 KB request line, and 950 get HTTP 414."""

# Places in a row. It had 60 fields in 2018 and has 78 now; new ones are appended.
_CODE, _LAST, _PREV_CLOSE, _OPEN, _VOLUME, _TIME, _HIGH, _LOW = 2, 3, 4, 5, 6, 30, 33, 34
_CURRENCY = 75
_FEWEST = 36

_HONG_KONG = b"100"
_LATE = 900  # seconds, of codes without r_

# Bounded and without nesting, so that a hostile page takes linear time. Rows end at the quote mark; neither
# it nor a semicolon occurs inside one.
_ROW = re.compile(rb'(?:v_(\w{1,32})="|"(?=\d{1,4}~))([^";]*)"')
_NONE_MATCH = b"pv_none_match"


class TencentSettings(HongKongSettings, frozen=True, kw_only=True):
    """``[feeds.tencent]``. ``quote_url`` is what the codes are appended to."""

    quote_url: str = "https://qt.gtimg.cn/q="
    kline_url: str = "https://web.ifzq.gtimg.cn/appstock/app/hkfqkline/get"
    interval: str = "2s"


def code(symbol: str) -> str:
    """The venue's code of a canonical symbol: ``hk09888``, ``hkHSTECH``."""
    return f"hk{symbol if is_index(symbol) else hk_code(symbol)}"


def quote_urls(quote_url: str, symbols: Sequence[str]) -> list[str]:
    """One address for each batch of symbols, all of them by their real-time codes."""
    codes = [f"r_{code(symbol)}" for symbol in symbols]
    return [quote_url + ",".join(codes[at : at + BATCH]) for at in range(0, len(codes), BATCH)]


_prev_closes, _opens, _highs, _lows = (portal.Column(portal.prices) for _ in range(4))
_instants = portal.instants("%Y/%m/%d %H:%M:%S")


def _quotes(asked: portal.Asked, fields: list[bytes], width: int, ts_recv: int) -> Iterable[Quote]:
    codes, delays = _codes(asked.codes)
    if fields[_CODE::width] != codes:
        raise ValueError("rows under other codes")
    # An index has its turnover in this field, in units of HK$10,000.
    volumes = portal.volumes(fields[_VOLUME::width], asked.indices)
    currencies = _currencies(fields[_CURRENCY::width]) if width > _CURRENCY else repeat("HKD")
    return map(tuple.__new__, repeat(Quote), zip(
        asked.symbols, portal.last_prices(NAME, asked, fields[_LAST::width]), _instants(fields[_TIME::width]),
        repeat(ts_recv), repeat(NAME), _prev_closes(fields[_PREV_CLOSE::width]), _opens(fields[_OPEN::width]),
        _highs(fields[_HIGH::width]), _lows(fields[_LOW::width]), volumes, currencies, repeat(None), delays,
    ))  # fmt: skip


@portal.Column
def _codes(codes: list[bytes]) -> tuple[list[bytes], list[int]]:
    """Of codes such as ``r_hk09888``, what stands at the code in their rows, and how late they are."""
    own = [code.removeprefix(b"r_").removeprefix(b"hk") for code in codes]
    return own, [0 if code.startswith(b"r_") else _LATE for code in codes]


@portal.Column
def _currencies(fields: list[bytes]) -> list[str]:
    """Of prices, where a row has not the usual: some counters trade in another than the exchange's."""
    return [field.decode() if re.fullmatch(b"[A-Z]{3}", field) else "HKD" for field in fields]


def _symbol(code: bytes) -> str:
    name = code.decode("utf-8", "replace").removeprefix("r_")
    if not name.startswith("hk"):
        raise ValueError(f"not a code of ours: {name[:40]!a}")
    return portal.symbol(name.removeprefix("hk"))


def _sound(code: bytes, row: bytes) -> tuple[bytes, bytes]:
    """The code of a row and the row, without its name: that may hold the byte of the separator, as half of a
    Chinese character, and its code tells its end."""
    if code == _NONE_MATCH:
        raise ValueError("no such code")
    market, *_ = row.split(b"~", 1)
    if market != _HONG_KONG:
        raise ValueError(f"not a Hong Kong row (market {market[:8].decode('latin-1')!a})")
    code = code or b"r_hk" + _own_code(row)
    symbol = _symbol(code)
    mark = b"~" + code.removeprefix(b"r_").removeprefix(b"hk") + b"~"
    _, found, rest = row.partition(mark)
    if not found:
        raise ValueError(f"a row of {_symbol(b'hk' + _own_code(row))} under the code of {symbol}")
    return code, _HONG_KONG + b"~" + mark + rest


def _own_code(row: bytes) -> bytes:
    """The code that stands in a row, behind the name."""
    fields = portal.decoded(row).split("~", 3)
    return fields[2].encode("utf-8", "replace") if len(fields) > 2 else b""


parse_quotes: Final = portal.Reader(
    NAME,
    _quotes,
    prefix=b"v_",
    first=_HONG_KONG,
    separator=b"~",
    fewest=_FEWEST,
    symbol=_symbol,
    pattern=_ROW,
    sound=_sound,
    most=BATCH,
)
"""The quotes on a page, and what is wrong with its other rows, by the page and its receipt (ns UTC).

It raises ``ParseError`` for a page that holds no row at all: the HTML of a block, an error in JSON."""


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
    # Not by the portal's own cache, which is for the live rows: a name's 21 years would fill it.
    for day, opened, close, high, low, volume, *_ in rows:
        texts = map(unpadded, (opened, high, low, close))
        prices = [price for text in texts if (price := price_or_none(text)) is not None]
        if len(prices) == 4:
            [traded] = portal.volumes([volume.encode()], () if with_volume else (0,))
            yield Bar(date.fromisoformat(day), prices[0], prices[1], prices[2], prices[3], traded)


async def fetch_bars(http: Http, settings: TencentSettings, symbol: str, start: date, end: date) -> list[Bar]:
    """The daily bars of a Hong Kong symbol, oldest first. Raises ``FeedError`` or ``ParseError``."""
    answer = await http.get(NAME, kline_url(settings.kline_url, symbol, start, end))
    return parse_kline(answer.body, symbol)


class TencentFeed(HongKongFeed):
    """The quote page of the Hong Kong symbols among those given, as a feed."""

    VENUE = NAME
    Settings = TencentSettings
    urls = staticmethod(quote_urls)
    parse = staticmethod(parse_quotes)
