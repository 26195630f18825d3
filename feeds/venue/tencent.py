"""Tencent's side of the venue: the quote page (``~`` fields in GBK) and the k-line JSON."""

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from decimal import Decimal
from functools import cache

from feeds.venue.exchange import Listing
from feeds.venue.figures import DAY, MILL, indices, stocks
from feeds.venue.history import DailyBar
from feeds.venue.hours import hong_kong
from market.instrument import instrument
from market.symbol import hk_code, is_index

NONE_MATCH = b'v_pv_none_match="1";\n'
CONTENT_TYPE = "text/html; charset=GBK"
KLINE_TYPE = "application/json; charset=utf-8"
KLINE_ERROR = b'{"code":0,"msg":"param error"}'
"""What a parameter that the k-line page does not read gets, with status 200."""

_ENGLISH = {"HSTECH": "Hang Seng TECH Index", "HSI": "Hang Seng Index"}
_CHINESE = {"HSTECH": "恒生科技指数", "HSI": "恒生指数"}
_TEN_THOUSAND_DOLLARS = 10_000_000  # in mills
_MOST_BARS = 2000
_IN_SESSION, _CLOSED = "30", "50"


def code(symbol: str) -> str:
    """Tencent's code of a canonical symbol, without a market prefix: ``09888``, ``HSTECH``."""
    return symbol if is_index(symbol) else hk_code(symbol)


@cache
def _symbols() -> dict[str, str]:
    return {f"hk{code(symbol)}": symbol for symbol in (*stocks(), *indices())}


def symbol(key: str) -> str:
    """The canonical symbol behind ``hk09888``; empty for a code that the venue does not know."""
    return _symbols().get(key, "")


def dollars(mills: int) -> str:
    """A price in mills with three decimals, as the page writes it."""
    return f"{mills / 1000:.3f}"


class Rows:
    """The lines of the quote page, each rendered when its listing changed and kept until it changes again."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[int, bytes]] = {}

    def of(self, codes: Iterable[str], find: Callable[[str], Listing | None]) -> list[bytes]:
        """One line for each code (``r_hk09888``) that ``find`` knows, in their order."""
        return [self._line(key, listing) for key in codes if (listing := find(key)) is not None]

    def _line(self, key: str, listing: Listing) -> bytes:
        # A name changes at most once a step, so its stamp tells whether the line is still right.
        kept = self._kept.get(key)
        if kept is None or kept[0] != listing.stamp:
            line = f'v_{key}="{render(listing)}";\n'.encode("gbk")
            self._kept[key] = kept = (listing.stamp, line)
        return kept[1]


def render(listing: Listing) -> str:
    """The 78 fields of one name. Fundamentals, of which the venue knows nothing, are 0."""
    index = is_index(listing.symbol)
    last, prev = listing.last, listing.prev_close
    price = dollars(last)
    stamp = hong_kong(listing.stamp)
    change = last - prev
    if index:
        turnover = listing.turnover / _TEN_THOUSAND_DOLLARS
        volume, shares, money = f"{turnover:.4f}", "0.0", f"{turnover:.3f}"
    else:
        volume = shares = f"{listing.volume}.0"
        money = f"{listing.turnover / 1000:.3f}"
    amplitude = (listing.high - listing.low) / prev * 100
    average = dollars(listing.turnover // listing.volume) if listing.volume else "0.000"
    title, english, kind, lot, state = _labels(listing, index=index)
    return (
        f"100~{title}~{code(listing.symbol)}~{price}~{dollars(prev)}~{dollars(listing.open)}~{volume}~0~0~{price}"
        f"~0~0~0~0~0~0~0~0~0~{price}~0~0~0~0~0~0~0~0~0~{shares}~{stamp:%Y/%m/%d %H:%M:%S}"
        f"~{dollars(change)}~{change / prev * 100:.2f}~{dollars(listing.high)}~{dollars(listing.low)}"
        f"~{price}~{volume}~{money}~0~0~~0~0~{amplitude:.2f}~0~0~{english}~0~0.000~0.000~0.00~0.00"
        f"~0~0~0~0~0~0.00~0.00~0.00~{lot}~0.00~0.00~{kind}~0.00~0.00~0.00~0.00~0.00~0.00~0.00~0.00~0.000"
        f"~{average}~0.00~HKD~1~{state}"
    )


def _labels(listing: Listing, *, index: bool) -> tuple[str, str, str, str, str]:
    """Chinese name, English name, kind, lot, and the state of trading (which an index leaves empty)."""
    symbol = listing.symbol
    if index:
        return _CHINESE[symbol], _ENGLISH[symbol], "ZS", "0", ""
    known = instrument(symbol)
    state = _CLOSED if listing.final else _IN_SESSION
    return known.zh_hans, known.short_name, "GP", str(known.lot or 100), state


def kline(key: str, bars: Sequence[DailyBar], today: Listing, first: str, last: str, count: int) -> bytes:
    """The k-line answer for a code (``hk09888``): rows of date, open, **close**, high, low, volume.

    ``first`` and ``last`` are ISO dates or empty; the newest ``count`` rows within are given, at most 2000.
    The row of the day itself is there from its first trade on. ``ValueError`` for a date that is none.
    """
    since = date.fromisoformat(first) if first else date.min
    until = date.fromisoformat(last) if last else date.max
    inside = [bar for bar in with_today(bars, today) if since <= bar.day <= until]
    kept = inside[-min(count, _MOST_BARS) :]
    earlier = [bar for bar in bars if kept and bar.day < kept[0].day]
    index = is_index(today.symbol)
    answer: dict[str, object] = {
        "day" if index else "qfqday": [_kline_row(bar, index=index) for bar in kept],
        "qt": {key: render(today).split("~")},
        "prec": dollars(earlier[-1].close if earlier else 0),
        "version": "12",
    }
    return json.dumps({"code": 0, "msg": "", "data": {key: answer}}, ensure_ascii=False).encode()


def with_today(bars: Sequence[DailyBar], today: Listing) -> list[DailyBar]:
    """The history and, once it has traded, the day's own bar as it stands."""
    if not today.open:
        return list(bars)
    live = DailyBar(DAY, today.open, today.high, today.low, today.last, today.volume)
    return [*bars, live]


def _kline_row(bar: DailyBar, *, index: bool) -> list[object]:
    prices = [dollars(price) for price in (bar.open, bar.close, bar.high, bar.low)]
    row: list[object] = [bar.day.isoformat(), *prices, f"{bar.volume}.000"]
    if not index:
        amount = Decimal(bar.close) * MILL * bar.volume / 10_000
        row += [{}, "0.00", f"{amount:.3f}"]
    return row
