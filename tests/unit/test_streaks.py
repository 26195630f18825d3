"""``tickwall streaks``: published facts on real files, and any history against a naive oracle."""

import json
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.http import Http
from market.bars import Bar
from market.clock import parse_rfc3339
from market.session import calendar
from market.symbol import is_hong_kong
from monitor import exit as exit_code
from monitor.cleaning import read
from monitor.history import Source
from monitor.streaks import answer, run, run_streaks
from monitor.streaks_table import Answer, table
from tests.paths import SHARED
from tests.unit import naive

HK = calendar("XHKG")
FIXTURES = Path(__file__).parent.parent / "data" / "history"
MARKET = SHARED / "market"
LONG_AFTER = parse_rfc3339("2027-12-31T00:00:00Z")
needs_market = pytest.mark.skipif(not MARKET.exists(), reason="no shared market history")


def ask(symbol: str, *days: str, folder: Path = MARKET, now: int = LONG_AFTER) -> list[Answer]:
    return run_streaks([symbol], folder, [date.fromisoformat(day) for day in days], now=now)


def pct(answer: Answer, period: str, places: int = 2) -> str:
    return f"{Decimal(answer[period]['pct']):.{places}f}"


@needs_market
def test_the_contracts_example_to_the_letter() -> None:
    [known] = ask("HSTECH", "2025-09-17")
    assert known.pop("text")[:2] == [
        "7th straight weekly gain if it closes here",
        "highest close since 2021-11-25",
    ]
    for addition in ("quarter", "gap", "intraday", "range_52w", "longest", "runs"):
        known.pop(addition)
    assert known == {
        "symbol": "HSTECH", "as_of": "2025-09-17", "session_date": "2025-09-17", "close": "6334.24",
        "prev_close": "6077.66", "prev_date": "2025-09-16",
        "day": {"pct": "4.221691", "streak": 4},
        "week": {"pct": "5.759800", "streak": 7, "closed_streak": 6,
                 "base": "5989.27", "base_date": "2025-09-12"},
        "month": {"pct": "11.630137", "streak": 5, "closed_streak": 4,
                  "base": "5674.31", "base_date": "2025-08-29"},
        "year": {"pct": "41.765534", "base": "4468.11", "base_date": "2024-12-31"},
        "highest_since": "2021-11-25", "lowest_since": "2025-09-16",
        "record": {"close": "10945.22", "date": "2021-02-17", "pct_below": "-42.127796",
                   "pct_to_regain": "72.794526", "high": "11001.78", "high_date": "2021-02-18"},
        "biggest_gain_since": "2025-05-12", "biggest_loss_since": None,
        "missing_sessions": 0, "defects": [],
    }  # fmt: skip


@needs_market
@pytest.mark.parametrize(
    ("symbol", "close", "day", "runs", "year", "highest", "below", "record", "gain"),
    [
        ("HSTECH", "6334.24", "4.22", (4, 7, 5), "41.77", "2021-11-25", "-42.13", "2021-02-17", "2025-05-12"),
        ("HSI", "26908.39", "1.78", (1, 3, 5), "34.14", "2021-07-23", "-18.84", "2018-01-26", "2025-09-01"),
        ("9888", "131.0", "15.72", (2, 4, 4), "58.40", "2023-10-12", "-48.02", "2021-03-23", "2022-03-17"),
        ("9988", "161.6", "5.28", (1, 3, 1), "96.12", "2021-11-17", "-47.43", "2020-10-28", "2025-09-12"),
        ("0700", "661.5", "2.56", (2, 3, 5), "58.63", "2021-03-11", "-13.70", "2021-01-25", "2025-08-13"),
        ("3690", "105.2", "4.89", (3, 1, 1), "-30.65", "2025-08-27", "-76.69", "2021-02-17", "2025-05-29"),
        ("9618", "136.7", "5.15", (1, 3, 1), "0.51", "2025-05-14", "-67.20", "2021-02-17", "2025-05-12"),
        ("0981", "67.7", "7.12", (3, 2, 4), "112.89", None, "0.00", "2025-09-17", "2025-08-28"),
    ],
)
def test_what_was_published_of_2025_09_17(
    symbol: str,
    close: str,
    day: str,
    runs: tuple[int, int, int],
    year: str,
    highest: str | None,
    below: str,
    record: str,
    gain: str,
) -> None:
    [known] = ask(symbol, "2025-09-17")
    assert Decimal(known["close"]) == Decimal(close)
    assert tuple(known[period]["streak"] for period in ("day", "week", "month")) == runs
    assert (pct(known, "day"), pct(known, "year")) == (day, year)
    assert (known["highest_since"], known["record"]["date"]) == (highest, record)
    assert f"{Decimal(known['record']['pct_below']):.2f}" == below
    assert known["biggest_gain_since"] == gain


