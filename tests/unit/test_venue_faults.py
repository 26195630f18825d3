"""Faults: which occasions they strike."""

import pytest

from feeds.venue.faults import FaultError, Faults


def test_the_first_occasion_is_struck_and_then_some() -> None:
    faults = Faults(["429@quotes"], seed=3)
    struck = [faults.strikes("429", "quotes") for _ in range(600)]
    assert struck[0]
    assert 60 < sum(struck) < 150
    assert not faults.strikes("429", "chart")
    assert not faults.strikes("cut", "quotes")


def test_a_seed_repeats() -> None:
    def strikes(seed: int) -> list[bool]:
        faults = Faults(["drop"], seed)
        return [faults.strikes("drop", "stream") for _ in range(100)]

    assert strikes(1) == strikes(1)
    assert strikes(1) != strikes(2)


def test_faults_start_and_stop_while_the_venue_runs() -> None:
    faults = Faults()
    assert not faults.active("delay", "quotes")
    faults.start("delay@quotes")
    assert faults.active("delay", "quotes")
    assert not faults.active("delay", "stream")
    faults.start("403")
    assert faults.refusal("rss") == 403
    faults.stop("403")
    assert faults.refusal("rss") is None
    faults.stop()
    assert not faults.active("delay", "quotes")


@pytest.mark.parametrize("spec", ["418", "drop@everything", "", "@quotes"])
def test_unknown_faults_are_named(spec: str) -> None:
    with pytest.raises(FaultError, match="known: "):
        Faults([spec])
