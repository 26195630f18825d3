"""Headline: one line of news, joined to the instruments it names."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Headline:
    """A headline, its text already harmless (``market.text.clean``); instants in nanoseconds UTC."""

    id: str
    title: str
    link: str
    ts_event: int
    ts_recv: int
    source: str
    symbols: tuple[str, ...] = ()
    topic: str | None = None
    """What kind of news, one of ``market.topics``; ``class`` in JSON."""
    amounts: tuple[str, ...] = ()
    """Money that it names, as ``market.money`` writes it."""
