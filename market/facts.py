"""Facts: what a price means against history, exactly, on every tick. Pure functions over a ``Profile``."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from market.profile import RUNS_KEPT, Finished, Mark, Period, Profile, Run, change_ratio, percent

RESCALED = Decimal("1.4")
"""A previous close so many times the last close on file is no dividend: three for two, and a little less."""

_SAME = Decimal("0.00001")  # two prices this near are one, of which a vendor keeps seven digits


@dataclass(frozen=True, slots=True)
class Change:
    """A period in progress against the last close of the one before.

    ``streak`` counts this period as if it closed now, ``closed_streak`` finished periods only; both are
    positive for gains, negative for losses, 0 after a change of zero. ``None`` where history is too short.
    """

    pct: Decimal | None
    """Percent at 28 digits; never used to decide anything."""
    streak: int | None
    closed_streak: int | None
    base: Decimal | None
    base_date: date | None
    finished: bool
    """Whether the period's last session, by the exchange's calendar, has closed with this price."""
    longest: Run | None = None
    """The longest earlier run of the streak's sign, the latest of equals; ``None`` where there is none."""
    hole: int = 0
    """Sessions before the period that have no close on file: the change counts from too old a close."""

    @property
    def beats(self) -> bool:
        """Whether the streak is longer than every earlier run of its sign, of which there must be one."""
        return self.longest is not None and abs(self.streak or 0) > abs(self.longest.streak)


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything history says of one price in one session, as if that price were its close.

    ``final`` says that it is. "Since" dates are the latest earlier session at or beyond this one; ``None``
    there means none on file. Closes are compared with closes, intraday prices with intraday prices.
    """

    symbol: str
    session_date: date
    price: Decimal
    final: bool
    first_date: date | None
    hole: int
    day: Change
    week: Change
    month: Change
    quarter: Change
    year: Change
    highest_since: date | None
    lowest_since: date | None
    record_close: Decimal
    record_date: date
    record_high: Decimal
    record_high_date: date
    biggest_gain: bool
    """A gain that no earlier daily gain equals."""
    biggest_gain_since: date | None
    biggest_loss: bool
    """A loss that no earlier daily loss equals."""
    biggest_loss_since: date | None
    open: Decimal | None
    gap_pct: Decimal | None
    """The open against the previous close, percent."""
    gapped: bool
    """Whether the open lies outside all that the previous session traded at."""
    high: Decimal | None
    """The session's own high so far, as ``low`` is its low; ``None`` where the venue does not say."""
    low: Decimal | None
    high_since: date | None
    """Of intraday highs, where ``high`` is known: the latest earlier session that went as high."""
    low_since: date | None
    year_high: Mark | None
    """The highest intraday price of 52 weeks, this session's among them; ``None`` for a shorter history."""
    year_low: Mark | None
    last_close: Decimal | None = None
    """The last close on file. ``day`` counts from the exchange's previous close, which is another one on an
    ex-date; weeks, months, records and "since" count from closes alone."""

    @property
    def is_adjusted(self) -> bool:
        """Whether the exchange counts the day from another price than the last close on file."""
        base, close = self.day.base, self.last_close
        return base is not None and close is not None and abs(base - close) > close * _SAME

    @property
    def is_rescaled(self) -> bool:
        """Whether it does by so much that closes on file are of other shares: a split unknown to history."""
        base, close = self.day.base, self.last_close
        return base is not None and close is not None and not close < base * RESCALED < close * RESCALED**2

    @property
    def year_position(self) -> Decimal | None:
        """Where the price lies in the range of 52 weeks: 0 at its low, 100 at its high."""
        if self.year_high is None or self.year_low is None or self.year_high.price == self.year_low.price:
            return None
        low = self.year_low.price
        return (self.price - low) * 100 / (self.year_high.price - low)

    @property
    def pct_below(self) -> Decimal:
        """The price against the record close, percent, never positive."""
        return percent(self.price, self.record_close)

    @property
    def pct_to_regain(self) -> Decimal:
        """What the price must gain to reach the record close, percent, never negative."""
        return percent(self.record_close, self.price)

    @property
    def changes(self) -> dict[Period, Change]:
        """The change of every period, the shortest first."""
        return {
            Period.DAY: self.day,
            Period.WEEK: self.week,
            Period.MONTH: self.month,
            Period.QUARTER: self.quarter,
            Period.YEAR: self.year,
        }


