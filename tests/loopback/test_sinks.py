"""Sinks against real receivers: webhooks, Apprise, and what holds for every kind."""

import asyncio
import hashlib
import hmac
import json
import logging
import os
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from monitor.sinks import build
from monitor.sinks.base import Outcome, SinkError
from monitor.sinks.message import digest, trial
from tests.loopback.receiver import Receiver, Request, receiving
from tests.loopback.sinking import ID, NOW, alert, desk, line, send

# Apprise's own, when it is imported.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """Takes everything."""
    async with receiving() as open_:
        yield open_


# -- webhook


async def test_a_webhook_gets_a_signed_cloud_event(tmp_path: Path, receiver: Receiver) -> None:
    """With the alert's own id, so that a repeat is known; the secret's line break is not part of it."""
    (tmp_path / "secret").write_text("squirrel\n")
    (tmp_path / "token").write_text("t0ken")
    settings = desk(
        "webhook",
        url=f"{receiver.url}/hook",
        secret_file=str(tmp_path / "secret"),
        token_file=str(tmp_path / "token"),
    )
    outcome = await send(settings, alert(2, 7_900_000_000, repeat=True))
    assert outcome == Outcome(sent=True)
    [request] = receiver.requests
    event = request.document
    assert request.headers["Content-Type"] == "application/cloudevents+json; charset=utf-8"
    assert request.headers["Authorization"] == "Bearer t0ken"
    assert (event["specversion"], event["id"], event["type"]) == ("1.0", ID, "tickwall.alert")
    assert (event["time"], event["subject"]) == ("2025-09-17T02:14:07.180Z", "9888.HK")
    assert event["data"] == json.loads(line()) | {"attempt": 2, "delayed_s": 7, "repeat": True}
    signature = hmac.new(b"squirrel", request.body, hashlib.sha256).hexdigest()
    assert request.headers["X-Tickwall-Signature"] == f"sha256={signature}"


@pytest.mark.parametrize(
    ("status", "permanent", "ambiguous"),
    [
        (204, False, False),
        (302, True, False),
        (400, True, False),
        (404, True, False),
        (408, False, False),
        (429, False, False),
        (500, False, True),
        (503, False, True),
    ],
)
async def test_what_a_status_means(status: int, permanent: bool, ambiguous: bool) -> None:
    """Whether another attempt could help, and whether this one may have worked."""
    async with receiving(status, {"Retry-After": "7", "Location": "http://127.0.0.1:1/"}) as receiver:
        outcome = await send(desk("webhook", url=receiver.url))
    assert outcome.sent is (status == 204)
    assert (outcome.permanent, outcome.ambiguous) == (permanent, ambiguous)
    assert outcome.retry_after == (7.0 if status in (408, 429, 500, 503) else None)


async def test_a_webhook_that_stalls_is_left_in_time(receiver: Receiver) -> None:
    """And what it was sent may have arrived."""

    async def stall(request: Request) -> web.StreamResponse:
        await receiver.keep(request)
        await asyncio.sleep(3600)
        return web.Response()

    receiver.behave = stall
    outcome = await send(desk("webhook", url=receiver.url, timeout="200ms"))
    assert outcome == Outcome(False, "timed out", ambiguous=True)


async def test_a_webhook_that_is_not_there_has_got_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """Which is certain; and no part of its address is told."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        outcome = await send(desk("webhook", url=f"http://kit:hush@127.0.0.1:{port}/T0KEN?key=s3cret"))
    assert outcome == Outcome(False, "connection refused", unreachable=True)
    assert not [word for word in ("hush", "T0KEN", "s3cret") if word in caplog.text]


async def test_a_digest_holds_every_alert_whole(receiver: Receiver) -> None:
    """And has the same id whenever it holds the same."""
    messages = [alert(event_id=str(number)) for number in range(3)]
    await send(desk("webhook", url=receiver.url), digest(messages, NOW))
    [request] = receiver.requests
    event = request.document
    assert event["type"] == "tickwall.digest"
    assert event["id"] == event["data"]["event_id"] == digest(messages[::-1], NOW + 1).id
    assert [entry["event_id"] for entry in event["data"]["alerts"]] == ["0", "1", "2"]
    assert event["data"]["message"].startswith("3 alerts: Baidu 9888.HK +10.07%")


async def test_an_alert_says_how_late_it_is() -> None:
    """To a person from five seconds on."""
    assert alert(late=4_999_999_999).text.endswith("through +10%")
    assert alert(late=90_000_000_000).text.endswith("through +10% (delayed 90 s)")


async def test_a_webhook_goes_through_the_proxy_of_the_environment(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """But for this machine itself."""
    monkeypatch.setenv("http_proxy", receiver.url)
    assert await send(desk("webhook", url="http://alerts.example/hook")) == Outcome(sent=True)
    assert receiver.requests[0].headers["Host"] == "alerts.example"


# -- apprise


async def test_apprise_tells_a_service(receiver: Receiver) -> None:
    """Once: its own retries are off."""
    url = receiver.url.replace("http://", "json://") + "/T0KEN"
    assert await send(desk("apprise", url=url), alert(late=8_000_000_000)) == Outcome(sent=True)
    [request] = receiver.requests
    assert request.path == "/T0KEN"
    assert request.document["message"].endswith("through +10% (delayed 8 s)")
    assert request.document["type"] == "failure", "critical"


async def test_a_service_that_fails_is_asked_once(caplog: pytest.LogCaptureFixture) -> None:
    """And its address, which is the secret, is not logged."""
    caplog.set_level(logging.DEBUG)
    async with receiving(500) as receiver:
        url = receiver.url.replace("http://", "json://") + "/T0KEN?retry=3"
        outcome = await send(desk("apprise", url=url.removesuffix("?retry=3")))
        assert len(receiver.requests) == 1
    assert (outcome.sent, outcome.permanent) == (False, False)
    assert "T0KEN" not in caplog.text


def test_a_bad_address_is_not_shown() -> None:
    """Only its scheme, which is what may be wrong with it."""
    with pytest.raises(SinkError) as refused:
        build(desk("apprise", url="nosuch://t0ken/chat"))
    assert str(refused.value) == "url: nosuch://*** is not an address that Apprise reads"
    with pytest.raises(SinkError) as refused:
        build(desk("webhook", url="ftp://kit:hush@host/t0ken"))
    assert "hush" not in str(refused.value) and "t0ken" not in str(refused.value)


# -- every kind


async def test_a_trial_suits_every_kind(receiver: Receiver) -> None:
    """``tickwall notify --test`` sends one."""
    for settings in (
        desk("webhook", url=receiver.url),
        desk("exec", command=("cat",)),
        desk("alertmanager", url=receiver.url),
        desk("apprise", url=receiver.url.replace("http", "json")),
    ):
        assert await send(settings, trial("desk", NOW)) == Outcome(sent=True)


def test_a_secret_comes_from_the_environment_or_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And a file that is not there is named."""
    monkeypatch.setenv("TICKWALL_SINK_DESK_URL", "https://alerts.example/hook")
    build(desk("webhook"))
    monkeypatch.delenv("TICKWALL_SINK_DESK_URL")
    with pytest.raises(SinkError, match=r"url: missing .or url_file, or TICKWALL_SINK_DESK_URL"):
        build(desk("webhook"))
    with pytest.raises(SinkError, match=r"url_file: .*none: No such file"):
        build(desk("webhook", url_file=str(tmp_path / "none")))
    (tmp_path / "empty").touch()
    with pytest.raises(SinkError, match="is empty"):
        build(desk("webhook", url_file=os.fspath(tmp_path / "empty")))
