"""Every parser of strangers' bytes, on some damaged payloads; ``make fuzz`` goes on for as long as asked."""

from itertools import islice

import pytest

from tools.fuzz import Target, damages, fault, targets

INPUTS = 200


@pytest.mark.parametrize("target", targets(), ids=lambda target: target.name)
def test_damaged_payloads_are_refused_as_they_should_be(target: Target) -> None:
    for raw in islice(damages(target, 1), INPUTS):
        assert fault(target.parse, raw) is None, raw[:200]


@pytest.mark.parametrize("target", targets(), ids=lambda target: target.name)
def test_whole_payloads_parse_or_are_refused(target: Target) -> None:
    """The real samples too, where they are: also those of other vendors than the parser's own."""
    for raw in target.corpus():
        assert fault(target.parse, raw) is None, raw[:200]


def test_a_fault_is_told() -> None:
    assert fault(lambda raw: raw[7], b"") == "IndexError: index out of range"
    assert fault(lambda raw: raw, b"") is None
