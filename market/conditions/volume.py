"""``volume_ratio``: the session's volume so far against that of an average day."""

from decimal import Decimal

from market.alert import plain
from market.conditions.base import Condition, six
from market.quote import Quote
from market.rule import Moment
from market.state import Entry


class VolumeRatio(Condition):
    """Shares traded so far over the mean of the last 20 sessions on file, whole sessions all: 1 is as much as
    on an average day, and in mid-session it is already more than usual.
    """

    kind = "volume_ratio"
    only = "up"
    unit = "multiples"
    usual = Decimal(2)

    def ready(self, entry: Entry, quote: Quote, moment: Moment) -> bool:
        """Whether the venue tells volume, and history knows an average."""
        return bool(quote.volume) and self._mean() is not None

    def restless(self, spent: bool) -> bool:
        """Volume grows while the price stands still."""
        return self._mean() is not None and not spent

    def compare(self, mark: Decimal, quote: Quote) -> int:
        """Volume against a multiple of the mean."""
        mean = self._mean()
        assert mean is not None and quote.volume is not None
        return int(Decimal(quote.volume).compare(mean * mark))

    def value(self, quote: Quote) -> Decimal:
        """The ratio."""
        mean = self._mean()
        assert mean is not None and quote.volume is not None
        return six(quote.volume / mean)

    def what(self, step: Decimal, quote: Quote) -> str:
        """How many times the average."""
        ratio = plain(self.value(quote).quantize(Decimal("0.01"), rounding="ROUND_DOWN"))
        return f"volume {ratio} times a 20-day average day, through {plain(step)}"

    def _mean(self) -> Decimal | None:
        profile = self.around.profile(self.symbol)
        if profile is None or profile.session_date != self.standing.session:
            return None
        return profile.mean_volume
