"""Sentences: facts in plain words, the rarest first, in the tense that the session allows."""

from datetime import date
from decimal import Decimal
from typing import Literal, NamedTuple

from market.facts import Change, Facts
from market.phrases import TEXTS
from market.profile import Period

Kind = Literal["streak", "level", "intraday", "change", "gap", "year", "record", "range", "base", "hole"]

# How often a run of n comes about: once in 2 to the power n+1 periods (n like it and one unlike it before),
# somewhat oftener where growth tilts the coin, as it does over longer periods. In sessions; of a quarter and
# a year fewer than they have, for such a run goes on being true when it has long been told.
_RUN = {
    Period.DAY: (1, 2.0),
    Period.WEEK: (5, 2.0),
    Period.MONTH: (21, 1.8),
    Period.QUARTER: (42, 1.7),
    Period.YEAR: (63, 1.6),
}
_SHORTEST_RUN = 3
_LEAST_RARITY = 20.0
"""Sessions. What comes about more than once a month is not worth a line."""
_UNMATCHED = 5
"""A file's length is the least that an extreme is rare by: a record of one year comes before a fifth gain."""


class Sentence(NamedTuple):
    """One fact in words. ``rarity`` is about how many sessions pass between two like it."""

    kind: Kind
    rarity: float
    text: str


def sentences(facts: Facts, language: str = "en") -> list[Sentence]:
    """What is worth telling, the rarest first; a hole in history silences all but itself."""
    texts = TEXTS[language]
    if (hole := _hole(facts, texts)) is not None:
        return [Sentence("hole", 0, hole)]
    told = [
        *_runs(facts, texts),
        *_levels(facts, texts),
        *_intraday(facts, texts),
        *_changes(facts, texts, "" if facts.final else ".session_open"),
    ]
    told = [sentence for sentence in told if sentence.rarity >= _LEAST_RARITY]
    told += [*_longest(facts, texts), *_standing(facts, texts)]
    return sorted(told, key=lambda sentence: -sentence.rarity)


def move(facts: Facts, language: str = "en") -> list[str]:
    """What the day's change is at this price, as an alert says it of a price in passing."""
    texts = TEXTS[language]
    if _hole(facts, texts) is not None:
        return []
    return [one.text for one in _changes(facts, texts, "") if one.rarity >= _LEAST_RARITY]


def _hole(facts: Facts, texts: dict[str, str]) -> str | None:
    """Why nothing can be claimed, if so: sessions are missing, or closes are of other shares than prices."""
    if facts.hole:
        return texts["hole"].format(count=_count(facts.hole, texts))
    if facts.is_rescaled:
        return texts["rescaled"].format(base=facts.day.base, close=facts.last_close)
    return None


def _count(missing: int, texts: dict[str, str]) -> str:
    """``1 session``, ``4 sessions``."""
    return texts["hole.one" if missing == 1 else "hole.many"].format(count=missing)


def _runs(facts: Facts, texts: dict[str, str]) -> list[Sentence]:
    told = []
    for period, change in facts.changes.items():
        length = abs(change.streak or 0)
        if length >= _SHORTEST_RUN and not change.hole:
            sessions, base = _RUN[period]
            rarity = sessions * base ** (min(length, 60) + 1)
            told.append(Sentence("streak", rarity, _run("run", period, change, facts.final, texts)))
    return told


def _longest(facts: Facts, texts: dict[str, str]) -> list[Sentence]:
    """Of runs that have been told already, and so after what says something else."""
    return [
        Sentence("streak", 4, _run("longest", period, change, facts.final, texts))
        for period, change in facts.changes.items()
        if change.beats and abs(change.streak or 0) >= _SHORTEST_RUN and not change.hole
    ]


def _run(said: str, period: Period, change: Change, final: bool, texts: dict[str, str]) -> str:
    """What is said of a run, in the tense that its period allows."""
    streak = change.streak or 0
    length = abs(streak)
    tense = "" if change.finished else ".period_open" if final else ".session_open"
    return texts[said + tense].format(
        length=length,
        nth=ordinal(length),
        article="an" if str(length).startswith("8") or length in (11, 18) else "a",
        period=texts[period],
        direction=texts["up" if streak > 0 else "down"],
        directions=texts["ups" if streak > 0 else "downs"],
    )