@needs_market
@pytest.mark.parametrize(
    ("day", "symbol", "close", "change", "runs", "year"),
    [
        ("2021-02-17", "HSTECH", "10945.22", "2.34", (5, 3, 5), "29.90"),
        ("2021-06-07", "HSTECH", "8042.73", "-0.65", (-4, -1, -2), "-4.55"),
        ("2022-03-16", "HSTECH", "4243.39", "22.20", (1, -5, -5), "-25.17"),
        ("2022-10-31", "HSI", "14687.02", "-1.18", (-2, -4, -4), "-37.23"),
        ("2023-09-04", "HSTECH", "4305.02", "3.00", (1, 3, 1), "4.27"),
        ("2024-09-06", "HSI", "17444.30", "-0.07", (-4, -1, -1), "2.33"),
        ("2024-10-02", "HSTECH", "5157.08", "8.53", (6, 3, 3), "37.00"),
        ("2024-10-08", "HSI", "20926.79", "-9.41", (-1, -1, -1), "22.76"),
        ("2025-01-02", "HSTECH", "4357.53", "-2.47", (-3, -1, -1), "-2.47"),
        ("2025-01-28", "HSTECH", "4723.63", "0.77", (3, 3, 2), "5.72"),
        ("2025-02-03", "HSI", "20217.26", "-0.04", (-1, -1, -1), "0.78"),
        ("2025-04-07", "HSI", "19828.30", "-13.22", (-3, -5, -1), "-1.15"),
        ("2025-09-18", "HSTECH", "6271.22", "-0.99", (-1, 7, 5), "40.36"),
        ("2025-09-19", "HSI", "26545.10", "0.00", (1, 3, 5), "32.33"),
        ("2025-09-20", "HSTECH", "6294.42", "0.37", (1, 7, 5), "40.87"),
        ("2025-10-08", "HSTECH", "6514.19", "-0.55", (-3, -1, 6), "45.79"),
        ("2026-01-02", "HSTECH", "5736.44", "4.00", (1, 2, 1), "4.00"),
        ("2026-02-20", "HSTECH", "5211.50", "-2.91", (-1, -1, -1), "-5.52"),
    ],
)
def test_edge_dates(
    day: str, symbol: str, close: str, change: str, runs: tuple[int, int, int], year: str
) -> None:
    [known] = ask(symbol, day)
    assert Decimal(known["close"]) == Decimal(close)
    assert tuple(known[period]["streak"] for period in ("day", "week", "month")) == runs
    assert (pct(known, "day"), pct(known, "year")) == (change, year)
    assert known["missing_sessions"] == 0


@needs_market
def test_edge_dates_in_detail() -> None:
    def one(symbol: str, day: str) -> Answer:
        return ask(symbol, day)[0]

    record = one("HSTECH", "2021-02-17")
    assert record["highest_since"] is None and "record close" in record["text"]
    assert record["record"]["pct_below"] == record["record"]["pct_to_regain"] == "0.000000"
    leap = one("HSTECH", "2022-03-16")
    assert leap["biggest_gain_since"] is None and leap["biggest_gain"] is True
    assert "biggest gain on file" in leap["text"]
    assert pct(leap, "week") == "-0.08"
    assert one("HSI", "2022-10-31")["lowest_since"] == "2009-04-28"
    assert one("HSTECH", "2023-09-04")["week"]["base_date"] == "2023-08-31"
    assert one("HSI", "2024-09-06")["session_date"] == "2024-09-05"
    assert one("HSI", "2024-10-08")["biggest_loss_since"] == "2008-10-27"
    spanning = one("HSTECH", "2025-01-02")
    assert (pct(spanning, "week"), spanning["week"]["base_date"]) == ("-3.99", "2024-12-27")
    assert one("HSI", "2025-04-07")["biggest_loss_since"] == "1997-10-28"
    crash = one("HSTECH", "2025-04-07")
    assert (pct(crash, "day"), crash["biggest_loss"]) == ("-17.16", True)
    barely = one("HSI", "2025-09-19")
    assert barely["day"] == {"pct": "0.000942", "streak": 1}
    friday, saturday = ask("HSTECH", "2025-09-19", "2025-09-20")
    assert saturday == {**friday, "as_of": "2025-09-20"}
    assert friday["week"]["closed_streak"] == 7 == friday["week"]["streak"]
    new_year = one("HSTECH", "2026-01-02")
    assert new_year["day"]["pct"] == new_year["year"]["pct"] == new_year["month"]["pct"]


