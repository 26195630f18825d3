"""Yahoo's v8 chart, the venue's side: months, days and the day's minutes, with the vendor's quirks.

Prices are rounded to four-byte floats. ``chartPreviousClose`` is the close before the range asked for. The
daily bar of a session in progress carries the time of its last trade. Rows may be null: a ghost of a typhoon
day, and the minute at which the lunch break begins. Without any bar ``timestamp`` is missing.
"""

import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from feeds.venue.exchange import Listing
from feeds.venue.figures import DAY
from feeds.venue.history import DailyBar
from feeds.venue.hours import CLOSING_AUCTION, LUNCH, MORNING, at
from feeds.venue.stream import price_hint
from market.clock import SECOND
from market.instrument import instrument
from market.symbol import is_index

CONTENT_TYPE = "application/json;charset=utf-8"

_RANGES = {
    "1d": 1, "5d": 5, "1mo": 31, "3mo": 92, "6mo": 183, "1y": 366, "2y": 731, "5y": 1827, "10y": 3653,
}  # fmt: skip
_IN_SESSIONS = ("1d", "5d")  # these count sessions; the longer ranges count days
_VALID_RANGES = [*_RANGES, "ytd", "max"]
_MONTHLY, _DAILY, _MINUTE = "1mo", "1d", "1m"
_OPENING = 5400  # 09:30 in Hong Kong, in seconds after midnight UTC
_YESTERDAY_CLOSE = at(16, 8) // SECOND - 86_400
_TYPHOON, _AFTER_TYPHOON = date(2024, 9, 6), date(2024, 9, 9)


@dataclass(frozen=True, slots=True)
class _Row:
    """One bar of the answer: seconds UTC; open, high, low, close in mills and volume, or nothing."""

    time: int
    values: tuple[int, int, int, int, int] | None


class ChartError(Exception):
    """A request that the vendor refuses, with its status and the code and description of its answer."""

    def __init__(self, status: int, code: str, description: str) -> None:
        self.status = status
        self.body = _answer(None, {"code": code, "description": description})
        super().__init__(description)


def unknown_symbol() -> ChartError:
    """What a symbol without data gets."""
    return ChartError(404, "Not Found", "No data found, symbol may be delisted")


def chart(symbol: str, listing: Listing, history: Sequence[DailyBar], query: Mapping[str, str]) -> bytes:
    """The answer for a listing under the vendor's symbol; ``ChartError`` for a query the vendor refuses."""
    interval = query.get("interval", _DAILY)
    span = query.get("range", "1d")
    if interval not in (_MONTHLY, _DAILY, _MINUTE):
        raise ChartError(422, "Unprocessable Entity", f"Invalid input - interval={interval}.")
    if span not in _VALID_RANGES:
        raise ChartError(422, "Unprocessable Entity", f"Invalid input - range={span}.")
    daily = _daily_rows(listing, history)
    rows = _minute_rows(listing) if interval == _MINUTE else daily
    if "period1" in query or "period2" in query:
        rows = _in_period(rows, query)
        span = ""
    elif interval != _MINUTE:
        rows = _in_range(rows, span)
    if interval == _MONTHLY:
        rows = _months(rows)
    meta = _meta(symbol, listing, history, daily)
    meta["chartPreviousClose"] = _float32(_before(rows, daily, listing, intraday=interval == _MINUTE))
    if interval == _MINUTE:
        meta |= {"previousClose": _float32(listing.prev_close), "scale": 3}
    meta |= {"dataGranularity": interval, "range": span, "validRanges": _VALID_RANGES}
    result: dict[str, object] = {"meta": meta}
    if rows:
        result["timestamp"] = [row.time for row in rows]
    result["indicators"] = {"quote": [_columns(rows)]}
    return _answer([result], None)


def _answer(result: list[dict[str, object]] | None, error: dict[str, str] | None) -> bytes:
    return json.dumps({"chart": {"result": result, "error": error}}).encode()


def _float32(mills: int) -> float:
    (value,) = struct.unpack("f", struct.pack("f", mills / 1000))
    return float(value)


def _session_start(day: date) -> int:
    return (day - date(1970, 1, 1)).days * 86_400 + _OPENING


def _daily_rows(listing: Listing, history: Sequence[DailyBar]) -> list[_Row]:
    rows = []
    for bar in history:
        if bar.day == _AFTER_TYPHOON:
            rows.append(_Row(_session_start(_TYPHOON), None))
        rows.append(_Row(_session_start(bar.day), (bar.open, bar.high, bar.low, bar.close, bar.volume)))
    if listing.open:
        time = _session_start(DAY) if listing.final else listing.stamp // SECOND
        live = (listing.open, listing.high, listing.low, listing.last, listing.volume)
        rows.append(_Row(time, live))
    return rows


