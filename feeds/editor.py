"""Editor: what becomes of a headline before it is told. It is joined to names, or left out."""

from dataclasses import dataclass

from market.headline import Headline
from market.keywords import Keywords
from market.matching import Matcher


@dataclass
class Editor:
    """Both may be replaced while sources are read: what they say from then on is judged by the new ones."""

    matcher: Matcher
    muted: Keywords

    def join(self, headline: Headline) -> Headline:
        """The headline with the names, the kind and the amounts of its title."""
        return self.matcher.join(headline)

    def omits(self, headline: Headline) -> bool:
        """Whether it has a muted word."""
        return self.muted.first(headline.title) is not None
