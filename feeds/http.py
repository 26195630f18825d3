"""HTTP for feeds: few requests at a time per host, bounded in time and size, every failure named."""

import asyncio
from collections.abc import Mapping
from ipaddress import ip_address
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple, Self
from urllib.parse import urlsplit

from feeds.failure import http_failure, network_failure
from feeds.names import look_up_apart
from market.errors import FeedError

if TYPE_CHECKING:
    import aiohttp

TIMEOUT = 10.0
"""Seconds for a whole request, from when it is sent."""

MAX_BYTES = 4 << 20
"""Of a body, unpacked."""

# Some venues turn away clients that do not look like a browser.
USER_AGENT = "Mozilla/5.0 (X11; Linux x86_64) Tickwall/0.1"

_CHUNK = 65_536


def is_loopback(url: str) -> bool:
    """Whether an address is of this very machine, which no proxy can reach for us."""
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


class Answer(NamedTuple):
    """An HTTP answer; ``headers`` ignores the case of names."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    is_whole: bool = True
    """Whether the body came to its end."""


class Http:
    """An HTTP client; enter it as an asynchronous context.

    At most ``per_host`` requests to one host are under way, and a request's time-out starts when its
    turn has come. Proxies are those of the environment, except for this machine itself.
    """

    def __init__(self, per_host: int = 1) -> None:
        self._per_host = per_host
        self._turns: dict[str, asyncio.Semaphore] = {}
        self._sessions: dict[bool, aiohttp.ClientSession]
        """By whether it may use a proxy."""

    async def __aenter__(self) -> Self:
        import aiohttp

        look_up_apart()
        self._sessions = {
            by_proxy: aiohttp.ClientSession(
                trust_env=by_proxy,
                headers={"User-Agent": USER_AGENT},
                # A venue's cookie would tie our requests together; none needs one.
                cookie_jar=aiohttp.DummyCookieJar(),
                connector=aiohttp.TCPConnector(limit=0),
            )
            for by_proxy in (True, False)
        }
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for session in self._sessions.values():
            await session.close()

    async def get(
        self,
        venue: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        timeout: float = TIMEOUT,
        max_bytes: int = MAX_BYTES,
        keep_cut: bool = False,
    ) -> Answer:
        """The answer to a GET of an address that is already quoted; its status is 200 or 304.

        Raises ``FeedError``, named for ``venue``, for any other status, a body too large or cut short,
        time run out, and every failure of the network. With ``keep_cut`` what came of a body that was
        cut short is an answer, marked so.
        """
        import aiohttp
        from yarl import URL

        async with self._turn(url):
            try:
                async with self._sessions[not is_loopback(url)].get(
                    URL(url, encoded=True), headers=headers, timeout=aiohttp.ClientTimeout(total=timeout)
                ) as response:
                    if response.status not in (200, 304):
                        raise http_failure(venue, response.status, response.headers.get("Retry-After"))
                    body = bytearray()
                    is_whole = True
                    try:
                        async for chunk in response.content.iter_chunked(_CHUNK):
                            body += chunk
                            if len(body) > max_bytes:
                                raise FeedError(venue, f"answer larger than {max_bytes} bytes")
                    except aiohttp.ClientPayloadError:
                        if not keep_cut:
                            raise
                        # What arrived with the cut is there, but every public way to it raises.
                        body += response.content._read_nowait(-1)
                        if not body:
                            raise
                        is_whole = False
                    return Answer(response.status, response.headers, bytes(body), is_whole)
            except aiohttp.ClientPayloadError as error:
                raise FeedError(venue, "answer cut short") from error
            except aiohttp.ServerDisconnectedError as error:
                raise FeedError(venue, "closed without an answer") from error
            # These two print the address, which may hold a key.
            except aiohttp.TooManyRedirects as error:
                raise FeedError(venue, "redirects without end") from error
            except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError) as error:
                raise FeedError(venue, "bad address, or redirects to one", fatal=True) from error
            except (aiohttp.ClientError, OSError, ValueError) as error:
                raise network_failure(venue, error) from error

    def _turn(self, url: str) -> asyncio.Semaphore:
        host = urlsplit(url).netloc
        return self._turns.setdefault(host, asyncio.Semaphore(self._per_host))
