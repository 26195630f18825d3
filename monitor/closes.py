"""Daily closes for a chart: read by the same child as profiles, when somebody looks at the name.

A program that only watches never asks, and so never holds them.
"""

from array import array
from datetime import date
from pathlib import Path

import msgspec

from market.closes import Closes
from market.session import calendar
from market.symbol import mic
from monitor.cleaning import read
from monitor.defects import Defect, HistoryError
from monitor.disagreement import Disagreement, disagreement


class ClosesRequest(msgspec.Struct, tag="closes"):
    """What the child is asked: the closes before a session from one file, and where others differ.

    ``others`` are files of other vendors by the vendor's name.
    """

    symbol: str
    path: str
    session_date: date
    others: dict[str, str] = {}


class ClosesReply(msgspec.Struct):
    """What it answers: ordinals of days with their closes; or why there are none."""

    days: list[int] = []
    prices: list[float] = []
    defects: tuple[Defect, ...] = ()
    disagreements: tuple[Disagreement, ...] = ()
    error: str = ""

    def closes(self, request: ClosesRequest, source: str) -> Closes:
        """The same as the screen takes it. Raises ``HistoryError`` where there are none."""
        if self.error:
            raise HistoryError(self.error)
        return Closes(
            request.symbol,
            request.session_date,
            array("l", self.days),
            array("d", self.prices),
            source,
            (*(flaw.text for flaw in self.defects), *(other.text for other in self.disagreements)),
        )


def answer(request: ClosesRequest) -> ClosesReply:
    """The closes that a request asks for; whatever goes wrong becomes the reply's error."""
    hours = calendar(mic(request.symbol))
    try:
        day = request.session_date
        bars, defects = read(Path(request.path), hours, day)
        before = [bar for bar in bars if bar.date < request.session_date]
        return ClosesReply(
            [bar.date.toordinal() for bar in before],
            [float(bar.close) for bar in before],
            tuple(defects),
            tuple(
                found
                for vendor, path in request.others.items()
                if (found := disagreement(vendor, before, read(Path(path), hours, day).bars)) is not None
            ),
        )
    except HistoryError as error:
        return ClosesReply(error=str(error))
    except Exception as error:
        return ClosesReply(error=f"{request.path}: {type(error).__name__}: {error}")
