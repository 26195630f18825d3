"""What a title says: the instruments it names, by code, ticker, name or alias; its kind; its money."""

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import NamedTuple

from market.errors import SymbolError
from market.headline import Headline
from market.instrument import Instrument
from market.money import amounts
from market.script import simplified
from market.symbol import canonical, is_crypto, is_hong_kong
from market.topics import topic

# Patterns are re.ASCII so that a Chinese neighbour ends a word.
# A bare number is never a code: 2015 is Li Auto and a year. What stands around it must leave no doubt.
_NUMBER = re.compile(r"\d+", re.ASCII)
_BEFORE = re.compile(
    r"(?:\b(?:HKEX|SEHK|HKSE|HKG)\s?:\s?|\bHK[.:]|(?:\bstock code|[股证][份票券]代[号码])\s?:?\s?)$",
    re.ASCII | re.IGNORECASE,
)
_LEADS = frozenset(":.eE号码")
"""The last letters of what ``_BEFORE`` finds, looked at first: most numbers are no code."""
# The exchange speaks of years (HKEX: 2025 was a record), and of Li Auto as (HKEX: 2015).
_YEAR = re.compile(r"(?:19[89]|20[0-3])\d$")
_GOES_ON = re.compile(r"\s?\w")
_FIVE = re.compile(r"\bHK$", re.ASCII | re.IGNORECASE)
_AFTER = re.compile(r"(?:[.:-]HK| HK Equity)\b| HK[)\]]", re.ASCII | re.IGNORECASE)
_TICKER = re.compile(
    r"\$([A-Z]{1,5})\b|\b(?:NASDAQ|NYSE|AMEX)\s?:\s?([A-Z]{1,5})\b|\(([A-Z]{1,5})(?:\.(?:US|O|N))?\)"
    r"|\b([A-Z]{1,5})\.(?:US|O|N)\b|\b([A-Z]{4,5})\b",
    re.ASCII,
)
_BARE_TICKER = 5
_SHARE_CLASS = re.compile(r"-(?:S?W|S|B|P|R)$")
_CJK = 0x2E80

_AND_THEN = "…"
_REACH = 12
"""Characters that may stand between a name and the word that must follow it."""


class Aliases(NamedTuple):
    """Further names of instruments, and names that only look like one of them.

    ``理想…交付`` is the name 理想 where 交付 follows closely, for a name that is an everyday word as well.
    """

    names: Mapping[str, Sequence[str]] = {}
    """By canonical symbol."""
    others: Sequence[str] = ()


NO_ALIASES = Aliases()


def read_aliases(path: Path) -> Aliases:
    """A file like ``aliases.toml``, its symbols in any convention; ``ValueError`` says what is wrong."""
    try:
        page = tomllib.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror}") from None
    except ValueError as error:
        raise ValueError(f"{path}: not TOML: {error}") from None
    aliases, others = page.pop("aliases", {}), page.pop("not", {"names": []})
    if page or not isinstance(aliases, dict) or not isinstance(others, dict) or set(others) - {"names"}:
        raise ValueError(f"{path}: holds [aliases] and [not] names, and nothing else")
    names: dict[str, Sequence[str]] = {}
    for written, own in [*aliases.items(), (None, others.get("names", []))]:
        if not isinstance(own, list) or not all(isinstance(name, str) for name in own):
            raise ValueError(f"{path}: {written or 'not.names'}: not a list of names")
        if short := [name for name in own if _is_short(name)]:
            raise ValueError(f"{path}: {short[0]!a} is too short to be told from other words")
        if written is not None:
            try:
                names[canonical(written)] = own
            except SymbolError as error:
                raise ValueError(f"{path}: {error}") from None
    return Aliases(names, others.get("names", []))


class _Name(NamedTuple):
    text: str
    """In lower case and Simplified characters."""
    then: str
    """What must follow it, written likewise; mostly nothing."""
    symbol: str | None
    """``None``: a name that only looks like one of ours."""
    exact: str | None
    """The only spelling that counts, for an abbreviation; otherwise the first letter's case decides."""
    is_small: bool
    """It begins with a small letter of its own, as iQiyi does: then a small one in a title will do."""


