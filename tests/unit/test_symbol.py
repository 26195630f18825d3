"""Every way of writing a symbol that is in use, and the one that is printed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.errors import SymbolError
from market.symbol import canonical, hk_code, is_crypto, is_hong_kong, is_index, mic


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("9888", "9888.HK"),
        ("09888", "9888.HK"),
        ("9888.HK", "9888.HK"),
        ("09888.HK", "9888.HK"),
        ("9888.hk", "9888.HK"),
        ("HK.09888", "9888.HK"),
        ("9888-HK", "9888.HK"),
        ("hk09888", "9888.HK"),
        ("r_hk09888", "9888.HK"),
        ("rt_hk09888", "9888.HK"),
        ("HKEX:9888", "9888.HK"),
        ("SEHK:9888", "9888.HK"),
        (" 9888 ", "9888.HK"),
        ("700", "0700.HK"),
        ("700.HK", "0700.HK"),
        ("00700", "0700.HK"),
        ("5", "0005.HK"),
        ("80700", "80700.HK"),
        ("HSTECH", "HSTECH"),
        ("hstech", "HSTECH"),
        ("HSTECH.HK", "HSTECH"),
        ("HK.800700", "HSTECH"),
        ("hkHSTECH", "HSTECH"),
        ("^HSI", "HSI"),
        ("HSI", "HSI"),
        ("hkHSI", "HSI"),
        ("^HSCE", "HSCEI"),
        ("^NDX", "NDX"),
        ("^GSPC", "SPX"),
        ("AAPL", "AAPL"),
        ("aapl", "AAPL"),
        ("BRK.B", "BRK.B"),
        ("BRK-B", "BRK.B"),
        ("BTC-USD", "BTC-USD"),
        ("btc-usd", "BTC-USD"),
        ("HKD=X", "HKD=X"),
    ],
)
def test_every_convention_is_read(written: str, printed: str) -> None:
    assert canonical(written) == printed


@pytest.mark.parametrize(
    "written",
    [
        "",
        " ",
        "0",
        "00000",
        "123456",
        "9888.HKX",
        "-",
        "百度",
        "９８８８",
        "ß",
        "AAPL;rm",
        "\x1b[31m",
        "A" * 500,
    ],
)
def test_anything_else_is_refused_in_words(written: str) -> None:
    with pytest.raises(SymbolError, match="not a symbol") as refused:
        canonical(written)
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 120


@given(st.integers(1, 99_999))
def test_a_code_comes_back_from_every_vendor_form(code: int) -> None:
    symbol = canonical(str(code))
    assert symbol == f"{code:04d}.HK"
    assert hk_code(symbol) == f"{code:05d}"
    for form in (f"hk{code:05d}", f"HK.{code:05d}", f"{code}-HK", f"HKEX:{code}", symbol):
        assert canonical(form) == symbol
    assert is_hong_kong(symbol)
    assert mic(symbol) == "XHKG"


@given(st.text(max_size=20))
def test_the_printed_form_is_read_back_unchanged(text: str) -> None:
    try:
        symbol = canonical(text)
    except SymbolError:
        return
    assert canonical(symbol) == symbol
    assert symbol.isascii()
    assert symbol.isprintable()
    assert mic(symbol) in ("XHKG", "XNYS", "24/7")


@pytest.mark.parametrize(
    ("symbol", "exchange", "index", "crypto"),
    [
        ("9888.HK", "XHKG", False, False),
        ("HSTECH", "XHKG", True, False),
        ("AAPL", "XNYS", False, False),
        ("NDX", "XNYS", True, False),
        ("BTC-USD", "24/7", False, True),
        ("HKD=X", "24/7", False, False),
    ],
)
def test_what_a_symbol_tells_of_itself(symbol: str, exchange: str, index: bool, crypto: bool) -> None:
    assert mic(symbol) == exchange
    assert is_index(symbol) is index
    assert is_crypto(symbol) is crypto
