"""Keyboard: from the bytes that a terminal sends to Textual's keys, whatever the bytes, however they come."""

import re
from codecs import getincrementaldecoder
from collections.abc import Iterable

from textual._xterm_parser import XTermParser
from textual.events import Key

ESC = "\x1b"
_PASTE, _PASTED = f"{ESC}[200~", f"{ESC}[201~"

_CUT = re.compile(r"\x1b(O|\[[0-?]*[ -/]*)?\Z")
_CUT_PASTED = re.compile(r"\x1b(\[(2(01?)?)?)?\Z")

_LONGER = "[O]P_^X\x7f"
"""What after an escape begins a longer sequence, or is a key of its own (Alt+Backspace)."""


class Keyboard:
    """Makes text for the parser of what was read.

    A byte that is not UTF-8 becomes a sign that no key has. A sequence that a slow link cuts in two is kept
    until its end is there: the ``A`` of an arrow would acknowledge every alert. Escapes within a paste are
    left out: Textual takes what follows them for keys.
    """

    def __init__(self) -> None:
        self._decoder = getincrementaldecoder("utf-8")("replace")
        self._held = ""
        self._pasting = False

    def take(self, typed: bytes) -> str:
        """What of it, and of what was kept, can be looked at now; often nothing."""
        text, taken = self._held + self._decoder.decode(typed), ""
        while (mark := _PASTED if self._pasting else _PASTE) in text:
            head, _, text = text.partition(mark)
            taken += self._without_escapes(head) + mark
            self._pasting = not self._pasting
        cut = (_CUT_PASTED if self._pasting else _CUT).search(text)
        end = cut.start() if cut else len(text)
        self._held = text[end:]
        return taken + self._without_escapes(text[:end])

    def alone(self) -> bool:
        """Whether Esc was pressed by itself, asked when nothing has come for a while; told once."""
        alone = self._held == ESC and not self._pasting
        if alone:
            self._held = ""
        return alone

    def _without_escapes(self, text: str) -> str:
        return text.replace(ESC, "") if self._pasting else text


class KeyParser(XTermParser):
    """Takes Esc and the key behind it for two keys, however fast they come.

    Nothing here is bound to Alt; Textual makes ``£`` of Esc 3, and of Esc Enter an Enter.
    """

    def _sequence_to_key_events(self, sequence: str, alt: bool = False) -> Iterable[Key]:
        if alt or (len(sequence) == 2 and sequence[0] == ESC and sequence[1] not in _LONGER):
            yield Key("escape", ESC)
            sequence = sequence[-1]
        yield from super()._sequence_to_key_events(sequence)
