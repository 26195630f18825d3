"""Bridge: from what the engine holds to what the widgets show. The only place that knows both."""

import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, tzinfo
from typing import NamedTuple

from feeds.base import FeedStatus
from market.clock import SECOND
from market.facts import Change, Facts
from market.freshness import Health, Quality, age_text
from market.headline import Headline
from market.instrument import instrument
from market.quote import Quote
from market.session import CONTINUOUS, TRADING, calendar
from market.state import Entry
from market.symbol import mic
from monitor.engine import Engine
from monitor.intake import Intake
from monitor.news import Marks
from widgets.feed_status import FeedLine
from widgets.formatting import coarse_age, price, tag
from widgets.index_strip import Hours, IndexLine
from widgets.tile import Tile

MARKS = {Quality.SIMULATED: "SIM", Quality.REPLAY: "TAPE"}
"""What stands on every tile whose prices are not today's market."""

_TIMES = {"XHKG": "HKT", "XNYS": "ET", "24/7": "UTC"}


class Exchange(NamedTuple):
    """Whose day the screen follows, and what its time is called."""

    mic: str
    zone: tzinfo
    time: str


class FeedAccount(NamedTuple):
    """One feed in full; figures as (word, value), ready to read."""

    name: str
    health: Health
    figures: Sequence[tuple[str, str]]