@needs_market
@pytest.mark.parametrize(
    ("symbol", "day", "first"),
    [
        ("HSTECH", "2025-09-17", "7th straight weekly gain if it closes here"),
        ("9888.HK", "2025-09-17", "biggest gain since 2022-03-17"),
        ("9988.HK", "2025-09-17", "highest close since 2021-11-17"),
        ("0700.HK", "2025-09-17", "highest close since 2021-03-11"),
        ("0981.HK", "2025-09-17", "record close"),
        ("HSI", "2025-09-17", "highest close since 2021-07-23"),
        ("HSTECH", "2021-02-17", "record close"),
        ("HSTECH", "2022-03-16", "biggest gain on file"),
        ("HSI", "2022-10-31", "lowest close since 2009-04-28"),
        ("HSI", "2025-04-07", "biggest loss since 1997-10-28"),
    ],
)
def test_what_the_papers_told_is_told_first(symbol: str, day: str, first: str) -> None:
    [told] = ask(symbol, day)
    assert told["text"][0] == first


@needs_market
@pytest.mark.parametrize(
    ("symbol", "day", "period", "streak"),
    [
        ("9988", "2025-11-17", "day", 0),
        ("9988", "2025-11-17", "week", 0),
        ("0700", "2025-12-18", "day", 0),
        ("9988", "2025-07-11", "day", 2),
        ("9988", "2025-07-11", "week", 0),
        ("9988", "2025-07-18", "week", 1),
        ("0981", "2024-02-02", "week", -7),
        ("0981", "2024-02-02", "month", 0),
        ("3690", "2025-11-07", "week", 0),
        ("3690", "2025-11-07", "month", 0),
        ("9618", "2023-10-20", "week", -11),
        ("HSI", "2024-05-06", "day", 10),
        ("3690", "2021-05-11", "day", -10),
        ("HSTECH", "2023-05-25", "week", -8),
    ],
)
def test_flat_changes_and_long_runs(symbol: str, day: str, period: str, streak: int) -> None:
    [known] = ask(symbol, day)
    assert known[period]["streak"] == streak
    assert not any(text.startswith("0th") for text in known["text"])


@needs_market
def test_a_week_that_ends_on_a_thursday_is_finished_then() -> None:
    [known] = ask("HSTECH", "2023-05-25")  # the Friday was a holiday
    assert known["week"]["closed_streak"] == -8
    assert "8th straight weekly loss" in known["text"]


@needs_market
def test_a_short_history_knows_no_week() -> None:
    [known] = ask("9888", "2021-03-24")
    nothing = {"pct": None, "streak": None, "closed_streak": None, "base": None, "base_date": None}
    assert known["day"]["streak"] == -1
    assert known["week"] == known["month"] == nothing
    assert known["year"] == {"pct": None, "base": None, "base_date": None}
    [first] = ask("9888", "2021-03-23")
    assert first["prev_close"] is None and first["day"] == {"pct": None, "streak": None}
    assert first["highest_since"] is first["lowest_since"] is None
    assert "biggest_gain" not in first and first["text"] == []


@needs_market
def test_every_fact_of_every_real_file_agrees_with_the_oracle() -> None:
    """A date in every few, so that each file is seen in all its ages."""
    for symbol, step in (("HSTECH", 37), ("9988.HK", 61), ("3690.HK", 83), ("0700.HK", 97)):
        path = next(MARKET.rglob(f"{symbol}.csv"))
        rows = [line.split(",") for line in path.read_text().splitlines()[1:]]
        naive_rows = [naive.Row(date.fromisoformat(r[0]), *map(Fraction, r[1:5])) for r in rows]
        days = [naive_rows[0].date + timedelta(days=n) for n in range(0, 2000, step)]
        for known in ask(symbol, *map(str, days)):
            expected = naive.answer(naive_rows, date.fromisoformat(known["as_of"]), HK.is_session)
            assert_same(known, expected)


def assert_same(known: Answer, expected: dict[str, Any] | None) -> None:
    """The answer against the oracle's: exact but for percentages, which are printed rounded."""
    if expected is None:
        assert "error" in known
        return
    for flag in ("biggest_gain", "biggest_loss"):
        assert known.get(flag, False) is expected.pop(flag)
    for key, value in expected.items():
        _assert_same(known[key], value, f"{known['symbol']} {known['as_of']} {key}")


