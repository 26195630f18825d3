"""What is remembered, and for how long."""

import pytest

from market.memo import Memo


def test_each_key_is_worked_out_once() -> None:
    """Until all is forgotten, which what is in use gets over."""
    made: list[int] = []

    def double(number: int) -> int:
        made.append(number)
        return 2 * number

    memo = Memo(double, 2)
    assert [memo[key] for key in (1, 2, 1, 2)] == [2, 4, 2, 4]
    assert made == [1, 2]
    assert memo[3] == 6 and list(memo) == [3]
    assert memo[1] == 2 and made == [1, 2, 3, 1]


def test_what_failed_is_not_remembered() -> None:
    """It fails each time."""
    memo = Memo(int, 2)
    for _ in range(2):
        with pytest.raises(ValueError, match="invalid literal"):
            memo["x"]
    assert not memo
