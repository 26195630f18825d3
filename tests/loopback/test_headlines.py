"""Polling headlines against sources that misbehave, over real sockets."""

import asyncio
import gzip
import logging
import resource
import zlib
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager

import msgspec
import pytest
from aiohttp import web

from feeds.editor import Editor
from feeds.failure import PATIENCE
from feeds.headlines import PER_HOST, HeadlinePoller, HeadlineSettings
from market.clock import SECOND
from market.freshness import Health
from market.headline import Headline
from market.keywords import Keywords
from market.matching import Matcher
from tests.loopback.feeding import Page, PageServer, RushedClock, answers, is_cut, running, until


def rss(*titles: str) -> bytes:
    items = "".join(
        f"<item><title>{title}</title><link>https://news.example.com/{title.replace(' ', '-')}</link>"
        "<pubDate>Wed, 17 Sep 2025 10:00:00 +0800</pubDate></item>"
        for title in titles
    )
    return f"<rss version='2.0'><channel>{items}</channel></rss>".encode()


GOOD = answers(rss("Baidu wins"))


class Told:
    """A sink that keeps titles and all else of what it is told."""

    def __init__(self) -> None:
        self.headlines: list[Headline] = []
        self.calls = 0

    @property
    def titles(self) -> list[str]:
        return [headline.title for headline in self.headlines]

    def add_headlines(self, headlines: Iterable[Headline]) -> None:
        """Keep."""
        self.calls += 1
        self.headlines.extend(headlines)


class Trial:
    """A poller of one address, held before its second poll unless told otherwise."""

    def __init__(self, url: str, *, held: bool = True, **settings: object) -> None:
        self.clock = RushedClock(held=held)
        self.told = Told()
        source = msgspec.convert({"name": "news", "url": url} | settings, HeadlineSettings)
        self.poller = HeadlinePoller([source], self.clock, chance=lambda: 1.0)
        self.status = self.poller.statuses["news"]
        self.run = self.poller.run(self.told)


async def polled(*pages: Page, times: int, **settings: object) -> Trial:
    """A trial against these pages, after that many polls."""
    async with PageServer(*pages).serving() as server:
        trial = Trial(server.url, held=False, **settings)
        async with running(trial.run):
            await until(lambda: len(trial.clock.sleeps) >= times)
    return trial


@asynccontextmanager
async def site(pages: Mapping[str, Page]) -> AsyncIterator[str]:
    """A server with a page for each path; the address of its root."""
    app = web.Application()
    for path, page in pages.items():
        app.router.add_get(path, page)
    runner = web.AppRunner(app, shutdown_timeout=0.2)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def poller(
    root: str,
    *paths: str,
    clock: RushedClock | None = None,
    editor: Editor | None = None,
    **settings: object,
) -> HeadlinePoller:
    """A poller of these paths, each a source named after its path."""
    sources = [
        msgspec.convert({"name": path.strip("/"), "url": root + path} | settings, HeadlineSettings)
        for path in paths
    ]
    return HeadlinePoller(sources, clock or RushedClock(held=True), editor=editor, chance=lambda: 1.0)


# -- a source that does as it should


async def test_headlines_come_joined_and_the_status_is_true() -> None:
    async with PageServer(GOOD).serving() as server:
        trial = Trial(server.url)
        async with running(trial.run):
            await until(lambda: len(trial.clock.sleeps) == 1)
            (headline,) = trial.told.headlines
            assert (headline.title, headline.source, headline.symbols) == ("Baidu wins", "news", ("9888.HK",))
            assert headline.ts_recv == trial.clock.time
            status = trial.status
            assert (status.state, status.reason) == (Health.LIVE, None)
            assert (status.frames, status.quotes, status.errors, status.rejected) == (1, 1, 0, 0)
            assert (trial.clock.sleeps, status.next_try) == ([60.0], trial.clock.time + 60 * SECOND)
            assert status.last_quote == trial.clock.time
            assert status.last_event == headline.ts_event


