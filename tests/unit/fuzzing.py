"""Bytes that no venue sends, for every parser."""

from collections.abc import Callable, Sequence

from hypothesis import strategies as st

from market.errors import FeedError, ParseError
from market.quote import Quote

NOW = 1_758_075_247_180_000_000

PIECES = (b"", b"-", b"0", b"e9", b'"', b"\xff", b"9" * 40, b"null", b"[", b"{", b"NaN", b",", b"\\ud800")
DEEP = b"[" * 50_000
"""Brackets that a decoder descends into until its stack is used up."""


def mutated(*frames: bytes) -> st.SearchStrategy[bytes]:
    """One of these frames with pieces changed, dropped and repeated."""

    @st.composite
    def draws(draw: st.DrawFn) -> bytes:
        raw = bytearray(draw(st.sampled_from(frames)))
        for _ in range(draw(st.integers(1, 8))):
            at = draw(st.integers(0, max(0, len(raw) - 1)))
            raw[at : at + draw(st.integers(0, 5))] = draw(st.sampled_from(PIECES))
        return bytes(raw)

    return draws()


def survives(parse: Callable[[bytes, int], Sequence[Quote]], frame: bytes) -> None:
    """Nothing but a sane quote, a reason, or a refusal leaves a parser."""
    try:
        quotes = parse(frame, NOW)
    except (ParseError, FeedError) as error:
        assert error.reason
        assert error.reason.isprintable()
        return
    for quote in quotes:
        assert quote.last > 0
        assert len(f"{quote.last:f}") < 60
        assert 0 < quote.ts_event < 2**62
        assert quote.prev_close is None or quote.prev_close > 0
        assert quote.volume is None or quote.volume >= 0
