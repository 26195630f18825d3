"""Money in a title: which amounts it names, in English and both Chinese scripts."""

import re
import unicodedata
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache

_MOST = 8
"""Amounts told of one title; what has more is a table."""

# 12億5千萬 is one number in two parts: where they make none, better none of it than the lesser part.
_ALONE = r"(?<!\d)(?<!\d[.,])(?<!零)(?<![\d百千萬万億亿兆][百千萬万億亿兆])"
_NUMBER = rf"{_ALONE}(?:\d{{1,3}}(?:,\d{{3}}){{1,4}}|\d{{1,12}})(?:\.\d{{1,6}})?(?![\d%])"

_BEFORE = {
    "us$": "USD", "usd": "USD", "u.s.$": "USD", "$": "USD", "美元": "USD",
    "hk$": "HKD", "hkd": "HKD", "港元": "HKD", "港幣": "HKD", "港币": "HKD",
    "rmb": "CNY", "cny": "CNY", "cnh": "CNY", "yuan": "CNY", "人民幣": "CNY", "人民币": "CNY",
    "¥": "CNY", "cn¥": "CNY", "rmb¥": "CNY", "人民幣¥": "CNY", "人民币¥": "CNY", "jp¥": "JPY",
    "nt$": "TWD", "twd": "TWD", "s$": "SGD", "sgd": "SGD", "a$": "AUD", "au$": "AUD", "aud": "AUD",
    "c$": "CAD", "jpy": "JPY", "krw": "KRW", "eur": "EUR", "€": "EUR", "gbp": "GBP", "£": "GBP",
}  # fmt: skip
_AFTER = {
    "yuan": "CNY", "renminbi": "CNY", "rmb": "CNY", "cny": "CNY",
    "us dollars": "USD", "u.s. dollars": "USD", "dollars": "USD", "usd": "USD",
    "hong kong dollars": "HKD", "hk dollars": "HKD", "hkd": "HKD",
    "euros": "EUR", "euro": "EUR", "eur": "EUR", "pounds": "GBP", "yen": "JPY", "won": "KRW",
    "人民幣": "CNY", "人民币": "CNY", "人幣": "CNY", "人币": "CNY",
    "元人民幣": "CNY", "元人民币": "CNY", "元 人民幣": "CNY", "元港幣": "HKD", "元港币": "HKD",
    "港元": "HKD", "港幣": "HKD", "港币": "HKD", "美元": "USD", "美金": "USD",
    "日圓": "JPY", "日元": "JPY", "歐元": "EUR", "欧元": "EUR", "英鎊": "GBP", "英镑": "GBP",
    "韓元": "KRW", "韩元": "KRW", "新台幣": "TWD", "台幣": "TWD", "新台币": "TWD", "台币": "TWD",
    "坡元": "SGD", "新加坡元": "SGD", "澳元": "AUD", "加元": "CAD",
}  # fmt: skip
_LATIN_UNITS = {
    "thousand": 3, "k": 3, "million": 6, "mln": 6, "mn": 6, "m": 6,
    "billion": 9, "bln": 9, "bn": 9, "b": 9, "trillion": 12, "trln": 12, "trn": 12, "tn": 12,
}  # fmt: skip
_CHINESE_UNITS = {"百": 2, "千": 3, "萬": 4, "万": 4, "億": 8, "亿": 8, "兆": 12}
_DASHES = ("-", "–", "—", "~")
_SCALES = tuple((Decimal(10) ** power, -power, name) for power, name in ((12, "tn"), (9, "bn"), (6, "m")))

# 元 is the dollar of who writes 億, and the yuan of who writes 亿; of who writes neither it may be any.
_TRADITIONAL, _SIMPLIFIED = frozenset("億萬圓"), frozenset("亿万")