async def test_a_headline_is_told_once_and_in_order() -> None:
    early = rss("older").replace(b"10:00:00", b"09:00:00")
    both = rss("newer", "older").replace(b"10:00:00", b"11:00:00", 1).replace(b"10:00:00", b"09:00:00")
    trial = await polled(answers(early), answers(both), times=5)
    assert trial.told.titles == ["older", "newer"]
    trial = await polled(answers(both), times=3)
    assert trial.told.titles == ["older", "newer"]
    assert trial.told.calls == 1
    assert trial.status.quotes == 2


async def test_conditional_requests_and_304() -> None:
    asked: list[tuple[str | None, str | None]] = []

    async def page(request: web.BaseRequest) -> web.StreamResponse:
        asked.append((request.headers.get("If-None-Match"), request.headers.get("If-Modified-Since")))
        headers = {"ETag": '"abc"', "Last-Modified": "Wed, 17 Sep 2025 02:00:00 GMT"}
        if len(asked) == 2:
            return web.Response(status=304, headers=headers)
        return web.Response(body=rss("Baidu wins"), headers=headers)

    trial = await polled(page, times=3)
    same = ('"abc"', "Wed, 17 Sep 2025 02:00:00 GMT")
    assert asked[:3] == [(None, None), same, same]
    assert trial.told.titles == ["Baidu wins"]
    assert (trial.status.state, trial.status.errors) == (Health.LIVE, 0)


async def test_304_to_a_first_request_is_no_answer() -> None:
    trial = await polled(answers(status=304), GOOD, times=1)
    assert trial.status.errors >= 1


async def test_a_page_that_stays_unchanged_for_an_hour_is_asked_for_whole() -> None:
    asked: list[str | None] = []

    async def stuck(request: web.BaseRequest) -> web.StreamResponse:
        asked.append(request.headers.get("If-None-Match"))
        titles = ("old", "new") if len(asked) > 1 else ("old",)
        whole = answers(rss(*titles), ETag='"1"')
        return await (answers(status=304) if asked[-1] else whole)(request)

    trial = await polled(stuck, times=6, interval="20m")
    assert asked[:6] == [None, '"1"', '"1"', None, '"1"', '"1"']
    assert trial.told.titles == ["old", "new"]


@pytest.mark.parametrize("bad", [answers(b"<html></html>", ETag='"x"'), is_cut(rss("one", "two")[:-40])])
async def test_a_bad_page_is_asked_for_again_without_conditions(bad: Page) -> None:
    """A 304 to it would pass for good news."""
    asked: list[str | None] = []

    async def recorded(request: web.BaseRequest) -> web.StreamResponse:
        asked.append(request.headers.get("If-None-Match"))
        return await (answers(rss("one"), ETag='"1"') if len(asked) == 1 else bad)(request)

    await polled(recorded, times=4)
    assert asked[:4] == [None, '"1"', None, None]


async def test_gzip_and_redirects() -> None:
    async def packed(request: web.BaseRequest) -> web.StreamResponse:
        assert "gzip" in request.headers["Accept-Encoding"]
        return web.Response(body=gzip.compress(rss("packed")), headers={"Content-Encoding": "gzip"})

    async def moved(_request: web.BaseRequest) -> web.StreamResponse:
        raise web.HTTPMovedPermanently("/here")

    async with site({"/moved": moved, "/here": packed}) as root:
        headlines, errors = await poller(root, "/moved").once()
    assert ([headline.title for headline in headlines], errors) == (["packed"], {})


async def test_an_address_with_chinese_in_it_is_quoted() -> None:
    async with PageServer(GOOD).serving() as server:
        headlines, errors = await poller(server.url, "百度+when:1d&hl=zh-HK%20x").once()
        assert server.paths == ["/q=%E7%99%BE%E5%BA%A6+when:1d&hl=zh-HK%20x"]
    assert errors == {}
    assert len(headlines) == 1


