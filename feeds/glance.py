"""Glance: what is asked of Yahoo's chart page about a name only while somebody looks at it.

The newest price of a symbol that no feed brings: a stream would have to be opened anew for every name that
somebody opens, where the page costs a kilobyte. And the minutes of a session before the wall was there.
"""

from decimal import Decimal
from urllib.parse import quote as quoted

import msgspec

from feeds.http import Http
from feeds.wire import BROKEN, parse_error
from feeds.yahoo import NAME, YahooSettings, exact_price, yahoo_symbol
from market.clock import SECOND, Clock
from market.quote import Quote

_LAST_YEAR = 4_102_444_800  # 2100-01-01 in seconds; later stamps are defects


class _Meta(msgspec.Struct):
    regularMarketPrice: float  # noqa: N815 - the wire's names
    regularMarketTime: int  # noqa: N815
    currency: str = ""
    priceHint: int = 2  # noqa: N815


class _Columns(msgspec.Struct):
    close: list[float | None] = []


class _Indicators(msgspec.Struct):
    quote: list[_Columns] = []


class _Result(msgspec.Struct):
    meta: _Meta
    timestamp: list[int] = []
    indicators: _Indicators = msgspec.field(default_factory=_Indicators)


class _Chart(msgspec.Struct):
    result: list[_Result] | None = None


class _Answer(msgspec.Struct):
    chart: _Chart


def glance_url(chart_url: str, symbol: str, interval: str = "1d") -> str:
    """The address of a canonical symbol's newest price, or of its day by the minute (``1m``)."""
    return f"{chart_url}{quoted(yahoo_symbol(symbol), safe='')}?interval={interval}&range=1d"


def parse_glance(body: bytes, symbol: str, ts_recv: int) -> Quote:
    """The price that a chart page is headed by, of regular trading; ``ts_recv`` is ns UTC.

    Raises ``ParseError``.
    """
    try:
        meta = _result(body).meta
        if not 0 < meta.regularMarketTime < _LAST_YEAR:
            raise ValueError("no plausible time")
        return Quote(
            symbol,
            exact_price(meta.regularMarketPrice, meta.priceHint),
            meta.regularMarketTime * SECOND,
            ts_recv,
            NAME,
            currency=meta.currency if len(meta.currency) == 3 else None,
        )
    except BROKEN as error:
        raise parse_error(NAME, error, body) from None


def parse_minutes(body: bytes) -> list[tuple[int, Decimal]]:
    """The minutes of a chart page, oldest first: start (ns UTC) and last price; those without one left out.

    Raises ``ParseError``.
    """
    try:
        result = _result(body)
        closes = result.indicators.quote[0].close if result.timestamp else []
        found = [
            (at * SECOND, exact_price(close, result.meta.priceHint))
            for at, close in zip(result.timestamp, closes, strict=True)
            if close
        ]
        stamps = [at for at, _ in found]
        if stamps != sorted(set(stamps)) or any(not 0 < at < _LAST_YEAR * SECOND for at in stamps):
            raise ValueError("minutes out of order")
        return found
    except (*BROKEN, LookupError) as error:
        raise parse_error(NAME, error, body) from None


def _result(body: bytes) -> _Result:
    result = msgspec.json.decode(body, type=_Answer).chart.result
    if not result:
        raise ValueError("no chart")
    return result[0]


async def glance(http: Http, settings: YahooSettings, symbol: str, clock: Clock) -> Quote:
    """The newest price of a canonical symbol. Raises ``FeedError`` or ``ParseError``."""
    answer = await http.get(NAME, glance_url(settings.chart_url, symbol))
    return parse_glance(answer.body, symbol, clock.now())


async def minutes(http: Http, settings: YahooSettings, symbol: str) -> list[tuple[int, Decimal]]:
    """The minutes of a canonical symbol's day so far. Raises ``FeedError`` or ``ParseError``."""
    answer = await http.get(NAME, glance_url(settings.chart_url, symbol, "1m"))
    return parse_minutes(answer.body)
