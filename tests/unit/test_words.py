"""The screen's fixed words: every language has them all, and none is without one."""

import re

from market.profile import Period
from market.session import Phase
from tests.paths import ROOT
from widgets.plot import Span
from widgets.words import WORDS, words


def test_every_language_has_every_word() -> None:
    for language, said in WORDS.items():
        assert said.keys() == WORDS["en"].keys(), language
        assert all(said.values())
    assert words("xx") is WORDS["en"]


def test_whatever_is_looked_up_is_there() -> None:
    wanted = {*map(str, Phase), *map(str, Span), *map(str, (Period.DAY, Period.WEEK, Period.MONTH))}
    for path in (ROOT / "widgets").glob("*.py"):
        wanted |= set(
            re.findall(r'(?:self\._words|said|self\.word)[\[(]["\']([^"\']+)["\']', path.read_text("utf-8"))
        )
    assert wanted <= WORDS["en"].keys()


def test_no_word_is_idle() -> None:
    source = "".join(
        path.read_text("utf-8")
        for folder in ("widgets", "tui")
        for path in (ROOT / folder).rglob("*.py")
        if path.name != "words.py"
    )
    computed = {*map(str, Phase), *map(str, Span), *map(str, Period)}
    assert {
        key for key in WORDS["en"] if key not in computed and not re.search(f"['\"]{key}['\"]", source)
    } == set()
