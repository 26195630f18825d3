"""Sessions and calendars: published days, phases to the nanosecond, the tables against real closes."""

import csv
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.clock import MINUTE, SECOND, parse_rfc3339
from market.errors import CalendarError
from market.session import Phase, amend, calendar, load
from tests.paths import SHARED

HK = calendar("XHKG")
NY = calendar("XNYS")


def hk(text: str) -> int:
    """A Hong Kong time as an instant."""
    return parse_rfc3339(f"{text.replace(' ', 'T')}+08:00")


def ny(text: str) -> int:
    """A New York time as an instant."""
    return int(datetime.fromisoformat(text).replace(tzinfo=NY.zone).timestamp()) * SECOND


@pytest.mark.parametrize(
    ("when", "phase"),
    [
        ("2025-09-17 08:59:59", Phase.CLOSED),
        ("2025-09-17 09:00:00", Phase.PRE_OPEN),
        ("2025-09-17 09:30:00", Phase.MORNING),
        ("2025-09-17 11:59:59.999999999", Phase.MORNING),
        ("2025-09-17 12:00:00", Phase.LUNCH),
        ("2025-09-17 13:00:00", Phase.AFTERNOON),
        ("2025-09-17 15:59:59", Phase.AFTERNOON),
        ("2025-09-17 16:00:00", Phase.CLOSING_AUCTION),
        ("2025-09-17 16:09:59.999999999", Phase.CLOSING_AUCTION),
        ("2025-09-17 16:10:00", Phase.CLOSED),
        ("2025-12-24 11:59:00", Phase.MORNING),
        ("2025-12-24 12:00:00", Phase.CLOSING_AUCTION),
        ("2025-12-24 12:10:00", Phase.CLOSED),
        ("2025-12-24 14:00:00", Phase.CLOSED),
        ("2025-09-20 11:00:00", Phase.CLOSED),
        ("2024-09-06 11:00:00", Phase.CLOSED),
        ("2023-10-09 10:00:00", Phase.CLOSED),
        ("2023-10-09 14:00:00", Phase.AFTERNOON),
        ("2004-01-02 09:45:00", Phase.PRE_OPEN),
        ("2008-06-02 16:05:00", Phase.CLOSING_AUCTION),
        ("2010-06-02 16:05:00", Phase.CLOSED),
        ("2011-06-02 13:15:00", Phase.LUNCH),
        ("2012-06-04 13:15:00", Phase.AFTERNOON),
    ],
)
def test_hong_kong_phases(when: str, phase: Phase) -> None:
    assert HK.phase_at(hk(when)) is phase
    session = HK.session_at(hk(when))
    assert (session.phase_at(hk(when)) if session else Phase.CLOSED) is phase


@pytest.mark.parametrize(
    ("when", "phase"),
    [
        ("2025-09-17 03:59:59", Phase.CLOSED),
        ("2025-09-17 04:00:00", Phase.PRE),
        ("2025-09-17 09:30:00", Phase.REGULAR),
        ("2025-09-17 16:00:00", Phase.POST),
        ("2025-09-17 20:00:00", Phase.CLOSED),
        ("2026-11-27 12:59:59", Phase.REGULAR),
        ("2026-11-27 13:00:00", Phase.POST),
        ("2025-01-09 11:00:00", Phase.CLOSED),
        ("2025-03-07 09:30:00", Phase.REGULAR),
        ("2025-03-10 09:30:00", Phase.REGULAR),  # the Monday after the clocks went forward
        ("2025-11-03 09:29:59", Phase.PRE),  # and after they went back
    ],
)
def test_new_york_phases(when: str, phase: Phase) -> None:
    assert NY.phase_at(ny(when)) is phase


