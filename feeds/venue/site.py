"""The venue's pages and sockets on the vendors' own paths, as one aiohttp application."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple, TypeVar

from aiohttp import web

from feeds.venue import chart, news, overseas, tencent
from feeds.venue.exchange import Exchange, Listing
from feeds.venue.faults import Faults
from feeds.venue.floor import Floor
from feeds.venue.history import daily_bars
from feeds.venue.peers import ClockPeer, StreamPeer
from feeds.venue.stream import canonical

RETRY_AFTER = 2
"""Seconds that a 429 asks for."""

WELCOME = """SIMULATED venue, playing 2025-09-17 in Hong Kong. Websockets: / (Yahoo stream) /clock. \
Pages: /v8/finance/chart/{symbol} /q={codes} /appstock/app/hkfqkline/get?param=... \
/rthk/news/rss/e_expressnews_efinance.xml /rthk/news/rss/c_expressnews_cfinance.xml \
/ncms/json/eds/lcisehk1relsde_1.json
"""

_GARBAGE = b"\x00\xff\x1b[31m<html>%%% not what was asked for"
_Row = TypeVar("_Row")


class _Body(NamedTuple):
    content: bytes
    type: str
    status: int = 200


_Page = Callable[[web.Request], _Body]
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Site:
    """Answers every request from the floor's present state, spoilt by the faults in force."""

    def __init__(self, floor: Floor, faults: Faults, seed: int) -> None:
        """Serve a floor; ``seed`` decides the invented history."""
        self._floor = floor
        self._faults = faults
        self._seed = seed
        self._rows = tencent.Rows()
        self._older: bytes | None = None

    def application(self) -> web.Application:
        """All routes."""
        pages: dict[str, tuple[str, _Page]] = {
            "/q={codes}": ("quotes", self._quotes),
            "/v8/finance/chart/{symbol}": ("chart", self._chart),
            "/appstock/app/hkfqkline/get": ("kline", self._kline),
            "/rthk/news/rss/e_expressnews_efinance.xml": ("rss", self._rss_english),
            "/rthk/news/rss/c_expressnews_cfinance.xml": ("rss", self._rss_chinese),
            "/ncms/json/eds/lcisehk1relsde_1.json": ("hkexnews", self._hkexnews),
        }
        application = web.Application()
        application.router.add_get("/", self._root)
        application.router.add_get("/clock", self._clock)
        for path, (name, page) in pages.items():
            application.router.add_get(path, self._handler(name, page))
        return application

    # Sockets

    async def _root(self, request: web.Request) -> web.StreamResponse:
        if "Upgrade" not in request.headers:
            return web.Response(text=WELCOME)
        if (status := self._faults.refusal("stream")) is not None:
            return _refused(status)
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        version = 2 if request.query.get("version") == "2" else 1
        await StreamPeer(self._floor, socket, self._faults, lambda: _drop(request), version).serve()
        return socket

    async def _clock(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        peer = ClockPeer(self._floor, socket)
        peer.tell(())
        await peer.serve()
        return socket

    # Pages

    def _handler(self, name: str, page: _Page) -> _Handler:
        """A handler that answers with the page, unless a fault strikes."""
        strikes = self._faults.strikes

        async def handle(request: web.Request) -> web.StreamResponse:
            if strikes("stall", name):
                await asyncio.Event().wait()  # until the client gives up, or the venue shuts
            if strikes("drop", name):
                _drop(request)
            if (status := self._faults.refusal(name)) is not None:
                return _refused(status)
            body = page(request)
            if strikes("garbage", name):
                body = body._replace(content=_GARBAGE)
            if strikes("cut", name):
                return await _cut_short(request, body)
            return web.Response(body=body.content, status=body.status, headers={"Content-Type": body.type})

        return handle

    def _exchange(self, name: str) -> Exchange:
        return self._floor.delayed() if self._faults.active("delay", name) else self._floor.exchange

    def _arranged(self, name: str, rows: Sequence[_Row]) -> Sequence[_Row]:
        """Rows as the faults ``reorder`` and ``repeat`` leave them."""
        if self._faults.strikes("reorder", name):
            rows = rows[::-1]
        if self._faults.strikes("repeat", name):
            rows = [row for row in rows for _ in range(2)]
        return rows

    def _quotes(self, request: web.Request) -> _Body:
        codes = [code for code in request.match_info["codes"].split(",") if code]
        rows = self._rows.of(codes, self._quoted)
        if self._faults.strikes("repeat", "quotes"):
            rows += rows
        if len(rows) < len(codes):
            rows.append(tencent.NONE_MATCH)
        content = b"".join(rows)
        older, self._older = self._older, content
        if older is not None and self._faults.strikes("reorder", "quotes"):
            content = older
        self._floor.polled()
        return _Body(content, tencent.CONTENT_TYPE)

    def _quoted(self, code: str) -> Listing | None:
        """The listing behind ``r_hk09888``, or behind ``hk09888``, which is fifteen minutes late."""
        late = not code.startswith("r_") or self._faults.active("delay", "quotes")
        symbol = tencent.symbol(code.removeprefix("r_"))
        return (self._floor.delayed() if late else self._floor.exchange).listings.get(symbol)

    def _chart(self, request: web.Request) -> _Body:
        symbol = request.match_info["symbol"]
        if (abroad := overseas.glance(symbol, self._floor.now)) is not None:
            return _Body(abroad, chart.CONTENT_TYPE)
        listing = self._exchange("chart").listings.get(canonical(symbol))
        try:
            if listing is None:
                raise chart.unknown_symbol()
            history = self._arranged("chart", daily_bars(listing.symbol, self._seed))
            return _Body(chart.chart(symbol, listing, history, request.query), chart.CONTENT_TYPE)
        except chart.ChartError as error:
            return _Body(error.body, chart.CONTENT_TYPE, error.status)

    def _kline(self, request: web.Request) -> _Body:
        try:
            key, _, first, last, count, *_ = _daily_param(request.query.get("param", ""))
            listing = self._exchange("kline").listings[tencent.symbol(key)]
            bars = self._arranged("kline", daily_bars(listing.symbol, self._seed))
            content = tencent.kline(key, bars, listing, first, last, int(count or 0))
        except (ValueError, KeyError):
            content = tencent.KLINE_ERROR
        return _Body(content, tencent.KLINE_TYPE)

    def _rss_english(self, request: web.Request) -> _Body:
        return self._rss(chinese=False)

    def _rss_chinese(self, request: web.Request) -> _Body:
        return self._rss(chinese=True)

    def _rss(self, *, chinese: bool) -> _Body:
        stories = self._arranged("rss", news.stories(self._floor.now))
        return _Body(news.rss(stories, chinese=chinese), news.RSS_TYPE)

    def _hkexnews(self, request: web.Request) -> _Body:
        filings = self._arranged("hkexnews", news.filings(self._floor.now))
        return _Body(news.hkexnews(filings, self._floor.now), news.FILINGS_TYPE)


def _daily_param(param: str) -> list[str]:
    """The pieces of ``hk00700,day,,,320,qfq``; ``ValueError`` for a period other than the day."""
    pieces = param.split(",")
    if len(pieces) < 5 or pieces[1] != "day":
        raise ValueError(f"not a daily k-line: {param!r}")
    return pieces


def _refused(status: int) -> web.Response:
    headers = {"Retry-After": str(RETRY_AFTER)} if status == 429 else {}
    texts = {429: "Too Many Requests\r\n", 403: "Forbidden\r\n", 500: "Internal Server Error\r\n"}
    return web.Response(status=status, text=texts[status], headers=headers)


def _drop(request: web.Request) -> None:
    """Cut the connection without a word."""
    if request.transport is not None:
        request.transport.abort()


async def _cut_short(request: web.Request, body: _Body) -> web.StreamResponse:
    """Announce the whole body, send half of it, and hang up."""
    response = web.StreamResponse(status=body.status, headers={"Content-Type": body.type})
    response.content_length = len(body.content)
    await response.prepare(request)
    await response.write(body.content[: len(body.content) // 2])
    if request.transport is not None:
        request.transport.close()
    return response