def facts(
    profile: Profile,
    price: Decimal,
    *,
    open: Decimal | None = None,
    high: Decimal | None = None,
    low: Decimal | None = None,
    final: bool = False,
    prev_close: Decimal | None = None,
) -> Facts:
    """What history says of a positive price in the profile's session.

    ``open``, ``high`` and ``low`` are the session's own so far, ``final`` whether its close is (after the
    closing auction, by the quote's own time), ``prev_close`` the exchange's previous close where it differs
    from the last one on file, as on an ex-dividend date: it wins for the day, and for nothing longer.
    """
    day = profile.finished[Period.DAY]
    previous = prev_close or day.base
    gain_since = loss_since = None
    rose = fell = False
    if previous:
        ratio = change_ratio(price, previous)
        rose, fell = ratio > 1, ratio < 1
        if rose:
            gain_since = profile.gains.at_or_above(ratio)
        elif fell:
            loss_since = profile.losses.at_or_below(ratio)
    record, record_date = profile.record_close, profile.record_date
    if record is None or record_date is None or price > record:
        record, record_date = price, profile.session_date
    highest, lowest = high or price, low or price
    top, top_date = profile.record_high, profile.record_high_date
    if top is None or top_date is None or highest > top:
        top, top_date = highest, profile.session_date
    year_high, year_low = profile.year_high, profile.year_low
    if year_high is not None and highest >= year_high.price:
        year_high = Mark(highest, profile.session_date)
    if year_low is not None and lowest <= year_low.price:
        year_low = Mark(lowest, profile.session_date)
    return Facts(
        symbol=profile.symbol,
        session_date=profile.session_date,
        price=price,
        final=final,
        first_date=profile.first_date,
        hole=profile.hole,
        day=_change(day, price, final, previous),
        week=_change(profile.finished[Period.WEEK], price, final),
        month=_change(profile.finished[Period.MONTH], price, final),
        quarter=_change(profile.finished[Period.QUARTER], price, final),
        year=_change(profile.finished[Period.YEAR], price, final),
        highest_since=profile.peaks.at_or_above(price),
        lowest_since=profile.troughs.at_or_below(price),
        record_close=record,
        record_date=record_date,
        record_high=top,
        record_high_date=top_date,
        biggest_gain=rose and gain_since is None,
        biggest_gain_since=gain_since,
        biggest_loss=fell and loss_since is None,
        biggest_loss_since=loss_since,
        open=open,
        gap_pct=percent(open, previous) if open and previous else None,
        gapped=open is not None and previous == day.base and _is_outside(profile, open),
        high=high,
        low=low,
        high_since=profile.highs.at_or_above(highest) if high else None,
        low_since=profile.lows.at_or_below(lowest) if low else None,
        year_high=year_high,
        year_low=year_low,
        last_close=day.base,
    )


def runs(profile: Profile, period: Period, streak: int | None, price: Decimal) -> tuple[Run, ...]:
    """The last ten runs, oldest first, as if ``price`` closed the period in progress with ``streak``."""
    before = profile.finished[period]
    known = before.runs
    if not streak or before.base is None or before.base_date is None:
        return known
    if before.streak and streak * before.streak > 0:
        return (*known[:-1], known[-1]._replace(streak=streak, end=profile.session_date, close=price))
    return (*known, Run(streak, before.base_date, profile.session_date, before.base, price))[-RUNS_KEPT:]


def _is_outside(profile: Profile, price: Decimal) -> bool:
    """Whether a price lies above or below the range of the last session on file.

    That session is the first rung above and the last rung below: nothing came after it.
    """
    return bool(profile.highs.values) and not profile.lows.values[-1] <= price <= profile.highs.values[0]


def _change(before: Finished, price: Decimal, final: bool, base: Decimal | None = None) -> Change:
    base = base or before.base
    over = final and before.ends
    if base is None:
        return Change(None, None, None, None, None, over)
    streak = _extended(before.streak, price, base)
    closed = streak if over else before.streak
    longest = before.longest_gain if streak > 0 else before.longest_loss if streak else None
    return Change(percent(price, base), streak, closed, base, before.base_date, over, longest, before.hole)


def _extended(streak: int | None, price: Decimal, base: Decimal) -> int:
    """The streak with one more change: on if the sign holds, begun anew if it turns, 0 if nothing moved."""
    step = int(price.compare(base))
    return step + streak if streak is not None and step * streak > 0 else step