async def test_filings_and_a_zone_of_ones_own() -> None:
    filing = b'{"newsId":1,"title":"RESULTS","stock":[{"sc":"09888"}],"relTime":"17/09/2025 09:00"}'
    page = answers(b'{"newsInfoLst":[' + filing + b"]}")
    trial = await polled(page, times=1, kind="hkexnews")
    assert trial.told.headlines[0].symbols == ("9888.HK",)
    naive = rss("t").replace(b" +0800", b"")
    trial = await polled(answers(naive), times=1, zone="America/New_York")
    (headline,) = trial.told.headlines
    assert headline.ts_event == headline.ts_recv  # 14:00 UTC lies ahead of the clock
    trial = await polled(answers(naive), times=1)
    assert trial.told.headlines[0].ts_event == 1_758_074_400 * SECOND


# -- sources that misbehave


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        (answers(b"<!DOCTYPE html><html></html>"), "a web page in place of a feed"),
        (answers(b""), "empty answer"),
        (answers(rss("x") + b" " * 5000), "answer larger than 4096 bytes"),
        (answers(gzip.compress(b" " * 5_000_000), Content_Encoding="gzip"), "answer larger than 4096 bytes"),
        (is_cut(b"<rss><channel><item>"), "cut short before its first whole item"),
        (is_cut(b""), "answer cut short"),
        (answers(status=500), "answered HTTP 500"),
        (answers(status=404), "answered HTTP 404"),
    ],
)
async def test_a_bad_answer_is_named_and_the_next_good_one_heals(page: Page, reason: str) -> None:
    async with PageServer(page, GOOD).serving() as server:
        trial = Trial(server.url, max_bytes=4096)
        async with running(trial.run):
            await until(lambda: len(trial.clock.sleeps) == 1)
            assert (trial.status.state, trial.status.reason) == (Health.DOWN, reason)
            assert trial.status.errors == 1
            trial.clock.go.set()
            await until(lambda: trial.status.state is Health.LIVE)
            assert trial.status.reason is None
            assert trial.told.titles == ["Baidu wins"]


async def test_a_body_cut_short_keeps_its_whole_items() -> None:
    whole = rss("first", "second", "third")
    trial = await polled(is_cut(whole[: whole.index(b"third")]), times=1)
    assert trial.told.titles == ["first", "second"]
    assert trial.status.reason == "cut short, 2 whole items kept"
    packed = gzip.compress(whole)

    async def page(request: web.BaseRequest) -> web.StreamResponse:
        headers = {"Content-Encoding": "gzip", "Content-Length": str(len(packed))}
        response = web.StreamResponse(headers=headers)
        await response.prepare(request)
        await response.write(packed[:-30])
        assert request.transport is not None
        request.transport.close()
        return response

    trial = await polled(page, times=1)
    assert trial.told.titles[:1] == ["first"]


async def test_retry_after_binds_its_own_address_alone() -> None:
    counts = {"busy": 0, "fine": 0}

    async def busy(_request: web.BaseRequest) -> web.StreamResponse:
        counts["busy"] += 1
        return web.Response(status=429, headers={"Retry-After": "1800"})

    async def fine(request: web.BaseRequest) -> web.StreamResponse:
        counts["fine"] += 1
        return await GOOD(request)

    clock, told = RushedClock(held=True), Told()
    async with site({"/busy": busy, "/fine": fine}) as root:
        both = poller(root, "/busy", "/fine", interval="10s", clock=clock)
        async with running(both.run(told)):
            await until(lambda: len(clock.sleeps) == 2)
            assert sorted(clock.sleeps) == [10.0, 1800.0]
            status = both.statuses["busy"]
            assert (status.state, status.reason) == (Health.DOWN, "answered HTTP 429")
            assert status.next_try == clock.time + 1800 * SECOND
            assert both.statuses["fine"].state is Health.LIVE
    assert told.titles == ["Baidu wins"]
    assert counts == {"busy": 1, "fine": 1}


