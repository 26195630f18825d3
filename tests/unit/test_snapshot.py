"""One look at the market: how far each row can be trusted."""

from decimal import Decimal
from pathlib import Path

import pytest

from market.clock import SECOND, parse_rfc3339
from market.quote import Quote
from monitor.config import load
from monitor.snapshot import row, table

NOWHERE = {"XDG_CONFIG_HOME": "/nonexistent"}


def quote(at: str, **fields: object) -> Quote:
    """Baidu, stamped then."""
    made = parse_rfc3339(f"2025-09-{at}:00Z")
    base = Quote("9888.HK", Decimal("131.00"), made, made, "tencent", Decimal("113.20"))
    return base._replace(**fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("made", "now", "delay", "quality"),
    [
        ("17T02:00", "17T02:01", "", "live"),
        ("17T02:00", "17T02:02", "", "stale"),
        ("17T02:00", "17T02:15", "", "stale"),  # a single old quote is stale, not delayed
        ("17T02:00", "17T02:15", "15m", "delayed"),
        ("17T02:00", "17T02:17", "15m", "stale"),
        ("17T03:59", "17T04:59", "", "live"),  # lunch makes nothing old
        ("17T08:09", "17T15:00", "", "live"),  # nor does the night
        ("16T08:09", "17T00:30", "", "live"),
        ("16T08:09", "17T01:30", "", "stale"),
        ("16T08:09", "17T01:05", "15m", "delayed"),  # where the opening auction is not seen yet
        ("19T08:09", "21T03:00", "", "live"),  # Sunday
    ],
)
def test_quality_goes_by_trading_time_and_the_declared_delay(
    made: str, now: str, delay: str, quality: str
) -> None:
    """By its section's ``delay``: one look is too short to measure it."""
    config = load(flags={"feeds.tencent.delay": delay or None}, environ=NOWHERE)
    shown = row(quote(made), parse_rfc3339(f"2025-09-{now}:00Z"), config)
    assert (shown["quality"], shown["delayed_s"]) == (quality, 900 if delay else 0)


def test_the_venues_own_word_on_its_delay_counts() -> None:
    """Tencent says it of its codes without ``r_``."""
    now = parse_rfc3339("2025-09-17T02:15:00Z")
    shown = row(quote("17T02:00", delay=900), now, load(environ=NOWHERE))
    assert (shown["quality"], shown["delayed_s"], shown["age_s"]) == ("delayed", 900, "900.0")


def test_a_simulation_says_so(tmp_path: Path) -> None:
    """Whatever its time."""
    config = load(flags={"simulation.clock_url": "ws://127.0.0.1:1/clock"}, environ=NOWHERE)
    shown = row(quote("17T02:00"), parse_rfc3339("2025-09-17T02:00:00Z") + SECOND, config)
    assert shown["quality"] == "simulated"


def test_the_table_has_a_dash_for_what_is_absent() -> None:
    """And a note for what nobody answers."""
    shown = row(
        quote("17T02:00", prev_close=None), parse_rfc3339("2025-09-17T02:00:05Z"), load(environ=NOWHERE)
    )
    lines = table([shown, {"symbol": "AAPL", "error": "no feed serves it"}]).splitlines()
    assert lines[1].split() == ["9888.HK", "Baidu", "131.00", *"------", "5s", "live", "tencent"]
    assert lines[2] == "AAPL: no feed serves it"


@pytest.mark.parametrize("missing", [None, Decimal(0)])
def test_no_base_is_no_percentage(missing: Decimal | None) -> None:
    shown = row(
        quote("17T02:00", prev_close=missing), parse_rfc3339("2025-09-17T02:00:05Z"), load(environ=NOWHERE)
    )
    assert (shown["change"], shown["pct"], shown["base_date"]) == (None, None, None)


def test_a_percentage_names_its_base_and_date() -> None:
    """Of the session before the quote's own, by its exchange's calendar; of a day ago for crypto."""
    now, config = parse_rfc3339("2025-09-22T02:00:05Z"), load(environ=NOWHERE)
    monday, friday = (row(quote(day), now, config) for day in ("22T02:00", "19T08:09"))
    assert (monday["base_date"], friday["base_date"]) == ("2025-09-19", "2025-09-18")
    assert table([monday]).splitlines()[-1] == "changes count from the close of 2025-09-19"
    crypto = row(quote("22T02:00", symbol="BTC-USD"), now, config)
    assert (crypto["basis"], crypto["base_date"]) == ("24h", None)
    assert table([monday, crypto]).splitlines()[-2:] == [
        "changes count from the close of 2025-09-19 (9888.HK)",
        "changes count from 24 hours ago (BTC-USD)",
    ]
