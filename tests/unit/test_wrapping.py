"""Text in lines of so many cells."""

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from widgets.wrapping import wrapped


def test_a_number_among_ideographs_stays_whole() -> None:
    assert wrapped("較高位低48.4%，須升93.8%方可收復", 21) == ["較高位低48.4%，須升", "93.8%方可收復"]
    assert wrapped("9" * 30, 12) == ["9" * 12, "9" * 12, "9" * 6]


@given(st.text(st.sampled_from("周升3.8%，一a "), max_size=60), st.integers(2, 30))
def test_nothing_is_lost_and_nothing_is_wider(text: str, width: int) -> None:
    lines = wrapped(text, width)
    assert all(cell_len(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())