def test_daylight_saving_moves_the_open_in_utc() -> None:
    opens = [NY.session(day) for day in (date(2025, 3, 7), date(2025, 3, 10))]
    assert [datetime.fromtimestamp(s.open // SECOND, UTC).hour for s in opens if s] == [14, 13]


def test_a_session_knows_its_open_close_and_kind() -> None:
    full, half, late = (HK.session(date.fromisoformat(d)) for d in ("2025-09-17", "2025-12-24", "2023-10-09"))
    assert full and half and late
    assert (full.start, full.open, full.close) == (
        hk("2025-09-17 09:00:00"), hk("2025-09-17 09:30:00"), hk("2025-09-17 16:10:00"),
    )  # fmt: skip
    assert not full.half_day and half.half_day
    assert half.close == hk("2025-12-24 12:10:00")
    assert late.open == hk("2023-10-09 14:00:00")
    new_york = NY.session(date(2025, 9, 17))
    assert new_york and new_york.close == ny("2025-09-17 16:00:00")


@pytest.mark.parametrize(
    ("event", "now", "final"),
    [
        ("16:00:00", "16:10:00", False),  # the last trade before the auction
        ("16:08:30", "16:09:59", False),  # the auction's own price, while it may still be running
        ("16:08:30", "16:10:00", True),
        ("16:10:03", "16:12:00", True),
    ],
)
def test_a_close_is_final_when_the_auction_is_over_and_the_price_is_its_own(
    event: str, now: str, final: bool
) -> None:
    session = HK.session(date(2025, 9, 17))
    assert session
    assert session.is_final(hk(f"2025-09-17 {event}"), hk(f"2025-09-17 {now}")) is final


@pytest.mark.parametrize(
    ("event", "now", "final", "after"),
    [
        ("15:59:59", "16:00:00", False, False),  # the last trade before the closing print
        ("16:00:00", "15:59:59", False, False),
        ("16:00:00", "16:00:01", True, False),
        ("16:01:59", "20:30:00", True, False),
        ("16:02:00", "16:02:01", False, True),
        ("19:30:00", "20:30:00", False, True),
    ],
)
def test_new_yorks_close_is_printed_after_it_and_what_follows_is_none(
    event: str, now: str, final: bool, after: bool
) -> None:
    session = NY.session(date(2025, 9, 17))
    assert session
    stamp = ny(f"2025-09-17 {event}")
    assert session.is_final(stamp, ny(f"2025-09-17 {now}")) is final
    assert session.is_after_hours(stamp) is after


def test_trading_time_leaves_out_auctions_before_the_open_and_lunch() -> None:
    session = HK.session(date(2025, 9, 17))
    assert session
    assert session.trading_ns_between(0, 2**62) == (150 + 180 + 10) * MINUTE
    assert session.trading_ns_between(hk("2025-09-17 11:50:00"), hk("2025-09-17 13:05:00")) == 15 * MINUTE
    assert session.trading_ns_between(hk("2025-09-17 13:05:00"), hk("2025-09-17 11:50:00")) == 0


def test_next_change_walks_a_day_a_weekend_and_a_holiday() -> None:
    when = hk("2025-09-19 15:00:00")
    changes = []
    for _ in range(3):
        when, phase = HK.next_change(when)
        changes.append((when, phase))
    assert changes == [
        (hk("2025-09-19 16:00:00"), Phase.CLOSING_AUCTION),
        (hk("2025-09-19 16:10:00"), Phase.CLOSED),
        (hk("2025-09-22 09:00:00"), Phase.PRE_OPEN),
    ]
    assert HK.next_change(hk("2026-02-16 18:00:00")) == (hk("2026-02-20 09:00:00"), Phase.PRE_OPEN)


def test_latest_is_yesterdays_session_until_todays_auction_begins() -> None:
    assert HK.latest(hk("2025-09-17 08:59:59")).date == date(2025, 9, 16)
    assert HK.latest(hk("2025-09-17 09:00:00")).date == date(2025, 9, 17)
    assert HK.latest(hk("2025-09-21 12:00:00")).date == date(2025, 9, 19)


def test_days_around_holidays() -> None:
    assert HK.previous(date(2023, 9, 4)) == date(2023, 8, 31)
    assert HK.next(date(2023, 9, 7)) == date(2023, 9, 11)
    assert HK.between(date(2025, 9, 17), date(2025, 9, 20)) == 2
    assert HK.between(date(2025, 9, 20), date(2025, 9, 17)) == 0
    for day in ("2023-07-17", "2023-09-01", "2023-09-08", "2024-09-06", "2025-10-07"):
        assert HK.session(date.fromisoformat(day)) is None
    assert HK.day_of(hk("2025-09-18 00:30:00")) == date(2025, 9, 18)


def test_round_the_clock() -> None:
    always = calendar("24/7")
    sunday = parse_rfc3339("2021-04-18T23:59:59Z")
    assert always.phase_at(sunday) is Phase.ALWAYS
    midnight, phase = always.next_change(sunday)
    assert (midnight, phase) == (parse_rfc3339("2021-04-19T00:00:00Z"), Phase.ALWAYS)
    assert always.phase_at(midnight) is Phase.ALWAYS
    assert always.latest(midnight).date == date(2021, 4, 19)
    assert always.between(date(2021, 4, 17), date(2021, 4, 19)) == 2


def test_beyond_the_table_the_weekday_speaks_and_says_so() -> None:
    session = HK.session(HK.valid_until + timedelta(days=3))
    assert session and not session.certain and session.open
    assert HK.session(HK.valid_until).certain is True  # type: ignore[union-attr]
    early = HK.session(date(1986, 12, 31))
    assert early and not early.certain


@given(st.dates(date(1986, 1, 1), date(2029, 1, 1)), st.integers(0, 1500))
def test_counting_and_walking_agree(day: date, span: int) -> None:
    end = day + timedelta(days=span)
    days = (day + timedelta(days=n) for n in range(1, span + 1))
    assert HK.between(day, end) == sum(HK.is_session(each) for each in days)


@given(st.sampled_from(["XHKG", "XNYS", "24/7"]), st.integers(631_152_000, 1_830_000_000))
def test_a_phase_lasts_until_its_next_change(mic: str, seconds: int) -> None:
    fresh = calendar(mic)
    ts = seconds * SECOND
    change, phase = fresh.next_change(ts)
    assert change > ts
    assert fresh.phase_at(change - 1) is fresh.phase_at(ts)
    assert fresh.phase_at(change) is phase
    assert phase is not fresh.phase_at(ts) or mic == "24/7"


@pytest.mark.parametrize(("mic", "file"), [("XHKG", "HSI.csv"), ("XNYS", "NDX.csv")])
def test_the_tables_agree_with_every_index_close(mic: str, file: str) -> None:
    path = SHARED / "market" / file
    if not path.exists():
        pytest.skip("no shared market history")
    cal = calendar(mic)
    with path.open() as lines:
        rows = {date.fromisoformat(row["Date"]) for row in csv.DictReader(lines)}
    rows = {day for day in rows if day >= cal.valid_from}
    first, last = min(rows), max(rows)
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    sessions = {day for day in days if cal.is_session(day)}
    assert sessions == rows


def test_half_days_agree_with_the_shared_table() -> None:
    path = SHARED / "market" / "XHKG_sessions_2004_2026.csv"
    if not path.exists():
        pytest.skip("no shared market history")
    with path.open() as lines:
        rows = {date.fromisoformat(row["Date"]): row["HalfDay"] == "1" for row in csv.DictReader(lines)}
    first, last = min(rows), max(rows)
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    assert {day: s.half_day for day in days if (s := HK.session(day))} == rows


@pytest.mark.filterwarnings("ignore")  # the package uses what this pandas deprecates
@pytest.mark.parametrize("mic", ["XHKG", "XNYS"])
def test_the_tables_agree_with_the_package_they_came_from(mic: str) -> None:
    import exchange_calendars  # slow, and needed here alone

    source = exchange_calendars.get_calendar(mic, start="2024-01-01", end="2027-12-31")
    days = (date(2024, 1, 1) + timedelta(days=n) for n in range(1461))
    assert [day for day in days if calendar(mic).is_session(day)] == [d.date() for d in source.sessions]


def test_a_users_file_closes_opens_and_shortens_days(tmp_path: Path) -> None:
    extra = tmp_path / "closures.toml"
    extra.write_text(
        "[XHKG]\nclosed = [2026-09-02]\nopen = [2026-10-19]\nhalf = [2026-09-03]\n"
        '[XHKG.days]\n2026-09-04 = ["13:30 afternoon", "16:00 closing_auction", "16:10 closed"]\n'
    )
    cal = load("XHKG", extra)
    assert cal.session(date(2026, 9, 2)) is None
    assert cal.session(date(2026, 10, 19)) is not None
    assert cal.phase_at(hk("2026-09-03 12:05:00")) is Phase.CLOSING_AUCTION
    assert cal.phase_at(hk("2026-09-04 10:00:00")) is Phase.CLOSED
    assert HK.session(date(2026, 9, 2)) is not None
    amend(extra)
    try:
        assert calendar("XHKG").session(date(2026, 9, 2)) is None
        assert HK.session(date(2026, 9, 2)) is None, "whoever holds a calendar goes by the same file"
        assert calendar("XNYS").session(date(2026, 9, 2)) is not None
        extra.write_text("[XHKG]\nclosed = [2026-09-08]\n")
        assert amend(extra) and not amend(extra)
        assert HK.previous(date(2026, 9, 9)) == date(2026, 9, 7)
        assert HK.session(date(2026, 9, 2)) is not None
    finally:
        assert amend(None)
    assert HK.session(date(2026, 9, 8)) is not None


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[XHKG\n", "closures.toml"),
        ("[XLON]\nclosed = []", "no such exchange 'XLON'"),
        ("XHKG = 1", "must be a table"),
        ("[XHKG]\nshut = []", "shut: unknown"),
        ('[XHKG]\nclosed = ["2026-09-02"]', "list of dates"),
        ("[XHKG]\nclosed = [2026-09-02T10:00:00]", "list of dates"),
        ("[XHKG]\nclosed = 2026-09-02", "list of dates"),
        ('[XHKG.days]\n2026-09-04 = ["13:30 siesta"]', "siesta"),
        ('[XHKG.days]\n2026-09-04 = ["13:30 afternoon"]', "closed"),
        ("[XHKG.days]\n2026-09-04 = []", "ascend"),
        ("[XHKG.days]\n2026-09-04 = [1]", "2026-09-04"),
        ('[XHKG.days]\nsoon = ["13:30 afternoon", "16:00 closed"]', "soon"),
    ],
)
def test_a_bad_users_file_is_named_and_changes_nothing(tmp_path: Path, text: str, complaint: str) -> None:
    extra = tmp_path / "closures.toml"
    extra.write_text(text)
    before = calendar("XHKG")
    with pytest.raises(CalendarError, match=r"closures\.toml") as caught:
        amend(extra)
    assert complaint in str(caught.value)
    assert calendar("XHKG") is before


def test_unknown_exchange_and_missing_file(tmp_path: Path) -> None:
    with pytest.raises(CalendarError, match="XLON"):
        load("XLON")
    with pytest.raises(CalendarError, match="none"):
        load("XHKG", tmp_path / "none.toml")


def test_a_table_warns_sixty_days_before_its_end() -> None:
    """And goes on saying so when it has ended."""
    end = HK.valid_until
    assert HK.warning(end - timedelta(days=61)) is None
    assert f"ends on {end}" in str(HK.warning(end - timedelta(days=60)))
    assert f"ended on {end}" in str(HK.warning(end + timedelta(days=1)))
    assert calendar("24/7").warning(end) is None
