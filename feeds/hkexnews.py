"""Filings of companies listed in Hong Kong, from the exchange's own list of the newest."""

from datetime import datetime
from urllib.parse import urljoin

import msgspec

from feeds.charset import decode
from feeds.json_feed import cut, with_whole_characters
from feeds.rss import HONG_KONG, OnError, believable
from market.clock import SECOND
from market.errors import ParseError
from market.headline import Headline
from market.text import clean, safe_link
from market.topics import topic

SITE = "https://www1.hkexnews.hk/"

_RENMINBI = 80_000
"""What a renminbi counter's code has over the ordinary share's: 80700 is 00700 in another currency."""


class _Stock(msgspec.Struct):
    sc: str
    sn: str = ""


class _Filing(msgspec.Struct):
    title: str
    newsId: int | str = ""  # noqa: N815 - the exchange's names
    lTxt: str = ""  # noqa: N815
    webPath: str = ""  # noqa: N815
    relTime: str = ""  # noqa: N815
    stock: list[_Stock] = []


class _Page(msgspec.Struct):
    newsInfoLst: list[msgspec.Raw]  # noqa: N815


_decode_page = msgspec.json.Decoder(_Page).decode
_decode_filing = msgspec.json.Decoder(_Filing).decode


def parse_hkexnews(
    raw: bytes, source: str, ts_recv: int, *, on_error: OnError | None = None
) -> list[Headline]:
    """The filings of a page, in its order; a company's counters stand for its ordinary share.

    ``ts_recv`` (ns UTC) stands in for a time that cannot be read. ``on_error`` is told of filings left
    out, and of a page that was cut, whose whole filings are kept. A page that is none of the exchange's
    raises ``ParseError``.
    """
    headlines: dict[str, Headline] = {}
    for row in _rows(raw, source, on_error):
        try:
            headline = _headline(_decode_filing(row), source, ts_recv)
        except (msgspec.DecodeError, UnicodeDecodeError, ValueError) as error:
            if on_error is not None:
                on_error(ParseError(source, f"a filing left out: {clean(str(error), 80)}", bytes(row)))
            continue
        headlines.setdefault(headline.id, headline)
    return list(headlines.values())


def _rows(raw: bytes, source: str, on_error: OnError | None) -> list[msgspec.Raw]:
    text = with_whole_characters(decode(raw))
    try:
        return _decode_page(text).newsInfoLst
    except (msgspec.DecodeError, RecursionError) as error:
        reason = f"not the exchange's list: {clean(str(error), 80)}" if text.strip() else "empty answer"
        refusal = ParseError(source, reason, raw)
    mended = cut(text, "newsInfoLst")
    try:
        rows = _decode_page(mended.text).newsInfoLst if mended else []
    except (msgspec.DecodeError, RecursionError):
        rows = []
    if mended is None or not rows:
        raise refusal
    if on_error is not None:
        on_error(ParseError(source, mended.complaint))
    return rows


def _headline(filing: _Filing, source: str, ts_recv: int) -> Headline:
    title = clean(filing.title) or clean(filing.lTxt)
    if not title:
        raise ValueError("it has no title")
    link = safe_link(urljoin(SITE, filing.webPath)) if filing.webPath else ""
    return Headline(
        id=f"hkexnews:{clean(str(filing.newsId), 40)}" if filing.newsId else link or f"hkexnews:{title}",
        title=title,
        link=link,
        ts_event=_instant(filing.relTime, ts_recv),
        ts_recv=ts_recv,
        source=source,
        symbols=_symbols(filing.stock),
        # The exchange's own heading says more than many a title: "… - [Trading Halt]".
        topic=topic(clean(filing.lTxt)) or topic(title),
    )


def _instant(written: str, ts_recv: int) -> int:
    """``17/07/2026 08:13``, Hong Kong time."""
    try:
        moment = datetime.strptime(written.strip(), "%d/%m/%Y %H:%M").replace(tzinfo=HONG_KONG)
    except ValueError:
        return ts_recv
    return believable(int(moment.timestamp()) * SECOND, ts_recv)


def _symbols(stocks: list[_Stock]) -> tuple[str, ...]:
    names = {int(stock.sc): stock.sn for stock in stocks if stock.sc.isdecimal() and len(stock.sc) <= 5}
    symbols: list[str] = []
    for code, name in names.items():
        ordinary = code - _RENMINBI
        is_counter = ordinary > 0 and (ordinary in names or name.endswith("-R"))
        if code:
            symbols.append(f"{ordinary if is_counter else code:04d}.HK")
    return tuple(dict.fromkeys(symbols))
