"""Daily closes for a chart, as the child reads them."""

from datetime import date
from pathlib import Path

import pytest

from market.errors import TickwallError
from monitor.closes import ClosesRequest, answer
from monitor.reducer import ProfileLoader
from tests.paths import ROOT

FIXTURES = ROOT / "tests" / "data" / "history"
DAY = date(2025, 9, 17)
HEAD = "Date,Open,High,Low,Close,Volume\n"


def file(path: Path, *closes: str) -> str:
    """A file of sessions in the middle of September 2025."""
    days = ["2025-09-12", "2025-09-15", "2025-09-16", "2025-09-17"]
    rows = (f"{day},{close},{close},{close},{close},100\n" for day, close in zip(days, closes, strict=False))
    path.write_text(HEAD + "".join(rows))
    return str(path)


def test_closes_end_before_the_session(tmp_path: Path) -> None:
    ours = file(tmp_path / "a.csv", "114.00", "112.00", "113.20", "131.00")
    reply = answer(ClosesRequest("9888.HK", ours, DAY))
    assert [date.fromordinal(day) for day in reply.days][-1] == date(2025, 9, 16)
    assert reply.prices == [114.0, 112.0, 113.2]
    assert reply.disagreements == ()


def test_another_vendors_closes_are_named(tmp_path: Path) -> None:
    ours = file(tmp_path / "a.csv", "114.00", "112.00", "113.20")
    theirs = file(tmp_path / "b.csv", "114.0", "112.10", "113.25")
    reply = answer(ClosesRequest("9888.HK", ours, DAY, {"yahoo": theirs}))
    assert [one.text for one in reply.disagreements] == [
        "yahoo has another close on 2025-09-16: 113.25, here 113.20, and on 1 other day"
    ]


def test_what_is_not_there_is_an_error(tmp_path: Path) -> None:
    assert "none.csv" in answer(ClosesRequest("9888.HK", str(tmp_path / "none.csv"), DAY)).error


async def test_the_child_hands_them_over(tmp_path: Path) -> None:
    loader = ProfileLoader(FIXTURES, (), lambda: 0)
    told = [closes async for closes in loader.closes("HSTECH", DAY)]
    assert [closes.session_date for closes in told] == [DAY], "one's own file is compared with nobody's"
    assert date.fromordinal(told[0].days[-1]) < DAY
    assert told[0].source.startswith("your own file, ")
    with pytest.raises(TickwallError, match="no file of that name"):
        [closes async for closes in loader.closes("9999.HK", DAY)]