def _assert_same(known: Any, expected: Any, where: str) -> None:
    if isinstance(expected, dict):
        assert known.keys() == expected.keys()
        for key, value in expected.items():
            _assert_same(known[key], value, f"{where}.{key}")
    elif isinstance(expected, list):
        for one, other in zip(known, expected, strict=True):
            _assert_same(one, other, where)
    elif ("pct" in where or "position" in where) and expected is not None:
        assert abs(Fraction(known) - expected) <= Fraction(1, 2_000_000), where
        assert (Fraction(known) > 0) == (expected > 0), where
    elif isinstance(expected, Fraction):
        assert Fraction(known) == expected, where
    elif isinstance(expected, date):
        assert known == expected.isoformat(), where
    else:
        assert known == expected, where


@st.composite
def histories(draw: st.DrawFn) -> list[Bar]:
    """Bars on real sessions, a few of them missing, at so few different prices that ties abound."""
    day = draw(st.dates(date(2004, 1, 1), date(2027, 6, 1)))
    prices = draw(st.lists(st.integers(1, 9), min_size=1, max_size=80))
    unit = draw(st.sampled_from([Decimal(1), Decimal("0.05"), Decimal("1234.5678")]))
    bars = []
    for price in prices:
        for _ in range(draw(st.sampled_from([1, 1, 1, 1, 1, 2, 9]))):
            day = HK.next(day)
        close = price * unit
        opened, above, below = (draw(st.integers(0, 2)) for _ in range(3))
        bars.append(Bar(day, close + opened, close + opened + above, close * (3 - below) / 3, close))
    return bars


@settings(deadline=None)
@given(histories(), st.lists(st.integers(-3, 140), min_size=1, max_size=6))
def test_any_history_agrees_with_the_oracle(bars: list[Bar], offsets: list[int]) -> None:
    days = [bars[0].date + timedelta(days=offset) for offset in offsets]
    rows = [naive.Row(bar.date, *map(Fraction, bar[1:5])) for bar in bars]
    answers = answer("1234.HK", days, bars, HK)
    assert [known["as_of"] for known in answers] == [day.isoformat() for day in days]
    for known, day in zip(answers, days, strict=True):
        assert_same(known, naive.answer(rows, day, HK.is_session))


def test_order_is_as_asked_and_failures_are_objects(tmp_path: Path) -> None:
    days = [date(2025, 1, 28), date(2024, 11, 1), date(2024, 12, 31)]
    answers = run_streaks(["1234", "HSTECH", "nonsense!", "9999"], FIXTURES, days, now=LONG_AFTER)
    asked = [("1234.HK", d) for d in days] + [("HSTECH", d) for d in days]
    asked += [("nonsense!", d) for d in days] + [("9999.HK", d) for d in days]
    assert [(one["symbol"], one["as_of"]) for one in answers] == [(s, d.isoformat()) for s, d in asked]
    errors = [one.get("error", "") for one in answers]
    assert errors[0] == errors[2] == errors[3] == ""
    assert "begins on 2024-11-04" in errors[1]
    assert "not a symbol" in errors[6]
    assert "no file of that name in" in errors[9]
    assert answers[1] == {"symbol": "1234.HK", "as_of": "2024-11-01", "error": errors[1]}


def test_missing_sessions_tell_an_old_file() -> None:
    on_time, weekend, old = ask("1234", "2025-01-28", "2025-02-02", "2025-02-05", folder=FIXTURES)
    assert (on_time["missing_sessions"], weekend["missing_sessions"]) == (0, 0)
    assert old["missing_sessions"] == 3
    assert old["session_date"] == "2025-01-28"


@pytest.mark.parametrize(
    ("now", "final", "missing"),
    [
        ("2025-01-28T12:05:00+08:00", False, 0),  # its own half day, the auction still running
        ("2025-01-28T12:15:00+08:00", True, 0),
        ("2025-02-03T11:00:00+08:00", True, 0),  # the next session, not over
        ("2025-02-03T16:30:00+08:00", True, 1),
    ],
)
def test_without_a_date_it_is_today_and_a_running_session_is_no_close(
    now: str, final: bool, missing: int
) -> None:
    [known] = ask("1234", folder=FIXTURES, now=parse_rfc3339(now))
    assert known["as_of"] == now[:10]
    assert known["missing_sessions"] == missing
    assert known["day"]["streak"] == 11
    told = "11th straight daily gain" if final else "set for an 11th straight daily gain"
    assert told in known["text"]


