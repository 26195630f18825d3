"""History over real sockets: from what the venue sends as two vendors come the facts that were published."""

from datetime import date, time
from decimal import Decimal
from pathlib import Path

import pytest

from feeds.tencent import TencentSettings
from feeds.venue.server import Venue, VenueOptions
from feeds.yahoo import YahooSettings
from market.clock import parse_rfc3339
from market.facts import facts
from market.profile import Profile
from monitor.history import sources
from monitor.reducer import ProfileLoader

DAY = date(2025, 9, 17)
NOW = parse_rfc3339("2025-09-17T10:00:00+08:00")


@pytest.mark.parametrize("vendor", ["tencent", "yahoo"])
async def test_either_vendor_gives_the_published_facts(
    vendor: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with Venue(VenueOptions(speed=0, start=time(10))) as venue:
        feeds = {
            "tencent": TencentSettings(
                enabled=vendor == "tencent",
                quote_url=f"{venue.url}/q=",
                kline_url=f"{venue.url}/appstock/app/hkfqkline/get",
            ),
            "yahoo": YahooSettings(chart_url=f"{venue.url}/v8/finance/chart/"),
        }
        loader = ProfileLoader(None, sources(feeds), lambda: NOW, tmp_path)
        loaded = [one async for one in loader(["HSTECH", "9888.HK", "0005.HK"], DAY)]
    [failure] = [one for one in loaded if isinstance(one, str)]
    profiles = {one.symbol: one for one in loaded if isinstance(one, Profile)}
    assert failure.startswith(f"0005.HK: {vendor}: ")
    index = facts(profiles["HSTECH"], Decimal("6334.24"))
    assert (index.day.streak, index.week.streak, index.month.streak) == (4, 7, 5)
    assert index.highest_since == date(2021, 11, 25)
    assert index.year.base == Decimal("4468.11")
    baidu = facts(profiles["9888.HK"], Decimal("131"))
    assert baidu.biggest_gain_since == date(2022, 3, 17)
    assert {profile.hole for profile in profiles.values()} == {0}
    assert loader.defects == {"HSTECH": (), "9888.HK": ()}
    splits = {file.name: file.read_text() for file in tmp_path.rglob("*.splits.csv")}
    assert splits == ({"9888.HK.splits.csv": "Date,Ratio\n"} if vendor == "tencent" else {})
    assert not caplog.records


async def test_closes_are_handed_over_and_then_compared_with_the_other_vendor() -> None:
    async with Venue(VenueOptions(speed=0, start=time(10))) as venue:
        feeds = {
            "tencent": TencentSettings(
                quote_url=f"{venue.url}/q=", kline_url=f"{venue.url}/appstock/app/hkfqkline/get"
            ),
            "yahoo": YahooSettings(chart_url=f"{venue.url}/v8/finance/chart/"),
        }
        loader = ProfileLoader(None, sources(feeds), lambda: NOW)
        first, compared = [closes async for closes in loader.closes("9888.HK", DAY)]
    assert first.prices[-1] == 113.2
    assert first.prices == compared.prices
    assert first.source.startswith("tencent, ")
    assert compared.notes == (), "the venue's two vendors agree"