async def test_waits_after_failures() -> None:
    trial = await polled(answers(status=500), times=8)
    assert trial.clock.sleeps[:8] == [1, 2, 4, 8, 16, 32, 60, 60]
    trial = await polled(answers(status=500), times=10, interval="5m")
    assert trial.clock.sleeps[6:10] == [64, 128, 256, 300]
    trial = await polled(answers(status=403), times=4)
    assert trial.clock.sleeps[:4] == [120, 240, PATIENCE, PATIENCE]
    trial = await polled(answers(status=404), times=2)
    assert trial.clock.sleeps[:2] == [PATIENCE, PATIENCE]
    trial = await polled(answers(b"<html>"), times=2, interval="5s")
    assert trial.clock.sleeps[:2] == [5, 5]
    trial = await polled(answers(status=500), answers(status=500), GOOD, answers(status=500), times=4)
    assert trial.clock.sleeps[:4] == [1, 2, 60, 1]


async def test_a_source_that_drips_or_hangs_is_given_up_in_time() -> None:
    async def drips(request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while True:
                await response.write(b" ")
                await asyncio.sleep(0.02)
        except OSError:
            return response

    async def hangs(_request: web.BaseRequest) -> web.StreamResponse:
        await asyncio.sleep(5)
        return web.Response()

    loop = asyncio.get_running_loop()
    async with site({"/drips": drips, "/hangs": hangs, "/fine": GOOD}) as root:
        began = loop.time()
        headlines, errors = await poller(root, "/drips", "/hangs", "/fine", timeout="200ms").once()
        assert loop.time() - began < 2
    assert [headline.title for headline in headlines] == ["Baidu wins"]
    assert errors == {"drips": "timed out", "hangs": "timed out"}


async def test_four_requests_at_a_time_and_a_time_out_that_starts_when_sent() -> None:
    async def slow(request: web.BaseRequest) -> web.StreamResponse:
        await asyncio.sleep(0.4)
        return await answers(rss(f"Story of the day {request.query_string}"))(request)

    async with PageServer(slow).serving() as server:
        # The third four wait for 0.8 s before they are sent, and are answered after 1.2 s.
        paths = [f"/?{number}" for number in range(3 * PER_HOST)]
        headlines, errors = await poller(server.url, *paths, timeout="1s").once()
        assert server.at_once == PER_HOST
    assert errors == {}
    assert len(headlines) == 3 * PER_HOST


async def test_a_redirect_that_leads_nowhere() -> None:
    pages = {
        "/loop": answers(status=302, Location="/loop"),
        "/file": answers(status=302, Location="file:///x"),
    }
    async with site(pages) as root:
        headlines, errors = await poller(root, "/loop", "/file").once()
    assert headlines == []
    assert errors == {"loop": "redirects without end", "file": "bad address, or redirects to one"}


async def test_nobody_listens() -> None:
    async with PageServer(GOOD).serving() as server:
        url = server.url
    _, errors = await poller(url, "x").once()
    assert errors == {"x": "connection refused"}


# -- several sources


async def test_once_is_newest_first_and_the_first_source_tells_a_story() -> None:
    late = rss("Tencent sells bonds for nine billion").replace(b"10:00:00", b"10:05:00")
    pages = {
        "/a": answers(rss("Baidu wins a contract from China Mobile")),
        "/b": answers(rss("BAIDU wins a contract from China Mobile!") + b" "),
        "/c": answers(late),
        "/d": answers(status=503),
    }
    async with site(pages) as root:
        headlines, errors = await poller(root, "/a", "/b", "/c", "/d").once()
    assert [headline.source for headline in headlines] == ["c", "a"]
    assert errors == {"d": "answered HTTP 503"}


async def test_a_fault_of_ours_stays_with_its_source(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(Matcher):
        def join(self, headline: Headline) -> Headline:
            if headline.source == "a":
                raise RuntimeError("planted")
            return headline

    async with site({"/a": GOOD, "/b": GOOD}) as root:
        headlines, errors = await poller(root, "/a", "/b", editor=Editor(Broken(()), Keywords(()))).once()
    assert [headline.source for headline in headlines] == ["b"]
    assert errors == {"a": "internal error: RuntimeError"}
    assert "planted" in caplog.text


async def test_what_was_told_before_or_is_muted_is_not_told() -> None:
    page = rss("Baidu wins", "Football results", "Tencent gains")
    async with site({"/a": answers(page)}) as root:
        first = poller(root, "/a")
        known, _ = await first.once()
        sink = Told()
        second = HeadlinePoller(
            [msgspec.convert({"name": "a", "url": root + "/a"}, HeadlineSettings)],
            RushedClock(held=True),
            known=[headline for headline in known if headline.title == "Baidu wins"],
            editor=Editor(Matcher(()), Keywords(["football"])),
        )
        async with running(second.run(sink)):
            await until(lambda: second.statuses["a"].frames == 1 and bool(sink.headlines))
    assert sink.titles == ["Tencent gains"]


async def test_a_turn_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    await polled(GOOD, answers(status=500), answers(status=503), GOOD, GOOD, times=5)
    assert [record.getMessage() for record in caplog.records if record.name == "feeds.headlines"] == [
        "headlines of news: down: answered HTTP 500",
        "headlines of news: answers again",
    ]


async def test_a_frozen_feed_is_told_as_such_until_it_thaws() -> None:
    old = rss("Old news").replace(b"17 Sep", b"27 Jan")
    pages = (answers(old, ETag='"1"'), answers(b"", status=304), answers(rss("Baidu wins")))
    async with PageServer(*pages).serving() as server:
        trial = Trial(server.url)
        states: list[tuple[Health, str | None]] = []
        for _ in pages:
            await trial.poller.once()
            states.append((trial.status.state, trial.status.reason))
        trial.run.close()
    frozen = (Health.STALE, "frozen: its newest headline is of 2025-01-27")
    assert states == [frozen, frozen, (Health.LIVE, None)]


async def test_a_bomb_is_given_up_before_it_is_unpacked() -> None:
    packer = zlib.compressobj(9, wbits=31)
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(300)) + packer.flush()
    page = answers(bomb, Content_Encoding="gzip")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    async with PageServer(page).serving() as server:
        trial = Trial(server.url)
        async with running(trial.run):
            await until(lambda: trial.status.errors == 1)
    assert trial.status.reason == "answer larger than 4194304 bytes"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 60_000  # KiB, of 300 MiB


async def test_sources_that_are_switched_off_are_not_asked() -> None:
    async with PageServer(GOOD).serving() as server:
        assert await poller(server.url, "x", enabled=False).once() == ([], {})
        assert server.paths == []


# -- settings


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"name": ""}, "name: not a short, printable name"),
        ({"name": "a\x1b"}, "name: not a short, printable name"),
        ({"url": "ftp://x/"}, "url: not an address"),
        ({"url": "http://"}, "url: not an address"),
        ({"interval": "soon"}, "interval: not a duration"),
        ({"timeout": "0s"}, "timeout: not a duration"),
        ({"max_bytes": 5}, "max_bytes"),
        ({"zone": "Asia/Kowloon"}, "zone: no time zone"),
        ({"zone": "/etc/passwd"}, "zone: no time zone"),
        ({"kind": "rdf"}, "kind"),
        ({"intervall": "5s"}, "intervall"),
    ],
)
def test_bad_settings_are_named(settings: dict[str, object], reason: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=reason):
        msgspec.convert({"name": "n", "url": "https://x/"} | settings, HeadlineSettings)
