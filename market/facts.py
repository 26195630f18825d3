"""Facts: what a price means against history, exactly, on every tick. Pure functions over a ``Profile``."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from market.profile import Finished, Period, Profile, change_ratio


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


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything history says of one price in one session, as if that price were its close.

    ``final`` says that it is. "Since" dates are the latest earlier session at or beyond this one; ``None``
    there means none on file. Closes are compared with closes, intraday highs with intraday highs.
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
    high: Decimal | None = None,
    final: bool = False,
    prev_close: Decimal | None = None,
) -> Facts:
    """What history says of a positive price in the profile's session.

    ``high`` is the session's own high so far, ``final`` whether its close is (after the closing auction,
    by the quote's own time), ``prev_close`` the exchange's previous close where it differs from the last
    one on file, as on an ex-dividend date.
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
    top, top_date = profile.record_high, profile.record_high_date
    if top is None or top_date is None or (high or price) > top:
        top, top_date = high or price, profile.session_date
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
    )


def percent(price: Decimal, base: Decimal) -> Decimal:
    """Percent change of ``price`` on a positive ``base``, at 28 digits."""
    return (price - base) * 100 / base


def _change(before: Finished, price: Decimal, final: bool, base: Decimal | None = None) -> Change:
    base = base or before.base
    over = final and before.ends
    if base is None:
        return Change(None, None, None, None, None, over)
    streak = _extended(before.streak, price, base)
    return Change(
        percent(price, base), streak, streak if over else before.streak, base, before.base_date, over
    )


def _extended(streak: int | None, price: Decimal, base: Decimal) -> int:
    """The streak with one more change: on if the sign holds, begun anew if it turns, 0 if nothing moved."""
    step = int(price.compare(base))
    return step + streak if streak is not None and step * streak > 0 else step