def _minute_rows(listing: Listing) -> list[_Row]:
    rows = [
        _Row(bar.start // SECOND, (bar.open, bar.high, bar.low, bar.close, bar.volume))
        for bar in listing.bars
    ]
    if any(bar.start > LUNCH for bar in listing.bars):
        rows.append(_Row(LUNCH // SECOND, None))
        rows.sort(key=lambda row: row.time)
    return rows


def _months(rows: list[_Row]) -> list[_Row]:
    """A bar for each month, stamped with its first."""
    months: dict[tuple[int, int], list[_Row]] = {}
    for row in rows:
        if row.values is not None:
            day = date(1970, 1, 1) + timedelta(seconds=row.time)
            months.setdefault((day.year, day.month), []).append(row)
    return [
        _Row(month[0].time, _whole([row.values for row in month if row.values])) for month in months.values()
    ]


def _whole(values: list[tuple[int, int, int, int, int]]) -> tuple[int, int, int, int, int]:
    opens, highs, lows, closes, volumes = zip(*values, strict=True)
    return opens[0], max(highs), min(lows), closes[-1], sum(volumes)


def _in_period(rows: list[_Row], query: Mapping[str, str]) -> list[_Row]:
    try:
        since = int(query.get("period1", 0))
        until = int(query.get("period2", 1 << 62))
    except ValueError:
        raise ChartError(400, "Bad Request", "Invalid input - period1 and period2 must be seconds.") from None
    return [row for row in rows if since <= row.time < until]


def _in_range(rows: list[_Row], span: str) -> list[_Row]:
    if span == "max":
        return rows
    if span in _IN_SESSIONS:
        return rows[-_RANGES[span] :]
    first = date(DAY.year, 1, 1) if span == "ytd" else DAY - timedelta(days=_RANGES[span])
    return [row for row in rows if row.time >= _session_start(first)]


def _before(rows: list[_Row], daily: list[_Row], listing: Listing, *, intraday: bool) -> int:
    """The last close before the range, which on an intraday chart is the day before; else the first close."""
    if intraday or not rows:
        return listing.prev_close
    closes = [row.values[3] for row in daily if row.values and row.time < rows[0].time]
    first = rows[0].values
    return closes[-1] if closes else (first[3] if first else listing.prev_close)


def _columns(rows: list[_Row]) -> dict[str, list[float | int | None]]:
    if not rows:
        return {}
    columns: dict[str, list[float | int | None]] = {
        name: [_float32(row.values[place]) if row.values else None for row in rows]
        for place, name in enumerate(("open", "high", "low", "close"))
    }
    columns["volume"] = [row.values[4] if row.values else None for row in rows]
    return columns


def _meta(symbol: str, listing: Listing, history: Sequence[DailyBar], daily: list[_Row]) -> dict[str, object]:
    known = instrument(listing.symbol)
    year = [
        row.values for row in daily if row.values and row.time >= _session_start(DAY - timedelta(days=365))
    ]
    last = history[-1]
    opened = bool(listing.open)
    period = {"timezone": "HKT", "gmtoffset": 28_800}
    start, end = MORNING // SECOND, CLOSING_AUCTION // SECOND
    return {
        "currency": "HKD",
        "symbol": symbol,
        "exchangeName": "HKG",
        "fullExchangeName": "HKSE",
        "instrumentType": "INDEX" if is_index(listing.symbol) else "EQUITY",
        "firstTradeDate": _session_start(history[0].day),
        "regularMarketTime": listing.stamp // SECOND if opened else _YESTERDAY_CLOSE,
        "hasPrePostMarketData": False,
        "gmtoffset": 28_800,
        "timezone": "HKT",
        "exchangeTimezoneName": "Asia/Hong_Kong",
        "regularMarketPrice": _float32(listing.last),
        "fiftyTwoWeekHigh": _float32(max(values[1] for values in year)),
        "fiftyTwoWeekLow": _float32(min(values[2] for values in year)),
        "regularMarketDayHigh": _float32(listing.high if opened else last.high),
        "regularMarketDayLow": _float32(listing.low if opened else last.low),
        "regularMarketVolume": listing.volume if opened else last.volume,
        "longName": known.name,
        "shortName": known.short_name,
        "priceHint": price_hint(listing.symbol),
        "currentTradingPeriod": {
            "pre": {**period, "start": start, "end": start},
            "regular": {**period, "start": start, "end": end},
            "post": {**period, "start": end, "end": end},
        },
    }
