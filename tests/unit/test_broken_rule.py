"""A rule that breaks: it is named and put aside, and every other rule and the feed go on."""

from decimal import Decimal
from typing import Any

import pytest

from market.clock import SECOND
from market.freshness import Quality
from market.headline import Headline
from market.outcome import Outcome
from market.profile import Period, Profile
from market.rule import Rule
from market.session import Phase, calendar
from market.silence import Instant, SilenceBook
from market.state import Entry, MarketState
from tests.unit.desk import OPEN, Desk
from tests.unit.test_conditions import profile

HIGH = Rule("high", "new_high", ("9888.HK", "0700.HK"), "up", (Decimal(0),), Decimal(0), lookback="52w")
MOVE = Rule("move", "pct_prev_close", ("9888.HK", "0700.HK"), "up", (Decimal(5),), Decimal(4))


class Damaged(dict[str, Profile]):
    """History that, once it is damaged, cannot be read of Baidu."""

    damaged = True

    def get(self, symbol: str, default: Profile | None = None) -> Profile | None:  # type: ignore[override]
        """What is on file of any other name."""
        if self.damaged and symbol == "9888.HK":
            raise ZeroDivisionError
        return super().get(symbol, default)


def desk_with(*rules: Rule, history: Damaged | None = None) -> Desk:
    """One whose rules that ask history of Baidu break."""
    history = history or Damaged({"0700.HK": profile()})
    desk = Desk(*rules, symbols=["9888.HK", "0700.HK"], profiles=history)
    desk.heard.breakages = []
    return desk


@pytest.mark.parametrize("rules", [(HIGH, MOVE), (MOVE, HIGH)])
def test_it_is_named_once_and_all_others_go_on(
    rules: tuple[Rule, ...], caplog: pytest.LogCaptureFixture
) -> None:
    """Whichever comes first; the log has the whole error."""
    desk = desk_with(*rules)
    assert desk.quote("104", 1) == []
    assert desk.heard.breakages == [("high", "9888.HK", "internal error: ZeroDivisionError")]
    assert "rule high broke on 9888.HK" in caplog.text and "Traceback" in caplog.text
    assert desk.quote("105", 2) == ["move/9888.HK/2025-09-17/up/5/1"]
    assert desk.quote("105", 3, symbol="0700.HK") == ["move/0700.HK/2025-09-17/up/5/1"]
    assert desk.wait(10) == [] and len(desk.heard.breakages) == 1


def test_rules_read_anew_are_tried_again() -> None:
    """A mended file of history needs no restart."""
    desk = desk_with(HIGH)
    desk.quote("104", 1)
    desk.reload(HIGH)
    desk.quote("104.1", 2)
    assert desk.heard.breakages is not None and len(desk.heard.breakages) == 2


def test_one_that_breaks_while_time_passes() -> None:
    """Between the quote and the end of the hold."""
    hold = 5 * SECOND
    run = Rule("run", "streak", ("9888.HK",), "up", (Decimal(1),), hold=hold, period=Period.DAY, length=1)
    move = Rule("move", "pct_prev_close", ("9888.HK",), "up", (Decimal(5),), hold=hold)
    history = Damaged({"9888.HK": profile()})
    history.damaged = False
    desk = desk_with(run, move, history=history)
    desk.quote("106", 1)
    history.damaged = True
    assert desk.wait(10) == ["move/9888.HK/2025-09-17/up/5/1"]
    assert desk.heard.breakages == [("run", "9888.HK", "internal error: ZeroDivisionError")]


def test_one_on_silence() -> None:
    """It is dropped, and the next one looked at."""
    state = MarketState(["9888.HK"])
    rules = [
        Rule("silent", "stale", ("9888.HK",), steps=(Decimal(60 * SECOND),)),
        Rule("down", "feed_down", (), steps=(Decimal(0),)),
    ]
    broken: list[tuple[str, str | None, str]] = []
    book = SilenceBook(rules, lambda rule, where, error: broken.append((rule.id, where, str(error))))

    def delay(entry: Entry) -> int:
        raise KeyError("a")

    day = calendar("XHKG").day_of(OPEN)
    for second in range(2):
        at = Instant(OPEN + second * SECOND, day, Phase.MORNING, Quality.LIVE)
        book.round(at.now, state.entries, delay, dict, at, Outcome())
    assert broken == [("silent", None, "'a'")]


def test_one_on_headlines() -> None:
    """The headline is kept all the same, and other rules look at it."""
    good = Rule("good", "headline", (), keywords=("placing",), everything=True, phases=frozenset(Phase))
    # No file can say that: it stands for an error that nobody has foreseen.
    nowhere: Any = None
    bad = Rule("bad", "headline", (), keywords=("placing",), everything=True, phases=nowhere)
    desk = desk_with(bad, good)
    for name in "12":
        desk.engine.add_headlines([Headline(name, "A placing", "", OPEN, OPEN, "rthk", ())])
    assert [key.partition("/")[0] for key in desk.keys] == ["good", "good"]
    assert desk.heard.breakages == [("bad", None, "internal error: TypeError")]
