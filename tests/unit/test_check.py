"""``tickwall check``: how names are judged, which of them speaks, and in which words."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.clock import parse_rfc3339
from market.errors import TickwallError
from market.quote import Quote
from monitor.check import Choices, Finding, Status, Thresholds, judge, report, worst
from monitor.config import Config, load
from monitor.look import Answer

NOWHERE = {"XDG_CONFIG_HOME": "/nonexistent"}
TEN = "17T02:00"


def config(delay: str | None = None) -> Config:
    """The defaults, with a feed that says how late it is."""
    return load(flags={"feeds.tencent.delay": delay}, environ=NOWHERE)


def thresholds(*, require_open: bool = False, **chosen: str) -> Thresholds:
    """As the command line gives them."""
    percentages = {key: Decimal(value) for key, value in chosen.items()}
    return Thresholds.of(Choices(**percentages, require_open=require_open), config())  # type: ignore[arg-type]


def answer(last: str, at: str = TEN, symbol: str = "9888.HK", base: str | None = "113.20") -> Answer:
    """A quote that was made then."""
    made = parse_rfc3339(f"2025-09-{at}:00Z")
    prev_close = None if base is None else Decimal(base)
    return Answer(symbol, Quote(symbol, Decimal(last), made, made, "tencent", prev_close))


def judged(
    asked: Answer, now: str = TEN, *, delay: str | None = None, require_open: bool = False, **chosen: str
) -> Finding:
    """How a name stands then."""
    held = thresholds(require_open=require_open, **chosen)
    return judge(asked, parse_rfc3339(f"2025-09-{now}:00Z"), held, config(delay))


@pytest.mark.parametrize(
    ("last", "status"),
    [
        ("113.20", Status.OK),
        ("118.85", Status.OK),  # 4.99 %
        ("118.86", Status.WARNING),  # exactly 5 %
        ("107.54", Status.WARNING),  # exactly -5 %
        ("124.51", Status.WARNING),
        ("124.52", Status.CRITICAL),  # exactly 10 %
        ("101.88", Status.CRITICAL),
    ],
)
def test_a_move_is_compared_exactly_and_both_ways(last: str, status: Status) -> None:
    """What rounds to the threshold is not there, and what is exactly there is."""
    assert judged(answer(last)).status is status


@given(st.decimals("0.01", "90", places=2), st.decimals("0.001", "10000", places=3), st.booleans())
def test_no_move_is_rounded(pct: Decimal, base: Decimal, rises: bool) -> None:
    """What is exactly at the threshold has reached it; a trillionth more is not reached."""
    last = base * (100 + (pct if rises else -pct)) / 100
    for warning, status in ((pct, Status.WARNING), (pct + Decimal("1e-12"), Status.OK)):
        found = judged(answer(str(last), base=str(base)), warning=f"{warning:f}", critical="100")
        assert found.status is status


@pytest.mark.parametrize(
    ("made", "now", "delay", "status"),
    [
        ("17T02:00", "17T02:01", None, Status.OK),
        ("17T02:00", "17T02:02", None, Status.UNKNOWN),
        ("17T02:00", "17T02:15", None, Status.UNKNOWN),
        ("17T02:00", "17T02:15", "15m", Status.OK),
        ("17T02:00", "17T02:17", "15m", Status.UNKNOWN),
        ("17T02:00", "17T02:30", "30m", Status.UNKNOWN),  # beyond max_delay
        ("17T03:59", "17T04:59", None, Status.OK),  # over lunch
        ("17T03:50", "17T04:59", None, Status.UNKNOWN),
        ("17T08:00", "17T08:08", None, Status.OK),  # the closing auction's silence
        ("16T08:09", "17T01:30", None, Status.UNKNOWN),  # yesterday's, and trading has begun
        ("16T08:09", "17T01:29", None, Status.OK),  # which before it is closed
        ("17T08:09", "17T08:10", None, Status.OK),
        ("17T08:09", "20T02:00", None, Status.OK),  # Saturday
    ],
)
def test_an_old_quote_is_unknown_while_its_market_trades(
    made: str, now: str, delay: str | None, status: Status
) -> None:
    """By trading time, net of the delay that its feed declares."""
    assert judged(answer("113.20", made), now, delay=delay).status is status


@pytest.mark.parametrize("asked", [answer("150", "17T08:09"), Answer("9888.HK", error="tencent: down")])
def test_a_closed_market_is_ok_and_says_so(asked: Answer) -> None:
    """Whatever moved, and whether or not a feed answers at night; unknown, where it must be open."""
    found = judged(asked, "17T12:00")
    assert found.status is Status.OK
    assert found.words.endswith("(XHKG is closed until 2025-09-18T01:30:00.000Z)")
    assert judged(asked, "17T12:00", require_open=True).status is Status.UNKNOWN
    assert judged(asked, "17T00:30").note == "XHKG is closed until 2025-09-17T01:30:00.000Z"


def test_lunch_is_not_closed() -> None:
    """A move stands over it."""
    assert judged(answer("131", "17T03:59"), "17T04:30", require_open=True).status is Status.CRITICAL


def test_crypto_is_never_closed() -> None:
    """Nor ever excused."""
    coin = answer("100", "20T02:00", "BTC-USD", "100")
    assert [judged(coin, now).status for now in ("20T02:01", "20T02:02")] == [Status.OK, Status.UNKNOWN]


def test_what_has_no_answer_or_no_base_is_unknown() -> None:
    """Never OK."""
    assert judged(Answer("9888.HK", error="tencent: down")).words == "9888.HK tencent: down"
    found = [judged(answer("131", base=base)) for base in (None, "0")]
    assert {one.status for one in found} == {Status.UNKNOWN}


@pytest.mark.parametrize(
    ("chosen", "held"),
    [
        ({}, ("5", "10")),
        ({"warning": "20"}, ("20", "20")),
        ({"critical": "3"}, ("3", "3")),
        ({"warning": "0", "critical": "0"}, ("0", "0")),
    ],
)
def test_a_default_gives_way_to_what_is_said(chosen: dict[str, str], held: tuple[str, str]) -> None:
    """So that one threshold alone means what it says."""
    made = thresholds(require_open=False, **chosen)
    assert (str(made.warning), str(made.critical)) == held


def test_thresholds_the_wrong_way_round_are_a_mistake() -> None:
    """Told, not mended."""
    with pytest.raises(TickwallError, match="--critical 5 lies below --warning 6"):
        thresholds(warning="6", critical="5")


def told(*answers: Answer) -> list[str]:
    """The lines for a monitor."""
    held = thresholds()
    findings = [judge(one, parse_rfc3339("2025-09-17T02:00:10Z"), held, config()) for one in answers]
    return report(worst(findings), findings, held).splitlines()


def test_one_name_is_one_line() -> None:
    """Its move in words truncated, and for graphs to six decimals."""
    assert told(answer("131.00")) == [
        "CRITICAL - Baidu 9888.HK +15.72% at HK$131.00 | '9888.HK'=15.724381%;5;10;0"
    ]
    assert told(answer("6300", symbol="HSTECH", base="6077.66")) == [
        "OK - Hang Seng TECH HSTECH +3.65% at 6,300.00 | 'HSTECH'=3.658315%;5;10;0"
    ]


def test_of_several_the_worst_speaks_and_what_is_unknown_is_told() -> None:
    """A critical move is not hidden by a feed that is down; each has a line of its own below."""
    lines = told(
        answer("131.00"), answer("600", symbol="0700.HK", base="600"), Answer("AAPL", error="no feed | x\n")
    )
    assert lines == [
        (
            "CRITICAL - Baidu 9888.HK +15.72% at HK$131.00"
            " | '9888.HK'=15.724381%;5;10;0 '0700.HK'=0%;5;10;0 'AAPL'=U;5;10;0"
        ),
        "CRITICAL Baidu 9888.HK +15.72% at HK$131.00",
        "OK Tencent 0700.HK +0.00% at HK$600.00",
        "OK AAPL no feed / x (XNYS is closed until 2025-09-17T13:30:00.000Z)",
    ]


def test_calm_is_counted() -> None:
    """With what is closed beside it."""
    calm = [answer("600", symbol="0700.HK", base="600"), answer("80", symbol="9988.HK", base="80")]
    assert told(*calm)[0].startswith("OK - 2 names within 5% | ")
    closed = answer("200", "16T20:00", "AAPL", "200")
    assert told(*calm, closed)[0].startswith(
        "OK - 1 of 3 names not trading: XNYS is closed until 2025-09-17T13:30:00.000Z; 2 names within 5% | "
    )


def test_many_are_cut_short_in_the_first_line_alone() -> None:
    """Five are named."""
    many = [Answer(f"000{number}.HK", error="down") for number in range(1, 8)]
    first, *rest = told(*many)
    assert first.startswith("UNKNOWN - 0001.HK down, ")
    assert "0005.HK down, and 2 more | " in first
    assert len(rest) == 7


def test_a_label_holds_no_equals_sign() -> None:
    """Which a currency has."""
    [line] = told(answer("7.8", symbol="HKD=X", base="7.8"))
    assert line.endswith(" | 'HKD_X'=0%;5;10;0")
