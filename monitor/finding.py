"""Finding: one line of ``tickwall doctor``."""

from typing import Literal, NamedTuple


class Finding(NamedTuple):
    """One thing examined: how it stands, in which words, and the mend where one is needed."""

    status: Literal["ok", "warn", "fail"]
    what: str
    text: str
    mend: str | None = None