def _levels(facts: Facts, texts: dict[str, str]) -> list[Sentence]:
    if facts.day.base is None:
        return []
    tense = "" if facts.final else ".session_open"
    told = []
    for since, dated, ever in (
        (facts.highest_since, "highest", "record"),
        (facts.lowest_since, "lowest", "bottom"),
    ):
        text = texts[(dated if since else ever) + tense].format(date=_date(since, texts))
        told.append(Sentence("level", _rarity(facts, since), text))
    return told


def _intraday(facts: Facts, texts: dict[str, str]) -> list[Sentence]:
    """Of what has been touched, and so is done whatever the close will be."""
    if facts.day.base is None:
        return []
    told = []
    for known, since, which in (
        (facts.high, facts.high_since, "high"),
        (facts.low, facts.low_since, "low"),
    ):
        if known is not None:
            text = texts[f"touched{'' if since else '_ever'}.{which}"].format(date=_date(since, texts))
            told.append(Sentence("intraday", _rarity(facts, since), text))
    return told


def _changes(facts: Facts, texts: dict[str, str], tense: str) -> list[Sentence]:
    told = []
    for since, ever, direction in (
        (facts.biggest_gain_since, facts.biggest_gain, "up"),
        (facts.biggest_loss_since, facts.biggest_loss, "down"),
    ):
        if since or ever:
            text = texts[f"biggest{'' if since else '_ever'}.{direction}{tense}"]
            text = text.format(date=_date(since, texts))
            told.append(Sentence("change", _rarity(facts, since), text))
    return told


def _standing(facts: Facts, texts: dict[str, str]) -> list[Sentence]:
    """Where the price stands, true on any day and so never ahead of what is rare."""
    told = []
    if facts.gapped and facts.gap_pct:
        form = "gap.up" if facts.gap_pct > 0 else "gap.down"
        told.append(Sentence("gap", 3, texts[form].format(pct=_percent(abs(facts.gap_pct)))))
    if facts.year.pct is not None and not facts.year.hole:
        told.append(Sentence("year", 2, texts["year_change"].format(pct=_percent(facts.year.pct))))
    if facts.price < facts.record_close:
        text = texts["below_record"].format(
            pct=_percent(-facts.pct_below),
            date=_date(facts.record_date, texts),
            regain=_percent(facts.pct_to_regain),
        )
        told.append(Sentence("record", 1, text))
    if facts.year_position is not None and facts.year_low and facts.year_high:
        low, high = facts.year_low.price, facts.year_high.price
        position = round(facts.year_position)
        if low < facts.price < high:  # 0 and 100 are the ends alone
            position = max(1, min(99, position))
        text = texts["year_range"].format(position=position, low=low, high=high)
        told.append(Sentence("range", 0.5, text))
    if facts.is_adjusted:
        text = texts["base"].format(base=facts.day.base, close=facts.last_close)
        told.append(Sentence("base", 0.25, text))
    for period, change in facts.changes.items():
        if change.hole:
            text = texts["hole.period"].format(
                count=_count(change.hole, texts),
                period=texts[f"this.{period}"],
                date=_date(change.base_date, texts),
            )
            told.append(Sentence("hole", 0.1, text))
    return told


def _percent(value: Decimal) -> Decimal:
    """To one decimal; to the first digit where that would say that nothing had changed."""
    rounded = round(value, 1)
    return rounded if rounded or not value else round(value, -value.adjusted())


def _rarity(facts: Facts, since: date | None) -> float:
    """Sessions since a date, five in seven days; some times those on file for what none of them matched."""
    start = since or facts.first_date or facts.session_date
    sessions = (facts.session_date - start).days * 5 / 7
    return sessions if since or sessions < _LEAST_RARITY else sessions * _UNMATCHED


def _date(day: date | None, texts: dict[str, str]) -> str:
    return "" if day is None else texts["date"].format(day)


def ordinal(number: int) -> str:
    """``1st``, ``2nd``, ``11th``."""
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
