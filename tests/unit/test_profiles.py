"""Profiles of a running program: facts only in their own session, in words of the reader's language."""

from collections.abc import AsyncIterator, Sequence
from datetime import date
from decimal import Decimal

from market.bars import Bar
from market.clock import parse_rfc3339
from market.history import build
from market.profile import Period, Profile
from market.quote import Quote
from market.session import calendar
from monitor.profiles import Profiles

HK = calendar("XHKG")
AT = parse_rfc3339("2025-09-17T10:00:00+08:00")


async def load(symbols: Sequence[str], session_date: date) -> AsyncIterator[Profile | str]:
    """Ten sessions up to the one asked for: five falls, then four rises."""
    day = date(2025, 9, 2)
    bars = []
    for close in map(Decimal, (10, 9, 8, 7, 6, 5, 6, 7, 8, 9)):
        day = HK.next(day)
        bars.append(Bar(day, close, close, close, close))
    for symbol in symbols:
        yield build(symbol, bars, session_date, HK)


def quote(last: int, at: int = AT) -> Quote:
    return Quote("9888.HK", Decimal(last), at, at, "test")


async def loaded() -> Profiles:
    profiles = Profiles(load)
    profiles.want(["9888.HK"], date(2025, 9, 17))
    await profiles.settle()
    return profiles


async def test_sentences_come_in_the_language_asked_for() -> None:
    profiles = await loaded()
    for language, told in (
        ("en", "set for a 5th straight daily gain"),
        ("zh-Hant", "若以現價收市，將連升5日"),
        ("zh-Hans", "若以现价收盘，将连涨5日"),
    ):
        assert profiles.sentences(quote(10), AT, language)[0].text == told
    assert profiles.sentences(quote(10), AT) == profiles.sentences(quote(10), AT, "en")
    assert profiles.explain(quote(10), AT)[0].isascii()


async def test_runs_end_with_the_one_in_progress() -> None:
    profiles = await loaded()
    up = profiles.runs(quote(10), AT, Period.DAY)
    assert [(run.streak, run.pct) for run in up] == [(-5, Decimal(-50)), (5, Decimal(100))]
    down = profiles.runs(quote(8), AT, Period.DAY)
    assert [run.streak for run in down] == [-5, 4, -1]
    another_session = parse_rfc3339("2025-09-18T10:00:00+08:00")
    assert profiles.runs(quote(10, another_session), another_session, Period.DAY) == ()
