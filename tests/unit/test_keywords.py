"""Words to look for: whole where they are Latin, anywhere where they are Chinese."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.keywords import Keywords


@pytest.mark.parametrize(
    ("words", "title", "first"),
    [
        (["chip"], "A CHIP for Baidu", "chip"),
        (["chip"], "Chipotle opens in Hong Kong", None),
        (["chip*"], "Chipmakers rally", "chip*"),
        (["order"], "Preorders open", None),
        (["convertible bond"], "Alibaba's convertible  bond", "convertible bond"),
        (["AI"], "Said again, AI's turn", "AI"),
        (["AI"], "國產AI晶片", "AI"),
        (["晶片", "芯片"], "百度芯片业务获订单", "芯片"),
        (["盈警"], "小米發盈警", "盈警"),
        (["出口管制"], "美國擬放寬晶片出口管制", "出口管制"),
        (["发债"], "騰訊計劃發債", "发债"),
        (["減持"], "腾讯遭减持", "減持"),
        (["滙豐"], "匯豐、汇丰与滙豐", "滙豐"),
        (["ＡＩ"], "an AI story", "ＡＩ"),
        (["C++ (new)"], "learn c++ (new) today", "C++ (new)"),
        (["late", "early"], "early, then late", "early"),
        ([], "anything", None),
    ],
)
def test_what_is_found(words: list[str], title: str, first: str | None) -> None:
    assert Keywords(words).first(title) == first


@pytest.mark.parametrize("word", ["", " ", "*", " *"])
def test_a_word_that_would_match_everything_is_refused(word: str) -> None:
    with pytest.raises(ValueError, match="not a word"):
        Keywords([word])


def test_no_words_are_false() -> None:
    assert not Keywords([])
    assert Keywords(["x"])


@given(st.lists(st.text(min_size=1, max_size=8), max_size=4), st.text(max_size=80))
def test_any_words_in_any_text(words: list[str], title: str) -> None:
    try:
        first = Keywords(words).first(title)
    except ValueError:
        return
    assert first is None or first in words
