"""Sina's public quote page: Hong Kong shares and indices, without a key; a second opinion on Tencent's.

Undocumented. It wants to be asked from one of its own pages, which the ``Referer`` says; without one it
answers 403. Plain ``hk`` codes are late and miss the closing auction, so that ``rt_hk`` codes are asked for.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import repeat
from typing import Final

from feeds import portal
from feeds.base import Parsed
from feeds.hong_kong import HongKongFeed, HongKongSettings
from market.errors import ParseError
from market.quote import Quote
from market.symbol import hk_code, is_index

NAME: Final = "sina"

BATCH = 400
"""Codes a request; the page is said to take 800, and an address of 8 KB holds no more than these."""

# Places in a row of 25; one of the late codes has 19, and no seconds.
_OPEN, _PREV_CLOSE, _HIGH, _LOW, _LAST, _VOLUME, _DATE, _TIME = 2, 3, 4, 5, 6, 12, 17, 18
_FEWEST = 19

# Bounded and without nesting, so that a hostile page takes linear time.
_ROW = re.compile(rb'var hq_str_(\w{1,32})="([^"\n]{0,2000})"')
_BLOCKED = b"Kinsoku jikou desu"


class SinaSettings(HongKongSettings, frozen=True, kw_only=True):
    """``[feeds.sina]``. Codes are appended to ``quote_url``; ``referer`` is what it asks to be told."""

    enabled: bool = False
    quote_url: str = "https://hq.sinajs.cn/list="
    referer: str = "https://finance.sina.com.cn"
    interval: str = "3s"

    def headers(self) -> Mapping[str, str]:
        """The page that the request pretends to come from."""
        return {"Referer": self.referer}


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
    try:
        return _read(page, ts_recv)
    except ParseError:
        if _BLOCKED in page[:200]:
            raise ParseError(NAME, "access forbidden, says the venue", page) from None
        raise


_instants = portal.instants("%Y/%m/%d,%H:%M:%S")
_opens, _prev_closes, _highs, _lows = (portal.Column(portal.prices) for _ in range(4))


def _quotes(asked: portal.Asked, fields: list[bytes], width: int, ts_recv: int) -> Iterable[Quote]:
    times = map(b",".join, zip(fields[_DATE::width], fields[_TIME::width], strict=True))
    # What stands in the place of an index's volume is its members' trade.
    volumes = portal.volumes(fields[_VOLUME::width], asked.indices)
    return map(tuple.__new__, repeat(Quote), zip(
        asked.symbols, portal.last_prices(NAME, asked, fields[_LAST::width]), _instants(times),
        repeat(ts_recv), repeat(NAME), _prev_closes(fields[_PREV_CLOSE::width]), _opens(fields[_OPEN::width]),
        _highs(fields[_HIGH::width]), _lows(fields[_LOW::width]), volumes, repeat("HKD"), repeat(None),
        repeat(0),
    ))  # fmt: skip


def _symbol(code: bytes) -> str:
    name = code.decode("utf-8", "replace")
    if not name.startswith("rt_hk"):
        raise ValueError(f"not a code of ours: {name[:40]!a}")
    return portal.symbol(name.removeprefix("rt_hk"))


def _sound(code: bytes, row: bytes) -> tuple[bytes, bytes]:
    symbol = _symbol(code)
    if not row:
        raise ValueError(f"no such code as that of {symbol}")
    return code, row


_read = portal.Reader(
    NAME,
    _quotes,
    prefix=b"var hq_str_",
    first=rb'[^"]{0,200}',
    separator=b",",
    fewest=_FEWEST,
    symbol=_symbol,
    pattern=_ROW,
    sound=_sound,
    most=BATCH,
)


class SinaFeed(HongKongFeed):
    """The quote page of the Hong Kong symbols among those given, as a feed."""

    VENUE = NAME
    Settings = SinaSettings
    urls = staticmethod(quote_urls)
    parse = staticmethod(parse_quotes)
