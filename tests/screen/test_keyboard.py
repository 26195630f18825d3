"""What a terminal sends, in whatever pieces, is the keys and the pastes that were meant."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.events import Key, Paste
from textual.message import Message

from tui.keyboard import Keyboard, KeyParser

SENT = {
    b"j": ["j"],
    b"\x1b[A": ["up"],
    b"\x1bOB": ["down"],
    b"\x1b[1;5C": ["ctrl+right"],
    b"\x1b\x7f": ["ctrl+w"],
    b"\x1b3": ["escape", "3"],
    b"\x1bf": ["escape", "f"],
    b"\x1b\r": ["escape", "enter"],
    b"\x1b/": ["escape", "slash"],
    "百".encode(): ["百"],
    b"\xff": ["replacement_character"],
    b"\x1b[200~BABA \x1b[31mq\x1b[201~": ["'BABA [31mq'"],
    b"\x1b[200~\x1b\x1b[2\x1b[200~\xe9\x1b\x1b[201~": ["'[2[200~\ufffd'"],
}
"""What is sent, and what it means: keys by name, pastes in quotes."""


def told(messages: Iterable[Message]) -> list[str]:
    """The names of keys, and pasted texts."""
    return [
        message.key if isinstance(message, Key) else repr(message.text)
        for message in messages
        if isinstance(message, Key | Paste)
    ]


def pressed(*reads: bytes) -> list[str]:
    """What comes of so many reads."""
    keyboard, parser = Keyboard(), KeyParser()
    texts = filter(None, map(keyboard.take, reads))
    return [name for text in texts for name in told(parser.feed(text))]


@pytest.mark.parametrize("sent", SENT, ids=repr)
def test_a_key_is_what_was_pressed(sent: bytes) -> None:
    assert pressed(sent) == SENT[sent]


@given(st.lists(st.sampled_from(list(SENT)), min_size=1, max_size=6), st.data())
def test_pieces_of_a_sequence_are_no_other_keys(sent: list[bytes], data: st.DataObject) -> None:
    whole = b"".join(sent)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=8)))
    pieces = [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    assert pressed(*pieces) == [name for part in sent for name in SENT[part]]


def test_an_escape_is_one_when_nothing_came_behind_it() -> None:
    keyboard = Keyboard()
    assert keyboard.take(b"j\x1b") == "j"
    assert (keyboard.alone(), keyboard.alone()) == (True, False)
    keyboard.take(b"\x1b[200~\x1b")
    assert not keyboard.alone()


def test_an_arrow_cut_in_two_acknowledges_nothing() -> None:
    """However long its end takes: Textual would take ``A`` for a key after a tenth of a second."""
    keyboard = Keyboard()
    assert keyboard.take(b"\x1b[") == keyboard.take(b"1;2") == ""
    assert keyboard.take(b"A") == "\x1b[1;2A"
