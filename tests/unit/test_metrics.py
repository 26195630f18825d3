"""The page of metrics, of an engine that was fed by hand; and the document that names them."""

import re
from collections.abc import Iterator
from typing import ClassVar

import pytest

from feeds.base import FeedStatus, HeadlineSink
from market.clock import SECOND
from market.freshness import Health
from monitor.metrics import EngineCollector, exposition
from monitor.tally import Tally
from tests.paths import ROOT
from tests.unit.test_engine import TEN, Desk, desk

__all__ = ["desk"]

_NAME = re.compile(r"^\| `(tickwall_\w+)` \|", re.MULTILINE)


@pytest.fixture
def samples(desk: Desk) -> Iterator[dict[str, float]]:
    """Every sample by its name and labels, a minute after a move of ten percent."""
    tally = Tally()
    desk.quote("124.60", 5)
    tally.suppressed["stale"] += 2
    tally.deliveries["desk", "sent"] += 3
    tally.reload(taken=False)
    desk.clock.at = TEN + 65 * SECOND
    page = exposition(desk.engine, desk.engine.store.outbox, tally)().decode()
    yield {
        line.rpartition(" ")[0]: float(line.rpartition(" ")[2])
        for line in page.splitlines()
        if not line.startswith("#")
    }


def test_what_is_told(samples: dict[str, float]) -> None:
    """Ages by the engine's clock, counts with their labels."""
    assert samples['tickwall_quote_age_seconds{source="a",symbol="9888.HK"}'] == pytest.approx(60.1)
    assert samples["tickwall_unprimed"] == 1
    assert samples["tickwall_alerts_detected_total"] == 1
    assert samples['tickwall_quotes_judged_total{result="applied"}'] == 1
    assert samples['tickwall_suppressed_total{reason="stale"}'] == 2
    assert samples['tickwall_deliveries_total{result="sent",sink="desk"}'] == 3
    assert (samples['tickwall_reloads_total{result="refused"}'], samples["tickwall_reload_success"]) == (1, 0)
    assert samples['tickwall_session_phase{mic="XHKG",phase="morning"}'] == 1
    assert samples["tickwall_last_evaluation_timestamp_seconds"] == pytest.approx(TEN / SECOND + 5)


def test_what_a_sink_has_yet_to_be_told(desk: Desk) -> None:
    """How many, and how long the oldest has waited."""
    store = desk.engine.store
    store.sinks = ("desk",)
    desk.quote("131", 0)
    [(sink, since)] = store.outbox.oldest().items()
    desk.clock.at = since + 30 * SECOND
    page = exposition(desk.engine, store.outbox, Tally())().decode()
    assert sink == "desk"
    assert 'tickwall_outbox_pending{sink="desk"} 1.0' in page
    assert 'tickwall_outbox_oldest_seconds{sink="desk"} 30.0' in page


def test_the_document_names_them_all(desk: Desk) -> None:
    """And no other."""
    told = set(_NAME.findall((ROOT / "docs" / "daemon.md").read_text("utf-8")))
    families = EngineCollector(desk.engine, desk.engine.store.outbox, Tally()).collect()
    assert told == {one.name + ("_total" if one.type == "counter" else "") for one in families}


class FrozenNews:
    """A feed of headlines whose one source is frozen."""

    statuses: ClassVar = {"rthk": FeedStatus(Health.STALE, quotes=20, errors=3)}

    async def run(self, sink: HeadlineSink) -> None:
        """Nothing comes."""


def test_how_sources_of_headlines_fare(desk: Desk) -> None:
    """A frozen one is seen from outside, as a feed is."""
    desk.engine.headline_feed = FrozenNews()
    page = exposition(desk.engine, desk.engine.store.outbox, Tally())().decode()
    assert 'tickwall_headlines_total{source="rthk"} 20.0' in page
    assert 'tickwall_headline_errors_total{source="rthk"} 3.0' in page
    assert 'tickwall_headline_state{source="rthk",state="stale"} 1.0' in page
    assert 'tickwall_headline_state{source="rthk",state="live"} 0.0' in page
