"""From the configuration's rules to the market's."""

from datetime import date
from decimal import Decimal

from market.clock import SECOND
from market.conditions import CONDITIONS
from market.duration import parse_duration
from market.profile import Period
from market.rule import Rule
from market.rulebook import RuleBook
from market.session import TRADING, Phase
from market.symbol import canonical, is_index
from market.watchlist import expand
from monitor.rule_checks import steps_of
from monitor.settings import RuleSettings, Settings

STOCK_STEPS = (Decimal(5), Decimal(10), Decimal(15))
INDEX_STEPS = (Decimal(2), Decimal(3), Decimal(4))
_CLEAR = Decimal("0.8")


def watched(settings: Settings, on: date) -> tuple[str, ...]:
    """Every symbol of the watchlists and the rules on a day, the watchlist that is shown first in front."""
    names = [settings.watchlist, "*", *(name for rule in settings.rule for name in rule.symbols)]
    names += [rule.index for rule in settings.rule if rule.kind == "relative"]
    return expand(names, settings.watchlists, on)


def rule_book(settings: Settings, on: date) -> RuleBook:
    """The rules of the file, or the default ones where it has none."""
    if settings.rule:
        return RuleBook(_rule(rule, symbols_of(rule, settings, on)) for rule in settings.rule)
    return RuleBook(_rule(rule, rule.symbols) for rule in default_rules(settings, on))


def default_rules(settings: Settings, on: date) -> tuple[RuleSettings, ...]:
    """The rules that hold where a file has none, as they would stand in it: one for stocks, one for indices.

    Being made as those of a file are, each is the same rule once an editor has written it there. Either may
    watch nobody.
    """
    symbols = watched(settings, on)
    return (
        _moves("stocks", STOCK_STEPS, tuple(symbol for symbol in symbols if not is_index(symbol))),
        _moves("indices", INDEX_STEPS, tuple(filter(is_index, symbols))),
    )


def _moves(name: str, steps: tuple[Decimal, ...], symbols: tuple[str, ...]) -> RuleSettings:
    first, *further = steps
    return RuleSettings(name, "pct_prev_close", symbols, threshold=first, steps=tuple(further))


def symbols_of(rule: RuleSettings, settings: Settings, on: date) -> tuple[str, ...]:
    """Whom a rule watches on a day; ``*`` is all that is watched, by other rules too."""
    symbols: dict[str, None] = {}
    for name in rule.symbols:
        found = watched(settings, on) if name == "*" else expand([name], settings.watchlists, on)
        symbols.update(dict.fromkeys(found))
    return tuple(symbols)


def _rule(rule: RuleSettings, symbols: tuple[str, ...]) -> Rule:
    steps = steps_of(rule)
    condition = CONDITIONS.get(rule.kind)
    # News comes at any hour; whoever wants it in trading hours alone says so.
    phases = frozenset(Phase) if rule.kind == "headline" else TRADING
    return Rule(
        id=rule.id,
        kind=rule.kind,
        symbols=symbols,
        direction=(condition.only if condition is not None else None) or rule.direction,
        steps=steps,
        clear=steps[0] * _CLEAR if rule.clear is None else rule.clear,
        frequency=rule.frequency,
        phases=frozenset(rule.sessions) or phases,
        severity=rule.severity,
        sinks=rule.sinks,
        hold=_ns(rule.hold),
        cooldown=_ns(rule.cooldown),
        expires=rule.expires,
        confirm_within=_ns(rule.confirm_within) if rule.confirm else 0,
        window=_ns(rule.window),
        lookback=rule.lookback,
        period=Period(rule.period),
        length=rule.length,
        basis=rule.basis,
        index=canonical(rule.index),
        keywords=rule.any,
        feeds=rule.feeds,
        everything=rule.symbols == ("*",),
    )


def _ns(duration: str) -> int:
    """Nanoseconds; 0 for an empty text."""
    return int(parse_duration(duration) * SECOND) if duration else 0
