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
from feeds.portal import PRICES, shares
from feeds.settings import FeedSettings
from market.bars import Bar
from market.clock import Clock
from market.duration import parse_duration
from market.errors import ParseError
from market.memo import Memo
from market.price import price_or_none, unpadded
from market.quote import Quote
from market.session import calendar
from market.symbol import hk_code, is_hong_kong, is_index
from market.text import clean

NAME: Final = "tencent"

BATCH = 800
"""Codes a request; about 900 overflow the server's 8 KB request line, and 950 get HTTP 414."""

# Positions in a row, counted from the field behind its code, which is the fourth. Rows had 60 fields in 2018
# and have 78 now; new ones are appended.
_LAST, _PREV_CLOSE, _OPEN, _VOLUME, _TIME, _HIGH, _LOW = 0, 1, 2, 3, 27, 30, 31
_INSTANTS = portal.instants("%Y/%m/%d %H:%M:%S")
_BEFORE = 3
_FEWEST = 33
_CURRENCY = 75 - _BEFORE - _FEWEST  # of those beyond

_HONG_KONG = b"100~"
_LATE = 900  # seconds, of codes without r_

# Bounded and without nesting, so that a hostile page takes linear time. Rows end at the quote mark; neither
# it nor a semicolon occurs inside one.
_ROW = re.compile(rb'(?:v_(\w{1,32})="|"(?=\d{1,4}~))([^";]*)"')
_HEADS = portal.heads(b"v_")
_NONE_MATCH = b"pv_none_match"

_build = tuple.__new__


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
    return portal.read_rows(NAME, page, ts_recv, _HEADS, _ROW, parse_row, BATCH)


def parse_row(row: bytes, ts_recv: int, key: bytes | None = None) -> Quote:
    """The quote in one row of ``~`` fields; ``key`` is the code it was given under, where there is one.

    Raises ``ParseError``: ``NoPriceError`` where nothing was traded yet.
    """
    try:
        if not row.startswith(_HONG_KONG):
            raise ValueError(_foreign(row, key))
        symbol, mark, delay, has_shares = _ASKED[key or b"hk" + _code(row)]
        # A name may hold the byte of the separator, as half of a Chinese character; its code tells its end.
        _, found, rest = row.partition(mark)
        if not found:
            raise ValueError(f"a row of {_symbol(_code(row))} under the code {(key or b'').decode()}")
        fields = rest.split(b"~", _FEWEST)
        if len(fields) < _FEWEST:
            raise ValueError(f"a row of {len(fields) + _BEFORE} fields")
        last = PRICES[fields[_LAST]]
        if last is None:
            raise NoPriceError(NAME, f"{symbol}: no price yet", row)
        return _build(Quote, (
            symbol, last, _INSTANTS[fields[_TIME]], ts_recv, NAME,
            PRICES[fields[_PREV_CLOSE]], PRICES[fields[_OPEN]], PRICES[fields[_HIGH]], PRICES[fields[_LOW]],
            # An index has its turnover in this field, in units of HK$10,000.
            shares(fields[_VOLUME].removesuffix(b".0")) if has_shares else None,
            "HKD" if rest.rfind(b"~HKD~") > 0 else _currency(fields), None, delay if key is not None else 0,
        ))  # fmt: skip
    except (ValueError, OverflowError) as error:
        raise ParseError(NAME, clean(str(error), 120), row) from None


def _foreign(row: bytes, key: bytes | None) -> str:
    if key == _NONE_MATCH:
        return "no such code"
    return f"not a Hong Kong row (market {row.partition(b'~')[0][:8].decode('latin-1')!a})"


def _code(row: bytes) -> bytes:
    """The code in a row that is not known by its key."""
    fields = portal.decoded(row).split("~", 3)
    return fields[2].encode("utf-8", "replace") if len(fields) > 2 else b""


def _symbol(code: bytes) -> str:
    return portal.symbol(code.decode("utf-8", "replace"))


def _asked(key: bytes) -> tuple[str, bytes, int, bool]:
    """The symbol of a code such as ``r_hk09888``, what stands at the code in its row, how late it is, and
    whether it is a share."""
    code = key.removeprefix(b"r_").removeprefix(b"hk")
    symbol = _symbol(code)
    if not key.removeprefix(b"r_").startswith(b"hk"):
        raise ValueError(f"not a code of ours: {key[:40].decode('utf-8', 'replace')!a}")
    return symbol, b"~" + code + b"~", 0 if key.startswith(b"r_") else _LATE, not is_index(symbol)


_ASKED = Memo(_asked, 4096)


def _currency(fields: Sequence[bytes]) -> str:
    """Of the price, where a row has not the usual: some counters trade in another than the exchange's."""
    beyond = fields[_FEWEST].split(b"~", _CURRENCY + 1) if len(fields) > _FEWEST else []
    text = beyond[_CURRENCY].decode("latin-1") if len(beyond) > _CURRENCY else ""
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
    # Not by the portal's own cache, which is for the live rows: a name's 21 years would fill it.
    for day, opened, close, high, low, volume, *_ in rows:
        texts = map(unpadded, (opened, high, low, close))
        prices = [price for text in texts if (price := price_or_none(text)) is not None]
        if len(prices) == 4:
            traded = shares(volume.encode()) if with_volume else None
            yield Bar(date.fromisoformat(day), prices[0], prices[1], prices[2], prices[3], traded)


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