class Matcher:
    """Finds in a title the instruments it names. Built once, used for every headline.

    ``aliases`` are the user's, in addition to those that ship.
    """

    def __init__(self, instruments: Iterable[Instrument], aliases: Aliases = NO_ALIASES) -> None:
        self._symbols: set[str] = set()
        self._tickers: dict[str, list[str]] = {}
        # By the first two characters: a look-up a word, where one pattern of 150 names tries each in turn.
        self._names: dict[str, list[_Name]] = {}
        # Of the same name the first holds: the user's word before ours, and "not" before a name.
        for table in (aliases, _shipped()):
            for name in table.others:
                self._add(name, None)
            for symbol, names in table.names.items():
                for name in names:
                    self._add(name, symbol)
        for known in instruments:
            self._symbols.add(known.symbol)
            for ticker in _tickers(known):
                self._tickers.setdefault(ticker, []).append(known.symbol)
            for name in {known.name, known.zh_hant, known.zh_hans, known.short_name} - {known.symbol}:
                self._add(_SHARE_CLASS.sub("", name), known.symbol)
        for candidates in self._names.values():
            candidates.sort(key=lambda name: (-len(name.text), not name.then))
        firsts = re.escape("".join({begin[0] for begin in self._names if not begin[0].isascii()}))
        # Where a name can begin: at the first letter of a Latin word, or at another character of its own.
        self._start = re.compile(rf"(?<![a-z\d])[a-z\d]|[{firsts or '_'}]")

    def symbols(self, title: str) -> tuple[str, ...]:
        """Canonical symbols of the instruments that a title names, in the order of their first mention.

        A code in a form that leaves no doubt, ``(01318)``, counts for any listed company; a name or a
        ticker only for those the matcher was built with.
        """
        # Full-width digits, letters and brackets become plain ones; a dotted capital I would shift the rest.
        text = simplified(unicodedata.normalize("NFKC", title).replace("\u0130", "I"))
        found = [*self._by_code(text), *self._by_ticker(text), *self._by_name(text)]
        return tuple(dict.fromkeys(symbol for _, symbol in sorted(found)))

    def join(self, headline: Headline) -> Headline:
        """The headline with what its title says; what its source itself said comes first, or holds."""
        title = headline.title
        return Headline(
            headline.id,
            title,
            headline.link,
            headline.ts_event,
            headline.ts_recv,
            headline.source,
            tuple(dict.fromkeys((*headline.symbols, *self.symbols(title)))),
            headline.topic or topic(title),
            headline.amounts or amounts(title),
        )

    def _add(self, name: str, symbol: str | None) -> None:
        if _is_short(name):
            return
        name, then = (unicodedata.normalize("NFKC", part) for part in _parts(name))
        text = simplified(name.lower())
        exact = name if name.isascii() and name.isupper() and len(name) <= 5 else None
        made = _Name(text, simplified(then.lower()), symbol, exact, name[0].islower())
        if made not in (alike := self._names.setdefault(text[:2], [])):
            alike.append(made)

    def _by_code(self, text: str) -> Iterator[tuple[int, str]]:
        for match in _NUMBER.finditer(text):
            digits, at, end = match[0], match.start(), match.end()
            if len(digits) > 5 or _is_part(digits, text[max(0, at - 2) : at], text[end : end + 4]):
                continue
            if _is_code(digits, text[max(0, at - 16) : at], text[end : end + 10]):
                yield at, self._ordinary(int(digits))
            elif (
                len(digits) == 5
                and digits[0] == "0"
                and (padded := self._ordinary(int(digits))) in self._symbols
            ):
                yield at, padded

    def _ordinary(self, code: int) -> str:
        """The Hong Kong symbol of a code; a renminbi counter (80700) of a name we know is that name."""
        ordinary = f"{code - 80_000:04d}.HK"
        return ordinary if code > 80_000 and ordinary in self._symbols else f"{code:04d}.HK"

    def _by_ticker(self, text: str) -> Iterator[tuple[int, str]]:
        shouted = text.isascii() and text.isupper()
        for match in _TICKER.finditer(text):
            # In a title all in capitals every word looks like a ticker.
            if match.lastindex == _BARE_TICKER and shouted:
                continue
            for symbol in self._tickers.get(match[match.lastindex or 0], ()):
                yield match.start(), symbol

    def _by_name(self, text: str) -> Iterator[tuple[int, str]]:
        lower = text.lower()
        taken = 0
        for start in self._start.finditer(lower):
            at = start.start()
            if at < taken:
                continue
            for name in self._names.get(lower[at : at + 2], ()):
                after = at + len(name.text)
                if after < taken:
                    break
                if (
                    lower.startswith(name.text, at)
                    and _stands(text, at, name)
                    and name.then in lower[after : after + _REACH + len(name.then)]
                ):
                    taken = after
                    if name.symbol is None:
                        break
                    # A name that several share, as 蔚小理 is short for three, is each of them.
                    yield at, name.symbol


def _is_part(digits: str, before: str, after: str) -> bool:
    """Whether digits are a part of a longer number, or an amount of dollars."""
    groups = len(digits) <= 3 and (before[-1:] == "," or after[:1] == ",")
    fraction = (before[-1:] == "." and before[:1].isdigit()) or (after[:1] == "." and after[1:2].isdigit())
    return groups or fraction or (before[-1:] == "$" and not _AFTER.match(after))


def _is_code(digits: str, before: str, after: str) -> bool:
    if _AFTER.match(after):
        return int(digits) > 0
    if before.rstrip()[-1:] in _LEADS and _BEFORE.search(before):
        return int(digits) > 0 and not (_YEAR.match(digits) and _GOES_ON.match(after))
    # Five digits are a code as HK09888 or (09888), but (12000 jobs) and (12000元) are not.
    if len(digits) < 5 or int(digits) == 0:
        return False
    is_closed = not (after[:1].isalnum() or after[:1] in (" ", "%"))
    return (before[-1:] in ("(", "[", "【", "〔") and is_closed) or bool(_FIVE.search(before))


def _stands(text: str, at: int, name: _Name) -> bool:
    """Whether the name at this place is a word of its own, written as a name is."""
    if ord(name.text[0]) >= _CJK:
        return True
    after = at + len(name.text)
    if name.exact is not None:
        if text[at:after] != name.exact:
            return False
    elif text[at].islower() and not name.is_small:
        return False
    follower = text[after : after + 1]
    # A Latin word must end here; a Chinese neighbour ends it.
    return not (follower.isalnum() and ord(follower) < _CJK)


def _tickers(known: Instrument) -> Iterator[str]:
    """What the United States call it: its depositary receipt, or its own symbol."""
    if known.adr:
        yield known.adr
    elif not is_hong_kong(known.symbol) and not is_crypto(known.symbol) and known.symbol.isalpha():
        yield known.symbol


def _is_short(name: str) -> bool:
    """Two letters (JD, LI) are too many other things; a ticker that short counts in a ticker's form only."""
    name, _ = _parts(name)
    return len(name) < (3 if name.isascii() else 2)


def _parts(name: str) -> tuple[str, str]:
    """The name itself, and what must follow it."""
    name, _, then = name.partition(_AND_THEN)
    return name, then


@cache
def _shipped() -> Aliases:
    with resources.as_file(resources.files("market") / "aliases.toml") as path:
        return read_aliases(path)
