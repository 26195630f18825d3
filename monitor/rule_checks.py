"""What types cannot say of a ``[[rule]]``: which keys and values make sense together."""

from collections.abc import Collection, Iterator
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from market.clock import SECOND
from market.conditions import CONDITIONS
from market.conditions.base import Condition
from market.duration import parse_duration
from market.headline_rule import HEADLINE_KEYS
from market.keywords import Keywords
from market.session import Phase
from market.silence import SILENCE_KEYS
from monitor.nearest import nearest
from monitor.settings import RuleSettings

KEYS: dict[str, frozenset[str]] = {
    **{kind: condition.keys for kind, condition in CONDITIONS.items()},
    "headline": HEADLINE_KEYS,
    **SILENCE_KEYS,
}
"""Every kind, with the keys that mean something to it."""

_DURATIONS = ("for", "cooldown", "confirm_within", "window")


def senseless_rule(rule: RuleSettings, sinks: Collection[str], feeds: Collection[str]) -> Iterator[str]:
    """One line for each thing that is wrong; ``sinks`` and ``feeds`` are the names that there are."""
    if "/" in rule.id or not rule.id:
        yield "an id is not empty and holds no '/'"
    if rule.kind not in KEYS:
        yield f"kind {rule.kind!r} is not one of {', '.join(KEYS)}{nearest(rule.kind, KEYS)}"
        return
    yield from _unsuited(rule)
    for key in _DURATIONS:
        text = _value(rule, key)
        if text:
            yield from _not_a_duration(key, text)
    if rule.expires is not None and not isinstance(rule.expires, date):
        yield "expires is a date such as 2026-12-31, or a date and time, without quotes"
    yield from _bad_steps(rule)
    if Phase.HALTED in rule.sessions:
        yield "sessions: no rule holds while a name is halted"
    if not rule.symbols:
        yield "symbols is empty (* is all that is watched)"
    if rule.kind == "headline":
        yield from _bad_keywords(rule)
    if rule.kind == "streak" and rule.length < 1:
        yield "length is at least 1"
    if rule.kind == "streak" and rule.basis == "closed" and rule.hold:
        yield "for: a close does not wait; it is for basis = 'in_progress'"
    for sink in rule.sinks:
        if sink not in sinks:
            yield f"no sink {sink!r}{nearest(sink, sinks)}"
    for feed in rule.feeds:
        if feed not in feeds:
            yield f"no feed {feed!r}{nearest(feed, feeds)}"


def steps_of(rule: RuleSettings) -> tuple[Decimal, ...]:
    """All thresholds of a rule, the first one first; for ``stale`` in nanoseconds.

    ``ValueError`` for a threshold that is no number, or no duration.
    """
    if rule.kind == "stale":
        text = "120s" if rule.threshold is None else str(rule.threshold)
        return (Decimal(int(parse_duration(text) * SECOND)),)
    if rule.kind == "streak":
        return (Decimal(rule.length),)
    condition = CONDITIONS.get(rule.kind)
    if condition is None:
        return (Decimal(0),)
    threshold = condition.usual if rule.threshold is None else rule.threshold
    if threshold is None:
        raise ValueError(f"{rule.kind} needs a threshold")
    try:
        return (Decimal(threshold), *rule.steps)
    except (InvalidOperation, TypeError):
        raise ValueError(f"threshold {threshold!r} is not a number") from None


def _unsuited(rule: RuleSettings) -> Iterator[str]:
    """Keys that mean nothing to the kind, and would be passed over in silence."""
    for field in msgspec.structs.fields(RuleSettings):
        key, value = field.encode_name, getattr(rule, field.name)
        if key not in KEYS[rule.kind] and field.default is not msgspec.NODEFAULT and value != field.default:
            yield f"{key} is no key of {rule.kind}"
    frequencies = _frequencies(rule.kind)
    if rule.frequency not in frequencies:
        yield f"frequency {rule.frequency!r} is not for {rule.kind} ({', '.join(frequencies)})"
    if rule.frequency == "on_new_extreme" and rule.hold:
        yield "for is not for frequency 'on_new_extreme'"
    condition = CONDITIONS.get(rule.kind)
    if condition is not None and condition.only and rule.direction not in (condition.only, "both"):
        yield f"direction {rule.direction!r} is not for {rule.kind}"


def _frequencies(kind: str) -> tuple[str, ...]:
    if kind in CONDITIONS:
        return CONDITIONS[kind].frequencies
    return ("once_per_session",) if kind == "headline" else ("once_per_session", "once", "every_cross")


def _bad_steps(rule: RuleSettings) -> Iterator[str]:
    try:
        steps = steps_of(rule)
    except ValueError as error:
        condition = CONDITIONS.get(rule.kind)
        yield f"threshold: {error}" if condition is None else f"threshold and steps: {error}"
        return
    condition = CONDITIONS.get(rule.kind)
    if condition is None or rule.kind == "streak":
        return
    if any(not step.is_finite() or not condition.least <= step <= condition.most for step in steps):
        yield f"threshold and steps are {condition.unit} from {condition.least:f} to {condition.most:f}"
    elif len(set(steps)) < len(steps) or (not condition.edge and list(steps) != sorted(steps)):
        yield "steps rise from above the threshold" if not condition.edge else "a step is named twice"
    elif rule.clear is not None:
        yield from _bad_clear(rule.clear, steps[0], condition)


def _bad_clear(clear: Decimal, threshold: Decimal, condition: type[Condition]) -> Iterator[str]:
    if condition.edge:
        if not clear.is_finite() or clear <= 0 or clear == threshold:
            yield "clear is a price off the threshold"
    elif not 0 <= clear < threshold:
        yield "clear lies from 0 to below the threshold"


def _bad_keywords(rule: RuleSettings) -> Iterator[str]:
    if not rule.any:
        yield "any is empty: headline needs words to look for"
    try:
        Keywords(rule.any)
    except ValueError as error:
        yield f"any: {error}"


def _not_a_duration(key: str, text: str) -> Iterator[str]:
    try:
        parse_duration(text)
    except ValueError as error:
        yield f"{key}: {error}"


def _value(rule: RuleSettings, key: str) -> Any:
    return rule.hold if key == "for" else getattr(rule, key)
