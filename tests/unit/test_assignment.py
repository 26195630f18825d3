"""Which feed brings what."""

from datetime import date

import pytest

from monitor.assignment import assign
from monitor.config import load

DAY = date(2025, 9, 17)
WATCHED = ("9888.HK", "HSTECH", "AAPL", "NDX", "BTC-USD", "BTC-USDT")


def assigned(environ: dict[str, str]) -> dict[str, tuple[str, ...]]:
    """By feed, under these variables; those that bring nothing are left out."""
    variables = {f"TICKWALL_FEEDS_{name}": value for name, value in environ.items()}
    settings = load(environ={"XDG_CONFIG_HOME": "/nonexistent"} | variables).settings
    return {name: symbols for name, symbols in assign(settings, WATCHED, DAY).items() if symbols}


HONG_KONG, REST = ("9888.HK", "HSTECH"), ("AAPL", "NDX", "BTC-USD", "BTC-USDT")


@pytest.mark.parametrize(
    ("environ", "expected"),
    [({}, {"tencent": HONG_KONG, "yahoo": REST}),
     ({"SINA_ENABLED": "true"}, {"tencent": HONG_KONG, "yahoo": REST, "sina": HONG_KONG}),
     ({"EASTMONEY_ENABLED": "true", "TENCENT_ENABLED": "false"}, {"yahoo": REST, "eastmoney": HONG_KONG}),
     ({"KRAKEN_ENABLED": "true"},
      {"tencent": HONG_KONG, "yahoo": ("AAPL", "NDX"), "kraken": ("BTC-USD", "BTC-USDT")}),
     ({"BINANCE_ENABLED": "true"},
      {"tencent": HONG_KONG, "yahoo": ("AAPL", "NDX", "BTC-USD"), "binance": ("BTC-USDT",)}),
     ({"ALPACA_ENABLED": "true"}, {"tencent": HONG_KONG, "yahoo": REST, "alpaca": ("AAPL",)}),
     ({"LONGBRIDGE_ENABLED": "true"},
      {"tencent": HONG_KONG, "yahoo": ("NDX", "BTC-USD", "BTC-USDT"),
       "longbridge": ("9888.HK", "HSTECH", "AAPL")}),
     ({"FINNHUB_ENABLED": "true", "FINNHUB_SYMBOLS": "BIDU"},
      {"tencent": HONG_KONG, "yahoo": REST, "finnhub": ("BIDU",)})],
)  # fmt: skip
def test_each_feed_brings_what_it_is_there_for(
    environ: dict[str, str], expected: dict[str, tuple[str, ...]]
) -> None:
    """Two may bring a name; one that tells trades alone leaves it to Yahoo too, for the previous close."""
    assert assigned(environ) == expected
