"""Traditional and Simplified Chinese, folded into one."""

from hypothesis import given
from hypothesis import strategies as st

from market.instrument import known
from market.script import simplified
from tests.paths import ROOT


def test_every_known_name_folds_into_its_own_simplified_one() -> None:
    for one in known():
        assert simplified(one.zh_hant) == one.zh_hans == simplified(one.zh_hans)


def test_nothing_that_ships_lacks_its_character() -> None:
    """GB 2312 has what is printed in Simplified Chinese; what it lacks is in the table."""
    for name in ("instruments.toml", "aliases.toml", "topics.toml"):
        text = (ROOT / "market" / name).read_text("utf-8")
        chinese = "".join(filter("\u4e00".__le__, text))
        simplified(chinese).replace("孖", "").encode("gb2312")  # Cantonese, and one in both


@given(st.text())
def test_any_text_keeps_its_length_and_is_folded_once(text: str) -> None:
    once = simplified(text)
    assert len(once) == len(text)
    assert simplified(once) == once
