"""Headlines from every configured source: polled side by side, joined to instruments, told once."""

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from random import random
from typing import Annotated, Literal, NoReturn
from urllib.parse import quote
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from feeds.backoff import LAST, delays
from feeds.base import FeedStatus, HeadlineSink
from feeds.editor import Editor
from feeds.failure import PATIENCE, RefusedError
from feeds.http import MAX_BYTES, Answer, Http
from feeds.mending import MAX_ITEMS
from feeds.repeats import Repeats
from market.clock import SECOND, Clock, rfc3339
from market.duration import parse_duration
from market.errors import FeedError, ParseError
from market.freshness import Health
from market.headline import Headline
from market.instrument import known as instruments
from market.keywords import Keywords
from market.matching import Matcher
from market.text import clean, safe_link

log = logging.getLogger(__name__)

PER_HOST = 4
"""Requests under way to one host."""

FROZEN = 30 * 86_400 * SECOND
"""A feed whose newest headline is older (ns) answers, and says nothing: a host that was left behind does so
for years."""

_UNCHANGED = 3600 * SECOND
"""A page "unchanged" for so long (ns) is asked for whole: a cache that is stuck says so for ever."""

_CONDITIONS = {"ETag": "If-None-Match", "Last-Modified": "If-Modified-Since"}
_SAFE = "!#$%&'()*+,/:;=?@[]~"


class HeadlineSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One ``[[headlines]]`` section: a feed of headlines.

    ``timeout`` is for a whole request, ``max_bytes`` for its unpacked body; ``zone`` is that of times
    written without one. A bad value raises ``ValueError`` that names its key.
    """

    name: str
    kind: Literal["rss", "hkexnews"] = "rss"
    url: str
    interval: str = "60s"
    timeout: str = "10s"
    max_bytes: Annotated[int, msgspec.Meta(ge=1024)] = MAX_BYTES
    zone: str = "Asia/Hong_Kong"
    enabled: bool = True

    def __post_init__(self) -> None:
        """Check what types cannot say."""
        if not self.name or clean(self.name, 40) != self.name:
            raise ValueError("name: not a short, printable name")
        if not safe_link(self.url):
            raise ValueError(f"url: not an address (http://… or https://…): {self.url[:80]!a}")
        for key in ("interval", "timeout"):
            try:
                parse_duration(getattr(self, key))
            except ValueError as error:
                raise ValueError(f"{key}: {error}") from None
        try:
            ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"zone: no time zone {self.zone[:40]!a}") from None


class HeadlinePoller:
    """Polls every enabled source at its own interval; none waits for, or fails with, another.

    ``statuses`` says by source name how each fares: ``frames`` answers, ``quotes`` headlines told. One that
    answers with nothing of the last month is stale, with the reason.
    ``editor`` joins headlines to instruments, and leaves some out; ``known`` were told before, oldest first,
    and are not told again. Sources that ``before`` had alike are taken over from it, each with its turn and
    with what its publisher said. ``chance`` is the backoff's jitter.
    """

    def __init__(
        self,
        sources: Sequence[HeadlineSettings],
        clock: Clock,
        *,
        editor: Editor | None = None,
        known: Sequence[Headline] = (),
        before: "HeadlinePoller | None" = None,
        chance: Callable[[], float] = random,
    ) -> None:
        self._clock = clock
        self._chance = chance
        self._editor = editor or Editor(Matcher(instruments()), Keywords(()))
        self._known = known
        had = {} if before is None else {source.settings: source for source in before._sources}
        self._sources: list[_Source] = [
            had.get(settings) or _Source(settings, clock, self._editor)
            for settings in sources
            if settings.enabled
        ]
        self._repeats = Repeats(max(40_000, 8 * MAX_ITEMS * len(self._sources)))
        self.statuses: Mapping[str, FeedStatus] = {
            source.settings.name: source.status for source in self._sources
        }

    async def run(self, sink: HeadlineSink) -> None:
        """Poll until cancelled; failures are met inside, named in ``statuses``, and retried."""
        await asyncio.to_thread(self._recall)
        async with Http(PER_HOST) as http, asyncio.TaskGroup() as group:
            for source in self._sources:
                group.create_task(self._follow(source, http, sink), name=source.settings.name)

    def _recall(self) -> None:
        """Off the event loop: 20 us a headline."""
        for headline in self._known:
            self._repeats.is_new(headline)
        self._known = ()

    def _is_news(self, headline: Headline) -> bool:
        return self._repeats.is_new(headline) and not self._editor.omits(headline)

    async def once(self) -> tuple[list[Headline], dict[str, str]]:
        """Every source asked once: the headlines, newest first, and by source why one did not answer."""
        async with Http(PER_HOST) as http:
            answers = await asyncio.gather(*(_answer(source, http) for source in self._sources))
        headlines: list[Headline] = []
        errors: dict[str, str] = {}
        # In the order of the configuration, so that of two sources the first named tells a story.
        for source, answer in zip(self._sources, answers, strict=True):
            if isinstance(answer, str):
                errors[source.settings.name] = answer
            else:
                headlines += filter(self._is_news, answer)
        return sorted(headlines, key=lambda headline: -headline.ts_event), errors

    async def _follow(self, source: "_Source", http: Http, sink: HeadlineSink) -> NoReturn:
        every = pause = parse_duration(source.settings.interval)
        # One that fails is not asked more often for long than one that answers.
        last = max(LAST, every)
        waits = delays(self._chance, last)
        status = source.status
        if status.next_try is not None:  # of a poller before
            await self._clock.sleep((status.next_try - self._clock.now()) / SECOND)
            status.next_try = None
        while True:
            was = status.state
            try:
                headlines = await source.fetch(http)
            except (FeedError, ParseError) as error:
                status.errors += 1
                status.state, status.reason = Health.DOWN, error.reason
                pause = _pause(error, every, pause, waits)
            else:
                waits = delays(self._chance, last)
                pause = every
                new = [headline for headline in headlines if self._is_news(headline)]
                if new:
                    status.quotes += len(new)
                    sink.add_headlines(sorted(new, key=lambda headline: headline.ts_event))
            _log_turn(source.settings.name, was, status)
            status.next_try = self._clock.now() + int(pause * SECOND)
            await self._clock.sleep(pause)
            status.next_try = None


class _Source:
    """One source: how it fares, and what it said of its page when it last came whole."""

    def __init__(self, settings: HeadlineSettings, clock: Clock, editor: Editor) -> None:
        self.settings = settings
        self.status = FeedStatus()
        self._clock = clock
        self._editor = editor
        self._conditions: dict[str, str] = {}
        self._read_at = 0
        self._newest = 0

    async def fetch(self, http: Http) -> list[Headline]:
        """What its page holds, joined to instruments; nothing when it has not changed.

        Raises ``FeedError`` when there is no answer, ``ParseError`` for one that is no feed.
        """
        try:
            return await self._fetch(http)
        except (FeedError, ParseError):
            raise
        except Exception as error:  # a fault of ours is this source's alone, and is told like the others
            log.exception("headline source %s broke", self.settings.name)
            reason = f"internal error: {type(error).__name__}"
            raise FeedError(self.settings.name, reason, fatal=True) from error

    async def _fetch(self, http: Http) -> list[Headline]:
        settings, status = self.settings, self.status
        if self._clock.now() - self._read_at >= _UNCHANGED:
            self._conditions = {}
        answer = await http.get(
            settings.name,
            quote(settings.url, safe=_SAFE),
            headers=self._conditions,
            timeout=parse_duration(settings.timeout),
            max_bytes=settings.max_bytes,
            keep_cut=True,
        )
        received = self._clock.now()
        status.frames += 1
        headlines: list[Headline] = []
        complaints: list[ParseError] = []
        if answer.status == 200:
            # Forgotten until this page is read: a bad or cut one must come again, not as "unchanged".
            self._conditions = {}
            headlines = await asyncio.to_thread(self._read, answer, received, complaints.append)
            self._read_at = received
            if answer.is_whole:
                self._conditions = {
                    condition: answer.headers[header]
                    for header, condition in _CONDITIONS.items()
                    if header in answer.headers
                }
            status.reason = complaints[0].reason if complaints else None
            status.rejected += len(complaints)
        elif not self._conditions:
            raise FeedError(settings.name, "answered HTTP 304 unasked")
        elif status.state is not Health.LIVE:
            status.reason = None
        if headlines:
            status.last_quote = received
            status.last_event = self._newest = max(headline.ts_event for headline in headlines)
        status.state = Health.LIVE
        if self._newest and received - self._newest > FROZEN:
            status.state = Health.STALE
            status.reason = f"frozen: its newest headline is of {rfc3339(self._newest)[:10]}"
        return headlines

    def _read(self, answer: Answer, received: int, on_error: Callable[[ParseError], None]) -> list[Headline]:
        """Off the event loop: a hostile feed takes up to six seconds."""
        settings = self.settings
        if settings.kind == "hkexnews":
            from feeds.hkexnews import parse_hkexnews

            headlines = parse_hkexnews(answer.body, settings.name, received, on_error=on_error)
        else:
            from feeds.rss import parse_feed

            headlines = parse_feed(
                answer.body,
                answer.headers.get("Content-Type"),
                settings.name,
                received,
                zone=ZoneInfo(settings.zone),
                address=settings.url,
                on_error=on_error,
            )
        return [self._editor.join(headline) for headline in headlines]


async def _answer(source: _Source, http: Http) -> list[Headline] | str:
    """What a source says, or why it says nothing."""
    try:
        return await source.fetch(http)
    except (FeedError, ParseError) as error:
        return error.reason


def _log_turn(name: str, was: str, status: FeedStatus) -> None:
    """A source's turn is a line of the log, the only one where there is no screen."""
    if status.state == was:
        return
    if status.state is not Health.LIVE:
        log.warning("headlines of %s: %s: %s", name, status.state, status.reason)
    elif was != Health.CONNECTING:
        log.info("headlines of %s: answers again", name)


def _pause(error: FeedError | ParseError, every: float, last: float, waits: Iterator[float]) -> float:
    """Seconds until the next try: the backoff's, or more where it would only prolong the trouble."""
    if isinstance(error, ParseError):
        return every
    asked = error.retry_after or 0.0
    if isinstance(error, RefusedError):
        # Twice as rarely each time.
        return max(asked, min(2 * last, max(PATIENCE, every)))
    return max(asked, every, PATIENCE) if error.fatal else max(asked, next(waits))
