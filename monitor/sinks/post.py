"""One HTTP POST of a document, and what its answer means for a message."""

from typing import TYPE_CHECKING

from feeds.failure import network_failure, retry_seconds
from feeds.http import is_loopback
from monitor.sinks.base import SENT, Outcome, failed, refused, unreachable

if TYPE_CHECKING:
    import aiohttp

_NAME = {"User-Agent": "Tickwall"}
_AGAIN = (408, 425, 429)


async def post(url: str, body: bytes, headers: dict[str, str], timeout: float) -> Outcome:
    """Send a body, within ``timeout`` seconds. Proxies are the environment's, except for this machine."""
    import aiohttp

    try:
        # Alerts are minutes apart: a connection of its own costs less than one that went stale unnoticed.
        async with (
            aiohttp.ClientSession(
                trust_env=not is_loopback(url),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=timeout),
            ) as session,
            session.post(url, data=body, headers=_NAME | headers, allow_redirects=False) as response,
        ):
            return _judged(response)
    except (aiohttp.ClientConnectorError, aiohttp.ClientProxyConnectionError) as error:
        return unreachable(network_failure("", error).reason)
    # These print the address, which may hold a token.
    except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError):
        return refused("bad address")
    except TimeoutError:
        return failed("timed out", ambiguous=True)
    except (aiohttp.ClientError, OSError) as error:
        return failed(network_failure("", error).reason, ambiguous=True)


def _judged(response: "aiohttp.ClientResponse") -> Outcome:
    status = response.status
    if 200 <= status < 300:
        return SENT
    reason = f"answered HTTP {status}"
    if status in _AGAIN or status >= 500:
        wait = retry_seconds(response.headers.get("Retry-After"))
        # What fails inside may have happened all the same.
        return failed(reason, ambiguous=status >= 500, retry_after=wait)
    return refused(reason)
