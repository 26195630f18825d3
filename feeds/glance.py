"""Glance: the newest price of a symbol that is looked at only now and then, from Yahoo's chart page.

A stream would have to be opened anew for every name that somebody opens. The page costs a request of a
kilobyte for each symbol, and nothing while nobody looks.
"""

from urllib.parse import quote as quoted

import msgspec

from feeds.http import Http
from feeds.yahoo import NAME, YahooSettings, exact_price, yahoo_symbol
from market.clock import SECOND, Clock
from market.errors import ParseError
from market.quote import Quote
from market.text import clean

_LAST_YEAR = 4_102_444_800  # 2100-01-01 in seconds; later stamps are defects


class _Meta(msgspec.Struct):
    regularMarketPrice: float  # noqa: N815 - the wire's names
    regularMarketTime: int  # noqa: N815
    currency: str = ""
    priceHint: int = 2  # noqa: N815


class _Result(msgspec.Struct):
    meta: _Meta


class _Chart(msgspec.Struct):
    result: list[_Result] | None = None


class _Answer(msgspec.Struct):
    chart: _Chart


def glance_url(chart_url: str, symbol: str) -> str:
    """The address of a canonical symbol's newest price."""
    return f"{chart_url}{quoted(yahoo_symbol(symbol), safe='')}?interval=1d&range=1d"


def parse_glance(body: bytes, symbol: str, ts_recv: int) -> Quote:
    """The price that a chart page is headed by, of regular trading; ``ts_recv`` is ns UTC.

    Raises ``ParseError``.
    """
    try:
        result = msgspec.json.decode(body, type=_Answer).chart.result
        if not result:
            raise ValueError("no chart")
        meta = result[0].meta
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
    except (msgspec.MsgspecError, ValueError, ArithmeticError) as error:
        raise ParseError(NAME, clean(str(error), 120), body[:500]) from None


async def glance(http: Http, settings: YahooSettings, symbol: str, clock: Clock) -> Quote:
    """The newest price of a canonical symbol. Raises ``FeedError`` or ``ParseError``."""
    answer = await http.get(NAME, glance_url(settings.chart_url, symbol))
    return parse_glance(answer.body, symbol, clock.now())
