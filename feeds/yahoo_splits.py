"""Yahoo's splits: the events of its chart, by which another vendor's unadjusted bars are made comparable."""

from datetime import date, datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

import msgspec

from feeds.http import Http
from feeds.yahoo import NAME, YahooSettings, chart_url
from market.bars import Split
from market.errors import ParseError
from market.text import clean


class _Event(msgspec.Struct):
    date: int
    numerator: float
    denominator: float


class _Events(msgspec.Struct):
    splits: dict[str, _Event] = {}


class _Meta(msgspec.Struct):
    exchangeTimezoneName: str  # noqa: N815 - the wire's name


class _Result(msgspec.Struct):
    meta: _Meta
    events: _Events = msgspec.field(default_factory=_Events)


class _Chart(msgspec.Struct):
    result: list[_Result] | None = None
    error: object = None


class _Answer(msgspec.Struct):
    chart: _Chart


def splits_url(url: str, symbol: str, start: date, end: date) -> str:
    """The address of the splits of two dates and between: monthly bars carry the same events as daily ones,
    and 21 years of them are 20 kB."""
    return chart_url(url, symbol, start, end).replace("interval=1d", "interval=1mo") + "&events=split"


def parse_splits(body: bytes) -> list[Split]:
    """The splits in an answer, ascending, dated by the exchange's own zone. Raises ``ParseError``."""
    try:
        chart = msgspec.json.decode(body, type=_Answer).chart
        if not chart.result:
            raise ValueError(f"no chart: {chart.error}")
        result = chart.result[0]
        zone = ZoneInfo(result.meta.exchangeTimezoneName)
        return sorted(_split(event, zone) for event in result.events.splits.values())
    except (msgspec.MsgspecError, ValueError, LookupError, OSError, ArithmeticError) as error:
        raise ParseError(NAME, clean(str(error), 120), body[:500]) from None


def _split(event: _Event, zone: ZoneInfo) -> Split:
    factor = Fraction(str(event.numerator)) / Fraction(str(event.denominator))
    if not factor > 0:
        raise ValueError(f"a split of {event.numerator:g}:{event.denominator:g}")
    return Split(datetime.fromtimestamp(event.date, zone).date(), factor)


async def fetch_splits(
    http: Http, symbol: str, start: date, end: date, *, settings: YahooSettings
) -> list[Split]:
    """The splits of a canonical symbol, ascending. Raises ``FeedError`` or ``ParseError``."""
    answer = await http.get(NAME, splits_url(settings.chart_url, symbol, start, end))
    return parse_splits(answer.body)