class Bridge:
    """Reads one engine. Of its own it keeps the language of names, and counts to tell a feed's rate."""

    def __init__(self, engine: Engine, *, names: str = "en") -> None:
        self.engine = engine
        self.names = names
        self.marks: Marks | None = None
        """What a person made of headlines, once a configuration says so."""
        self.mark = MARKS.get(engine.quality, "")
        self._counts: dict[str, tuple[float, int, float]] = {}  # per feed: when, quotes until then, rate

    @property
    def exchange(self) -> Exchange:
        """Hong Kong's day where anything of it is watched, else the first name's."""
        mics = {entry.calendar.mic: entry.calendar for entry in self.engine.state.entries.values()}
        hours = mics.get("XHKG") or next(iter(mics.values()), calendar("XHKG"))
        return Exchange(hours.mic, hours.zone, _TIMES[hours.mic])

    @property
    def today(self) -> date:
        """The date there."""
        return calendar(self.exchange.mic).day_of(self.engine.clock.now())

    def is_today(self, ts: int) -> bool:
        """Whether an instant (nanoseconds UTC) lies on that date."""
        return calendar(self.exchange.mic).day_of(ts) == self.today

    @property
    def banner(self) -> str:
        """What stands over the whole screen when its prices are not today's market."""
        quality = self.engine.quality
        return quality.upper() if quality in MARKS else ""

    def hours(self) -> Hours:
        """What the exchange's clock says."""
        now = self.engine.clock.now()
        hours = calendar(self.exchange.mic)
        next_at, next_phase = hours.next_change(now)
        return Hours(now, hours.phase_at(now), next_at, next_phase)

    @property
    def calendar_warnings(self) -> list[str]:
        """Which calendars of what is watched are about to end, or have ended."""
        hours = {entry.calendar.mic: entry.calendar for entry in self.engine.state.entries.values()}
        told = (one.warning(one.day_of(self.engine.clock.now())) for one in hours.values())
        return [warning.partition(",")[0] for warning in told if warning is not None]

    # -- tiles

    def tiles(self, symbols: Iterable[str], alerted: frozenset[str] = frozenset()) -> dict[str, Tile]:
        """The tiles of some symbols as they stand now; ``alerted`` have an alert to acknowledge."""
        now = self.engine.clock.now()
        entries = self.engine.state.entries
        return {
            symbol: self._tile(entry, now, symbol in alerted)
            for symbol in symbols
            if (entry := entries.get(symbol)) is not None
        }

    def _tile(self, entry: Entry, now: int, alert: bool) -> Tile:
        name = instrument(entry.symbol).title(self.names)
        quote = entry.quote
        if quote is None or entry.session_date is None:
            return Tile(entry.symbol, name, tag=self.mark, quality=self.engine.quality, alert=alert)
        delay = self.delay(quote)
        age = max(now - quote.ts_event, 0)
        quality = self._quality(entry, quote, now, delay)
        word = tag(quality, age / SECOND, delay / SECOND, self.mark)
        if word == self.mark and (other := entry.dispute) is not None:
            word = f"{self.mark} DIFF {other.source}".lstrip()  # a narrow row has room for five cells
        return Tile(
            symbol=entry.symbol,
            name=name,
            quote=quote,
            minutes=entry.minutes,
            session=entry.calendar.session(entry.session_date),
            quality=quality,
            tag=word,
            age=coarse_age(age / SECOND),
            alert=alert,
        )

    def delay(self, quote: Quote) -> int:
        """By how much the quote's source is known to be late, nanoseconds."""
        intake = self.engine.intakes.get(quote.source)
        return max(intake.lags.delay(mic(quote.symbol)) if intake is not None else 0, quote.delay * SECOND)

    def _quality(self, entry: Entry, quote: Quote, now: int, delay: int) -> Quality:
        """A price is stale once its market has traded on for longer than the rules allow.

        So yesterday's close is not stale at night, and is as soon as today's trading has begun.
        """
        late = now - delay
        limit = self.engine.limits.max_age
        if late - quote.ts_event > limit and _traded_since(entry, quote.ts_event, late) > limit:
            return Quality.STALE
        return Quality.DELAYED if delay else self.engine.quality

    # -- indices and history

    def indices(self, symbols: Iterable[str]) -> list[IndexLine]:
        """Those of the symbols that have a price, or that a feed is there to bring."""
        served = [intake.feed.serves for intake in self.engine.intakes.values()]
        lines = [self._index(symbol) for symbol in symbols]
        return [line for line in lines if line.quote or any(serves(line.symbol) for serves in served)]

    def _index(self, symbol: str) -> IndexLine:
        """An index as the strip shows it; without history the streaks are left out."""
        entry = self.engine.state.entries.get(symbol)
        quote = entry.quote if entry is not None else None
        if entry is None or quote is None:
            return IndexLine(symbol)
        now, delay = self.engine.clock.now(), self.delay(quote)
        quality = self._quality(entry, quote, now, delay)
        # The whole strip says SIMULATED already: here only what is wrong with this index.
        word = tag(quality, (now - quote.ts_event) / SECOND, delay / SECOND)
        facts = self.facts(quote)
        if facts is None or facts.hole:
            return IndexLine(symbol, quote, tag=word, quality=quality)
        return IndexLine(
            symbol=symbol,
            quote=quote,
            day=facts.day.streak,
            week=_streak(facts.week),
            month=_streak(facts.month),
            year_pct=None if facts.year.hole else facts.year.pct,
            record_pct=facts.pct_below,
            highest_since=facts.highest_since,
            record=facts.record_date == facts.session_date,
            tag=word,
            quality=quality,
        )

    def facts(self, quote: Quote) -> Facts | None:
        """What history says of a quote, where history is loaded."""
        profiles = self.engine.profiles
        return profiles.facts(quote, self.engine.clock.now()) if profiles is not None else None

    def sentences(self, quote: Quote) -> tuple[str, ...]:
        """The same in words of the language of names, the rarest first."""
        if (profiles := self.engine.profiles) is None:
            return ()
        told = profiles.sentences(quote, self.engine.clock.now(), self.names)
        return tuple(sentence.text for sentence in told)

    # -- headlines

    @property
    def newest_headline(self) -> Headline | None:
        """The one told last: another than before means that there is news."""
        return self.engine.headlines.newest

    def headlines(self, symbol: str | None = None) -> Sequence[Headline]:
        """Those held, newest first; of one name, where one is given."""
        stories = self.engine.headlines
        if symbol is not None:
            return stories.about(symbol)
        return sorted(stories, key=lambda line: line.ts_event, reverse=True)

    # -- feeds

    def feeds(self) -> list[FeedLine]:
        """Every feed of quotes as it stands, every source of headlines and a store that has failed."""
        lines = [self._feed(intake) for intake in self.engine.intakes.values()]
        now = self.engine.clock.now()
        for name, status in self._headline_statuses().items():
            if status.state in (Health.DOWN, Health.STALE):
                due = None if status.next_try is None else (status.next_try - now) / SECOND
                lines.append(
                    FeedLine(name, status.state, status.reason, None, errors=status.errors, next_try_s=due)
                )
        if trouble := self.engine.store.trouble:
            lines.append(FeedLine("store", Health.DOWN, trouble, None))
        return lines

    def _headline_statuses(self) -> Mapping[str, FeedStatus]:
        feed = self.engine.headline_feed
        return feed.statuses if feed is not None else {}

    def _feed(self, intake: Intake) -> FeedLine:
        now = self.engine.clock.now()
        status = intake.feed.status
        health, reason = self.engine.health.judge(intake, now)
        # A feed that polls knows its next try as well; it is news only while there is nothing else.
        waits = health in (Health.DOWN, Health.CONNECTING)
        # Without quotes the last lag would look like that of a live feed.
        silent = waits or health is Health.STALE
        age = (now - intake.newest) / SECOND if intake.newest else None
        return FeedLine(
            name=intake.feed.name,
            health=health,
            reason=reason,
            rate=self._rate(intake.feed.name, status.quotes),
            lag_s=None if silent or health is Health.CLOSED else status.lag_s,
            silent_s=age if silent else None,
            errors=status.errors,
            rejected=status.rejected,
            reconnects=status.reconnects,
            next_try_s=(status.next_try - now) / SECOND if waits and status.next_try is not None else None,
        )

    def accounts(self) -> list[FeedAccount]:
        """Every feed with all that it counted."""
        accounts = [self._account(intake) for intake in self.engine.intakes.values()]
        return accounts + [self._source(*source) for source in self._headline_statuses().items()]

    def _source(self, name: str, status: FeedStatus) -> FeedAccount:
        wait = None if status.next_try is None else (status.next_try - self.engine.clock.now()) / SECOND
        figures = [
            ("reason", status.reason),
            ("next look in", None if wait is None else age_text(wait)),
            ("headlines", f"{status.quotes:,}"),
            ("answers", f"{status.frames:,}"),
            ("rejected", f"{status.rejected:,}"),
            ("errors", f"{status.errors:,}"),
        ]
        return FeedAccount(name, status.state, [(word, value) for word, value in figures if value])

    def _account(self, intake: Intake) -> FeedAccount:
        now = self.engine.clock.now()
        status, lags, line = intake.feed.status, intake.lags, self._feed(intake)
        figures = [
            ("reason", line.reason),
            ("next try in", None if line.next_try_s is None else age_text(line.next_try_s)),
            ("newest quote", age_text((now - intake.newest) / SECOND) + " old" if intake.newest else "none"),
            ("lag", None if line.lag_s is None else f"{line.lag_s:.1f} s"),
            ("delay", f"{lags.longest // SECOND} s" if lags.longest else "none established"),
            ("clock ahead by", f"{lags.skew / SECOND:+.1f} s" if lags.skew else None),
            ("quotes", f"{status.quotes:,} ({line.rate:.1f}/s lately)"),
            ("frames", f"{status.frames:,}"),
            ("rejected", f"{status.rejected:,}"),
            ("errors", f"{status.errors:,}"),
            ("reconnects", f"{status.reconnects:,}"),
            ("not sent to us", f"{status.missed:,}" if status.missed else None),
            ("turned down", status.turned_down),
            ("differs on", self._disputed(line.name)),
        ]
        return FeedAccount(line.name, line.health, [(word, value) for word, value in figures if value])

    def _disputed(self, name: str) -> str:
        """The names on which a feed is at odds with the leading one, with both prices."""
        entries = self.engine.state.entries.values()
        disputes = ((entry.quote, entry.dispute) for entry in entries)
        return ", ".join(
            f"{other.symbol} {price(other.last)} against {price(leader.last)} of {leader.source}"
            for leader, other in disputes
            if leader is not None and other is not None and other.source == name
        )

    def _rate(self, name: str, quotes: int) -> float:
        """Quotes a second of real time, smoothed over a few of them."""
        now = time.monotonic()
        at, count, rate = self._counts.get(name, (now, quotes, 0.0))
        if now - at < 0.5:  # asked twice: by the bar, and by the feeds' own screen
            self._counts.setdefault(name, (now, quotes, rate))
            return rate
        rate += ((quotes - count) / (now - at) - rate) * 0.3
        self._counts[name] = (now, quotes, rate)
        return rate


def _traded_since(entry: Entry, ts: int, until: int) -> int:
    """Trading time of the name's exchange between two instants, nanoseconds, or more."""
    hours = entry.calendar
    own, latest = hours.latest(ts), hours.latest(until)
    if own.date == latest.date:
        return latest.trading_ns_between(ts, until, CONTINUOUS)
    if hours.between(own.date, latest.date) > 1 or latest.phase_at(until) in TRADING:
        return until - ts  # a session was missed, or trading has begun anew
    return sum(session.trading_ns_between(ts, until, CONTINUOUS) for session in (own, latest))


def _streak(change: Change) -> int | None:
    """The streak, where it counts from the close that it should."""
    return None if change.hole else change.streak
