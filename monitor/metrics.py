"""Metrics for Prometheus, computed when they are asked for: the way of a tick pays nothing for them."""

import platform
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from market.clock import SECOND
from market.freshness import Health
from monitor.engine import Engine
from monitor.outbox import Outbox
from monitor.pulse import last_look
from monitor.tally import Tally

Labelled = Mapping[tuple[str, ...], float]
"""Values by the values of their labels."""


def exposition(engine: Engine, outbox: Outbox, tally: Tally) -> Callable[[], bytes]:
    """What gives the whole page, in Prometheus' text format, each time it is called."""
    registry = CollectorRegistry()
    registry.register(EngineCollector(engine, outbox, tally))
    ProcessCollector(registry=registry)
    return lambda: generate_latest(registry)


class EngineCollector(Collector):
    """An engine, its outbox and what was told of both, as metric families."""

    def __init__(self, engine: Engine, outbox: Outbox, tally: Tally) -> None:
        self._engine = engine
        self._outbox = outbox
        self._tally = tally

    def collect(self) -> Iterator[Metric]:
        """All families; a scrape has one moment, and sees everything as of it."""
        now = self._engine.clock.now()
        yield from self._quotes(now)
        yield from self._feeds()
        yield from self._headlines()
        yield from self._told(now)
        yield from self._self()

    def _quotes(self, now: int) -> Iterator[Metric]:
        state = self._engine.state
        quotes = [entry.quote for entry in state.entries.values() if entry.quote is not None]
        yield _gauge(
            "quote_age_seconds",
            "Since the newest quote of a name was made, by its own stamp.",
            ("symbol", "source"),
            {(quote.symbol, quote.source): (now - quote.ts_event) / SECOND for quote in quotes},
        )
        yield _gauge(
            "unprimed", "Names without a quote, or without a previous close.", (),
            {(): sum(not (e.quote and e.quote.prev_close) for e in state.entries.values())},
        )  # fmt: skip
        applied: Labelled = {("applied",): state.applied}
        refused: Labelled = {(verdict.value,): count for verdict, count in state.refused.items()}
        yield _counter("quotes_judged", "Quotes by what became of them.", ("result",), {**applied, **refused})

    def _feeds(self) -> Iterator[Metric]:
        intakes = self._engine.intakes
        frames: dict[tuple[str, ...], float] = {}
        for name, intake in intakes.items():
            frames[name, "valid"] = intake.feed.status.quotes
            frames[name, "rejected"] = intake.feed.status.rejected
        yield _counter(
            "quotes", "Quotes that feeds brought, by source and result.", ("source", "result"), frames
        )
        yield _counter(
            "feed_errors", "Connections and requests that failed.", ("source",),
            {(name,): intake.feed.status.errors for name, intake in intakes.items()},
        )  # fmt: skip
        yield _gauge(
            "feed_state", "1 for the health a feed is in.", ("source", "state"),
            {(n, health.value): health is i.health for n, i in intakes.items() for health in Health},
        )  # fmt: skip
        yield _gauge(
            "feed_differs", "1 for a name on which a feed has differed from the leading one for some time.",
            ("symbol", "source"),
            {(symbol, dispute.other.source): 1 for symbol, dispute in self._engine.disputes.open.items()},
        )  # fmt: skip
        yield _counter(
            "feed_reconnects", "Connections tried after the first.", ("source",),
            {(name,): intake.feed.status.reconnects for name, intake in intakes.items()},
        )  # fmt: skip
        yield _gauge(
            "feed_delay_seconds", "By how much a feed is late, as established.", ("source",),
            {(name,): intake.lags.longest / SECOND for name, intake in intakes.items()},
        )  # fmt: skip
        yield _gauge(
            "clock_skew_seconds", "By how much a feed's clock runs ahead of this machine's.", ("source",),
            {(name,): intake.lags.skew / SECOND for name, intake in intakes.items()},
        )  # fmt: skip

    def _headlines(self) -> Iterator[Metric]:
        feed = self._engine.headline_feed
        sources = {} if feed is None else feed.statuses
        yield _counter(
            "headlines", "Headlines that were new, by their source.", ("source",),
            {(name,): status.quotes for name, status in sources.items()},
        )  # fmt: skip
        yield _counter(
            "headline_errors", "Requests of headlines that failed.", ("source",),
            {(name,): status.errors for name, status in sources.items()},
        )  # fmt: skip
        yield _gauge(
            "headline_state", "1 for the health a source of headlines is in.", ("source", "state"),
            {(n, health.value): health is status.state for n, status in sources.items() for health in Health},
        )  # fmt: skip

    def _told(self, now: int) -> Iterator[Metric]:
        tally = self._tally
        yield _counter("alerts", "Alerts told, whoever detected them.", (), {(): tally.alerts})
        yield _counter("alerts_detected", "Alerts detected here.", (), {(): self._engine.alerts})
        reasons: Labelled = {(reason,): count for reason, count in tally.suppressed.items()}
        yield _counter("suppressed", "Alerts withheld, by reason.", ("reason",), reasons)
        attempts: Labelled = {(sink, state): count for (sink, state), count in tally.deliveries.items()}
        yield _counter("deliveries", "Attempts to tell a sink.", ("sink", "result"), attempts)
        waiting: Labelled = {(sink,): count for sink, count in self._outbox.open().items()}
        yield _gauge("outbox_pending", "Alerts that a sink has yet to be told.", ("sink",), waiting)
        ages: Labelled = {(sink,): (now - since) / SECOND for sink, since in self._outbox.oldest().items()}
        yield _gauge("outbox_oldest_seconds", "How long the oldest of them has waited.", ("sink",), ages)

    def _self(self) -> Iterator[Metric]:
        engine, tally = self._engine, self._tally
        usable = not engine.store.trouble
        yield _gauge("store_usable", "Whether alerts can be committed, and sinks told.", (), {(): usable})
        yield _gauge(
            "last_evaluation_timestamp_seconds", "When the evaluator last went on.", (),
            {(): last_look(engine) / SECOND},
        )  # fmt: skip
        yield _counter("evaluations", "How often the rules were asked.", (), {(): engine.evaluated})
        yield _gauge("rules", "Rules in force.", (), {(): len(engine.rules.rules)})
        yield _counter(
            "reloads", "Reloads, by whether they were taken over.", ("result",),
            {("ok",): tally.reloads[True], ("refused",): tally.reloads[False]},
        )  # fmt: skip
        yield _gauge("reload_success", "Whether the last reload was taken over.", (), {(): tally.reloaded})
        mics = dict.fromkeys(entry.calendar.mic for entry in engine.state.entries.values())
        yield _gauge(
            "session_phase", "1 for the phase that an exchange is in.", ("mic", "phase"),
            {(mic, engine.phase(mic).value): 1 for mic in mics},
        )  # fmt: skip
        yield _gauge(
            "build_info", "1, with what runs here.", ("version", "python"),
            {(_version(), platform.python_version()): 1},
        )  # fmt: skip


def _gauge(name: str, text: str, labels: tuple[str, ...], values: Labelled) -> Metric:
    family = GaugeMetricFamily(f"tickwall_{name}", text, labels=labels)
    for labelled, value in values.items():
        family.add_metric(labelled, value)
    return family


def _counter(name: str, text: str, labels: tuple[str, ...], values: Labelled) -> Metric:
    family = CounterMetricFamily(f"tickwall_{name}", text, labels=labels)
    for labelled, value in values.items():
        family.add_metric(labelled, value)
    return family


def _version() -> str:
    try:
        return version("tickwall")
    except PackageNotFoundError:  # run from a checkout that is not installed
        return "unknown"
