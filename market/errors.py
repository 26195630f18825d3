"""The errors a person may meet, each naming what was wrong and where."""

CLIP = 120


class TickwallError(Exception):
    """Root of every error this program raises on purpose; its text is fit for a person.

    ``exit_code`` is what a command ends with when the error ends it.
    """

    exit_code = 1


class SymbolError(TickwallError):
    """A symbol that no convention of ours reads."""

    exit_code = 64


class CalendarError(TickwallError):
    """A calendar that is not there, or a user's table of closures that does not read."""


class ParseError(TickwallError):
    """A frame, body or line that is not what its venue promises; counted, never fatal to the feed.

    ``payload`` is a clipped, printable piece of what came, for the log.
    """

    exit_code = 65

    def __init__(self, venue: str, reason: str, payload: bytes | str = "") -> None:
        text = payload.decode("utf-8", "replace") if isinstance(payload, bytes) else payload
        self.venue = venue
        self.reason = reason
        self.payload = ascii(text[:CLIP])
        super().__init__(f"{venue}: {reason}")


class FeedError(TickwallError):
    """A feed that cannot go on as it is; ``reason`` is what its status line prints.

    ``retry_after`` (seconds) asks for at least that long a wait; ``fatal`` says that trying again
    unchanged is pointless (a refused key, a bad address), so that the feed waits minutes, not seconds.
    ``mend`` is what its user can do about it, where that is known and is not to look at the network.
    """

    def __init__(
        self,
        venue: str,
        reason: str,
        *,
        retry_after: float | None = None,
        fatal: bool = False,
        mend: str = "",
    ) -> None:
        self.venue = venue
        self.reason = reason
        self.retry_after = retry_after
        self.fatal = fatal
        self.mend = mend
        super().__init__(f"{venue}: {reason}")
