"""Sentences: facts in plain words, the rarest first, in the tense that the session allows."""

from datetime import date
from decimal import Decimal
from typing import Literal, NamedTuple

from market.facts import Facts
from market.profile import Period

Kind = Literal["streak", "level", "change", "year", "record", "hole"]

# How often a run of n comes about: once in 2 to the power n+1 periods (n like it and one unlike it before),
# somewhat oftener where growth tilts the coin, as it does over longer periods. In sessions:
_RUN = {
    Period.DAY: (1, 2.0),
    Period.WEEK: (5, 2.0),
    Period.MONTH: (21, 1.8),
    Period.QUARTER: (63, 1.7),
    Period.YEAR: (252, 1.6),
}
_SHORTEST_RUN = 3
_LEAST_RARITY = 20.0
"""Sessions. What comes about more than once a month is not worth a line."""

TEXTS: dict[str, dict[str, str]] = {
    "en": {
        "day": "daily",
        "week": "weekly",
        "month": "monthly",
        "quarter": "quarterly",
        "year": "yearly",
        "up": "gain",
        "down": "loss",
        "run": "{nth} straight {period} {direction}",
        "run.period_open": "{nth} straight {period} {direction} if it closes here",
        "run.session_open": "set for {article} {nth} straight {period} {direction}",
        "highest": "highest close since {date}",
        "highest.session_open": "highest close since {date} if it closes here",
        "lowest": "lowest close since {date}",
        "lowest.session_open": "lowest close since {date} if it closes here",
        "record": "record close",
        "record.session_open": "record close if it closes here",
        "bottom": "lowest close on file",
        "bottom.session_open": "lowest close on file if it closes here",
        "biggest.up": "biggest gain since {date}",
        "biggest.down": "biggest loss since {date}",
        "biggest_ever.up": "biggest gain on file",
        "biggest_ever.down": "biggest loss on file",
        "year_change": "{pct}% this year",
        "below_record": "{pct}% below the record close of {date}, {regain}% to regain it",
        "hole": "{count} missing before this session, so nothing is claimed",
        "hole.one": "1 session",
        "hole.many": "{count} sessions",
    },
}
"""By language, then by what is said; a ``session_open`` text claims nothing as done."""


class Sentence(NamedTuple):
    """One fact in words. ``rarity`` is about how many sessions pass between two like it."""

    kind: Kind
    rarity: float
    text: str


def sentences(facts: Facts, language: str = "en") -> list[Sentence]:
    """What is worth telling, the rarest first; a hole in history silences all but itself."""
    texts = TEXTS[language]
    if facts.hole:
        count = texts["hole.one" if facts.hole == 1 else "hole.many"].format(count=facts.hole)
        return [Sentence("hole", 0, texts["hole"].format(count=count))]
    told = [*_runs(facts, texts), *_levels(facts, texts), *_changes(facts, texts)]
    told = [sentence for sentence in told if sentence.rarity >= _LEAST_RARITY]
    told += _standing(facts, texts)
    return sorted(told, key=lambda sentence: -sentence.rarity)


def _runs(facts: Facts, texts: dict[str, str]) -> list[Sentence]:
    told = []
    for period, change in facts.changes.items():
        length = abs(change.streak or 0)
        if length < _SHORTEST_RUN:
            continue
        form = "run" if change.finished else "run.period_open" if facts.final else "run.session_open"
        text = texts[form].format(
            nth=ordinal(length),
            article="an" if str(length).startswith("8") or length in (11, 18) else "a",
            period=texts[period],
            direction=texts["up" if (change.streak or 0) > 0 else "down"],
        )
        sessions, base = _RUN[period]
        told.append(Sentence("streak", sessions * base ** (min(length, 60) + 1), text))
    return told


def _levels(facts: Facts, texts: dict[str, str]) -> list[Sentence]:
    if facts.day.base is None:
        return []
    tense = "" if facts.final else ".session_open"
    told = []
    for since, dated, ever in (
        (facts.highest_since, "highest", "record"),
        (facts.lowest_since, "lowest", "bottom"),
    ):
        text = texts[(dated if since else ever) + tense].format(date=since)
        told.append(Sentence("level", _rarity(facts, since), text))
    return told


def _changes(facts: Facts, texts: dict[str, str]) -> list[Sentence]:
    told = []
    for since, ever, direction in (
        (facts.biggest_gain_since, facts.biggest_gain, "up"),
        (facts.biggest_loss_since, facts.biggest_loss, "down"),
    ):
        if since or ever:
            text = texts[f"biggest{'' if since else '_ever'}.{direction}"].format(date=since)
            told.append(Sentence("change", _rarity(facts, since), text))
    return told


def _standing(facts: Facts, texts: dict[str, str]) -> list[Sentence]:
    """Where the price stands, true on any day and so never ahead of what is rare."""
    told = []
    if facts.year.pct is not None:
        told.append(Sentence("year", 2, texts["year_change"].format(pct=_signed(facts.year.pct))))
    if facts.price < facts.record_close:
        text = texts["below_record"].format(
            pct=_signed(facts.pct_below).lstrip("-"),
            date=facts.record_date,
            regain=_signed(facts.pct_to_regain),
        )
        told.append(Sentence("record", 1, text))
    return told


def _rarity(facts: Facts, since: date | None) -> float:
    """Sessions since a date, or since history began; five in seven days."""
    start = since or facts.first_date or facts.session_date
    return (facts.session_date - start).days * 5 / 7


def _signed(pct: Decimal) -> str:
    return f"{pct:+.1f}"


def ordinal(number: int) -> str:
    """``1st``, ``2nd``, ``11th``."""
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
