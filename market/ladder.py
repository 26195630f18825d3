"""Ladder: one rule for one name in one direction, and how far up its steps it has come."""

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal

from market.alert import Alert, Suppressed, plain
from market.band import bounds, is_spent
from market.conditions.base import Condition
from market.confirmation import Confirmation, has_agreed
from market.outcome import Outcome
from market.quote import Quote
from market.reach import is_seen, untold
from market.rule import Moment, Rule
from market.session import Calendar, Phase
from market.standing import Mark, Standing, State
from market.state import Entry


class Ladder:
    """The state machine. ``floor``, ``ceiling`` and ``restless`` say which prices it need not be shown."""

    __slots__ = (
        "_changed",
        "_end",
        "_expired",
        "_held_back",
        "_resuming",
        "_symbol",
        "ceiling",
        "condition",
        "floor",
        "key",
        "primed",
        "restless",
        "rule",
        "standing",
        "waiting",
        "withheld",
    )

    def __init__(self, rule: Rule, symbol: str, condition: Condition, hours: Calendar) -> None:
        self.rule = rule
        self.condition = condition
        self.key = key_of(rule, condition.up, symbol)
        self.floor: Decimal | None = None
        self.ceiling: Decimal | None = None
        self.restless = False
        self.primed = False
        """Whether what it compares with is known."""
        self.waiting: Confirmation | None = None
        """An alert that waits for another source."""
        self.withheld: dict[tuple[Decimal, str], int] = {}
        """Quotes of this session that it would have told of and must not, by step and reason, since they were
        last counted."""
        self._symbol = symbol
        self._end = rule.end(hours)
        self._expired = False
        self._resuming = False
        """Whether an earlier process has judged what comes, up to the mark that it left."""
        self._changed = False
        """Whether the standing is another than the one that was handed over last."""
        self._held_back = False
        """Whether what would fire waits for nothing but a quote that may."""
        self._stand(Standing())

    def _stand(self, standing: Standing) -> None:
        self.standing = self.condition.standing = standing

    def is_concerned(self, price: Decimal) -> bool:
        """Whether it must look at a quote at this price, where nothing but the price has changed."""
        low, high = self.floor, self.ceiling
        return (
            self.restless
            or not self.primed
            or (low is not None and price <= low)
            or (high is not None and price >= high)
        )

    @property
    def is_timed(self) -> bool:
        """Whether time alone may set it off."""
        cools = self._held_back and self.rule.cooldown > 0
        return cools or self.waiting is not None or bool(self.standing.pending)

    # -- over restarts and reloads

    def restore(self, states: Mapping[str, str]) -> None:
        """Go on where an earlier process, or the rule before a reload, stopped."""
        if gathered := states.get(self._gathered):
            self.condition.recall(gathered)
        text = states.get(self.key)
        standing = Standing.from_json(self.rule.kind, text) if text else None
        if standing is None:
            return
        if self.condition.edge and not _is_of(text, self.condition.steps):
            standing.seen = None  # of other levels it says nothing
        if standing.told and not self.condition.edge:  # what lies below a step that was told was passed by
            top = max(standing.told)
            standing.told = {step for step in self.condition.steps if step <= top}
        self._resuming = standing.mark is not None
        self._stand(standing)

    def keep(self, states: dict[str, str]) -> None:
        """Hand over what its condition has gathered since the last call."""
        if gathered := self.condition.keep():
            states[self._gathered] = gathered

    @property
    def _gathered(self) -> str:
        return f"{self.key}/gathered"

    def save(self) -> str:
        """The standing as the store keeps it."""
        return self.standing.to_json(
            self.rule.kind, {step: self.state(step) for step in self.condition.steps}
        )

    def state(self, step: Decimal) -> State:
        """Where a step stands."""
        standing = self.standing
        if self._expired:
            return State.EXPIRED
        if step in standing.told:
            return State.DONE if self.rule.frequency == "once" else State.FIRING
        if step in standing.pending:
            return State.PENDING
        if not self.primed:
            return State.UNPRIMED
        return State.REARMED if standing.crossings.get(step) else State.ARMED

    # -- quotes

    def look(self, entry: Entry, quote: Quote, moment: Moment, out: Outcome) -> bool:
        """Judge a quote that was applied; ``False`` for one that an earlier process has judged."""
        self.condition.take(entry, quote)
        if not self._is_over(moment):
            if not self._enter(entry, quote, moment):
                self.restless = True  # until it is where that one stopped
                return False
            if self.standing.pending:
                self._ripen(entry, quote, moment, out)
            self._judge(entry, quote, moment, quote.ts_event, self.rule.hold, out)
        self._save(quote, out)
        return True

    def wait(self, entry: Entry, quote: Quote, moment: Moment, out: Outcome) -> None:
        """Time has passed, and the last quote is this one still: ``for`` or ``cooldown`` may be over, a close
        final."""
        at = max(quote.ts_event, moment.now - moment.delay)
        if self._resuming or self._is_over(moment) or self._cools(at):
            return
        objection = self._objection(entry, quote, moment)
        if objection is None:
            self.condition.elapse(entry, at)
            self._judge(entry, quote, moment, at, max(self.rule.hold, self.condition.patience), out)
            self._save(quote, out)
        elif objection == "halted" and self.condition.ready(entry, quote, moment):
            wanted = untold(self.condition, quote)
            if wanted and (wanted[-1], objection) not in self.withheld:
                self._withhold(wanted[-1], quote, objection, moment, out)

    def refuse(self, entry: Entry, quote: Quote, moment: Moment, out: Outcome) -> None:
        """Tell of a quote that was never applied, if it would have fired; nothing is learnt from it."""
        if self._resuming or self._is_over(moment) or not self.condition.ready(entry, quote, moment):
            return
        if wanted := untold(self.condition, quote):
            self._withhold(wanted[-1], quote, moment.blocked or "", moment, out)

    def confirm(self, entry: Entry, moment: Moment, out: Outcome) -> None:
        """Another source has spoken, or time has passed: tell what waits for it, if it may be told now."""
        if self.waiting is not None:
            self._release(self.waiting.settle(self.condition, entry, moment), entry, out)

    def give_up(self, entry: Entry, now: int, out: Outcome) -> None:
        """Tell what waits for another source unconfirmed, since none will come."""
        if self.waiting is not None:
            self._release(self.waiting.give_up(now), entry, out)

    def _release(self, alert: Alert | None, entry: Entry, out: Outcome) -> None:
        if alert is not None and entry.quote is not None:
            out.alerts.append(alert)
            self.waiting = None
            self._changed = True
            self._save(entry.quote, out)

    def _is_over(self, moment: Moment) -> bool:
        if self._end is not None and moment.now >= self._end and not self._expired:
            self._expired = self._changed = True
        return self._expired

    def _enter(self, entry: Entry, quote: Quote, moment: Moment) -> bool:
        """Turn to the quote's session; ``False`` for what an earlier process has judged."""
        standing, session_date = self.standing, entry.session_date
        # A late quote of an earlier session must not re-arm what this one has told.
        if session_date is not None and session_date == moment.current_date != standing.session:
            if self._resuming and standing.session is not None and session_date < standing.session:
                # A tape that begins before what is on file is judged from its start: the names of its
                # events are what keeps them from being told again.
                self._stand(Standing())
            self._resuming = False
            self.withheld.clear()
            self.standing.roll(session_date, forget=self.rule.frequency != "once")
            if not self.condition.edge:  # a level is the same overnight, and what has crossed it holds on
                self.standing.pending.clear()
        if self._resuming and (mark := standing.mark) is not None:
            stamps = (quote.ts_event, quote.ts_recv)
            if stamps <= mark[:2]:
                # Of several with the same stamps the one that left the mark is the last that was judged.
                self._resuming = stamps < mark[:2] or str(quote.last) != mark.last
                return False
            self._resuming = False
        return True

    def _judge(self, entry: Entry, quote: Quote, moment: Moment, at: int, hold: int, out: Outcome) -> None:
        if self.waiting is not None:
            self._held_back = True  # one thing at a time: what still stands afterwards is told then
            return
        condition, standing = self.condition, self.standing
        base = standing.base
        self._held_back = False
        ready = condition.ready(entry, quote, moment)
        self._changed |= standing.base != base
        self.primed = ready
        if not ready:
            return
        objection = self._objection(entry, quote, moment)
        if condition.edge and entry.origin is not None:
            self._follow(entry.origin, entry.before)
        if objection is None:
            self._rearm(quote)
            if condition.edge and standing.seen is None:
                standing.seen, self._changed = quote.last, True
        wanted = untold(self.condition, quote)
        if objection is not None:
            if wanted:
                self._withhold(wanted[-1], quote, objection, moment, out)
                # Every rule looks anew at another session or phase.
                self._held_back = objection not in ("halted", "out_of_session", "previous_session")
            return
        held = self._held(entry, wanted, at, hold) if hold or standing.pending else wanted
        if held and self._cools(at):
            self._withhold(held[-1], quote, "cooldown", moment, out)
            self._held_back = True
            return  # before the side is noted: what has crossed a level is yet to be told
        if held:
            self._fire(held[-1], entry, quote, moment, at, out)
        if condition.edge and not is_seen(self.condition, quote):
            standing.seen, self._changed = quote.last, True

    def _follow(self, origin: Quote, before: Quote | None) -> None:
        """Judge crossings from where another leader's price comes from, unless one that the leader before it
        had brought is yet to be told."""
        if before is not None and is_seen(self.condition, before):
            self.standing.seen, self._changed = origin.last, True

    def _objection(self, entry: Entry, quote: Quote, moment: Moment) -> str | None:
        """Why it may not act on a quote, if so; whatever the rule, a halted name has no price to act on."""
        halted = entry.phase is Phase.HALTED
        return "halted" if halted else self.condition.objection(entry, quote, moment)

    def _rearm(self, quote: Quote) -> None:
        condition, told = self.condition, self.standing.told
        if not told or self.rule.frequency != "every_cross":
            return
        cleared = {step for step in told if condition.compare(condition.clear(step), quote) <= 0}
        if cleared:
            told -= cleared
            self._changed = True

    def _cools(self, at: int) -> bool:
        cooldown, fired = self.rule.cooldown, self.standing.fired
        return bool(cooldown and fired and at - fired < cooldown)

    def _held(self, entry: Entry, wanted: list[Decimal], at: int, hold: int) -> list[Decimal]:
        """Those of the wanted steps that have held for as long as they must, nanoseconds of trading."""
        pending = self.standing.pending
        if self.rule.frequency != "on_new_extreme":
            wanted = [step for step in wanted if step not in self.standing.told]
        if pending.keys() != set(wanted):
            self.standing.pending = pending = {step: pending.get(step, at) for step in wanted}
            self._changed = True
        session = entry.calendar.session(entry.session_date) if entry.session_date else None
        if session is None:
            return []
        return [step for step in wanted if session.trading_ns_between(pending[step], at) >= hold]

    def _ripen(self, entry: Entry, quote: Quote, moment: Moment, out: Outcome) -> None:
        """Tell what had held for long enough just before a quote came: time is looked at once a second."""
        condition, before = self.condition, entry.before
        if before is None or self.waiting is not None or not condition.ready(entry, before, moment):
            return
        too_old = quote.ts_event - before.ts_event > moment.max_age
        if too_old or self._objection(entry, quote, moment) is not None or self._cools(quote.ts_event):
            return
        pending = [step for step in condition.steps if step in self.standing.pending]
        for step in reversed(self._held(entry, pending, quote.ts_event - 1, self.rule.hold)):
            # Where the measure follows from the price alone: else it has moved with the quote that came.
            if condition.level(step, before) is not None and condition.reaches(step, before):
                self._fire(step, entry, before, moment, quote.ts_event, out)
                return

    def _fire(self, step: Decimal, entry: Entry, quote: Quote, moment: Moment, at: int, out: Outcome) -> None:
        """Tell the furthest step; those below it were passed by."""
        rule, condition, standing = self.rule, self.condition, self.standing
        occurrence = 1
        if rule.frequency == "every_cross":
            occurrence = standing.crossings[step] = standing.crossings.get(step, 0) + 1
        elif rule.frequency == "on_new_extreme":
            standing.extreme = occurrence = condition.whole(quote)
        passed = condition.steps[: condition.steps.index(step) + 1]
        standing.told.update(passed)
        if standing.pending:
            left = standing.pending.keys() - passed
            standing.pending = {step: standing.pending[step] for step in left}
        standing.fired = at
        self._changed = True
        alert = Alert(
            dedup_key=self._dedup_key(step, occurrence),
            rule_id=rule.id,
            kind=rule.kind,
            direction="up" if condition.up else "down",
            threshold=step,
            value=condition.value(quote),
            what=condition.what(step, quote),
            severity=rule.severity,
            symbol=quote.symbol,
            quote=quote,
            session_date=entry.session_date or moment.current_date,
            phase=entry.phase,
            quality=moment.quality,
            ts=moment.now,
            source=quote.source,
            sinks=rule.sinks,
            state_key=self.key,
        )
        if not rule.confirm_within:
            out.alerts.append(alert)
        elif has_agreed(alert, condition, entry, moment):
            out.alerts.append(alert._replace(confirmed=True))
        else:
            self.waiting = Confirmation(alert, moment.now + rule.confirm_within)

    def _dedup_key(self, step: Decimal, occurrence: int) -> str:
        """The name of one event: rule, instrument, session, direction, step, occurrence."""
        when = "ever" if self.rule.frequency == "once" else str(self.standing.session)
        side = "up" if self.condition.up else "down"
        return f"{self.rule.id}/{self._symbol}/{when}/{side}/{plain(step)}/{occurrence}"

    def _withhold(self, step: Decimal, quote: Quote, reason: str, moment: Moment, out: Outcome) -> None:
        is_new = (step, reason) not in self.withheld
        self.withheld[step, reason] = self.withheld.get((step, reason), 0) + 1
        if is_new:
            side = "up" if self.condition.up else "down"
            out.suppressed.append(
                Suppressed(self.rule.id, self.rule.kind, side, step, quote, reason, moment.now)
            )

    def _save(self, quote: Quote, out: Outcome) -> None:
        """Hand over a changed standing, unless an alert that is not told yet has changed it."""
        if self._changed and self.waiting is None:
            self.standing.mark = Mark(quote.ts_event, quote.ts_recv, str(quote.last))
            out.states[self.key] = self.save()
            self._changed = False

    # -- the quiet box

    def narrow(self, entry: Entry, quote: Quote) -> None:
        """At which prices it has nothing to do while the previous close and the phase stay as they are."""
        self.floor = self.ceiling = None
        condition = self.condition
        due = self._held_back or self.waiting is not None or condition.restless(is_spent(condition))
        due |= condition.edge and not is_seen(condition, quote)  # the next price may be one that counts
        self.restless = due and not self._expired
        if self._expired or self.restless or not self.primed:
            return
        wanted = untold(condition, quote) if condition.edge else []
        low, high = bounds(condition, wanted, quote)
        # Levels move with the base; the box must hold for every base inside it.
        drift = entry.base_drift
        self.floor = low * (1 + drift) if low is not None else None
        self.ceiling = high * (1 - drift) if high is not None else None


def key_of(rule: Rule, up: bool, symbol: str) -> str:
    """The name of a ladder, and of its standing in the store."""
    return f"{rule.id}/{symbol}/{'up' if up else 'down'}"


def _is_of(text: str | None, steps: Sequence[Decimal]) -> bool:
    return text is not None and json.loads(text)["states"].keys() == set(map(str, steps))
