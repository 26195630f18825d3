"""Service: the many that Apprise knows, each by an address of its own; needs the extra ``notify``."""

import logging

from feeds.threads import in_thread
from monitor.settings import SinkSettings
from monitor.sinks.base import SENT, Outcome, SinkError, failed
from monitor.sinks.message import Message
from monitor.sinks.secrets import address

_URGENCY = {"critical": "failure", "warning": "warning"}


class Service:
    """One address, with Apprise's own retries off: the outbox has better ones, which outlive a crash."""

    def __init__(self, settings: SinkSettings, timeout: float) -> None:
        try:
            import apprise
        except ImportError:
            raise SinkError(
                "kind apprise needs the extra: install tickwall[notify], or apprise beside it"
            ) from None
        # They log addresses, and tokens with them.
        for library in ("apprise", "urllib3"):
            logging.getLogger(library).setLevel(logging.CRITICAL)
        self.timeout = timeout
        url = address(settings)
        service = apprise.Apprise.instantiate(
            _quick(url, timeout), suppress_exceptions=True, asset=apprise.AppriseAsset(async_mode=False)
        )
        if service is None:
            raise SinkError(f"url: {url.partition('://')[0]}://*** is not an address that Apprise reads")
        self._apprise = apprise.Apprise()
        self._apprise.add(service)

    async def send(self, message: Message) -> Outcome:
        """Whether the service took it is all that Apprise tells."""
        severity = str(message.fields.get("severity", ""))

        def notify() -> bool:
            urgency = _URGENCY.get(severity, "info")
            return bool(self._apprise.notify(body=message.text, title="Tickwall", notify_type=urgency))

        taken = await in_thread(notify, "sink")
        return SENT if taken else failed("the service did not take it", ambiguous=True)


def _quick(url: str, timeout: float) -> str:
    """The address with our time-out and no retries, unless its owner wrote his own."""
    for key, value in (("cto", timeout), ("rto", timeout), ("retry", 0)):
        if f"{key}=" not in url:
            url += f"{'&' if '?' in url else '?'}{key}={value:g}"
    return url
