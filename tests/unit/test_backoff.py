"""How long a feed waits before it tries again."""

from itertools import islice

from hypothesis import given
from hypothesis import strategies as st

from feeds.backoff import LAST, delays


def test_ceilings_double_to_a_minute() -> None:
    """With the worst luck the waits are the ceilings themselves."""
    assert list(islice(delays(lambda: 1.0), 9)) == [1, 2, 4, 8, 16, 32, 60, 60, 60]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_every_wait_is_below_its_ceiling(luck: list[float]) -> None:
    """Full jitter: anywhere from nothing to the ceiling, which never passes a minute."""
    chances = iter(luck)
    for step, wait in enumerate(islice(delays(lambda: next(chances)), len(luck))):
        assert 0 <= wait <= min(2.0**step, LAST)


def test_a_new_iterator_is_a_reset() -> None:
    """A feed that earned it starts over at a second."""
    waits = delays(lambda: 1.0)
    assert [next(waits) for _ in range(5)][-1] == 16
    assert next(delays(lambda: 1.0)) == 1
