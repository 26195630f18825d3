"""Webhook: each alert as a CloudEvents 1.0 document, signed where there is a secret."""

import hashlib
import hmac
import json
from typing import Any

from monitor.settings import SinkSettings
from monitor.sinks.base import Outcome
from monitor.sinks.message import Message
from monitor.sinks.post import post
from monitor.sinks.secrets import address, secret

CONTENT_TYPE = "application/cloudevents+json; charset=utf-8"
SIGNATURE = "X-Tickwall-Signature"
"""``sha256=`` and the HMAC-SHA256 of the body, as it was sent, in hexadecimal."""


class Webhook:
    """``SinkError`` when it is made of settings without an address, or with a file that cannot be read."""

    def __init__(self, settings: SinkSettings, timeout: float) -> None:
        self.timeout = timeout
        self._url = address(settings)
        self._secret = secret(settings, "secret").encode()
        self._token = secret(settings, "token")

    async def send(self, message: Message) -> Outcome:
        """Post it; a status of 200 to 299 takes it."""
        body = json.dumps(cloud_event(message), ensure_ascii=False, allow_nan=False).encode()
        headers = {"Content-Type": CONTENT_TYPE}
        if self._secret:
            headers[SIGNATURE] = f"sha256={hmac.new(self._secret, body, hashlib.sha256).hexdigest()}"
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        return await post(self._url, body, headers, self.timeout)


def cloud_event(message: Message) -> dict[str, Any]:
    """The envelope, in JSON's structured mode; by its ``id`` a receiver knows a repeat."""
    event = {
        "specversion": "1.0",
        "id": message.id,
        "source": "/tickwall",
        "type": f"tickwall.{message.kind}",
        "time": message.ts,
        "datacontenttype": "application/json",
        "data": message.fields,
    }
    if message.subject:
        event["subject"] = message.subject
    return event