def test_the_command_prints_one_document(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(f'[history]\ndir = "{FIXTURES}"\n')
    day = date(2025, 1, 28)
    assert run(["1234", "HSTECH"], None, [day], str(config), as_json=True) == exit_code.OK
    document = json.loads(capsys.readouterr().out)
    assert [one["symbol"] for one in document] == ["1234.HK", "HSTECH"]
    assert run(["9999"], str(FIXTURES), [day], str(config), as_json=True) == exit_code.BAD_INPUT
    assert "error" in json.loads(capsys.readouterr().out)[0]
    assert run(["1234"], str(tmp_path / "none"), [], str(config), as_json=True) == exit_code.BAD_INPUT
    assert "No such file" in json.loads(capsys.readouterr().out)[0]["error"]
    assert run(["1234"], str(FIXTURES), [day], str(config), as_json=False) == exit_code.OK
    assert "▲▲▲▲▲▲▲▲▲▲▲  11 from" in capsys.readouterr().out


def test_explain_names_the_file_and_everything_cleaned(tmp_path: Path) -> None:
    rows = (FIXTURES / "1234.HK.csv").read_text().splitlines()
    whole = tmp_path / "9999.HK.csv"
    whole.write_text("\n".join(rows))
    planted = tmp_path / "1234.HK.csv"
    ghosts = [rows[-1].replace(rows[-1][:10], f"2025-01-{day}") for day in ("29", "30", "31")]
    planted.write_text("\n".join([*rows[:9], *rows[13:], *ghosts]))
    as_of = [date(2025, 1, 28)]
    mended, sound = run_streaks(["1234", "9999"], tmp_path, as_of, now=LONG_AFTER, explain=True)
    told = mended["history"]
    assert (told["source"], told["file"]) == ("your own file", str(planted))
    assert (told["first_date"], told["last_date"]) == ("2024-11-04", "2025-01-28")
    assert told["sessions"] == len(rows) - 5
    assert told["cleaned"] == [
        "rows on days without a session, left out: 2025-01-29, 2025-01-30, 2025-01-31",
        "sessions without a row: 2024-11-14, 2024-11-15, 2024-11-18, 2024-11-19",
    ]
    assert mended["defects"][1].endswith("2024-11-18 (4 in all)")
    text = table([mended, sound])
    assert "nothing had to be cleaned" in text and "2024-11-19" in text and str(whole) in text
    assert "history" not in ask("1234", "2025-01-28", folder=tmp_path)[0]


def test_vendors_that_disagree_on_a_close_are_told_as_disagreeing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    bars = read(FIXTURES / "1234.HK.csv", HK).bars
    odd = [bar._replace(close=bar.low) if n in (3, 9) else bar for n, bar in enumerate(bars)]

    def vendor(name: str, has: list[Bar]) -> Source:
        async def fetch(http: Http, settings: Any, symbol: str, start: date, end: date) -> list[Bar]:
            return [bar for bar in has if start <= bar.date <= end]

        return Source(name, f"http://{name}.test/", is_hong_kong, 8, fetch, None)

    vendors = (vendor("first", bars), vendor("second", odd), vendor("down", []), vendor("third", bars))
    [known] = run_streaks(["1234"], None, [bars[-1].date], vendors=vendors, now=LONG_AFTER, explain=True)
    told = known["history"]
    assert told["source"] == "first" and told["cleaned"] == []
    [different] = told["disagreements"]
    assert different["source"] == "second"
    assert [(one["date"], one["close"], one["other"]) for one in different["closes"]] == [
        (str(bars[n].date), str(bars[n].close), str(bars[n].low)) for n in (3, 9)
    ]
    assert "second has another close on 2 of these days" in table([known])
    [unasked] = run_streaks(["1234"], None, [bars[-1].date], vendors=vendors, now=LONG_AFTER)
    assert {**unasked, "history": told} == known


def test_a_tiny_change_never_reads_as_none(tmp_path: Path) -> None:
    closes = ("10000.00", "10000.03", "10000.00", "10000.00")
    rows = [
        f"2025-09-{8 + day:02},{close},{close},{close},{close},100" for day, close in enumerate(closes, 1)
    ]
    (tmp_path / "HSTECH.csv").write_text("Date,Open,High,Low,Close,Volume\n" + "\n".join(rows) + "\n")
    up, flat = ask("HSTECH", "2025-09-10", "2025-09-12", folder=tmp_path)
    assert "day      +0.0003%  " in table([up])
    assert " +1 +0.0003%" in table([up])
    assert "day        +0.00%  " in table([flat])


def test_the_table_shows_runs_gaps_and_errors() -> None:
    answers = ask("1234", "2025-02-05", "2024-11-04", "2024-11-01", folder=FIXTURES)
    text = table(answers, up="+", down="-")
    assert "+++++++++++  11 from" in text
    assert "3 later sessions up to 2025-02-05 are not on file" in text
    assert "! no history up to 2024-11-01" in text
    assert max(map(len, text.splitlines())) < 80
