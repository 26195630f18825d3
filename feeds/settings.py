"""What every feed's section of the configuration has in common."""

from collections.abc import Callable
from typing import ClassVar
from urllib.parse import urlsplit

import msgspec

from market.duration import parse_duration

_DURATIONS = ("interval", "idle_timeout", "heartbeat_interval")
_OPTIONAL_DURATIONS = ("delay", "lifetime")


class FeedSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One ``[feeds.NAME]`` section; each adapter adds its addresses.

    ``symbols`` limits the feed to these canonical symbols, and empty means all it can serve;
    ``delay`` declares how late the venue is (a duration, or empty to have it measured). Of feeds that
    bring a name equally fresh, the one with the greatest ``priority`` leads. A bad value raises
    ``ValueError`` that names its key.
    """

    enabled: bool = True
    symbols: tuple[str, ...] = ()
    delay: str = ""
    priority: int = 0

    has_close: ClassVar[bool] = True
    """Whether its quotes bring a previous close; where not, another feed brings the same names for theirs."""

    takes_rest: ClassVar[bool] = False
    """Whether a feed that names no symbols brings those that no other feed does."""

    def covers(self, symbol: str) -> bool:
        """Whether a feed that names no symbols is there for a canonical one."""
        return False

    def __post_init__(self) -> None:
        """Check what types cannot say; a key's ending tells what it holds."""
        for key in self.__struct_fields__:
            value = getattr(self, key)
            if key in _DURATIONS or (key in _OPTIONAL_DURATIONS and value):
                _check(key, value, parse_duration)
            elif key == "stream_url":
                _check(key, value, _websocket_address)
            elif key.endswith("_url"):
                _check(key, value, _http_address)


def _check(key: str, value: str, rule: Callable[[str], object]) -> None:
    try:
        rule(value)
    except ValueError as error:
        raise ValueError(f"{key}: {error}") from None


def _http_address(url: str) -> None:
    _address(url, "http", "https")


def _websocket_address(url: str) -> None:
    _address(url, "ws", "wss")


def _address(url: str, plain: str, secure: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in (plain, secure) or not parts.hostname:
        raise ValueError(f"not an address ({plain}://… or {secure}://…): {url[:80]!a}")
    _ = parts.port  # raises ValueError where it is no number
