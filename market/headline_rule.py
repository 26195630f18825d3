"""HeadlineRule: an alert on a headline that holds one of some words."""

from datetime import date
from hashlib import sha256

from market.alert import Alert
from market.clock import SECOND
from market.conditions.base import COMMON
from market.freshness import Quality
from market.headline import Headline
from market.keywords import Keywords
from market.rule import Rule
from market.session import Phase, calendar
from market.symbol import mic

HEADLINE_KEYS = COMMON - {"cooldown"} | {"any"}
"""Keys of a ``[[rule]]`` that mean something to it."""

NEWS = 12 * 3600 * SECOND
"""A headline published earlier than this (nanoseconds) before it came is no news: sources list old ones."""


class HeadlineRule:
    """Each headline once, by its id, whichever source brought it and however often.

    With ``symbols`` that are not ``*`` it must name one of them.
    """

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self._keywords = Keywords(rule.keywords)

    def look(self, headline: Headline, quality: Quality, home: str) -> Alert | None:
        """The alert that a headline raises; ``home`` is the exchange of one that names nobody."""
        rule = self.rule
        named = [symbol for symbol in headline.symbols if symbol in rule.symbols]
        if not named and not rule.everything:
            return None
        if headline.ts_recv - headline.ts_event > NEWS:
            return None
        symbol = named[0] if named else next(iter(headline.symbols), None)
        hours = calendar(mic(symbol) if symbol else home)
        end = rule.end(hours)
        phase = hours.phase_at(headline.ts_recv)
        if phase not in rule.phases or (end is not None and headline.ts_recv >= end):
            return None
        if (word := self._keywords.first(headline.title)) is None:
            return None
        return self._alert(headline, symbol, word, hours.day_of(headline.ts_recv), phase, quality)

    def _alert(
        self, headline: Headline, symbol: str | None, word: str, day: date, phase: Phase, quality: Quality
    ) -> Alert:
        rule = self.rule
        # The id is a stranger's text of any length.
        name = sha256(headline.id.encode()).hexdigest()[:16]
        return Alert(
            dedup_key=f"{rule.id}/headline/ever/any/{name}/1",
            rule_id=rule.id,
            kind=rule.kind,
            direction=None,
            threshold=None,
            value=None,
            what=f"“{headline.title}” ({headline.source}), for “{word}”",
            severity=rule.severity,
            symbol=symbol,
            quote=None,
            session_date=day,
            phase=phase,
            quality=quality,
            ts=headline.ts_recv,
            source=headline.source,
            sinks=rule.sinks,
            headlines=(headline,),
        )
