"""Headlines joined, classed and counted: what 10,000 titles cost against reading them.

The reference is feedparser alone on an RSS page with the same titles, in CPU time: the join must not be
what makes a page slow. Titles are made of names, kinds and amounts in three scripts, a third of them about
nothing.
"""

import io
import random
import time
from html import escape

import feedparser

from bench.measure import MEASURED_CORE, Ratio, interleaved, pin, report
from feeds.repeats import Repeats
from market.headline import Headline
from market.instrument import known
from market.matching import Matcher

HEADLINES = 10_000
REPEATS = 5

_SHAPES = (
    "{name} shares rise {n}% after chip order worth US${n}.2 billion",
    "{name} third-quarter revenue up {n}% to CNY {n}9 bn, tops estimates",
    "Goldman lifts {name} price target to HK${n}00 ({code})",
    "{hant}升{n}%，獲{n}2億港元訂單",
    "大摩上調{hant}目標價至{n}00港元，維持「增持」評級",
    "{hans}第三季度营收{n}90亿元，同比增长{n}%",
    "Markets end mixed in quiet trade before the holiday, day {n}",
    "Asian currencies steady as investors wait for data, {n} things to know",
    "港股午後回吐，成交縮減至{n}個月低位",
)


def titles(count: int) -> list[str]:
    """So many titles, the same every time."""
    chance = random.Random(917)
    names = [one for one in known() if one.symbol.endswith(".HK")]
    made = []
    for number in range(count):
        one = chance.choice(names)
        made.append(
            chance.choice(_SHAPES).format(
                name=one.name,
                hant=one.zh_hant,
                hans=one.zh_hans,
                code=one.symbol,
                n=1 + number % 97,
            )
        )
    return made


def page(lines: list[str]) -> bytes:
    """An RSS page as publishers send it."""
    items = "".join(
        f"<item><title>{escape(line)}</title><link>https://news.example.com/{number}</link>"
        f"<guid>https://news.example.com/{number}</guid><pubDate>Wed, 17 Sep 2025 10:00:00 +0800</pubDate>"
        f"<description><![CDATA[<p>{line}. {line}, it was said.</p>]]></description></item>"
        for number, line in enumerate(lines)
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel>{items}</channel></rss>'.encode()


def main() -> None:
    """Measure the join alone, and with the search for repeats."""
    pin(MEASURED_CORE)
    lines = titles(HEADLINES)
    body = page(lines)
    headlines = [
        Headline(f"id{number}", line, f"https://news.example.com/{number}", number, number, "bench")
        for number, line in enumerate(lines)
    ]
    matcher = Matcher(known())
    matcher.join(headlines[0])  # patterns are compiled with the first

    def timed_parse() -> float:
        begun = time.process_time()
        assert len(feedparser.parse(io.BytesIO(body)).entries) == HEADLINES
        return time.process_time() - begun

    def timed_join() -> float:
        begun = time.process_time()
        for headline in headlines:
            matcher.join(headline)
        return time.process_time() - begun

    def timed_whole() -> float:
        repeats = Repeats()
        begun = time.process_time()
        for headline in headlines:
            if repeats.is_new(headline):
                matcher.join(headline)
        return time.process_time() - begun

    parse, join, whole = interleaved((timed_parse, timed_join, timed_whole), REPEATS)
    us = 1e6 / HEADLINES
    report(
        [
            Ratio(
                "a headline joined, classed, its money read", join * us, parse * us, "µs", 0.2, at_least=False
            ),
            Ratio("the same, repeats left out", whole * us, parse * us, "µs", 0.3, at_least=False),
        ]
    )


if __name__ == "__main__":
    main()
