"""Tencent's side of the venue: the quote page (``~`` fields in GBK) and the k-line JSON."""

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from decimal import Decimal

from feeds.venue.exchange import Listing
from feeds.venue.figures import DAY, MILL
from feeds.venue.history import DailyBar
from feeds.venue.hours import hong_kong
from market.instrument import instrument
from market.symbol import hk_code, is_index

NONE_MATCH = b'v_pv_none_match="1";\n'
CONTENT_TYPE = "text/html; charset=GBK"
_ENGLISH = {"HSTECH": "Hang Seng TECH Index", "HSI": "Hang Seng Index"}
_CHINESE = {"HSTECH": "恒生科技指数", "HSI": "恒生指数"}
_TEN_THOUSAND_DOLLARS = 10_000_000  # in mills
_MOST_BARS = 2000
_IN_SESSION, _CLOSED = "30", "50"


def code(symbol: str) -> str:
    """Tencent's code of a canonical symbol, without a market prefix: ``09888``, ``HSTECH``."""
    return symbol if is_index(symbol) else hk_code(symbol)


def dollars(mills: int) -> str:
    """A price in mills with three decimals, as the page writes it."""
    sign = "-" if mills < 0 else ""
    whole, rest = divmod(abs(mills), 1000)
    return f"{sign}{whole}.{rest:03d}"


class Page:
    """The quote page: rows are rendered when their listing changed, and kept until it changes again.

    ``find`` gives the listing of a code of ours (``09888``), or ``None``.
    """

    def __init__(self, find: Callable[[str], Listing | None]) -> None:
        """Serve the listings that ``find`` knows."""
        self._find = find
        self._rows: dict[str, tuple[int, bytes]] = {}

    def rows(self, codes: Iterable[str]) -> list[bytes]:
        """One line for each known code (``r_hk09888`` or ``hk09888``), in their order."""
        lines = []
        for key in codes:
            listing = self._find(key.removeprefix("r_").removeprefix("hk"))
            if listing is not None:
                lines.append(self._row(key, listing))
        return lines

    def _row(self, key: str, listing: Listing) -> bytes:
        # A name changes at most once a step, so its stamp tells whether the row is still right.
        kept = self._rows.get(key)
        if kept is None or kept[0] != listing.stamp:
            line = f'v_{key}="{render(listing)}";\n'.encode("gbk")
            self._rows[key] = kept = (listing.stamp, line)
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


def kline_error() -> bytes:
    """What a parameter that the k-line page does not read gets, with status 200."""
    return b'{"code":0,"msg":"param error"}'


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
