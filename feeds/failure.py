"""Failures of networks and venues, put into words for a status line."""

import ssl
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from socket import gaierror

from market.errors import FeedError
from market.text import clean

PATIENCE = 300.0
"""Seconds to leave a venue alone after a refusal that trying again cannot mend."""

LONGEST_RETRY_AFTER = 3600.0
"""A venue may ask for more; a trader's day is too short for it."""

# 456 is how one Chinese portal says 429. Both, and 403, mean "you come too often".
_TOO_OFTEN = (403, 429, 456)
_POINTLESS = (400, 401, 402, 404, 405, 406, 407, 409, 410, 414, 451)

TURNED_AWAY = "it turns this machine away, for its address or its haste: leave it alone for a while"
"""The mend of a block: only time and a slower pace end it."""

REFUSES = "the venue itself says so: look at the key, at its plan, and for another program that uses it"
"""The mend of what a venue says over a connection of its own."""

_MENDS = {
    **dict.fromkeys((401, 402), "look at the key, and at what its plan is for"),
    **dict.fromkeys((404, 410), "its address may have changed: its section can name another"),
    407: "the proxy wants a name and a password: they go into HTTPS_PROXY",
    **dict.fromkeys(_TOO_OFTEN, TURNED_AWAY),
}


class RefusedError(FeedError):
    """The venue answers, and does not want us now: 403, 429, 456, an empty page or HTML for quotes."""


class SilentError(FeedError):
    """The connection is open and nothing comes."""


class RenewalError(FeedError):
    """The connection ends as was to be expected, and says nothing against the venue: its time is up."""


def http_failure(venue: str, status: int, retry_after: str | None = None) -> FeedError:
    """What an HTTP status other than success means for a feed."""
    reason = f"answered HTTP {status}"
    wait, mend = retry_seconds(retry_after), _MENDS.get(status, "")
    if status in _TOO_OFTEN:
        return RefusedError(venue, reason, retry_after=wait, mend=mend)
    return FeedError(venue, reason, retry_after=wait, fatal=status in _POINTLESS, mend=mend)


def retry_seconds(header: str | None) -> float | None:
    """The seconds a ``Retry-After`` header asks for, as a number or a date; at most an hour.

    ``None`` where there is no header or it cannot be read.
    """
    if not header:
        return None
    if header.isascii() and header.strip().isdigit():
        return min(float(header.strip()[:9]), LONGEST_RETRY_AFTER)
    try:
        until = parsedate_to_datetime(header)
        wait = (until - datetime.now(UTC)).total_seconds()
    except (TypeError, ValueError, OverflowError):
        return None
    return min(max(wait, 0.0), LONGEST_RETRY_AFTER)


def network_failure(venue: str, error: Exception) -> FeedError:
    """Name what a socket, TLS or HTTP library raised, whichever library it was."""
    # aiohttp wraps the operating system's errors; what they wrap says more.
    for attribute in ("certificate_error", "os_error"):
        error = getattr(error, attribute, None) or error
    if isinstance(error, ssl.SSLCertVerificationError):
        reason = f"certificate refused: {clean(error.verify_message, 80)}"
        return FeedError(
            venue, reason, fatal=True, mend="SSL_CERT_FILE names whom to trust, a proxy included"
        )
    return FeedError(venue, _words(error))


def _words(error: Exception) -> str:
    if isinstance(error, gaierror):
        return "host not found"
    if isinstance(error, ssl.SSLError):
        return f"TLS failed: {clean(error.reason or str(error), 80)}"
    if isinstance(error, TimeoutError):
        return "timed out"
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    if isinstance(error, ConnectionError):
        return "connection lost"
    if isinstance(error, OSError) and error.strerror:
        return clean(error.strerror, 80)
    # aiohttp's message alone: its whole text has a status nobody sent, and the address with its key.
    text = clean(str(getattr(error, "message", "")).partition("\n")[0] or str(error), 80)
    return text or type(error).__name__