def _any(words: dict[str, str] | dict[str, int]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


_CHINESE = "[百千萬万億亿兆]{1,3}"
# 兩億, 十五萬, 三百億: the numbers that papers write in words. 三百五十億 are several, and 數十億 is none.
_SPOKEN = re.compile("[一二兩两三四五六七八九十]{1,3}(?=[百千]?[萬万億亿])")
_TENS = re.compile("([二三四五六七八九]?)十([一二三四五六七八九]?)")
_DIGITS = {word: str(at) for at, word in enumerate("零一二三四五六七八九")} | {"兩": "2", "两": "2"}
_NO_NUMBER = frozenset("第數数幾几統统零一二兩两三四五六七八九十百千.0123456789")
_NEXT = r"零?(?:\d,\d{3}|\d{1,4})"
# 1億2000萬, 3萬5000元: each further part is below the one before, the last of them without a unit.
_UNIT = (
    rf"(?:[-\s]?(?:{_any(_LATIN_UNITS)})\b"
    rf"|{_CHINESE}(?:{_NEXT}{_CHINESE}){{0,2}}(?:{_NEXT}(?=元|{_any(_AFTER)}))?)"
)
_PART = re.compile(rf"([\d.,]+)({_CHINESE})?")
# A number first: looking for a currency at every character costs three times as much.
_FIGURE = re.compile(
    rf"(?P<low>{_NUMBER})(?P<low_unit>{_UNIT})?"
    rf"(?:\s?(?:-|–|—|~|to|and|至)\s?(?P<high_before>{_any(_BEFORE)})?\s?(?P<high>{_NUMBER})(?P<high_unit>{_UNIT})?)?"
    rf"[-\s]?(?P<after>(?:{_any(_AFTER)})(?![a-z])|元)?",
    re.ASCII,
)
_LONGEST_BEFORE = max(map(len, _BEFORE))
_BEFORE_WORDS = tuple(sorted(_BEFORE, key=len, reverse=True))


def amounts(title: str) -> tuple[str, ...]:
    """The amounts of money in a title, each once, in its order: ``USD 3.2 bn``, ``CNY 618.5 m``, ``HKD 150``.

    A currency as its code, the number exactly, and ``m``, ``bn`` or ``tn`` from a million up. A number
    without a currency is no amount, nor is one whose currency is in doubt (``¥`` unless 亿 or 万 follows; 元
    that no 億 or 亿 gives a script). Of a range both ends are told. A bare ``$`` is the American, but Hong
    Kong's before 億.
    """
    if title.isascii():
        text = title.lower()
    else:
        text = _SPOKEN.sub(_spoken, unicodedata.normalize("NFKC", title).lower())
    return tuple(dict.fromkeys(_found(text)))[:_MOST]


def _spoken(match: re.Match[str]) -> str:
    words = match[0]
    if match.string[match.start() - 1 : match.start()] in _NO_NUMBER:
        return words
    if tens := _TENS.fullmatch(words):
        return f"{_DIGITS.get(tens[1], '1')}{_DIGITS.get(tens[2], '0')}"
    return _DIGITS.get(words, words)


def _found(text: str) -> Iterator[str]:
    for match in _FIGURE.finditer(text):
        currency = _currency(match, text)
        if currency is None:
            continue
        low, low_unit, high, high_unit = match["low"], match["low_unit"], match["high"], match["high_unit"]
        if high is not None and not (
            high_unit
            or match["after"]
            or match["high_before"]
            or text[match.end("low") : match.start("high")] in _DASHES
        ):
            # "raises USD 3 bn and 2 stakes": what follows is another number.
            high = None
        values = [_value(low, low_unit or (high_unit if high else None))]
        if high is not None:
            values.append(_value(high, high_unit))
        yield from (_written(currency, value) for value in values if value is not None)


def _currency(match: re.Match[str], text: str) -> str | None:
    at = match.start()
    before = text[max(0, at - _LONGEST_BEFORE - 2) : at].removesuffix(" ")
    unit = match["high_unit"] or match["low_unit"] or ""
    if before.endswith(_BEFORE_WORDS):
        word = next(word for word in _BEFORE_WORDS if before.endswith(word))
        neighbour = before.removesuffix(word)[-1:]
        # "Aus$": the letter before tells that the word is another.
        if not (neighbour.isascii() and neighbour.isalnum()):
            if word == "¥" and _SIMPLIFIED.isdisjoint(unit):
                return None
            return "HKD" if word == "$" and not _TRADITIONAL.isdisjoint(unit) else _BEFORE[word]
    after = match["after"]
    if after is None:
        return None
    if after != "元":
        return _AFTER[after]
    for written in (unit, text):
        if not _TRADITIONAL.isdisjoint(written):
            return "HKD"
        if not _SIMPLIFIED.isdisjoint(written):
            return "CNY"
    return None


def _written(currency: str, value: Decimal) -> str:
    for least, power, name in _SCALES:
        if value >= least:
            return f"{currency} {_plain(value.scaleb(power))} {name}"
    return f"{currency} {_plain(value)}"


def _value(number: str, unit: str | None) -> Decimal | None:
    """A number with its unit, and what follows in lesser ones; ``None`` where these are not lesser."""
    value = Decimal(number.replace(",", ""))
    if not unit:
        return value
    power = _power(unit)
    if power is not None:
        return value.scaleb(power)
    total, above = Decimal(0), 99
    for digits, lesser in _PART.findall(number + unit):
        power = _power(lesser) or 0
        part = Decimal(digits.replace(",", "")).scaleb(power)
        # 1億5千 is said of 1.5億 and of 1億 and five thousand.
        if total and not (above - 4 <= power < above and part < Decimal(10) ** above):
            return None
        total, above = total + part, power
    return total


@lru_cache(256)
def _power(unit: str) -> int | None:
    """Of ten, that a unit means; ``None`` for one that has further digits in it."""
    latin = _LATIN_UNITS.get(unit.strip().strip("-"))
    if latin is not None or not unit.isalpha():
        return latin
    return sum(_CHINESE_UNITS[character] for character in unit)


def _plain(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
